"""Another spectrum is found by id or number, and what is not there is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from peploss.dataset.index.build import build_set
from peploss.errors import NoSpectrumError, SourceError
from peploss.explorer.sources.other import other_spectrum
from peploss.explorer.sources.sources import PastedList, Source
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
