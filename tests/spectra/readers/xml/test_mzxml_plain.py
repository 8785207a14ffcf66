"""What the plain parser reads of a scan is what pyteomics reads; what it does not know it leaves to that."""

from __future__ import annotations

import base64
import dataclasses
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from peploss.errors import LimitError
from peploss.spectra.readers import open_spectra
from peploss.spectra.readers.source import ByteSource
from peploss.spectra.readers.xml.mzxml import MzxmlFile
from peploss.spectra.record import Record
from peploss.spectra.samples import samples_folder

SAMPLE = samples_folder() / "native" / "test_spectra.mzXML"
PAIRS = struct.pack(">4f", 100.5, 1.0, 200.25, 3e4)
TEXT = base64.b64encode(PAIRS).decode()
PEAKS = f'<peaks precision="32" byteOrder="network" contentType="m/z-int">{TEXT}</peaks>'
PRECURSOR = '<precursorMz precursorScanNum="1" precursorCharge="2" windowWideness="1.5">500.25</precursorMz>'


def scan(inside: str = PRECURSOR + PEAKS, **attributes: str) -> bytes:
    given = {"num": "7", "msLevel": "2", "peaksCount": "2", "retentionTime": "PT62.5S"} | attributes
    written = " ".join(f'{name}="{value}"' for name, value in given.items() if value != "-")
    return f"<scan {written}>\n {inside}\n</scan>".encode()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> MzxmlFile:
    path = tmp_path_factory.mktemp("mzxml") / "x.mzXML"
    path.write_bytes(b'<mzXML><msRun scanCount="1">' + scan() + b"</msRun></mzXML>")
    return MzxmlFile(ByteSource(path), str(path))


def filled(file: MzxmlFile, values: dict[str, object]) -> dict[str, object]:
    record = Record(native_id="scan=7")
    file._fill(record, values)
    return {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in dataclasses.asdict(record).items()}


def same(file: MzxmlFile, element: bytes) -> bool:
    """Whether it is plain; both readings are compared."""
    plain = file._plain(element)
    if plain is not None:
        assert filled(file, plain) == filled(file, file._careful(element))
        assert file._isolation(plain) == file._isolation(file._careful(element))
    return plain is not None


def test_every_scan_of_a_converter_is_plain() -> None:
    file = MzxmlFile(ByteSource(SAMPLE), str(SAMPLE))
    for index in range(len(file)):
        assert same(file, file._element(*file._place(index)) or b"")


def test_scans_within_scans_without_end_are_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.mzXML"
    path.write_bytes(b'<mzXML><msRun scanCount="1">' + b'<scan num="1" msLevel="2">' * 2000)
    with open_spectra(path) as file:
        problems = {header.problem for header in file.headers()}
    assert problems == {"The scan has no peaks element.", "The file ends inside this spectrum."}
    path.write_bytes(b'<mzXML><msRun scanCount="1">' + b'<scan num="1" msLevel="2">' * 100_001)
    with pytest.raises(LimitError, match=r"At most 100,000 entries of a file of this size"):
        open_spectra(path)


PLAIN = {
    "whole": scan(),
    "no time": scan(retentionTime="-"),
    "whole seconds": scan(retentionTime="PT62S"),
    "many digits": scan(retentionTime="PT2767.0999999999999S"),
    "centroided": scan(centroided="1"),
    "profile": scan(centroided="0"),
    "negative": scan(polarity="-x"),
    "no count": scan(peaksCount="-"),
    "other count": scan(peaksCount="5"),
    "survey": scan(PEAKS, msLevel="1"),
    "no peaks element": scan(PRECURSOR),
    "nothing in it": scan("", peaksCount="0"),
    "two precursors": scan(PRECURSOR * 2 + PEAKS),
    "a wide window": scan(PRECURSOR.replace('"1.5"', '"25"') + PEAKS),
    "no charge": scan('<precursorMz precursorIntensity="3e4"> 5.5e2\n</precursorMz>' + PEAKS),
    "pairOrder": scan(PRECURSOR + PEAKS.replace("contentType", "pairOrder")),
    "64 bits": scan(PEAKS.replace('"32"', '"64"')),
    "zlib": scan(
        '<peaks precision="32" byteOrder="network" contentType="m/z-int" compressionType="zlib">'
        + base64.b64encode(zlib.compress(PAIRS)).decode() + "</peaks>"
    ),
    "attributes that nobody reads": scan(lowMz="1", filterLine="a &lt; b", totIonCurrent="nan"),
    "a comment": scan("<!-- x -->" + PRECURSOR + PEAKS),
}  # fmt: skip
OTHER = {
    "minutes": scan(retentionTime="PT1M2.5S"),
    "level": scan(msLevel="two"),
    "no level": scan(msLevel="-"),
    "precursor without attributes": scan("<precursorMz>500</precursorMz>" + PEAKS),
    "precursor that is no number": scan(PRECURSOR.replace("500.25", "x") + PEAKS),
    "charge": scan(PRECURSOR.replace('"2"', '"2+"') + PEAKS),
    "two peaks": scan(PRECURSOR + PEAKS * 2),
    "m/z alone": scan(PEAKS.replace("m/z-int", "m/z")),
    "little endian": scan(PEAKS.replace("network", "little")),
    "another element": scan(PRECURSOR + PEAKS + '<nameValue name="a" value="b"/>'),
    "a scan in it": scan(PRECURSOR + PEAKS + '<scan num="8" msLevel="3">'),
    "text": scan("x" + PEAKS),
    "half a pair": scan(PEAKS.replace(TEXT, base64.b64encode(PAIRS[:12]).decode())),
    "no base64": scan(PEAKS.replace(TEXT, "!!!")),
    "an entity": scan("&x;" + PEAKS),
    "not closed": scan()[:-5],
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_scans(file: MzxmlFile, name: str) -> None:
    assert same(file, PLAIN[name])


@pytest.mark.parametrize("name", OTHER)
def test_other_scans_are_left_to_pyteomics(file: MzxmlFile, name: str) -> None:
    assert file._plain(OTHER[name]) is None


def test_a_number_of_nonsense_is_left_too(file: MzxmlFile, tmp_path: Path) -> None:
    for number in ("nan", "inf", "1e999", "-1", "1_0", "", "0x1", "١"):
        assert file._plain(scan(PRECURSOR.replace("500.25", number) + PEAKS)) is None, number
