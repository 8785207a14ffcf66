"""Another loss on a comparison: its number is the function's, its slope the derivative, its curves what it compares."""

from __future__ import annotations

import numpy as np
import pytest

from peploss import LossSettings, Peaks, Peptide, Spectrum
from peploss.analysis.loss_comparison.drawn import draw
from peploss.analysis.loss_comparison.every_loss import LOSSES, SPECTRUM
from peploss.analysis.one_psm.explanation import Explanation, explain
from peploss.analysis.tuning.psm_set import Psm
from peploss.errors import SettingsError
from peploss.losses.baselines import modified_cosine_distance, weighted_cosine_distance


@pytest.fixture(scope="module")
def ex() -> Explanation:
    mz, height = np.array([98.06, 227.11, 324.16, 376.2, 477.22]), np.array([1.0, 4.0, 9.0, 2.0, 3.0])
    spectrum = Spectrum(mz=mz, intensity=height, precursor_mz=408.6872, precursor_charge=2)
    return explain(spectrum, Peptide.parse("PEPTIDE"), LossSettings(sigma=0.1))


def sides(ex: Explanation) -> tuple[Peaks, Peaks]:
    return tuple(Peaks.from_arrays(x.mz, x.intensity) for x in (ex.fragments, ex.observed))  # type: ignore[return-value]


@pytest.mark.parametrize("name", [name for name in LOSSES if name != SPECTRUM])
def test_value_and_slope(ex: Explanation, name: str) -> None:
    drawn = draw(ex, name)
    assert drawn is not None
    _, obs = sides(ex)
    shift = Psm(ex.spectrum, ex.peptide).shift
    assert shift == pytest.approx(8.0, abs=1e-3)

    def value(mz: np.ndarray) -> float:
        moved = Peaks.from_arrays(mz, ex.fragments.intensity)
        return float(LOSSES[name](moved, obs, ex.settings, shift=shift)[0])

    assert drawn.value == pytest.approx(value(ex.fragments.mz), abs=1e-12)
    f, step = int(np.abs(drawn.slope).argmax()), 1e-6
    up, down = ex.fragments.mz.copy(), ex.fragments.mz.copy()
    up[f] += step
    down[f] -= step
    assert drawn.slope[f] == pytest.approx((value(up) - value(down)) / (2 * step), rel=1e-3)


def test_the_modified_cosine_takes_the_precursors_difference(ex: Explanation) -> None:
    pred, obs = sides(ex)
    drawn = draw(ex, "modified_cosine_distance")
    assert drawn is not None
    without = float(modified_cosine_distance(pred, obs, sigma=0.1)[0])
    assert drawn.value <= without
    assert drawn.value == pytest.approx(
        float(modified_cosine_distance(pred, obs, sigma=0.1, shift=Psm(ex.spectrum, ex.peptide).shift)[0])
    )


def test_curves_are_those_of_the_weighed_peaks(ex: Explanation) -> None:
    drawn = draw(ex, "weighted_cosine_distance")
    assert drawn is not None
    assert drawn.curves is not None
    want = float(weighted_cosine_distance(*sides(ex), sigma=0.1)[0])
    assert 1 - drawn.curves.contribution.sum() == pytest.approx(want, abs=1e-9)
    wide = draw(ex, "multi_sigma_cosine_distance")
    assert wide is not None
    assert wide.width == pytest.approx(1.6)
    assert draw(ex, "soft_f1").curves is None  # type: ignore[union-attr]


def test_the_spectrum_loss_is_drawn_already(ex: Explanation) -> None:
    assert draw(ex, SPECTRUM) is None
    with pytest.raises(SettingsError, match="no loss 'cosine'"):
        draw(ex, "cosine")
