"""CombinedLoss refuses settings and shapes that cannot be used, in words."""

from __future__ import annotations

import math

import pytest

from peploss.errors import BackendError, SettingsError
from peploss.losses.combined import CombinedLoss
from tests.losses.combined_batch import batch


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"ce_weight": -1.0}, "ce_weight must be finite and not negative, not -1.0"),
        ({"spectrum_weight": math.nan}, "spectrum_weight must be finite"),
        ({"precursor_weight": math.inf}, "precursor_weight must be finite"),
        ({"iteration_weights": "cubic"}, "iteration_weights must be"),
        ({"precursor_scale": 0.0}, "precursor scale must be"),
        ({"reduction": "max"}, "mean, sum or none"),
        ({"sigma": 0.0}, "sigma must be"),
        ({"ce_weight": None}, "ce_weight must be finite and not negative, not None"),
        ({"spectrum_weight": "0.1"}, "spectrum_weight must be finite and not negative, not '0.1'"),
    ],
)
def test_refuses_settings_in_words(keywords: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        CombinedLoss(**keywords)


def test_refuses_shapes_that_do_not_belong_together() -> None:
    x = batch()
    with pytest.raises(ValueError, match=r"\(T, B, L, V\)"):
        CombinedLoss()(x.logits[0], *x[1:])
    with pytest.raises(ValueError, match="T >= 1"):
        CombinedLoss()(x.logits[:0], *x[1:])
    with pytest.raises(ValueError, match="T >= 1"):
        CombinedLoss(ce_weight=0.0)(x.logits[:0], *x[1:])
    with pytest.raises(BackendError, match="no backend 'gpu'"):
        CombinedLoss(backend="gpu")
    for weight in (1.0, 0.0):
        with pytest.raises(ValueError, match="targets and target_mask must"):
            CombinedLoss(weight)(x.logits, x.targets[:, :-1], *x[2:])
    with pytest.raises(ValueError, match="one each per sample"):
        CombinedLoss(precursor_weight=0.08)(*x[:-1], x.precursor[:2])
