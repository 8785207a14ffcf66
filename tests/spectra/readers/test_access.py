"""Spectra of a file by position and by id, and what is said of one that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from peploss.errors import NoSpectrumError
from peploss.spectra.readers import SpectrumFile, open_spectra
from peploss.spectra.samples import sample_files, samples_folder

ENTRY = "BEGIN IONS\nTITLE={}\n{} 1\nEND IONS\n"


@pytest.fixture
def spectra() -> Iterator[SpectrumFile]:
    with open_spectra(sample_files()[0].path) as opened:
        yield opened


def test_position_and_id_are_two_ways_to_one_spectrum(spectra: SpectrumFile) -> None:
    at = spectra.ids.index("QC1.175")
    for which in (at, "QC1.175", np.int64(at)):
        assert spectra[which].title == spectra.read(which).title == "QC1.175"
        assert spectra.position(which) == spectra[which].index == at
    assert spectra[at - len(spectra)].index == at


def test_native_ids() -> None:
    with open_spectra(samples_folder() / "native" / "test_spectra.mzML") as spectra:
        assert spectra[spectra.ids[2]].index == 2


@pytest.mark.parametrize("which", [109, -110, 10**30])
def test_a_position_beyond_the_file(spectra: SpectrumFile, which: int) -> None:
    with pytest.raises(NoSpectrumError, match=rf"no spectrum at position {which}; the file has 109, counted from 0"):
        spectra[which]


def test_an_unknown_id(spectra: SpectrumFile) -> None:
    with pytest.raises(NoSpectrumError, match=r"no spectrum with the id 'QC1\.17'. Did you mean .*QC1\.175") as raised:
        spectra["QC1.17"]
    assert isinstance(raised.value, LookupError)
    assert raised.value.where == spectra.name
    with pytest.raises(NoSpectrumError, match=r"An id here looks like 'QC1\.2'"):
        spectra.read("scan=7")


def test_an_id_of_several_spectra(tmp_path: Path) -> None:
    (tmp_path / "a.mgf").write_text("".join(ENTRY.format(*x) for x in (("x", 100), ("same", 200), ("same", 300))))
    with open_spectra(tmp_path / "a.mgf") as spectra:
        assert spectra["x"].mz.tolist() == [100.0]
        with pytest.raises(NoSpectrumError, match=r"2 spectra have the id 'same'. Name one by its position: 1, 2\."):
            spectra["same"]


def test_neither_position_nor_id(spectra: SpectrumFile) -> None:
    with pytest.raises(TypeError, match="integer"):
        spectra[1.0]  # type: ignore[index]


def test_all_that_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "a.mgf").write_text("".join(ENTRY.format(*x) for x in (("a", 100), ("bad", "nan"), ("c", 300))))
    with open_spectra(tmp_path / "a.mgf") as spectra:
        assert [spectrum.title for spectrum in spectra] == ["a", "c"]
        assert [problem.name for problem in spectra.problems] == ["bad"]
