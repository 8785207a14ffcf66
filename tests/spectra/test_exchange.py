from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.one_psm.loss_of import loss_of
from peploss.errors import SpectrumError
from peploss.spectra.exchange import from_matchms, from_spectrum_utils, to_matchms
from peploss.spectra.spectrum import Spectrum

FULL = Spectrum(
    mz=np.array([147.112804, 276.155397]), intensity=np.array([10.0, 1e6]), precursor_mz=187.1, precursor_charge=2,
    title="one", scan=7, rt=61.5, peptide="PEK",
)  # fmt: skip
BARE = Spectrum(mz=np.array([100.0]), intensity=np.array([1.0]))


@pytest.mark.parametrize("spectrum", [FULL, BARE], ids=["full", "bare"])
def test_there_and_back_by_matchms(spectrum: Spectrum) -> None:
    pytest.importorskip("matchms")
    again = from_matchms(to_matchms(spectrum))
    assert again.mz.tolist() == pytest.approx(spectrum.mz.tolist(), abs=1e-12)
    assert again.intensity.tolist() == pytest.approx(spectrum.intensity.tolist())
    for name in ("precursor_mz", "precursor_charge", "title", "scan", "rt", "peptide"):
        assert getattr(again, name) == getattr(spectrum, name), name
    assert loss_of(again, "PEK") == pytest.approx(loss_of(spectrum, "PEK"), abs=1e-9)


def test_metadata_of_matchms_that_say_nothing() -> None:
    matchms = pytest.importorskip("matchms")
    metadata = {"charge": 0, "precursor_mz": "nan", "retention_time": "n/a", "compound_name": "caffeine"}
    found = from_matchms(matchms.Spectrum(np.array([100.0]), np.array([1.0]), metadata))
    assert (found.precursor_charge, found.precursor_mz, found.rt, found.title) == (None, None, None, "caffeine")
    bad = matchms.Spectrum(np.array([100.0]), np.array([-1.0]), {})
    with pytest.raises(SpectrumError, match="intensity"):
        from_matchms(bad)


def test_from_spectrum_utils() -> None:
    utils = pytest.importorskip("spectrum_utils.spectrum")
    theirs = utils.MsmsSpectrum("scan 1", 187.1, 2, [276.155397, 147.112804], [2.0, 1.0], retention_time=3.5)
    found = from_spectrum_utils(theirs)
    assert found.mz.tolist() == pytest.approx([147.112804, 276.155397], abs=1e-4)  # theirs are float32
    assert (found.title, found.precursor_mz, found.precursor_charge, found.rt) == ("scan 1", 187.1, 2, 3.5)
    assert found.peptide is None
    theirs.annotate_proforma("PEK/2", 20, "ppm")
    assert from_spectrum_utils(theirs).peptide == "PEK/2"
