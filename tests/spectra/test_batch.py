"""Many spectra at once are the same spectra, with the same problems."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.errors import SpectrumError
from peploss.spectra.batch import usable
from peploss.spectra.readers import file as spectrum_file
from peploss.spectra.readers import mgf, open_part, open_spectra
from peploss.spectra.readers.file import SpectrumFile
from peploss.spectra.readers.source import ByteSource
from peploss.spectra.record import NOT_MS2, Record

NAMES = ("index", "scan", "native_id", "title", "precursor_mz", "precursor_charge", "rt", "peptide", "n_peaks")


def one_by_one(file: SpectrumFile) -> list[tuple[object, ...]]:
    """What ``read`` gives of every entry, survey scans left out."""
    rows: list[tuple[object, ...]] = []
    for index in range(len(file)):
        try:
            s = file.read(index)
        except SpectrumError as error:
            if error.problem != NOT_MS2:
                rows.append((index, None, file.ids[index], file.ids[index], *[None] * 4, 0, error.problem, [], []))
        else:
            values = (s.index, s.scan, s.native_id, s.title, s.precursor_mz, s.precursor_charge, s.rt, s.peptide)
            rows.append((*values, len(s), None, s.mz.tolist(), s.intensity.tolist()))
    return rows


def at_once(file: SpectrumFile) -> list[tuple[object, ...]]:
    """The same from its batches."""
    rows: list[tuple[object, ...]] = []
    for batch in file.batches():
        mz, intensity = np.concatenate([np.empty(0), *batch.mz]), np.concatenate([np.empty(0), *batch.intensity])
        ends = np.cumsum([0, *batch.n_peaks])
        assert mz.size == intensity.size == ends[-1]
        for i, problem in enumerate(batch.problem):
            own = slice(ends[i], ends[i + 1])
            values = tuple(getattr(batch, name)[i] for name in NAMES)
            rows.append((*values, problem, mz[own].tolist(), intensity[own].tolist()))
    return rows


def files(folder: Path) -> list[Path]:
    endings = (".mgf", ".mzml", ".mzxml", ".msp")
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in endings)


@pytest.mark.parametrize("path", files(Path(__file__).resolve().parents[2] / "sample_spectra"), ids=lambda p: p.name)
def test_samples(path: Path) -> None:
    with open_spectra(path) as file:
        assert at_once(file) == one_by_one(file)


def test_odd_files(odd_files: Path) -> None:
    for path in files(odd_files):
        try:
            file = open_spectra(path)
        except ValueError:
            continue
        with file:
            assert at_once(file) == one_by_one(file), path


def test_batches_are_small_whatever_the_file_is(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectrum_file, "PEAKS", 500)
    monkeypatch.setattr(mgf, "_TOGETHER", 20_000)
    for path in files(samples):
        with open_spectra(path) as file:
            assert len(list(file.batches())) > 1 or len(file) < 10
            assert at_once(file) == one_by_one(file)


def test_a_part_of_the_index_opens_a_part_of_the_file(samples: Path) -> None:
    for path in files(samples):
        with open_spectra(path) as file:
            whole, n = one_by_one(file), len(file)
            indexes = [file.index_of(start, min(start + 7, n)) for start in range(0, n, 7)]
        with open_spectra(path) as file:
            source = ByteSource(path)
            rows = [row for index in indexes for row in at_once(open_part(source, str(path), index))]
            source.close()
        assert rows == whole


LINES = st.sampled_from(
    [b"100.5 1", b"200 2", b"150 3", b"100\t1e3", b"  100 1", b"100  1", b"100 1 2+", b"100 1 ", b"", b"# c", b"0 5",
     b"100,5 1", b"nan 1", b"100 inf", b"100 -1", b"1e400 1", b"100 1e300", b"100 0", b"100", b"+5 1", b".5 1",
     b"1_0 1", b"100 1e", b"SEQ=PEPTIDE", b"END", b"CHARGE=3-", b"CHARGE=2+ and 3+", b"PEPMASS=500 1 3+", b"MSLEVEL=1",
     b"TITLE=a.0012.0012.2", b"RTINSECONDS=3-4", b"5e-324 1", b"100 1\x00", b"\xe9=1", b"BEGIN IONS", b"END IONS"]
)  # fmt: skip


@given(st.lists(st.lists(LINES, max_size=6), min_size=1, max_size=6), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_blocks_of_any_lines(blocks: list[list[bytes]], end: bytes) -> None:
    lines = [line for block in blocks for line in (b"BEGIN IONS", b"TITLE=t", *block, b"END IONS")]
    with open_spectra(io.BytesIO(end.join(lines)), "x.mgf") as file:
        assert at_once(file) == one_by_one(file)


VALUES = st.sampled_from([1.0, 2.0, 3.0, 0.0, -0.0, -1.0, 5e-324, 1e308, np.inf, -np.inf, np.nan])


@given(st.lists(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=5), max_size=5))
def test_usable_is_what_a_spectrum_takes_as_it_is(spectra: list[list[tuple[float, float]]]) -> None:
    records = [Record(mz=np.array([m for m, _ in s]), intensity=np.array([a for _, a in s])) for s in spectra]
    for record, good in zip(records, usable(records), strict=True):
        mz = record.mz.tolist()
        try:
            taken = record.spectrum(0, "").mz.tolist() == mz
        except SpectrumError:
            taken = False
        assert good == taken


def test_entries_of_xml(mzml: Callable[..., bytes], spectrum_xml: Callable[..., str]) -> None:
    spectra = [
        spectrum_xml(1, [200.25, 100.5], [2, 1]), spectrum_xml(2, level=1), spectrum_xml(3, [], []),
        spectrum_xml(4, [0, 100], [1, 2]), spectrum_xml(5, charge=None), spectrum_xml(6, arrays=""),
        spectrum_xml(7, mode="profile spectrum"), spectrum_xml(8, intensity=[1, 2, 3]),
    ]  # fmt: skip
    with open_spectra(io.BytesIO(mzml(spectra)), "x.mzML") as file:
        assert at_once(file) == one_by_one(file)
        assert len(at_once(file)) == 7


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 0.0, -1.0])
@pytest.mark.parametrize("of", ["mz", "intensity"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_value_makes_one_record_unusable(at: int, value: float, of: str, place: int) -> None:
    records = [Record(mz=np.array([100.0, 200.0, 300.0]), intensity=np.array([1.0, 2.0, 3.0])) for _ in range(3)]
    getattr(records[place], of)[at] = value
    good = [True, True, True]
    good[place] = of == "intensity" and value == 0.0  # a peak of no height is one
    assert usable(records) == good


def test_an_infinite_mz_of_a_file_is_a_problem_alone_and_in_a_batch(
    mzml: Callable[..., bytes], spectrum_xml: Callable[..., str]
) -> None:
    data = mzml([spectrum_xml(1), spectrum_xml(2, (100.5, np.inf)), spectrum_xml(3, (100.5, 200.5), (1.0, np.inf))])
    with open_spectra(io.BytesIO(data), "a.mzML") as spectra:
        (batch,) = spectra.batches()
        assert [p.index for p in spectra.problems] == [1, 2]
        assert batch.problem == [None, spectra.problems[0].reason, spectra.problems[1].reason]
        assert "positive and finite" in spectra.problems[0].reason
