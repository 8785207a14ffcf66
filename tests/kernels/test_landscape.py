"""Every cell against the dense reference, its layers against the dense reference on shifted grids."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from peploss.errors import SettingsError
from peploss.grid import MzGrid
from peploss.kernels import Peaks, spectrum_cosine
from peploss.kernels.landscape import PHASES, loss_landscapes

SIGMAS = {"Da": np.geomspace(0.004, 1, 12), "ppm": np.geomspace(100, 30000, 12)}
WIDTHS = np.geomspace(0.004, 1, 13)
END = 60.0


def reference(pred, obs, sigma: float, unit: str, grid: MzGrid | None) -> float:
    return 1 - float(
        spectrum_cosine(
            Peaks.from_arrays(*pred), Peaks.from_arrays(*obs), sigma=sigma, sigma_unit=unit, grid=grid,
            backend="reference",
        )[0]
    )  # fmt: skip


def dense(pred, obs, sigma: float, unit: str, h: float, shift: float) -> float:
    """The loss on the grid moved up by ``shift``, in plain numpy, of the peaks in range of the grid at rest."""
    n = round(END / h)
    sides = []
    for mz, intensity in (pred, obs):
        x = (np.arange(n) + 0.5) * h
        s = np.full(len(mz), sigma) if unit == "Da" else sigma * 1e-6 * mz
        inside = np.abs(x[None] - mz[:, None]).min(1) <= np.maximum(6 * s, h / 2 + 1e-12)
        inside &= (mz + 6 * s >= x[0]) & (mz - 6 * s <= x[-1])
        x = x + shift
        z = (x[None] - mz[inside, None]) / s[inside, None]
        seen = np.abs(z).min(1, initial=np.inf) <= 6
        sides.append((intensity[inside][seen, None] * np.exp(-0.5 * z[seen] ** 2)).sum(0))
    p, o = sides
    norm = np.sqrt(p @ p) * np.sqrt(o @ o)
    return 1 - min(float(p @ o / norm), 1.0) if norm > 0 else 1.0


def spectra(rng: np.random.Generator, kind: str):
    pm = {
        "anywhere": rng.uniform(2, 58, 20),
        "low end": rng.uniform(0.001, 3, 20),
        "high end": rng.uniform(57, 61, 20),
        "crowded": rng.uniform(30, 31, 20),
        "ties": np.repeat(rng.uniform(10, 50, 5), 4),
    }[kind]
    beside = np.abs(pm[:12] + rng.normal(0, 0.05, 12)) + 1e-4
    om = np.concatenate([beside, rng.uniform(2, 58, 14)])
    return (pm, rng.random(20)), (om, rng.gamma(1, 1, 26))


KINDS = ["anywhere", "low end", "high end", "crowded", "ties"]


@pytest.mark.parametrize("unit", ["Da", "ppm"])
@pytest.mark.parametrize("kind", KINDS)
def test_random_cells_equal_the_dense_reference(unit, kind) -> None:
    rng = np.random.default_rng(KINDS.index(kind))
    pred, obs = spectra(rng, kind)
    cells = loss_landscapes(
        [[pred]], [obs], sigmas=SIGMAS[unit], sigma_unit=unit, bin_widths=WIDTHS, max_mz=END, layers=True
    )
    plain = loss_landscapes([[pred]], [obs], sigmas=SIGMAS[unit], sigma_unit=unit, bin_widths=WIDTHS, max_mz=END)
    np.testing.assert_allclose(plain.loss, cells.loss, rtol=0, atol=1e-9)
    for _ in range(25):
        i, k = int(rng.integers(SIGMAS[unit].size)), int(rng.integers(WIDTHS.size))
        want = reference(pred, obs, SIGMAS[unit][i], unit, MzGrid(END, float(WIDTHS[k])))
        assert cells.loss[0, i, k] == pytest.approx(want, abs=1e-9), (SIGMAS[unit][i], WIDTHS[k])


@pytest.mark.parametrize("unit", ["Da", "ppm"])
@pytest.mark.parametrize("kind", KINDS)
def test_phases_equal_the_dense_loss_on_shifted_grids(unit, kind) -> None:
    rng = np.random.default_rng(10 + KINDS.index(kind))
    pred, obs = spectra(rng, kind)
    cells = loss_landscapes(
        [[pred]], [obs], sigmas=SIGMAS[unit], sigma_unit=unit, bin_widths=WIDTHS, max_mz=END, layers=True
    )
    for _ in range(8):
        i, k = int(rng.integers(SIGMAS[unit].size)), int(rng.integers(2, WIDTHS.size))
        h = float(WIDTHS[k])
        at = [dense(pred, obs, SIGMAS[unit][i], unit, h, p * h / PHASES) for p in range(PHASES)]
        assert cells.loss[0, i, k] == pytest.approx(at[0], abs=1e-9)
        assert cells.lowest[0, i, k] == pytest.approx(min(at), abs=1e-8), (SIGMAS[unit][i], h)
        assert cells.highest[0, i, k] == pytest.approx(max(at), abs=1e-8), (SIGMAS[unit][i], h)


@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_continuum_is_the_continuum_of_the_peaks_in_range(unit) -> None:
    pred, obs = spectra(np.random.default_rng(3), "high end")
    cells = loss_landscapes(
        [[pred]], [obs], sigmas=SIGMAS[unit], sigma_unit=unit, bin_widths=WIDTHS, max_mz=END, layers=True
    )
    for i in (0, 4, 11):
        for k in (0, 6, 12):
            h, s = float(WIDTHS[k]), SIGMAS[unit][i]
            grid = MzGrid(END, h)
            sides = []
            for mz, intensity in (pred, obs):
                reach = 6 * (s if unit == "Da" else s * 1e-6 * mz)
                inside = (mz + reach >= h / 2) & (mz - reach <= (grid.n_bins - 0.5) * h)
                sides.append((mz[inside], intensity[inside]))
            want = reference(*sides, s, unit, None)
            assert cells.continuum[0, i, k] == pytest.approx(want, abs=1e-9)


@settings(max_examples=60)
@given(
    pm=st.lists(st.floats(0.01, 62), min_size=1, max_size=15),
    om=st.lists(st.floats(0.01, 62), min_size=1, max_size=15),
    sigma=st.floats(0.01, 1),
    h=st.floats(0.02, 1),
    unit=st.sampled_from(["Da", "ppm"]),
    seed=st.integers(0, 2**31),
)
def test_any_cell_equals_the_reference(pm, om, sigma, h, unit, seed) -> None:
    rng = np.random.default_rng(seed)
    pred, obs = (np.array(pm), rng.random(len(pm))), (np.array(om), rng.random(len(om)))
    s = sigma if unit == "Da" else sigma * 20000
    loss = loss_landscapes(
        [[pred]], [obs], sigmas=[s, 1.7 * s], sigma_unit=unit, bin_widths=[h / 3, h], max_mz=END
    ).loss[0, 0, 1]
    # Where bins are far wider than sigma the cosine is a ratio of tails, and the reference's own rounding shows.
    assert loss == pytest.approx(reference(pred, obs, s, unit, MzGrid(END, h)), abs=1e-9 if sigma > 0.2 * h else 1e-7)


def test_candidates_and_spectra_are_each_on_their_own() -> None:
    rng = np.random.default_rng(4)
    pairs = [spectra(rng, kind) for kind in KINDS]
    candidates = [[p for p, _ in pairs[: i + 1]] for i in range(5)]
    together = loss_landscapes(
        candidates, [o for _, o in pairs], sigmas=[0.05, 0.5], bin_widths=[0.1, 0.3], max_mz=END, layers=True
    )
    at = 0
    for b in range(5):
        for c in range(b + 1):
            alone = loss_landscapes([[pairs[c][0]]], [pairs[b][1]], sigmas=[0.05, 0.5], bin_widths=[0.1, 0.3],
                                    max_mz=END, layers=True)  # fmt: skip
            np.testing.assert_allclose(together.loss[at], alone.loss[0], rtol=0, atol=1e-13)
            if c == 0:
                np.testing.assert_array_equal(together.highest[b], alone.highest[0])
            at += 1


def test_threads_change_nothing() -> None:
    rng = np.random.default_rng(5)
    pairs = [spectra(rng, "anywhere") for _ in range(40)]
    before = torch.get_num_threads()
    out = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        try:
            out.append(
                loss_landscapes([[p] for p, _ in pairs], [o for _, o in pairs], sigmas=SIGMAS["Da"],
                                bin_widths=WIDTHS, max_mz=END).loss
            )  # fmt: skip
        finally:
            torch.set_num_threads(before)
    np.testing.assert_array_equal(*out)


def test_axes_in_any_order() -> None:
    pred, obs = spectra(np.random.default_rng(6), "anywhere")
    up = loss_landscapes([[pred]], [obs], sigmas=[0.1, 0.2], bin_widths=[0.05, 0.1, 0.4], max_mz=END, layers=True)
    mixed = loss_landscapes([[pred]], [obs], sigmas=[0.2, 0.1], bin_widths=[0.4, 0.05, 0.1], max_mz=END, layers=True)
    for a, b in zip(up, mixed, strict=True):
        np.testing.assert_array_equal(a[:, ::-1][..., [2, 0, 1]], b)


NOTHING = {"no peaks": ([], []), "no intensity": ([10.0], [0.0]), "off the grid": ([90.0], [1.0])}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("side", [0, 1])
def test_nothing_to_compare_costs_exactly_one(name, side) -> None:
    sides = [([10.0, 20.0], [1.0, 2.0])] * 2
    sides[side] = NOTHING[name]
    pred, obs = (tuple(np.array(x) for x in s) for s in sides)
    cells = loss_landscapes([[pred]], [obs], sigmas=[0.01, 1.0], bin_widths=[0.01, 1.0], max_mz=END, layers=True)
    for layer in cells:
        assert (layer == 1.0).all()


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_a_spectrum_costs_nothing_against_itself_at_any_scale(scale) -> None:
    mz, intensity = spectra(np.random.default_rng(7), "crowded")[1]
    cells = loss_landscapes(
        [[(mz, intensity)]], [(mz, intensity * scale)], sigmas=SIGMAS["Da"], bin_widths=WIDTHS[4:], max_mz=END
    )
    assert np.abs(cells.loss).max() < 1e-12


def test_no_spectra() -> None:
    cells = loss_landscapes([], [], sigmas=[0.1], bin_widths=[0.1, 0.2], layers=True)
    assert cells.loss.shape == cells.highest.shape == (0, 1, 2)


GOOD = (np.array([10.0]), np.array([1.0]))


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"sigmas": [0.1, 0.0]}, ValueError, "sigma"),
        ({"sigmas": [np.inf]}, ValueError, "sigma"),
        ({"sigma_unit": "mmu"}, ValueError, "mmu"),
        ({"bin_widths": [0.0]}, SettingsError, "bin_width"),
        ({"candidates": []}, ValueError, "each of 1"),
        ({"candidates": [[]], "layers": True}, ValueError, "none"),
        ({"candidates": [[(np.array([-1.0]), np.array([1.0]))]]}, ValueError, "m/z"),
        ({"candidates": [[(np.array([np.nan]), np.array([1.0]))]]}, ValueError, "m/z"),
        ({"candidates": [[(np.array([1.0]), np.array([-1.0]))]]}, ValueError, "intensity"),
        ({"candidates": [[(np.array([1.0]), np.array([1.0, 2.0]))]]}, ValueError, "equally long"),
    ],
)
def test_what_cannot_be_used_is_refused(changes, error, says) -> None:
    arguments = {"candidates": [[GOOD]], "observed": [GOOD], "sigmas": [0.1], "bin_widths": [0.1]} | changes
    with pytest.raises(error, match=says):
        loss_landscapes(arguments.pop("candidates"), arguments.pop("observed"), **arguments)
