from __future__ import annotations

import itertools

import numpy as np
import pytest

from peploss.analysis.one_psm.gradient import REACH
from peploss.analysis.tuning.landscape import Axes, default_axes
from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.psm_set import Psm, draw, observed, predicted, sample_psms
from peploss.analysis.tuning.recommendation.setting_score import score
from peploss.analysis.tuning.separation import separate
from peploss.analysis.tuning.set_landscape import CHUNK, N_LOOKED_AT, set_landscapes
from peploss.errors import SourceError
from peploss.kernels.dispatch import device_name
from peploss.kernels.landscape import device_of
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

AXES = Axes(np.geomspace(0.02, 0.5, 7), "Da", np.geomspace(0.05, 1, 7))


@pytest.fixture(scope="module")
def psms() -> tuple[Psm, ...]:
    return sample_psms(["cid_iontrap_openms_ecoli.mgf", "hcd_qe_pyascore_phospho.mgf"])


def test_the_last_picture_is_every_loss_of_every_spectrum(psms, dense) -> None:
    prepared = prepare(psms, LossSettings(), n_decoys=2, seed=3)
    pictures = list(set_landscapes(prepared, AXES))
    last = pictures[-1]
    assert last.done
    assert not last.coarse
    assert last.target.shape == (87, 7, 7)
    assert last.decoy.shape == (87, 2, 7, 7)
    assert (last.overall.n, last.n_sampled, last.n_given, last.n_layers) == (87, 87, 87, N_LOOKED_AT)
    rng = np.random.default_rng(0)
    drawn = draw(psms, 2000, 3)
    for _ in range(4):
        b, i, k = int(rng.integers(87)), int(rng.integers(7)), int(rng.integers(7))
        cell = LossSettings(sigma=float(AXES.sigmas[i]), bin_width=float(AXES.bin_widths[k]))
        want = 1 - dense(predicted(drawn[b], cell), observed(drawn[b], cell), cell)
        assert last.target[b, i, k] == pytest.approx(want, abs=1e-6)
    want = separate(last.target, last.decoy)
    np.testing.assert_array_equal(last.overall.auc_low, want.auc_low)
    assert set(last.groups) == {"E. coli ion-trap CID", "Phospho HCD"}
    own = np.array(prepared.groups) == "Phospho HCD"
    assert last.groups["Phospho HCD"].n == own.sum() == 10
    np.testing.assert_array_equal(last.groups["Phospho HCD"].auc, separate(last.target[own], last.decoy[own]).auc)
    assert "87 of 87 spectra, 2 decoys each, 7 × 7 cells" in last.summary()
    assert last.summary().endswith(f"Computed on the {device_name(device_of(87))}.")


def test_pictures_get_better_and_say_how_far_they_are(psms) -> None:
    prepared = prepare(psms, LossSettings(), n_decoys=1)
    pictures = list(set_landscapes(prepared, default_axes(n=10)))
    progress = [p.progress for p in pictures]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert all(p < 1 for p in progress[:-1])
    assert pictures[0].coarse
    assert pictures[0].axes.sigmas.size == 4
    assert pictures[0].overall.n < len(prepared)
    coarse = [p for p in pictures if p.coarse and p.overall.n == len(prepared)]
    assert coarse
    # The coarse cells are cells of the fine picture, with the same losses.
    np.testing.assert_allclose(coarse[-1].target, pictures[-1].target[:, ::3, ::3], atol=1e-6)
    assert "drawn" not in pictures[-1].summary()
    steps = [b - a for a, b in itertools.pairwise(progress)]
    assert max(steps) <= CHUNK / len(prepared)  # no step is long


def test_stopping_early_computes_no_more(psms, monkeypatch) -> None:
    from peploss.analysis.tuning import prepared_set

    calls = []
    real = prepared_set.loss_landscapes
    monkeypatch.setattr(
        prepared_set, "loss_landscapes", lambda c, *args, **named: calls.append(len(c)) or real(c, *args, **named)
    )
    pictures = set_landscapes(prepare(psms, LossSettings(), n_decoys=1), AXES)
    assert calls == []
    next(pictures)
    done = sum(calls)
    pictures.close()
    assert sum(calls) == done == 2 * CHUNK


def test_sampled_seeded_and_said(psms) -> None:
    one, two, other = (prepare(psms, LossSettings(), limit=20, seed=s) for s in (1, 1, 2))
    assert len(one) == 20
    assert one.n_given == 87
    for a, b in zip(one.candidates, two.candidates, strict=True):
        for left, right in zip(a, b, strict=True):
            np.testing.assert_array_equal(left[0], right[0])
    assert any(not np.array_equal(a[0][0], b[0][0]) for a, b in zip(one.candidates, other.candidates, strict=True))
    last = list(set_landscapes(one, AXES))[-1]
    assert "20 of 20 spectra, drawn from 87, 2 decoys" in last.summary()


def test_layers_are_nine_tenths_quantiles(psms) -> None:
    from peploss.analysis.tuning.landscape import landscape

    prepared = prepare(psms, LossSettings(), limit=12)
    last = list(set_landscapes(prepared, AXES))[-1]
    alone = [landscape(p, LossSettings(), AXES, n_decoys=0) for p in draw(psms, 12, 0)]
    np.testing.assert_allclose(
        last.grid_artefact, np.quantile([np.abs(x.grid_artefact) for x in alone], 0.9, axis=0), atol=1e-12
    )
    np.testing.assert_allclose(last.phase_spread, np.quantile([x.phase_spread for x in alone], 0.9, axis=0), atol=1e-12)


def test_a_score_is_its_cell(psms) -> None:
    prepared = prepare(psms, LossSettings(), limit=40)
    last = list(set_landscapes(prepared, AXES))[-1]
    found = score(prepared, float(AXES.sigmas[3]), "Da", float(AXES.bin_widths[5]))
    assert found.n == 40
    for name in ("target_median", "decoy_median", "win_rate", "auc", "auc_low", "auc_high"):
        assert getattr(found, name) == pytest.approx(getattr(last.overall, name)[3, 5], abs=1e-6), name
    assert found.grid_artefact == pytest.approx(last.grid_artefact[3, 5], abs=1e-12)
    assert found.phase_spread == pytest.approx(last.phase_spread[3, 5], abs=1e-12)
    assert found.reach == pytest.approx(REACH * AXES.sigmas[3])
    assert score(prepared, 100.0, "ppm", 0.1).reach == pytest.approx(REACH * 1e-4 * prepared.typical_mz)


def test_a_peptide_without_another_order_is_left_out_and_said(psms) -> None:
    stuck = Psm(psms[0].spectrum, Peptide.parse("GGGK/2"))
    prepared = prepare([stuck, *psms[:3]], LossSettings())
    assert len(prepared) == 3
    assert [x.name for x in prepared.left_out] == [psms[0].spectrum.name]
    assert "GGGK" in prepared.left_out[0].reason
    with pytest.raises(SourceError, match="No spectrum"):
        prepare([stuck], LossSettings())
    with pytest.raises(SourceError, match="No spectrum"):
        prepare([], LossSettings())
    with pytest.raises(ValueError, match="n_decoys"):
        prepare(psms, LossSettings(), n_decoys=0)


def test_one_spectrum_is_a_set(psms) -> None:
    last = list(set_landscapes(prepare(psms[:1], LossSettings()), AXES))[-1]
    assert last.overall.n == 1
    assert last.groups == {}
    assert np.isfinite(last.overall.auc_low).all()
