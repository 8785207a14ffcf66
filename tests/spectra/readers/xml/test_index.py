"""The embedded index is used when it holds, and replaced by a scan, with a note, when it does not."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from peploss.errors import SourceError
from peploss.spectra.readers import open_spectra

Build = Callable[..., bytes]
Element = Callable[..., str]


def notes_and_scans(data: bytes) -> tuple[str, list[int | None]]:
    with open_spectra(io.BytesIO(data), "run.mzML") as spectra:
        return " ".join(spectra.notes), [spectra.read(i).scan for i in range(len(spectra))]


def test_a_good_index_is_used_without_a_word(mzml: Build, spectrum_xml: Element) -> None:
    data = mzml([spectrum_xml(i) for i in range(1, 41)])
    assert notes_and_scans(data) == ("", list(range(1, 41)))


@pytest.mark.parametrize("shift", [-3, 1, 10_000_000])
def test_wrong_offsets(mzml: Build, spectrum_xml: Element, shift: int) -> None:
    notes, scans = notes_and_scans(mzml([spectrum_xml(i) for i in (1, 2, 3)], shift=shift))
    assert "index is wrong" in notes
    assert "reading the whole file once" in notes
    assert scans == [1, 2, 3]


@pytest.mark.parametrize("pointer", [-200, 60, 10**15])
def test_wrong_pointer(mzml: Build, spectrum_xml: Element, pointer: int) -> None:
    notes, scans = notes_and_scans(mzml([spectrum_xml(i) for i in (1, 2, 3)], pointer=pointer))
    assert scans == [1, 2, 3]
    assert "pointer to its index is wrong" in notes or pointer == -200


def test_swapped_ids(mzml: Build, spectrum_xml: Element) -> None:
    data = mzml([spectrum_xml(1), spectrum_xml(2)])
    head, index = data[: data.index(b"<indexList ")], data[data.index(b"<indexList ") :]
    index = index.replace(b"scan=1", b"scan=9").replace(b"scan=2", b"scan=1").replace(b"scan=9", b"scan=2")
    notes, scans = notes_and_scans(head + index)
    assert "index is wrong" in notes
    assert scans == [1, 2]


def test_empty_index(mzml: Build, spectrum_xml: Element) -> None:
    data = mzml([spectrum_xml(1), spectrum_xml(2)])
    start, end = data.index(b"<offset"), data.index(b"</index>")
    notes, scans = notes_and_scans(data[:start] + data[end:])
    assert "index is empty" in notes
    assert scans == [1, 2]


def with_wrong_offset(data: bytes, number: int) -> bytes:
    """The file with a digit put before one offset of its index."""
    at = data.index(b">", data.index(b'idRef="controllerType=0 scan=%d"' % number)) + 1
    return data[:at] + b"1" + data[at + 1 :]


def test_one_wrong_offset_among_many_is_found(mzml: Build, spectrum_xml: Element) -> None:
    notes, scans = notes_and_scans(with_wrong_offset(mzml([spectrum_xml(i) for i in range(1, 101)]), 50))
    assert "index is wrong (nothing starts at byte" in notes
    assert scans == list(range(1, 101))


def test_a_wrong_offset_that_was_not_tried_costs_its_spectrum_and_the_one_it_points_into(
    mzml: Build, spectrum_xml: Element, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peploss.spectra.readers.xml.index._CHECKED", 10)
    data = with_wrong_offset(mzml([spectrum_xml(i) for i in range(1, 101)]), 50)
    with open_spectra(io.BytesIO(data), "run.mzML") as spectra:
        assert [(p.index, p.reason) for p in spectra.problems] == [
            (13, "The spectrum's element is not closed."),
            (49, "The file's index is wrong here: no spectrum starts at this place."),
        ]


def test_a_swap_that_was_not_tried_costs_two_spectra(
    mzml: Build, spectrum_xml: Element, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peploss.spectra.readers.xml.index._CHECKED", 10)
    data = mzml([spectrum_xml(i) for i in range(1, 101)])
    head, index = data[: data.index(b"<indexList ")], data[data.index(b"<indexList ") :]
    for old, new in ((b"scan=52", b"scan=0"), (b"scan=53", b"scan=52"), (b"scan=0", b"scan=53")):
        index = index.replace(old + b'"', new + b'"')
    with open_spectra(io.BytesIO(head + index), "run.mzML") as spectra:
        assert [(p.index, p.reason) for p in spectra.problems] == [
            (51, "The file's index is wrong here: the spectrum 'controllerType=0 scan=52' starts at this place."),
            (52, "The file's index is wrong here: the spectrum 'controllerType=0 scan=53' starts at this place."),
        ]


def test_ids_are_unescaped(mzml: Build, spectrum_xml: Element) -> None:
    data = mzml([spectrum_xml(1)]).replace(b"controllerType=0 scan=1", b"a&lt;b&gt;&amp; scan=1")
    data = data.replace(b"<indexListOffset>", b"<indexListOffset>0")
    with open_spectra(io.BytesIO(data), "run.mzML") as spectra:
        assert spectra.ids == ["a<b>& scan=1"]
        assert spectra.read(0).scan == 1


def test_an_index_of_nothing_is_told_in_one_sentence(mzml: Build) -> None:
    data = mzml([])
    index = data.index(b"<indexListOffset>")
    wrong = b'<index name="spectrum"><offset idRef="scan=1">7</offset></index>'
    for broken in (data, data[:index] + wrong + data[index:]):
        with pytest.raises(SourceError) as raised:
            open_spectra(io.BytesIO(broken), "x.mzML")
        assert str(raised.value) == "x.mzML: The file is mzML but holds no spectra."
