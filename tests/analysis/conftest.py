"""The loss as it is defined, on the dense grid in plain numpy: nothing here calls the package's kernels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from peploss.settings import LossSettings

F64 = NDArray[np.float64]
Side = tuple[F64, F64]


def dense_render(mz: F64, intensity: F64, settings: LossSettings, shift: float = 0.0) -> F64:
    """(n_bins,) the rendered spectrum on the grid moved up by ``shift``; no intensity above 1e100."""
    n = round(settings.max_mz / settings.bin_width)
    x = (np.arange(n) + 0.5) * settings.bin_width + shift
    out = np.zeros(n)
    for m, a in zip(mz, intensity, strict=True):
        s = settings.sigma if settings.sigma_unit == "Da" else settings.sigma * 1e-6 * m
        if np.abs(x - m).min() <= 6 * s:  # else it is no peak of this grid
            out += a * np.exp(-((x - m) ** 2) / (2 * s * s))
    return out


def dense_cosine(pred: Side, obs: Side, settings: LossSettings, shift: float = 0.0) -> float:
    p, o = (dense_render(*side, settings, shift) for side in (pred, obs))
    if not p.any() or not o.any():
        return 0.0
    p, o = p / p.max(), o / o.max()
    return float(p @ o / np.sqrt((p @ p) * (o @ o)))


@pytest.fixture(scope="session")
def dense() -> Callable[..., float]:
    return dense_cosine


@pytest.fixture(scope="session")
def render() -> Callable[..., F64]:
    return dense_render


def _settings() -> st.SearchStrategy[LossSettings]:
    def make(h: float, ratio: float, unit: str) -> LossSettings:
        # In ppm the ratio holds in the middle of the grid.
        return LossSettings(
            max_mz=120.0, bin_width=h, sigma=h * ratio if unit == "Da" else h * ratio / 60e-6, sigma_unit=unit
        )

    return st.builds(make, st.sampled_from([0.05, 0.1, 0.37]), st.floats(0.1, 6), st.sampled_from(["Da", "ppm"]))


def _side(max_peaks: int) -> st.SearchStrategy[Side]:
    """Peaks on, off and at the end of the grid, in any order, some alike, some of no intensity."""
    mz = st.one_of(st.floats(20, 121), st.sampled_from([40.0, 40.05, 40.1, 60.0, 119.99, 130.0]))
    intensity = st.one_of(st.floats(1e-3, 1e3), st.sampled_from([0.0, 1.0]))
    return st.lists(st.tuples(mz, intensity), max_size=max_peaks).map(
        lambda peaks: (np.array([m for m, _ in peaks]), np.array([a for _, a in peaks]))
    )


@pytest.fixture(scope="session")
def near_sides() -> st.SearchStrategy[tuple[Side, Side]]:
    """Predicted and observed peaks, some of the observed beside predicted ones."""

    def join(pred: Side, obs: Side, beside: list[tuple[float, float]]) -> tuple[Side, Side]:
        extra = [(m + d, a) for (d, a), m in zip(beside, pred[0], strict=False)]
        mz = np.concatenate([obs[0], [m for m, _ in extra]])
        return pred, (mz, np.concatenate([obs[1], [a for _, a in extra]]))

    beside = st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(1e-3, 1e3)), max_size=6)
    return st.builds(join, _side(8), _side(10), beside)


@pytest.fixture(scope="session")
def any_settings() -> st.SearchStrategy[LossSettings]:
    return _settings()
