from __future__ import annotations

import math

import numpy as np
import pytest

from peploss.analysis.tuning.landscape import default_axes
from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.psm_set import sample_psms
from peploss.analysis.tuning.recommendation.recommend import _nearest_round, _round_from, recommend
from peploss.analysis.tuning.recommendation.setting_score import Limits, score
from peploss.analysis.tuning.set_landscape import set_landscapes
from peploss.settings import LossSettings

AXES = default_axes(n=16)


@pytest.fixture(scope="module")
def trap():
    return sample_psms(["cid_iontrap_openms_ecoli.mgf", "cid_iontrap_openms_bsa1.mgf"])


def looked_at(psms, seed: int = 0, axes=AXES, settings: LossSettings = LossSettings()):  # noqa: B008
    prepared = prepare(psms, settings, seed=seed)
    return list(set_landscapes(prepared, axes))[-1], prepared


def test_stable_under_reseeding(trap) -> None:
    sigmas, widths = [], []
    for seed in range(4):
        found = recommend(*looked_at(trap, seed), LossSettings())
        sigmas.append(found.settings.sigma)
        widths.append(found.settings.bin_width)
        assert found.gain_low > 0  # every shuffling says that the defaults are too narrow here
        assert not found.keep
    assert max(sigmas) / min(sigmas) <= 2.5  # 0.25 to 0.6: with decoys this unlike, many a sigma does as well
    assert min(sigmas) >= 0.15
    assert max(sigmas) <= 0.6
    assert max(widths) / min(widths) <= 2.5


def test_it_keeps_to_its_limits_and_shows_its_evidence(trap) -> None:
    picture, prepared = looked_at(trap)
    present = LossSettings(top_n=100)
    found = recommend(picture, prepared, present)
    assert found.limits.broken_by(found.best) == ()
    assert found.broken == ("max_grid_artefact", "max_phase_spread")
    assert found.settings == present.replace(sigma=found.best.sigma, bin_width=found.best.bin_width)
    assert {c.name: (c.before, c.after) for c in found.changes} == {
        "sigma": (0.05, found.best.sigma), "bin_width": (0.1, found.best.bin_width),
    }  # fmt: skip
    assert found.best == score(prepared, found.best.sigma, "Da", found.best.bin_width)
    assert found.gain == pytest.approx(found.best.auc - found.present.auc)
    assert found.gain_low < found.gain < found.gain_high
    assert (found.alike <= found.allowed).all()
    assert found.alike.any()
    auc = np.where(found.allowed, picture.overall.auc, -1)
    assert found.alike.flat[auc.argmax()]
    text = " ".join(found.sentences)
    assert f"Use sigma {found.best.sigma:g} Da with bins of {found.best.bin_width:g} Th." in text
    assert f"AUC {found.best.auc:.3f}" in text
    assert "more than chance" in text
    assert "limit on grid artefact and the change if the grid shifts" in text


def test_limits_move_it(trap) -> None:
    picture, prepared = looked_at(trap)
    strict = recommend(picture, prepared, LossSettings(), Limits(max_grid_artefact=1e-6, max_phase_spread=1e-6))
    assert strict.best.bin_width <= strict.best.sigma
    assert strict.allowed.sum() < recommend(picture, prepared, LossSettings()).allowed.sum()
    far = recommend(picture, prepared, LossSettings(), Limits(min_reach=4.0))
    assert far.best.reach >= 4
    assert far.best.sigma >= 0.79


def test_nothing_allowed_says_which_limit(trap) -> None:
    picture, prepared = looked_at(trap[:30])
    none = recommend(picture, prepared, LossSettings(), Limits(min_reach=100.0))
    assert none.settings is None
    assert none.best is None
    assert "limit on reach" in none.sentences[0]
    tight = recommend(picture, prepared, LossSettings(), Limits(min_reach=100.0, max_grid_artefact=0.0))
    assert tight.changes == ()
    assert "Relax" in tight.sentences[0]


def test_good_settings_are_kept(trap) -> None:
    picture, prepared = looked_at(trap)
    first = recommend(picture, prepared, LossSettings())
    again = recommend(picture, prepared, first.settings)
    assert again.keep
    assert again.changes == ()
    assert again.gain == 0
    assert again.sentences[0].startswith("Stay with")
    near = first.settings.replace(bin_width=first.settings.bin_width / 2)
    also = recommend(picture, prepared, near)
    assert also.keep
    assert "need no change" in also.sentences[0]
    assert "may be chance" in " ".join(also.sentences)


def test_unfinished_and_small_sets_say_so(trap) -> None:
    prepared = prepare(trap[:15], LossSettings())
    early = next(iter(set_landscapes(prepared, AXES)))
    text = " ".join(recommend(early, prepared, LossSettings()).sentences)
    assert "not finished" in text
    assert "15 spectra are few" in text


def test_in_ppm_the_unit_is_one_of_the_changes(trap) -> None:
    picture, prepared = looked_at(trap[:40], axes=default_axes("ppm", 10))
    found = recommend(picture, prepared, LossSettings())
    assert found.settings.sigma_unit == "ppm"
    assert {c.name for c in found.changes} >= {"sigma", "sigma_unit"}


def test_round_numbers() -> None:
    assert [_nearest_round(x) for x in (0.2031, 0.0127, 0.98, 137.0)] == [0.2, 0.012, 1.0, 150.0]
    assert _round_from(0.0127, (1.0, 2.0, 5.0), up=False) == 0.01
    assert _round_from(0.05, (1.0, 2.0, 5.0), up=False) == 0.05
    assert _round_from(0.0501, (1.0, 2.0, 5.0), up=True) == 0.1
    assert _round_from(0.999, (1.0, 2.0, 5.0), up=True) == 1.0


@pytest.mark.parametrize("bad", [{"min_reach": -1.0}, {"max_grid_artefact": math.nan}])
def test_limits_are_checked(bad) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        Limits(**bad)


def test_a_sigma_that_reaches_a_common_error_is_warned_of_as_under_reach() -> None:
    from peploss.analysis.tuning.recommendation.recommend_words import cannot_tell_apart

    assert cannot_tell_apart(0.98) == ""
    assert "0.984 Da" in cannot_tell_apart(0.985)
    assert "1.003 Da" not in cannot_tell_apart(0.985)
    assert "0.984 Da" in cannot_tell_apart(1.01)
    assert "1.003 Da" in cannot_tell_apart(1.01)


def test_the_ion_traps_recommendation_warns(trap) -> None:
    found = recommend(*looked_at(trap), LossSettings())
    warned = [s for s in found.sentences if s.startswith("Warning")]
    assert bool(warned) == (found.best.reach >= 0.984016)
