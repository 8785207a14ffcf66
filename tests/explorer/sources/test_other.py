"""Another spectrum is found by id or number, and what is not there is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from peploss.dataset.index.build import build_set
from peploss.errors import NoSpectrumError, SourceError
from peploss.explorer.sources.other import Spectra, other_spectrum
from peploss.explorer.sources.source import PastedList, Source
from peploss.explorer.sources.stored import StoredSpectra
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import samples_folder
from peploss.spectra.spectrum import Spectrum


def test_by_id_and_by_number() -> None:
    with open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf") as file:
        source = Source("key", file, True, True)
        assert other_spectrum(source, "QC1.175").name == "QC1.175"
        assert other_spectrum(source, "1").name == file.ids[0]
        with pytest.raises(NoSpectrumError, match="no spectrum with the id '9999'"):
            other_spectrum(source, "9999")
        with pytest.raises(NoSpectrumError, match="Did you mean QC1"):
            other_spectrum(source, "QC1.1755")


def test_in_a_set_by_number_and_by_title(tmp_path: Path) -> None:
    sample_set = tmp_path / "set.parquet"
    build_set([samples_folder() / "hcd_qe_openms_qc.mgf"], [], sample_set, workers=1)
    source = Source("key", StoredSpectra(sample_set), True, True)
    assert other_spectrum(source, "2").index == 1
    assert other_spectrum(source, "QC1.175").title == "QC1.175"
    with pytest.raises(SourceError):
        other_spectrum(source, "nobody")


def test_a_pasted_list_is_alone() -> None:
    source = Source("key", PastedList(Spectrum(mz=np.array([1.0]), intensity=np.array([1.0]))), False, True)
    with pytest.raises(NoSpectrumError, match="Open a file that holds both"):
        other_spectrum(source, "1")


def test_of_another_source_by_its_name() -> None:
    with (
        open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf") as file,
        open_spectra(samples_folder() / "cid_iontrap_openms_bsa1.mgf") as bsa,
    ):
        source = Source("key", file, True, True)
        others: dict[str, Callable[[], Spectra]] = {"bsa": lambda: bsa, "bsa#1": lambda: file}
        assert other_spectrum(source, "bsa#2", others).name == bsa.ids[1]
        assert other_spectrum(source, f"bsa# {bsa.ids[3]}", others).name == bsa.ids[3]
        assert other_spectrum(source, "bsa#1#1", others).name == file.ids[0]  # the longest name
        assert other_spectrum(source, "1", others).name == file.ids[0]
        with pytest.raises(
            NoSpectrumError, match=r"no other source 'nobody'\. Write NAME#SPECTRUM with one of bsa, bsa#1"
        ):
            other_spectrum(source, "nobody#1", others)
        with pytest.raises(NoSpectrumError, match="no spectrum with the id '9999'"):
            other_spectrum(source, "bsa#9999", others)
        pasted = Source("key", PastedList(Spectrum(mz=np.array([1.0]), intensity=np.array([1.0]))), False, True)
        assert other_spectrum(pasted, "bsa#2", others).name == bsa.ids[1]


def test_from_a_set_to_a_file(tmp_path: Path) -> None:
    sample_set = tmp_path / "set.parquet"
    build_set([samples_folder() / "hcd_qe_openms_qc.mgf"], [], sample_set, workers=1)
    source = Source("key", StoredSpectra(sample_set), True, True)
    with open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf") as file:
        assert other_spectrum(source, "qc#QC1.175", {"qc": lambda: file}).name == "QC1.175"
