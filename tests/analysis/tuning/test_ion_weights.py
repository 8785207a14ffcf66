from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.tuning.ion_weights import fit_ion_weights, loss_floor
from peploss.analysis.tuning.psm_set import Psm, observed, predicted, sample_psms
from peploss.errors import SourceError
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

TEXTS = ["VGEAAASGELRK/2", "LAMTLAEAERTK/2", "HTLNQIDSVK/2", "EREESIEEMHHADK/3", "AEFVEVTKLVTDLTK/3", "SLHTLFGDK/2"]


def made_with(weights: dict[str, float], settings: LossSettings = LossSettings()) -> list[Psm]:  # noqa: B008
    """Spectra that are exactly what these weights predict."""
    out = []
    for text in TEXTS:
        peptide = Peptide.parse(text)
        ions = fragments(peptide, settings.replace(ion_weights=weights))
        out.append(Psm(Spectrum(mz=ions.mz, intensity=ions.intensity * 1e4), peptide))
    return out


def test_the_weights_that_made_the_spectra_are_found() -> None:
    weights = {"b1": 0.4, "b2": 0.1, "y1": 1.0, "y2": 0.25}
    found = fit_ion_weights(made_with(weights), LossSettings())
    for name, weight in weights.items():
        assert found.weights[name] == pytest.approx(weight, abs=0.03)
    assert found.settings.ion_weights == found.weights
    assert found.held_out.medians[1] < 0.01 < found.held_out.medians[0]
    assert found.trace[-1] < 1e-3
    assert found.train.n + found.held_out.n == 6
    assert found.counts["y1"] == found.counts["b1"] > found.counts["y2"] > 0


def test_immonium_and_precursor_have_keys_of_their_own() -> None:
    settings = LossSettings(immonium=True, precursor=True, neutral_losses=("H2O",))
    found = fit_ion_weights(made_with({"immonium": 0.5, "precursor": 0.2}, settings), settings, steps=80)
    assert set(found.weights) == {"b1", "b2", "y1", "y2", "immonium", "precursor"}
    assert found.weights["immonium"] == pytest.approx(0.5, abs=0.15)
    assert LossSettings.from_toml(found.settings.to_toml()) == found.settings


def test_losses_reported_are_those_of_the_settings_reported(dense) -> None:
    psms = sample_psms(["cid_iontrap_openms_ecoli.mgf"])[:6]
    settings = LossSettings(sigma=0.2, top_n=60, sqrt=True, ion_weights={"b": 0.3})
    found = fit_ion_weights(psms, settings, steps=40, seed=1)
    held = sorted(p.peptide.sequence for p in psms)
    assert found.held_out.n < len(held)
    uniform, fitted = settings.replace(ion_weights={}), found.settings
    for options, losses in ((uniform, found.train.uniform), (fitted, found.train.fitted)):
        every = [1 - dense(predicted(p, options), observed(p, options), options) for p in psms]
        for loss in losses[:3]:
            assert np.abs(np.array(every) - loss).min() < 1e-9
    assert 0 <= found.held_out.auc_fitted <= 1
    assert found.trace[-1] < found.trace[0]
    assert found.trace.shape == (41,)


def test_no_peptide_is_on_both_sides() -> None:
    psms = made_with({"b": 0.5}) * 3
    for seed in range(3):
        found = fit_ion_weights(psms, LossSettings(), steps=1, seed=seed)
        assert found.held_out.n == 6  # two of six peptides, three spectra each
        assert found.train.n == 12


def test_seeded() -> None:
    psms = sample_psms(["hcd_qe_pyascore_phospho.mgf"])
    one, two = (fit_ion_weights(psms, LossSettings(), steps=5, seed=4) for _ in range(2))
    assert one.weights == two.weights
    np.testing.assert_array_equal(one.held_out.fitted, two.held_out.fitted)


def test_real_spectra_cost_less_with_weights_also_when_kept_apart() -> None:
    psms = sample_psms(["hcd_qe_openms_qc.mgf"])
    found = fit_ion_weights(psms, LossSettings(), steps=60)
    before, after = found.held_out.medians
    assert after < before - 0.03
    assert found.weights["y1"] == 1.0
    assert found.weights["b1"] < 0.8
    assert found.held_out.auc_fitted >= found.held_out.auc_uniform - 0.02


def test_floor_is_nothing_where_fragments_explain_all() -> None:
    rng = np.random.default_rng(0)
    psms = []
    for text in TEXTS:
        peptide = Peptide.parse(text)
        mz = fragments(peptide, LossSettings()).mz
        psms.append(Psm(Spectrum(mz=mz, intensity=rng.gamma(0.5, 1, mz.size)), peptide))
    found = loss_floor(psms, LossSettings())
    assert found.best.max() < 1e-3
    assert found.uniform.min() > 0.05
    assert found.share_of_uniform > 0.99


def test_best_intensities_against_least_squares(dense, render) -> None:
    settings = LossSettings(sigma=0.1, max_mz=1600, top_n=100, ion_weights={"b": 0.5})
    psms = sample_psms(["cid_iontrap_openms_ecoli.mgf"])[:3]
    found = loss_floor(psms, settings)
    for b, psm in enumerate(psms):
        pred, obs = predicted(psm, settings), observed(psm, settings)
        columns = np.stack([render(pred[0][[i]], np.ones(1), settings) for i in range(pred[0].size)])
        target = render(*obs, settings)
        free = np.linalg.lstsq(columns.T, target, rcond=None)[0] @ columns
        without_sign = 1 - free @ target / np.sqrt((free @ free) * (target @ target))
        assert without_sign - 1e-9 <= found.best[b] <= without_sign + 0.01
        assert found.best[b] <= found.given[b] <= 1
        assert found.given[b] == pytest.approx(1 - dense(pred, obs, settings), abs=1e-9)
        ones = (pred[0], np.ones(pred[0].size))
        assert found.uniform[b] == pytest.approx(1 - dense(ones, obs, settings), abs=1e-9)


def test_too_little_is_refused() -> None:
    psms = made_with({})
    with pytest.raises(SourceError, match="two different peptides"):
        fit_ion_weights(psms[:1] * 5, LossSettings())
    with pytest.raises(SourceError, match="no fragment"):
        fit_ion_weights(psms, LossSettings(ion_types=()))
    with pytest.raises(SourceError, match="no spectrum"):
        loss_floor([], LossSettings())
    for bad in ({"held_out": 0.0}, {"held_out": 1.0}, {"steps": 0}):
        with pytest.raises(ValueError, match="held_out"):
            fit_ion_weights(psms, LossSettings(), **bad)
