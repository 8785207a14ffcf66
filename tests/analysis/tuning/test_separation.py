from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from peploss.analysis.tuning.separation import influence, logit_interval, separate, wilson


def brute_auc(t: np.ndarray, d: np.ndarray) -> float:
    t, d = t.ravel()[:, None], d.ravel()[None]
    return float(((t < d) + 0.5 * (t == d)).mean())


losses = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1, width=32)


@settings(max_examples=100)
@given(data=st.data(), n=st.integers(1, 7), k=st.integers(1, 3))
def test_auc_win_rate_and_medians_by_brute_force(data, n, k) -> None:
    t = data.draw(arrays(np.float64, (n, 2, 3), elements=losses))
    d = data.draw(arrays(np.float64, (n, k, 2, 3), elements=losses))
    found = separate(t, d)
    auc, effect = influence(t, d)
    assert effect.shape == t.shape
    for cell in np.ndindex(2, 3):
        tc, dc = t[(slice(None), *cell)], d[(slice(None), slice(None), *cell)]
        assert found.auc[cell] == pytest.approx(brute_auc(tc, dc), abs=1e-12)
        assert found.win_rate[cell] == pytest.approx(np.mean([brute_auc(tc[i], dc[i]) for i in range(n)]), abs=1e-12)
        assert found.target_median[cell] == np.median(tc)
        assert found.decoy_median[cell] == np.median(dc)
        # Leaving out the components' definition: each spectrum's mean over the other side, both ways round.
        want = [brute_auc(tc[[i]], dc) + brute_auc(tc, dc[[i]]) for i in range(n)]
        np.testing.assert_allclose(effect[(slice(None), *cell)], want, atol=1e-12)
    np.testing.assert_array_equal(auc, found.auc)
    for low, value, high in (
        (found.auc_low, found.auc, found.auc_high),
        (found.win_low, found.win_rate, found.win_high),
    ):
        assert ((low <= value + 1e-12) & (value <= high + 1e-12) & (low >= 0) & (high <= 1)).all()


def test_many_cells_are_the_same_as_one_at_a_time() -> None:
    rng = np.random.default_rng(0)
    t, d = rng.random((9, 230)).round(1), rng.random((9, 2, 230)).round(1)
    together = separate(t, d)
    for cell in (0, 99, 100, 229):
        alone = separate(t[:, cell], d[:, :, cell])
        assert (together.auc[cell], together.auc_low[cell]) == (float(alone.auc), float(alone.auc_low))


def test_the_interval_holds_what_it_promises() -> None:
    """Spectra differ in how hard they are, which target and decoys share: 95 % of intervals hold the truth."""
    rng = np.random.default_rng(1)

    def draw(n: int):
        hard = rng.normal(0, 1, n)
        return hard + rng.normal(-1.2, 1, n), hard[:, None] + rng.normal(0, 1, (n, 2))

    truth = brute_auc(*draw(3000))
    held = []
    for _ in range(600):
        found = separate(*draw(60))
        held.append(float(found.auc_low) <= truth <= float(found.auc_high))
    assert 0.92 <= np.mean(held) <= 0.98


def test_the_error_of_a_difference_is_that_of_paired_cells() -> None:
    rng = np.random.default_rng(2)

    def draw(n: int):
        t, d = rng.normal(-1, 1, n), rng.normal(0, 1, (n, 1))
        near = (t + rng.normal(0, 0.2, n), d + rng.normal(0, 0.2, (n, 1)))
        return np.stack([t, near[0]], -1), np.stack([d, near[1]], -1)

    auc, effect = influence(*draw(150))
    claimed = (effect[:, 0] - effect[:, 1]).std(ddof=1) / np.sqrt(150)
    differences = []
    for _ in range(400):
        auc, _ = influence(*draw(150))
        differences.append(auc[0] - auc[1])
    assert claimed == pytest.approx(np.std(differences), rel=0.35)


def test_perfect_separation_is_not_certain() -> None:
    found = separate(np.full(10, 0.1), np.full((10, 3), 0.9))
    assert (float(found.auc), float(found.win_rate)) == (1.0, 1.0)
    assert float(found.auc_low) == pytest.approx(0.025**0.1)  # ten of ten, exactly
    assert 0.6 < float(found.win_low) < 1
    worst = separate(np.full(10, 0.9), np.full((10, 3), 0.1))
    assert (float(worst.auc), float(worst.auc_low)) == (0.0, 0.0)
    assert float(worst.auc_high) == pytest.approx(1 - 0.025**0.1)


def test_wilson_against_a_textbook_value() -> None:
    low, high = wilson(np.array(0.8), 50)
    assert (float(low), float(high)) == pytest.approx((0.6696, 0.8876), abs=1e-4)


def test_one_spectrum_says_nothing() -> None:
    found = separate(np.array([0.5]), np.array([[0.4, 0.6]]))
    assert (float(found.auc), float(found.auc_low), float(found.auc_high)) == (0.5, 0.0, 1.0)
    low, high = logit_interval(np.array(0.5), np.array(0.0), 5)
    assert float(low) == float(high) == 0.5


@pytest.mark.parametrize(
    ("t", "d"), [((0,), (0, 1)), ((3,), (3, 0)), ((3,), (2, 1)), ((3,), (3,)), ((3, 2), (3, 1, 4))]
)
def test_shapes_that_do_not_fit(t, d) -> None:
    with pytest.raises(ValueError, match="Targets must be"):
        separate(np.zeros(t), np.zeros(d))
