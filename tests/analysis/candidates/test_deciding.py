from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.analysis.candidates.compare import compare_candidates
from peploss.analysis.candidates.deciding import deciding, distance, rival_of, verdict
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

SETTINGS = LossSettings()
TRUE, OTHER = "AS[Phospho]AATAAK", "ASAAT[Phospho]AAK"


def spectrum_of(text: str) -> Spectrum:
    ions = fragments(Peptide.parse(text), SETTINGS)
    order = np.argsort(ions.mz)
    return Spectrum(mz=ions.mz[order], intensity=np.ones(len(ions)))


def test_between_two_sites_only_the_fragments_between_them_decide() -> None:
    compared = compare_candidates(spectrum_of(TRUE), [TRUE, OTHER])
    of, against = (deciding(compared[i], compared[1 - i], SETTINGS) for i in (0, 1))
    labels = {compared[0].fragments.plain_label[i] for i in of.fragment.tolist()}
    assert labels == {"b2", "b3", "b4", "y4", "y5", "y6"}  # those that hold one of S2 and T5
    assert len(of) == len(against) == 6
    assert (of.n_found, against.n_found) == (6, 0)
    assert of.share == pytest.approx(6 / 14)
    assert against.share == 0.0
    assert "6 of 6 that only 1 predicts have a peak (42.9% of the intensity); 0 of 6" in verdict(
        of, against, ("1", "2")
    )
    assert np.all(np.diff(compared[0].fragments.mz[of.fragment]) > 0)


def test_what_weighs_nothing_or_lies_off_the_grid_decides_nothing() -> None:
    settings = SETTINGS.replace(ion_weights={"b": 0.0}, max_mz=500.0)
    first, second = compare_candidates(spectrum_of(TRUE), [TRUE, OTHER], settings)
    found = deciding(first, second, settings)
    assert {first.fragments.plain_label[i] for i in found.fragment.tolist()} == {"y4", "y5"}


def test_a_fragment_within_reach_of_the_others_does_not_decide() -> None:
    pair = ["AKGGSR", "AQGGSR"]  # 0.036 Da apart
    for sigma, n in ((0.05, 0), (0.005, 5)):
        settings = SETTINGS.replace(sigma=sigma)
        first, second = compare_candidates(spectrum_of(pair[0]), pair, settings)
        found, back = (deciding(*both, settings) for both in ((first, second), (second, first)))
        assert len(found) == n
        told = verdict(found, back, ("1", "2"))
        assert told.startswith("No fragment tells 1 from 2") == (n == 0)


def test_the_rival_is_the_best_of_the_others() -> None:
    compared = compare_candidates(spectrum_of(TRUE), [OTHER, TRUE, "GGGGGGGK"])
    assert [rival_of(i, compared) for i in range(3)] == [1, 0, 1]
    assert rival_of(0, compared[:1]) is None


@given(st.lists(st.floats(0, 1000), max_size=8), st.lists(st.floats(0, 1000), max_size=8))
def test_distance_is_the_least_of_all(mz: list[float], among: list[float]) -> None:
    expected = [min((abs(a - b) for b in among), default=np.inf) for a in mz]
    assert distance(np.array(mz), np.array(among)).tolist() == pytest.approx(expected)
