"""Padded peaks are prepared as ``preprocess`` prepares each spectrum."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from peploss import LossSettings, Spectrum, preprocess
from peploss.errors import SettingsError
from peploss.losses.observed import check_padded, kept_padded

SETTINGS = [
    LossSettings(min_peak_mz=200.0),
    LossSettings(max_peak_mz=700.0),
    LossSettings(relative_threshold=0.4),
    LossSettings(top_n=3),
    LossSettings(top_n=1),
    LossSettings(sqrt=True),
    LossSettings(min_peak_mz=150.0, max_peak_mz=800.0, relative_threshold=0.2, top_n=4, sqrt=True),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: repr(s)[13:-1])
def test_rows_are_what_preprocess_makes_of_each(settings: LossSettings) -> None:
    rng = np.random.default_rng(0)
    mz = np.sort(rng.uniform(100, 900, (20, 12)), axis=1)
    intensity = rng.integers(0, 5, (20, 12)).astype(float)  # many ties, and zeros
    mask = rng.random((20, 12)) < 0.7
    mask[0] = False
    shuffled = rng.permutation(12)
    left, keep = kept_padded(*(torch.from_numpy(x[:, shuffled]) for x in (mz, intensity, mask)), settings)
    for row in range(20):
        want = preprocess(Spectrum(mz=mz[row][mask[row]], intensity=intensity[row][mask[row]]), settings)
        got = mz[row][shuffled][keep[row].numpy()]
        order = np.argsort(got)
        assert got[order].tolist() == want.mz.tolist()
        assert left[row][keep[row]].numpy()[order] == pytest.approx(want.intensity, rel=1e-15)


def test_the_gradient_of_hidden_peaks_is_zero() -> None:
    intensity = torch.tensor([[4.0, 0.0, 9.0]], requires_grad=True)
    left, keep = kept_padded(
        torch.tensor([[1.0, 2.0, 3.0]]), intensity, torch.tensor([[True, False, True]]), LossSettings(sqrt=True)
    )
    left[keep].sum().backward()
    assert intensity.grad.tolist() == [[0.25, 0.0, pytest.approx(1 / 6)]]


def test_no_peaks_at_all() -> None:
    empty = torch.zeros(2, 0)
    for settings in SETTINGS:
        assert kept_padded(empty, empty, empty.bool(), settings)[1].shape == (2, 0)


def test_removing_the_precursor_is_refused_with_a_way_out() -> None:
    with pytest.raises(SettingsError, match=r"peploss\.preprocess"):
        check_padded(LossSettings(remove_precursor=True))
