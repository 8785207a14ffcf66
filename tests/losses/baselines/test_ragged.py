"""The sorted neighbour search against looking at every peak."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from peploss.kernels import Peaks
from peploss.losses.baselines.ragged import nearest, shares, side

# Few distinct values, so that ties and duplicates are the rule.
SPECTRUM = st.lists(st.integers(1, 12).map(float), max_size=6)
BATCH = st.lists(st.tuples(SPECTRUM, SPECTRUM), min_size=1, max_size=4)


@given(BATCH)
@settings(max_examples=80)
def test_nearest_is_the_nearest_of_the_same_spectrum(batch: list[tuple[list[float], list[float]]]) -> None:
    query = Peaks.from_list([(q, np.ones(len(q))) for q, _ in batch])
    target = Peaks.from_list([(t, np.ones(len(t))) for _, t in batch])
    index, found = nearest(side(query), side(target))
    at = 0
    for b, (q, t) in enumerate(batch):
        start = int(target.offsets[b])
        for mz in q:
            if not t:
                assert not found[at]
                assert index[at] == target.mz.shape[0]
            else:
                assert found[at]
                assert start <= index[at] < start + len(t)
                best = min(t, key=lambda x: (abs(x - mz), x))
                assert float(target.mz[index[at]]) == best
            at += 1


def test_padding_and_intensity_zero_are_no_peaks() -> None:
    target = Peaks(
        torch.tensor([100.0, torch.inf, 100.4, 200.0], dtype=torch.float64),
        torch.tensor([1.0, 1.0, 0.0, 1.0], dtype=torch.float64),
        torch.tensor([0, 4]),
    )
    query = side(Peaks.from_arrays([100.4], [1.0]))
    assert nearest(query, side(target))[0].tolist() == [0]
    assert side(target).peak.tolist() == [True, False, False, True]


def test_shares_at_any_magnitude() -> None:
    spectrum = torch.tensor([0, 0, 1, 1, 2])
    huge = torch.tensor([1e308, 1e308, 1e-320, 1e-320, 0.0], dtype=torch.float64)
    assert shares(huge, spectrum, 4).tolist() == [0.5, 0.5, 0.5, 0.5, 0.0]
