"""An embedded index is checked against the file, and no index makes the reader hold the file."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from peploss.spectra.readers import open_spectra

Build = Callable[..., bytes]
Element = Callable[..., str]

CASES = Path(__file__).resolve().parents[2] / "cases"


def opened(data: bytes, name: str = "run.mzML") -> tuple[list[str], list[int | None]]:
    """The file's notes and the scans that are read from it."""
    with open_spectra(io.BytesIO(data), name) as spectra:
        return list(spectra.notes), [spectra.read(i).scan for i in range(len(spectra))]


def without(data: bytes, number: int) -> bytes:
    """The file with one spectrum missing from its index."""
    return re.sub(rb'<offset idRef="controllerType=0 scan=%d">\d+</offset>\n' % number, b"", data)


@pytest.mark.parametrize("case", ["index_short.mzML", "pointer0.mzML"])
def test_files_whose_index_lists_two_of_three(case: str) -> None:
    notes, scans = opened((CASES / case).read_bytes())
    assert scans == [1, 2, 3]
    assert "The file's index lists 2 of 3 spectra; the spectra were found by reading the whole file once." in notes or (
        case == "pointer0.mzML" and len(notes) == 1
    )


@pytest.mark.parametrize("missing", [1, 2, 5])
def test_an_index_that_misses_the_first_a_middle_or_the_last_spectrum(
    mzml: Build, spectrum_xml: Element, missing: int
) -> None:
    notes, scans = opened(without(mzml([spectrum_xml(i) for i in range(1, 6)]), missing))
    assert scans == [1, 2, 3, 4, 5]
    assert notes == ["The file's index lists 4 of 5 spectra; the spectra were found by reading the whole file once."]


def test_an_index_that_lists_one_place_twice(mzml: Build, spectrum_xml: Element) -> None:
    data = mzml([spectrum_xml(i) for i in (1, 2, 3)])
    first, second = re.findall(rb"<offset idRef.*?</offset>", data)[:2]
    notes, scans = opened(data.replace(second, first))
    assert scans == [1, 2, 3]
    assert "it lists a place twice" in notes[0]


def test_a_wrong_announcement_of_a_good_index_is_told(mzml: Build, spectrum_xml: Element) -> None:
    data = mzml([spectrum_xml(i) for i in (1, 2, 3)])
    # one byte for another: the offsets stay right
    notes, scans = opened(data.replace(b'spectrumList count="3"', b'spectrumList count="7"'))
    assert scans == [1, 2, 3]
    assert notes == ["The file announces 7 spectra; 3 are there."]


def test_a_list_without_a_count_is_read_once_and_nothing_is_said_of_a_right_index(
    mzml: Build, spectrum_xml: Element
) -> None:
    data = mzml([spectrum_xml(i) for i in (1, 2, 3)]).replace(b' count="3"', b" xount='3'")
    assert opened(data) == ([], [1, 2, 3])
    notes, scans = opened(without(data, 2))
    assert scans == [1, 2, 3]
    assert "does not say how many spectra" in notes[0]


def test_a_swapped_pair_in_the_middle(mzml: Build, spectrum_xml: Element) -> None:
    data = mzml([spectrum_xml(i) for i in range(1, 101)])
    head, index = data[: data.index(b"<indexList ")], data[data.index(b"<indexList ") :]
    for old, new in ((b"scan=52", b"scan=0"), (b"scan=53", b"scan=52"), (b"scan=0", b"scan=53")):
        index = index.replace(old + b'"', new + b'"')
    notes, scans = opened(head + index)
    assert scans == list(range(1, 101))
    assert "another spectrum than 'controllerType=0 scan=53' starts at byte" in notes[0]


def test_a_good_index_out_of_order_is_kept_as_it_is(mzml: Build, spectrum_xml: Element) -> None:
    data = mzml([spectrum_xml(i) for i in (1, 2, 3)])
    entries = re.findall(rb"<offset idRef.*?</offset>\n", data)
    notes, scans = opened(data.replace(b"".join(entries), b"".join(reversed(entries))))
    assert (notes, scans) == ([], [3, 2, 1])


@pytest.mark.parametrize("missing", ["2", "3"])
def test_mzxml_indexes_are_checked_too(mzxml: Build, scan_xml: Element, missing: str) -> None:
    data = mzxml([scan_xml(1, inside=scan_xml(2)), scan_xml(3)], indexed=True)
    assert opened(data, "run.mzXML") == ([], [1, 2, 3])
    short = re.sub(rb'<offset id="%s">\d+</offset>' % missing.encode(), b"", data)
    notes, scans = opened(short, "run.mzXML")
    assert scans == [1, 2, 3]
    assert "lists 2 of 3 spectra" in notes[0]


def test_an_index_longer_than_a_piece_is_read_in_pieces(
    mzml: Build, spectrum_xml: Element, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peploss.spectra.readers.source.CHUNK", 1500)
    monkeypatch.setattr("peploss.spectra.readers.source.OVERLAP", 200)
    assert opened(mzml([spectrum_xml(i) for i in range(1, 200)])) == ([], list(range(1, 200)))


HELD = """
import sys
from pathlib import Path
from peploss.spectra.readers import open_spectra
import peploss.spectra.readers.xml.mzml
def peak():  # in MB; not ru_maxrss, which starts from that of the parent
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
before = peak()
with open_spectra(sys.argv[1]) as spectra:
    got = [h.scan for h in spectra.headers() if h.usable]
    print(len(spectra), *got, "|", *spectra.notes, "|", round(peak() - before))
"""


def sparse(path: Path, before: bytes, after: bytes, size: int) -> Path:
    """A file with a hole in it: blanks to nobody, zeros on no disk."""
    with path.open("wb") as file:
        file.write(before)
        file.seek(size - len(after))
        file.write(after)
    return path


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("pointer", ["0", "300", "hole", "first spectrum", "behind the end"])
def test_no_pointer_makes_the_reader_hold_the_file(
    tmp_path: Path, mzml: Build, spectrum_xml: Element, pointer: str
) -> None:
    size = 700 << 20
    data = mzml([spectrum_xml(1), spectrum_xml(2)])
    cut = data.index(b"</spectrumList>")
    at = {"hole": size // 2, "first spectrum": data.index(b"<spectrum "), "behind the end": 10 * size}.get(pointer)
    after = re.sub(rb"<indexListOffset>\d+", b"<indexListOffset>%d" % (int(pointer) if at is None else at), data[cut:])
    path = sparse(tmp_path / "large.mzML", data[:cut], after, size)
    done = subprocess.run([sys.executable, "-c", HELD, str(path)], capture_output=True, text=True, check=True)
    read, notes, held = done.stdout.split("|")
    assert read.split() == ["2", "1", "2"]
    assert "pointer to its index is wrong" in notes
    assert float(held) < 120  # MB, of a file of 700


def test_an_element_that_is_never_closed_is_not_held_either(
    tmp_path: Path, mzml: Build, spectrum_xml: Element, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEPLOSS_MAX_ENTRY_BYTES", str(1 << 21))
    data = mzml([spectrum_xml(1), spectrum_xml(2)], indexed=False)
    cut = data.rindex(b"</spectrum>")
    path = sparse(tmp_path / "open.mzML", data[:cut], b"</spectrumList></run></mzML>", 20 << 20)
    with open_spectra(path) as spectra:
        opened_with = spectra.bytes_read
        assert spectra.read(0).scan == 1
        (problem,) = spectra.problems
        assert problem.index == 1
        assert "2,097,152 bytes" in problem.reason
        assert "PEPLOSS_MAX_ENTRY_BYTES" in problem.reason
        assert problem.reason.endswith("its element is not closed.")
        assert spectra.bytes_read - opened_with < 8 << 20
