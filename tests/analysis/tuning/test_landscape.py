from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.one_psm.grid_effects import continuum, phase_spread
from peploss.analysis.tuning.landscape import Axes, Landscape, default_axes, landscape
from peploss.analysis.tuning.psm_set import Psm, observed, predicted
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

PEPTIDE = Peptide.parse("VGEAM[Oxidation]SGELRK/2")


def make_psm(seed: int = 0, noise: int = 30) -> Psm:
    rng = np.random.default_rng(seed)
    bare = Psm(Spectrum(mz=np.ones(1), intensity=np.ones(1), precursor_mz=PEPTIDE.mz(2)), PEPTIDE)
    ions = predicted(bare, LossSettings())[0]
    mz = np.concatenate([ions + rng.normal(0, 0.02, ions.size), rng.uniform(100, 1300, noise)])
    spectrum = Spectrum(mz=mz, intensity=rng.gamma(1, 1, mz.size), precursor_mz=PEPTIDE.mz(2), precursor_charge=2)
    return Psm(spectrum, PEPTIDE)


@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_random_cells_are_the_dense_loss(unit, dense) -> None:
    psm, rng = make_psm(), np.random.default_rng(1)
    given = LossSettings(sigma_unit=unit, sigma=0.05 if unit == "Da" else 50.0, max_mz=1400, sqrt=True, top_n=40)
    found = landscape(psm, given, n_decoys=1)
    assert found.loss.shape == (40, 40)
    assert found.axes.sigma_unit == unit
    for _ in range(12):
        i, k = int(rng.integers(40)), int(rng.integers(12, 40))
        cell = given.replace(sigma=float(found.axes.sigmas[i]), bin_width=float(found.axes.bin_widths[k]))
        pred, obs = predicted(psm, cell), observed(psm, cell)
        assert found.loss[i, k] == pytest.approx(1 - dense(pred, obs, cell), abs=1e-9)
        assert found.continuum[i, k] == pytest.approx(continuum(pred, obs, cell)[0], abs=1e-9)
        assert found.decoy_loss[0, i, k] == pytest.approx(
            1 - dense(predicted(psm, cell, found.decoys[0]), obs, cell), abs=1e-9
        )
        if unit == "Da":  # in ppm the phases there also change the widths
            spread = phase_spread(pred, obs, cell)
            assert found.phase_low[i, k] == pytest.approx(spread.low, abs=1e-9)
            assert found.phase_high[i, k] == pytest.approx(spread.high, abs=1e-9)


def test_layers_say_what_they_are() -> None:
    found = landscape(make_psm(), LossSettings(), Axes(np.array([0.05, 0.2]), "Da", np.array([0.05, 0.1, 1.0])))
    np.testing.assert_array_equal(found.grid_artefact, found.loss - found.continuum)
    np.testing.assert_array_equal(found.phase_spread, found.phase_high - found.phase_low)
    np.testing.assert_allclose(found.decoy_margin, found.decoy_loss.mean(0) - found.loss)
    assert np.abs(found.grid_artefact[1, :2]).max() < 1e-6
    assert found.phase_spread[1, 1] < 1e-6 < found.phase_spread[0, 1]
    assert (found.phase_low <= found.loss).all()
    assert (found.loss <= found.phase_high).all()
    assert found.decoy_margin[1, 1] > 0.1
    assert found.present == (0, 1)
    assert np.ptp(found.continuum, axis=1).max() == 0


def test_default_axes() -> None:
    axes = default_axes()
    assert (axes.sigmas[0], axes.sigmas[-1], axes.bin_widths[0], axes.bin_widths[-1]) == (0.001, 1.0, 0.001, 1.0)
    np.testing.assert_allclose(np.diff(np.log(axes.sigmas)), np.log(1000) / 39)
    assert default_axes("ppm").sigmas[-1] == pytest.approx(1000)
    coarse = axes.coarse(3)
    assert coarse.sigmas.size == 14
    assert set(coarse.sigmas) <= set(axes.sigmas)
    assert default_axes(n=12).coarse(3).sigmas[-1] == 1.0


def test_the_present_cell_needs_the_same_unit() -> None:
    assert landscape(make_psm(), LossSettings(), default_axes("ppm", 3), n_decoys=0).present is None


def test_seeded_decoys_and_none() -> None:
    axes = Axes(np.array([0.1]), "Da", np.array([0.1]))
    one, two, other = (landscape(make_psm(), LossSettings(), axes, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.decoy_loss, two.decoy_loss)
    assert not np.array_equal(one.decoy_loss, other.decoy_loss)
    none = landscape(make_psm(), LossSettings(), axes, n_decoys=0)
    assert none.decoy_loss.shape == (0, 1, 1)
    assert np.isnan(none.decoy_margin).all()
    short = landscape(Psm(make_psm().spectrum, Peptide.parse("GK/2")), LossSettings(), axes)
    assert short.decoys == ()


def test_no_peaks_cost_one_everywhere() -> None:
    found = landscape(make_psm(), LossSettings(min_peak_mz=1900), default_axes(n=5))
    assert (found.loss == 1).all()
    assert (found.grid_artefact == 0).all()
    assert (found.phase_spread == 0).all()
    assert (found.decoy_margin == 0).all()


def test_spread_is_high_less_low_and_margin_is_over_the_mean_decoy() -> None:
    cells = np.ones((2, 2))
    found = Landscape(
        axes=default_axes(n=2), loss=0.5 * cells, continuum=0.45 * cells, phase_low=0.4 * cells, phase_high=0.7 * cells,
        decoy_loss=np.array([0.6, 0.6, 0.9])[:, None, None] * cells, decoys=(Peptide.parse("PEK"),) * 3, present=None,
    )  # fmt: skip
    np.testing.assert_allclose(found.phase_spread, 0.3)
    np.testing.assert_allclose(found.grid_artefact, 0.05)
    np.testing.assert_allclose(found.decoy_margin, 0.2)  # 0.1 over their median
