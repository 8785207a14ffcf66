"""The page says which device drew the picture."""

from __future__ import annotations

import numpy as np

from peploss.analysis.one_psm.explanation import explain
from peploss.explorer.explore import summary
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum


def test_the_loss_says_where_it_was_computed() -> None:
    spectrum = Spectrum(mz=np.array([148.06, 263.09]), intensity=np.ones(2))
    explained = explain(spectrum, Peptide.parse("PEPTIDE"), LossSettings())
    (loss,) = (item for group in summary.numbers(explained) for item in group["items"] if item["id"] == "loss")
    assert "Computed and drawn on the CPU" in loss["help"]
