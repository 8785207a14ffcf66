from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.tuning.psm_set import Psm, predicted
from peploss.dataset.psm_row import COLUMNS, psm_of
from peploss.errors import PeptideError
from peploss.settings import LossSettings

ROW = dict.fromkeys(COLUMNS) | {
    "file": "a.mgf", "index": 4, "peptide": "PEPTIDEK", "charge": 3, "spectrum_charge": 2,
    "mz": np.array([98.06, 227.1]), "intensity": np.array([1.0, 2.0]),
}  # fmt: skip


def test_the_spectrum_keeps_its_own_charge_and_the_peptide_that_of_its_table() -> None:
    spectrum, peptide = psm_of(ROW)
    assert (spectrum.precursor_charge, peptide.charge, spectrum.index, spectrum.source) == (2, 3, 4, "a.mgf")


def test_the_table_s_charge_decides_which_fragments_there_are() -> None:
    def n_fragments(row: dict) -> int:
        return len(predicted(Psm(*psm_of(row)), LossSettings())[0])

    assert n_fragments(ROW) == n_fragments(ROW | {"spectrum_charge": None}) == 2 * n_fragments(ROW | {"charge": 2})


def test_a_peptide_that_makes_no_sense_is_told() -> None:
    with pytest.raises(PeptideError):
        psm_of(ROW | {"peptide": "PEPT1DE"})
