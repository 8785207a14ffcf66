"""A plain spectrum is what pyteomics makes of it; what is not plain is left to pyteomics."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peploss.errors import SourceError
from peploss.spectra.readers import open_spectra
from peploss.spectra.readers.file import SpectrumFile
from peploss.spectra.readers.xml.mzml import MzmlFile
from peploss.spectra.readers.xml.mzml_plain import plain_values
from peploss.spectra.record import Record

Build = Callable[..., bytes]
Element = Callable[..., str]


def facts(record: Record) -> tuple[object, ...]:
    arrays = [None if a is None else (a.dtype, a.tobytes()) for a in (record.mz, record.intensity)]
    values = record.scan, record.precursor_mz, record.precursor_charge, record.rt, record.peptide, record.ms_level
    return record.title, record.native_id, *values, record.profile, record.problem, record.notes, *arrays


def both_ways(file: SpectrumFile) -> None:
    quick = [facts(file._record(i)) for i in range(len(file))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MzmlFile, "_plain", lambda self, element: None)
        careful = [facts(file._record(i)) for i in range(len(file))]
    assert quick == careful


def test_files(samples: Path) -> None:
    for path in (samples / "native").glob("*.mzML"):
        with open_spectra(path) as file:
            both_ways(file)


def test_odd_files(odd_files: Path) -> None:
    for path in odd_files.glob("*.mzML"):
        try:
            file = open_spectra(path)
        except SourceError:
            continue
        with file:
            both_ways(file)


VARIANTS: list[dict[str, object]] = [
    {}, {"compress": True}, {"dtype": "<f4"}, {"dtype": "<f4", "compress": True}, {"title": "a &lt;b&gt;"},
    {"mode": ""}, {"mode": "profile spectrum"}, {"charge": None}, {"precursor": None}, {"level": None},
]  # fmt: skip


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_what_converters_write_is_plain(mzml: Build, spectrum_xml: Element, changes: dict) -> None:
    element = spectrum_xml(1, **changes)
    assert plain_values(element.encode(), b"utf-8") is not None
    with open_spectra(io.BytesIO(mzml([element])), "x.mzML") as file:
        both_ways(file)


@pytest.mark.parametrize("name", ["x", "[Thermo Trailer Extra]Monoisotopic M/Z:", "charge"])
@pytest.mark.parametrize("content", ['type="xsd:float" value="1.5"', 'type="xsd:string"', 'type="xsd:int" value="two"'])
def test_a_typed_parameter_that_is_not_used_is_plain(
    mzml: Build, spectrum_xml: Element, name: str, content: str
) -> None:
    element = spectrum_xml(1, extra=f'<userParam name="{name}" {content}/>')
    assert plain_values(element.encode(), b"utf-8") is not None
    with open_spectra(io.BytesIO(mzml([element])), "x.mzML") as file:
        both_ways(file)


PLACES = {
    "a parameter group": ("<scanList", '<referenceableParamGroupRef ref="g"/><scanList'),
    "a title that is a number": ('"spectrum title" value="t"', '"spectrum title" value="1e3"'),
    "a type": ('name="ms level"', 'type="xsd:int" name="ms level"'),
    "a name with a bracket": ('name="ms level"', 'name="ms > level"'),
    "twice": ("<scanList", '<cvParam name="spectrum title" value="u"/><scanList'),
    "no name": ('name="ms level"', 'nam="ms level"'),
    "a name of an element": ("<scanList", '<userParam name="scanList"/><scanList'),
    "text": ("<scanList", "text<scanList"),
    "an entity": ("<scanList", "&lol;<scanList"),
    "a prefix": ("<scanList", '<scanList x:y="1"'),
    "a charge of 2.0": ('"charge state" value="2"', '"charge state" value="2.0"'),
    "a charge of two": ('"charge state" value="2"', '"charge state" value="two"'),
    "a charge left open": ('"charge state"', '"possible charge state"'),
    "an index of words": ('index="0"', 'index="first"'),
    "seconds": ('unitName="minute"', 'unitName="second"'),
    "no unit": (' unitCvRef="UO" unitAccession="UO:0000031" unitName="minute"', ""),
    "no time": ('name="scan start time" value="1.5"', 'name="scan start time" value="soon"'),
    "a comment": ("<scanList", "<!-- c --><scanList"),
    "cdata": ("<binary>", "<binary><![CDATA[ ]]>"),
    "another list": ("<scanList", "<productList/><scanList"),
    "another array": ("m/z array", "charge array"),
    "integers": ("64-bit float", "64-bit integer"),
    "unknown packing": ("no compression", "some compression"),
    "damaged base64": ("<binary>", "<binary>*"),
    "an empty array": ("<binary>", "<binary/><binary2>"),
}


@pytest.mark.parametrize("name", PLACES)
def test_what_is_not_plain(mzml: Build, spectrum_xml: Element, name: str) -> None:
    whole = spectrum_xml(1, title="t")
    changed = whole.replace(*PLACES[name])
    assert changed != whole
    with open_spectra(io.BytesIO(mzml([changed])), "x.mzML") as file:
        both_ways(file)


@settings(max_examples=300)
@given(data=st.data())
def test_damage(data: st.DataObject, request: pytest.FixtureRequest) -> None:
    mzml, spectrum_xml = request.getfixturevalue("mzml"), request.getfixturevalue("spectrum_xml")
    element = bytearray(spectrum_xml(1, title="a title", compress=data.draw(st.booleans())).encode())
    byte = st.one_of(st.sampled_from(b'<>/="& a1'), st.integers(0, 255))
    for at, value in data.draw(st.lists(st.tuples(st.integers(10, len(element) - 12), byte), max_size=4)):
        element[at] = value
    start = data.draw(st.integers(10, len(element) - 12))
    del element[start : min(start + data.draw(st.integers(0, 30)), len(element) - 12)]
    file = mzml(["<spectrum/>"]).replace(b"<spectrum/>", bytes(element))
    try:
        opened = open_spectra(io.BytesIO(file), "x.mzML")
    except SourceError:
        return
    with opened:
        both_ways(opened)


def test_arrays_keep_their_bits(spectrum_xml: Element) -> None:
    mz = np.array([100.123456789, 1999.987654321])
    values = plain_values(spectrum_xml(1, mz, mz, compress=True).encode(), b"ISO-8859-1")
    assert values is not None
    assert values["m/z array"].tobytes() == mz.tobytes()
