"""What holds for every loss by either backend, on 10,000 pairs of spectra each: a property a test."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from peploss.grid import MzGrid
from peploss.kernels import Peaks, spectrum_cosine
from peploss.losses.baselines import BASELINES

END = 60.0  # Th; a short grid lets the dense reference run on 10,000 pairs
PAIRS = 2_000
GRID = MzGrid(END, 0.1)
AT: tuple[dict[str, Any], ...] = (  # sigma, its unit, the grid
    {"sigma": 0.05, "sigma_unit": "Da", "grid": GRID},
    {"sigma": 0.5, "sigma_unit": "Da", "grid": GRID},
    {"sigma": 0.02, "sigma_unit": "Da", "grid": GRID},  # some peaks lie between the bins' reach
    {"sigma": 2000.0, "sigma_unit": "ppm", "grid": GRID},
    {"sigma": 0.1, "sigma_unit": "Da", "grid": MzGrid(END, 0.05)},
)
LOSSES = ("spectrum_loss", *BASELINES)
ONE_SIDED = {"min_distance_loss", "soft_coverage", "soft_f1", "masked_spectral_distance", "binned_cross_entropy"}
UPPER = {"spectrum_loss": 1.0} | {name: baseline.range[1] for name, baseline in BASELINES.items()}
# Of an angle the rounding of its cosine near 1 is what counts: its square root is 1e-8.
ANGLES = {"spectral_angle", "masked_spectral_distance"}
Loss = Callable[[Peaks, Peaks], Tensor]


def loss_of(name: str, at: dict[str, Any], backend: str = "auto") -> Loss:
    """One loss as ``(pred, obs) -> (B,)``."""
    if name == "spectrum_loss":
        return lambda pred, obs: 1 - spectrum_cosine(pred, obs, backend=backend, **at)  # type: ignore[arg-type]
    baseline = BASELINES[name]
    return partial(baseline.function, backend=backend, **{use: at[use] for use in baseline.uses})


def spectra(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """PAIRS spectra of 0 to 12 peaks: anywhere, crowded, at bin edges, beyond an end, tied; intensities of any size."""
    out = []
    for size in rng.integers(0, 13, PAIRS):
        places = (
            rng.uniform(0, END, size),
            rng.uniform(20, 22, size),
            rng.integers(0, 600, size) * 0.1,
            rng.uniform(-1, END + 1, size),
            np.repeat(rng.uniform(1, END, 1), size),
        )
        mz = 1 + np.abs(np.choose(rng.integers(0, len(places), size), places))
        out.append((mz, 10.0 ** rng.uniform(-3, 3, size)))
    return out


def near(them: list[tuple[np.ndarray, np.ndarray]], rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same spectra with peaks moved, lost and added, from a little to beyond recognition."""
    out = []
    for mz, intensity in them:
        stay = rng.random(len(mz)) < 0.8
        shift = rng.normal(0, 1, stay.sum()) * 10.0 ** rng.uniform(-6, 0)
        new = rng.uniform(0, END, rng.integers(0, 4))
        out.append(
            (
                np.maximum(np.concatenate([mz[stay] + shift, new]), 1.0),
                np.concatenate(
                    [intensity[stay] * rng.uniform(0.5, 2, stay.sum()), 10.0 ** rng.uniform(-3, 3, len(new))]
                ),
            )
        )
    return out


Pairs = list[tuple[dict[str, Any], Peaks, Peaks]]


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    """10,000 pairs, 2,000 at each of five settings."""
    rng = np.random.default_rng(2026)
    out = []
    for at in AT:
        pred = spectra(rng)
        out.append((at, Peaks.from_list(pred), Peaks.from_list(near(pred, rng))))
    return out


def rendered(peaks: Peaks, at: dict[str, Any]) -> Tensor:
    """(B,) whether a spectrum has a peak that every loss sees: within 3 sigma of a bin's centre."""
    sigma = at["sigma"] * (peaks.mz * 1e-6 if at["sigma_unit"] == "ppm" else 1.0)
    h, n = at["grid"].bin_width, at["grid"].n_bins
    centre = ((peaks.mz / h).floor().clamp(0, n - 1) + 0.5) * h
    seen = (peaks.mz - centre).abs() <= 3 * sigma
    return torch.stack([part.any() for part in seen.split(sizes(peaks))])


def untied(peaks: Peaks) -> Tensor:
    """(B,) whether all m/z differ: of peaks at one m/z, the masked distance takes one for the nearest."""
    return torch.tensor([len(part.unique()) == len(part) for part in peaks.mz.split(sizes(peaks))])


def sizes(peaks: Peaks) -> list[int]:
    """Number of peaks of each spectrum."""
    return peaks.offsets.diff().tolist()


def shuffled(peaks: Peaks, rng: np.random.Generator) -> Peaks:
    """The same spectra with their peaks in another order."""
    edges = peaks.offsets.tolist()
    order = np.concatenate([a + rng.permutation(b - a) for a, b in pairwise(edges)])
    return Peaks(peaks.mz[order], peaks.intensity[order], peaks.offsets)


def assert_near(mine: Tensor, want: Tensor, *, atol: float, name: str) -> None:
    """Equal to ``atol`` on the scale of the loss; for an angle, to what that means at a cosine of 1."""
    if name in ANGLES:
        mine, want = torch.cos(mine * np.pi / 2), torch.cos(want * np.pi / 2)
    torch.testing.assert_close(mine, want, rtol=atol, atol=atol)


@pytest.mark.parametrize("name", LOSSES)
def test_it_lies_in_the_range_that_it_states(name: str, pairs: Pairs) -> None:
    for at, pred, obs in pairs:
        values = loss_of(name, at)(pred, obs)
        assert bool(((values >= 0) & (values <= UPPER[name])).all())


@pytest.mark.parametrize("name", LOSSES)
def test_a_spectrum_against_itself_costs_exactly_0(name: str, pairs: Pairs) -> None:
    for at, pred, _ in pairs:
        clear = rendered(pred, at) & (untied(pred) if name == "masked_spectral_distance" else True)
        values = loss_of(name, at)(pred, pred)[clear]
        assert len(values) > PAIRS / 3
        assert values.unique().tolist() == [0.0]


@pytest.mark.parametrize("name", [name for name in LOSSES if name not in ONE_SIDED])
def test_the_sides_can_change_places(name: str, pairs: Pairs) -> None:
    for at, pred, obs in pairs:
        loss, both = loss_of(name, at), rendered(pred, at) & rendered(obs, at)
        assert_near(loss(obs, pred)[both], loss(pred, obs)[both], atol=1e-14, name=name)


@pytest.mark.parametrize("name", LOSSES)
def test_the_scale_of_either_side_is_nothing(name: str, pairs: Pairs) -> None:
    for at, pred, obs in pairs:
        loss = loss_of(name, at)
        want = loss(pred, obs)
        doubled = Peaks(pred.mz, pred.intensity * 2.0**20, pred.offsets)
        assert torch.equal(loss(doubled, obs), want)
        smaller = Peaks(obs.mz, obs.intensity * 1e-7, obs.offsets)
        assert_near(loss(pred, smaller), want, atol=1e-13, name=name)


@pytest.mark.parametrize("name", LOSSES)
def test_the_order_of_peaks_is_nothing(name: str, pairs: Pairs) -> None:
    rng = np.random.default_rng(5)
    for at, pred, obs in pairs:
        loss = loss_of(name, at)
        assert_near(loss(shuffled(pred, rng), shuffled(obs, rng)), loss(pred, obs), atol=1e-13, name=name)


@pytest.mark.parametrize("name", LOSSES)
def test_a_spectrum_does_not_depend_on_those_beside_it(name: str, pairs: Pairs) -> None:
    for at, pred, obs in pairs:
        loss = loss_of(name, at)
        parts = [loss(pred[part], obs[part]) for part in (slice(0, 1), slice(1, 778), slice(778, None))]
        assert torch.equal(torch.cat(parts), loss(pred, obs))


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_continuous_in_mz_intensity_and_sigma(name: str, pairs: Pairs) -> None:
    """A relative step of 1e-10 moves no loss by more than 1e-6, an angle's cosine neither: not at an edge of a bin,
    an end of the grid, the 6 sigma where rendering ends, or a tie of two peaks."""
    for at, pred, obs in pairs:
        want = loss_of(name, at)(pred, obs)
        moved = Peaks(pred.mz * (1 + 1e-10), pred.intensity, pred.offsets)
        grown = Peaks(pred.mz, pred.intensity * (1 + 1e-10 * (torch.arange(len(pred.mz)) % 3)), pred.offsets)
        wider = at | {"sigma": at["sigma"] * (1 + 1e-10)}
        for values in (
            loss_of(name, at)(moved, obs),
            loss_of(name, at)(grown, obs),
            loss_of(name, wider)(pred, obs),
        ):
            assert_near(values, want, atol=1e-6, name=name)


@pytest.mark.parametrize("name", LOSSES)
def test_the_reference_says_the_same(name: str, pairs: Pairs) -> None:
    """On some of the pairs, for dense sums are slow: what holds for one backend then holds for the other."""
    for at, pred, obs in pairs:
        some = slice(0, 25)
        mine, want = (loss_of(name, at, backend)(pred[some], obs[some]) for backend in ("auto", "reference"))
        assert_near(mine, want, atol=1e-9, name=name)


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "masked_spectral_distance"])
def test_a_peak_of_noise_beside_a_perfect_match_costs(name: str, pairs: Pairs) -> None:
    """At m/z 56, 12 Th from every other; the masked distance looks at predicted peaks alone, by its definition."""
    far = END - 4.03
    for at, pred, _ in pairs:
        clean = Peaks(pred.mz.clamp(max=far - 12), pred.intensity, pred.offsets)
        mz, intensity = (np.split(x.numpy(), pred.offsets[1:-1]) for x in (clean.mz, clean.intensity))
        noisy = Peaks.from_list(
            [(np.append(m, far), np.append(a, a.max(initial=1e-3))) for m, a in zip(mz, intensity, strict=True)]
        )
        values = loss_of(name, at)(clean, noisy)[rendered(clean, at)]
        assert bool((values > 1e-9).all())


@pytest.mark.parametrize("name", ["spectrum_loss", "multi_sigma_cosine_distance", "wasserstein_distance"])
def test_it_grows_with_the_distance_of_two_peaks(name: str) -> None:
    """Without a grid, up to 6 sigma."""
    distances = np.linspace(0, 0.3, 301)
    moved = Peaks.from_list([([30.05 + distance], [1.0]) for distance in distances])
    still = Peaks.from_list([([30.05], [1.0])] * len(distances))
    values = loss_of(name, {"sigma": 0.05, "sigma_unit": "Da", "grid": None})(moved, still)
    assert float(values[0]) == 0.0
    assert bool((values.diff() > 0).all())
