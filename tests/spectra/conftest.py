"""Builders of small files, so that every oddity is made here and none has to be shipped."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def _array(values: Any, name: str, accession: str, dtype: str, compress: bool) -> str:
    raw = np.asarray(values, dtype=dtype).tobytes()
    text = base64.b64encode(zlib.compress(raw) if compress else raw).decode()
    packing = ("MS:1000574", "zlib compression") if compress else ("MS:1000576", "no compression")
    width = ("MS:1000523", "64-bit float") if dtype == "<f8" else ("MS:1000521", "32-bit float")
    params = "".join(
        f'<cvParam cvRef="MS" accession="{a}" name="{n}" value=""/>' for a, n in (packing, width, (accession, name))
    )
    return f'<binaryDataArray encodedLength="{len(text)}">{params}<binary>{text}</binary></binaryDataArray>'


def mzml_spectrum(
    number: int,
    mz: Any = (100.5, 200.25),
    intensity: Any = (1.0, 2.0),
    *,
    level: int | None = 2,
    charge: int | None = 2,
    precursor: float | None = 500.5,
    mode: str = "centroid spectrum",
    title: str = "",
    compress: bool = False,
    dtype: str = "<f8",
    extra: str = "",
    arrays: str | None = None,
) -> str:
    """One <spectrum> element."""
    accession = "MS:1000128" if mode == "profile spectrum" else "MS:1000127"
    params = f'<cvParam cvRef="MS" accession="{accession}" name="{mode}" value=""/>' if mode else ""
    if level is not None:
        params += f'<cvParam cvRef="MS" accession="MS:1000511" name="ms level" value="{level}"/>'
    if title:
        params += f'<cvParam cvRef="MS" accession="MS:1000796" name="spectrum title" value="{title}"/>'
    ion = ""
    if precursor is not None:
        ion += f'<cvParam cvRef="MS" accession="MS:1000744" name="selected ion m/z" value="{precursor}"/>'
    if charge is not None:
        ion += f'<cvParam cvRef="MS" accession="MS:1000041" name="charge state" value="{charge}"/>'
    if arrays is None:
        arrays = _array(mz, "m/z array", "MS:1000514", dtype, compress)
        arrays += _array(intensity, "intensity array", "MS:1000515", dtype, compress)
    return (
        f'<spectrum index="{number - 1}" id="controllerType=0 scan={number}" defaultArrayLength="{len(mz)}">'
        f'{params}{extra}<scanList count="1"><scan><cvParam cvRef="MS" accession="MS:1000016" name="scan start time" '
        'value="1.5" unitCvRef="UO" unitAccession="UO:0000031" unitName="minute"/></scan></scanList>'
        f'<precursorList count="1"><precursor><selectedIonList count="1"><selectedIon>{ion}</selectedIon>'
        "</selectedIonList></precursor></precursorList>"
        f'<binaryDataArrayList count="2">{arrays}</binaryDataArrayList></spectrum>'
    )


def mzml_file(spectra: list[str], *, indexed: bool = True, head: str = "", shift: int = 0, pointer: int = 0) -> bytes:
    """A whole mzML file; ``shift`` is added to every offset of its index, ``pointer`` to the pointer to it."""
    out = '<?xml version="1.0" encoding="utf-8"?>\n'
    out += head.partition("|")[0] + '<indexedmzML xmlns="http://psi.hupo.org/ms/mzml">\n' * indexed
    out += '<mzML xmlns="http://psi.hupo.org/ms/mzml" version="1.1.0">\n' + head.partition("|")[2]
    out += f'<run id="r"><spectrumList count="{len(spectra)}">\n'
    data, offsets = out.encode(), []
    for spectrum in spectra:
        offsets.append(len(data) + shift)
        data += spectrum.encode() + b"\n"
    data += b"</spectrumList></run></mzML>\n"
    if indexed:
        at = len(data) + pointer
        data += b'<indexList count="1"><index name="spectrum">'
        for number, offset in enumerate(offsets, 1):
            data += f'<offset idRef="controllerType=0 scan={number}">{offset}</offset>\n'.encode()
        data += f"</index></indexList><indexListOffset>{at}</indexListOffset></indexedmzML>\n".encode()
    return data


def mzxml_file(scans: list[str], *, indexed: bool = False) -> bytes:
    """A whole mzXML file around scans."""
    count = "".join(scans).count("<scan ")
    data = f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<mzXML>\n<msRun scanCount="{count}">\n'.encode()
    offsets: list[tuple[str, int]] = []
    for scan in scans:
        data += scan.encode() + b"\n"
    data += b"</msRun>\n"
    if indexed:
        at = len(data)
        start = 0
        while (start := data.find(b"<scan ", start)) >= 0:
            offsets.append((data[start + 11 : data.find(b'"', start + 11)].decode(), start))
            start += 1
        entries = "".join(f'<offset id="{num}">{offset}</offset>' for num, offset in offsets)
        data += f'<index name="scan">{entries}</index><indexOffset>{at}</indexOffset>'.encode()
    return data + b"</mzXML>\n"


def mzxml_scan(number: int, *, level: int = 2, inside: str = "", peaks: Any = ((100.5, 1.0), (200.25, 2.0))) -> str:
    """One <scan> element, with other scans inside it if wanted."""
    text = base64.b64encode(np.asarray(peaks, dtype=">f4").tobytes()).decode()
    precursor = '<precursorMz precursorCharge="3" precursorIntensity="1">500.5</precursorMz>' if level > 1 else ""
    return (
        f'<scan num="{number}" msLevel="{level}" peaksCount="{len(peaks)}" centroided="1" retentionTime="PT90.0S">'
        f'{precursor}<peaks precision="32" byteOrder="network" compressionType="none">{text}</peaks>{inside}</scan>'
    )


@pytest.fixture
def mzml() -> Callable[..., bytes]:
    return mzml_file


@pytest.fixture
def spectrum_xml() -> Callable[..., str]:
    return mzml_spectrum


@pytest.fixture
def mzxml() -> Callable[..., bytes]:
    return mzxml_file


@pytest.fixture
def scan_xml() -> Callable[..., str]:
    return mzxml_scan


@pytest.fixture
def odd_files() -> Path:
    """Files from other projects' tests, beside the repository; not part of it."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "odd_files"
    if not folder.is_dir():
        pytest.skip("no ../shared/odd_files beside the repository")
    return folder


@pytest.fixture
def samples() -> Path:
    return Path(__file__).resolve().parents[2] / "sample_spectra"
