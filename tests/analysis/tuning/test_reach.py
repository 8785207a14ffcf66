from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.one_psm.gradient import REACH
from peploss.analysis.tuning.psm_set import Psm, observed, predicted
from peploss.analysis.tuning.reach import DEAMIDATION, HUBER, marks, reach_curves
from peploss.constants import ISOTOPE_SPACING
from peploss.peptides.modifications.unimod import resolve
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

PEPTIDE = Peptide.parse("PEPTIDEK/2")
FINE = LossSettings(bin_width=0.01)


def psm(extra: tuple[float, ...] = (), move: float = 0.0) -> Psm:
    bare = Psm(Spectrum(mz=np.ones(1), intensity=np.ones(1)), PEPTIDE)
    mz = np.concatenate([predicted(bare, LossSettings())[0] + move, extra])
    return Psm(
        Spectrum(mz=mz, intensity=np.arange(1.0, mz.size + 1), precursor_mz=PEPTIDE.mz(), precursor_charge=2), PEPTIDE
    )


def test_reach_and_basin_of_peaks_that_stand_apart() -> None:
    """Far from each other, fragments pull as one pair does: 1 % of the peak at REACH sigma."""
    found = reach_curves(psm(), FINE, [0.02, 0.05, 0.1])
    for curve in found.curves:
        assert curve.minimum == pytest.approx(0, abs=1e-9)
        assert curve.reach is not None
        for side, sign in zip(curve.reach, (-1, 1), strict=True):
            assert side == pytest.approx(sign * REACH * curve.sigma, abs=0.0051)
        assert curve.basin[0] <= curve.reach[0]
        assert curve.reach[1] <= curve.basin[1]
        assert curve.reach_width == pytest.approx(2 * REACH * curve.sigma, abs=0.011)
        steepest = found.shift[np.abs(curve.gradient).argmax()]
        assert abs(steepest) == pytest.approx(np.sqrt(2) * curve.sigma, abs=0.0051)


def test_curves_are_the_loss_and_its_slope(dense) -> None:
    settings = LossSettings(max_mz=1000, bin_width=0.1)
    which = psm((300.0, 410.3), move=0.03)
    found = reach_curves(which, settings, [0.2], step=0.01)
    pred, obs = predicted(which, settings), observed(which, settings)
    curve = found.curves[0]
    for k in (0, 150, 200, 207, 301):
        shifted = pred[0] + found.shift[k], pred[1]
        assert curve.loss[k] == pytest.approx(1 - dense(shifted, obs, settings.replace(sigma=0.2)), abs=1e-9)
    np.testing.assert_allclose(np.gradient(curve.loss, found.shift)[1:-1], curve.gradient[1:-1], atol=2e-3)
    assert curve.minimum == pytest.approx(0.03, abs=0.011)


@pytest.mark.parametrize("fragment", [0, 5])
def test_one_fragment(dense, fragment) -> None:
    settings = LossSettings(max_mz=1000)
    which = psm((300.0,))
    found = reach_curves(which, settings, [0.1], fragment=fragment)
    pred, obs = predicted(which, settings), observed(which, settings)
    assert found.fragment == fragment
    for k in (0, 390, 425):
        mz = pred[0].copy()
        mz[fragment] += found.shift[k]
        want = 1 - dense((mz, pred[1]), obs, settings.replace(sigma=0.1))
        assert found.curves[0].loss[k] == pytest.approx(want, abs=1e-9)


def min_distance(ions: np.ndarray, mz: np.ndarray, intensity: np.ndarray) -> float:
    d = np.abs(mz[:, None] - ions[None]).min(1)
    return float((intensity / intensity.sum()) @ np.where(d <= HUBER, d * d / 2, HUBER * (d - HUBER / 2)))


@pytest.mark.parametrize("fragment", [None, 4])
def test_min_distance_and_its_kinks(fragment) -> None:
    which = psm((301.0, 302.1, 420.7, 421.0))
    found = reach_curves(which, FINE, [0.05], fragment=fragment)
    ions = predicted(which, FINE)[0]
    moves = np.ones(ions.size) if fragment is None else np.eye(ions.size)[fragment]
    mz, intensity = which.spectrum.mz, which.spectrum.intensity

    def at(t: float) -> float:
        return min_distance(ions + t * moves, mz, intensity)

    for k in (0, 111, 400, 799):
        assert found.min_distance.loss[k] == pytest.approx(at(found.shift[k]), abs=1e-9)
    # Every kink is one, as high as it says, and there is no other.
    e = 1e-6
    for t, jump in zip(found.kinks, found.jumps, strict=True):
        together = found.jumps[np.abs(found.kinks - t) < e].sum()
        fall = (at(t) - at(t - e)) / e - (at(t + e) - at(t)) / e
        assert fall == pytest.approx(together, abs=1e-5)
        assert jump > 0
    fine = np.linspace(-2, 2, 40_001)
    slope = np.diff([at(t) for t in fine]) / np.diff(fine)
    for k in np.flatnonzero(np.diff(slope) < -1e-4):
        assert np.abs(found.kinks - fine[k + 1]).min() < 2e-4
    if fragment is None:
        assert found.kinks.size


def test_no_reach_where_nothing_is_near() -> None:
    alone = Psm(Spectrum(mz=np.array([1900.0]), intensity=np.ones(1)), PEPTIDE)
    found = reach_curves(alone, LossSettings(bin_width=0.01), [0.05])
    curve = found.curves[0]
    assert (curve.loss == 1).all()
    assert (curve.gradient == 0).all()
    assert (curve.reach, curve.reach_width, curve.basin_width) == (None, 0.0, 0.0)


def test_no_peaks() -> None:
    empty = Psm(Spectrum(mz=np.zeros(0), intensity=np.zeros(0)), PEPTIDE)
    found = reach_curves(empty, LossSettings(), [0.05])
    assert (found.curves[0].loss == 1).all()
    assert (found.min_distance.loss == 0).all()
    assert found.kinks.size == 0


def test_in_ppm_reach_grows_with_sigma() -> None:
    found = reach_curves(psm(), LossSettings(sigma_unit="ppm", sigma=50, bin_width=0.01), [50.0, 200.0])
    narrow, wide = found.curves
    assert narrow.sigma_unit == "ppm"
    assert 2 < wide.reach_width / narrow.reach_width < 5


def test_marks() -> None:
    assert resolve("Deamidated").mass == DEAMIDATION
    by_name = {m.name: m.shift for m in marks(500.0)}
    assert by_name == {"calibration": pytest.approx(0.005), "deamidation": DEAMIDATION, "isotope": ISOTOPE_SPACING}
    assert [m.name for m in marks(None)] == ["deamidation", "isotope"]
    assert [m.name for m in reach_curves(psm(), FINE, []).marks] == list(by_name)


@pytest.mark.parametrize("bad", [{"fragment": 99}, {"fragment": -1}, {"step": 0.0}, {"farthest": 0.001}])
def test_what_cannot_be_drawn_is_refused(bad) -> None:
    with pytest.raises(ValueError, match=r"fragment|step"):
        reach_curves(psm(), FINE, [0.05], **bad)
