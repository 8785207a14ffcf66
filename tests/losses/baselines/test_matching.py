"""The nearest-peak losses against plain double loops, and against what packages call the same thing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import matchms
import numpy as np
import pytest
import torch
from matchms.similarity import CosineGreedy
from spectrum_utils.spectrum import MsmsSpectrum

from peploss.constants import PROTON, RESIDUE_MASSES, WATER
from peploss.kernels import Peaks
from peploss.losses.baselines import masked_spectral_distance, min_distance_loss, soft_coverage, soft_f1

Pairs = Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]


def each(pred: Peaks, obs: Peaks) -> Pairs:
    for b in range(pred.batch):
        p, o = (slice(int(x.offsets[b]), int(x.offsets[b + 1])) for x in (pred, obs))
        yield (
            pred.mz[p].numpy(),
            pred.intensity[p].numpy(),
            obs.mz[o].numpy(),
            obs.intensity[o].numpy(),
        )


def loop_min_distance(m, _, o, i, delta):
    if len(o) == 0:
        return 0.0
    total = 0.0
    for mz, intensity in zip(o, i, strict=True):
        nearest = torch.tensor(min((abs(mz - x) for x in m), default=mz))
        huber = torch.nn.functional.huber_loss(nearest, torch.zeros_like(nearest), delta=delta)
        total += intensity / i.sum() * float(huber)
    return total


def loop_recall(m, o, i, sigma, ppm=False, width_of="query"):
    total = 0.0
    for mz, intensity in zip(o, i, strict=True):
        nearest = m[np.argmin(abs(m - mz))]
        width = sigma * 1e-6 * (mz if width_of == "query" else nearest) if ppm else sigma
        total += intensity / i.sum() * math.exp(-0.5 * ((mz - nearest) / width) ** 2)
    return total


def loop_coverage(m, _, o, i, sigma, ppm):
    return 1.0 - loop_recall(m, o, i, sigma, ppm) if len(m) and len(o) else 1.0


def loop_f1(m, a, o, i, sigma, ppm):
    if not (len(m) and len(o)):
        return 1.0
    return 1.0 - 0.5 * (loop_recall(m, o, i, sigma, ppm) + loop_recall(o, m, a, sigma, ppm, "target"))


def loop_masked(m, a, o, i, sigma, ppm):
    if not (len(m) and len(o)):
        return 1.0
    dot = norm = 0.0
    for mz, intensity in zip(m, a, strict=True):
        j = int(np.argmin(abs(o - mz)))
        g = math.exp(-0.5 * ((mz - o[j]) / (sigma * 1e-6 * o[j] if ppm else sigma)) ** 2)
        dot += g * intensity * i[j]
        norm += g * i[j] ** 2
    cos = dot / math.sqrt(norm * (a**2).sum()) if norm else 0.0
    return 2 / math.pi * math.acos(min(1.0, cos))


def test_min_distance_equals_the_double_loop(batch: tuple[Peaks, Peaks]) -> None:
    expected = [loop_min_distance(*x, 0.2) for x in each(*batch)]
    np.testing.assert_allclose(min_distance_loss(*batch), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("sigma", "unit"), [(0.05, "Da"), (2.0, "Da"), (300.0, "ppm")])
@pytest.mark.parametrize(
    ("ours", "loop"),
    [(soft_coverage, loop_coverage), (soft_f1, loop_f1), (masked_spectral_distance, loop_masked)],
)
def test_equals_the_double_loop(
    batch: tuple[Peaks, Peaks], ours: Callable, loop: Callable, sigma: float, unit: str
) -> None:
    expected = [loop(*x, sigma, unit == "ppm") for x in each(*batch)]
    np.testing.assert_allclose(ours(*batch, sigma=sigma, sigma_unit=unit), expected, rtol=1e-9, atol=1e-7)


def test_min_distance_beyond_delta_is_linear_and_without_a_prediction_counts_from_zero() -> None:
    obs = Peaks.from_arrays([100.0], [5.0])
    far = min_distance_loss(Peaks.from_arrays([90.0, 400.0], [1.0, 1.0]), obs)
    assert float(far) == pytest.approx(0.2 * (10 - 0.1))
    assert float(min_distance_loss(Peaks.from_arrays([], []), obs)) == pytest.approx(0.2 * (100 - 0.1))
    with pytest.raises(ValueError, match="delta"):
        min_distance_loss(obs, obs, delta=0.0)


def test_masked_distance_is_matchms_cosine_where_every_observed_peak_is_a_fragment() -> None:
    rng = np.random.default_rng(1)
    mz = np.arange(100.0, 130.0) + rng.uniform(0, 0.3, 30)
    predicted, observed = rng.uniform(0.1, 1, 30), rng.uniform(0.1, 1, 20)
    score = CosineGreedy(tolerance=0.1, mz_power=0.0, intensity_power=1.0).pair(
        matchms.Spectrum(mz, predicted), matchms.Spectrum(mz[5:25], observed)
    )
    ours = masked_spectral_distance(Peaks.from_arrays(mz, predicted), Peaks.from_arrays(mz[5:25], observed))
    assert float(ours) == pytest.approx(2 / math.pi * math.acos(float(score["score"])), abs=1e-7)


def test_masked_distance_does_not_count_unclaimed_peaks_nor_a_far_neighbour() -> None:
    pred = Peaks.from_arrays([100.0, 200.0], [1.0, 3.0])
    clean = masked_spectral_distance(pred, Peaks.from_arrays([100.0, 200.0], [1.0, 2.0]))
    noisy = masked_spectral_distance(pred, Peaks.from_arrays([100.0, 150.0, 200.0], [1.0, 99.0, 2.0]))
    assert float(noisy) == pytest.approx(float(clean))
    # A lone fragment is proportional to anything; only the width of the match may make it fit.
    lone = masked_spectral_distance(Peaks.from_arrays([100.0], [1.0]), Peaks.from_arrays([100.5], [1.0]))
    assert float(lone) > 0.99


def test_coverage_is_the_share_of_intensity_that_spectrum_utils_annotates() -> None:
    residues = [RESIDUE_MASSES[aa] for aa in "PEPTIDE"]
    b = np.cumsum(residues)[:-1] + PROTON
    y = np.cumsum(residues[::-1])[:-1] + WATER + PROTON
    rng = np.random.default_rng(3)
    mz = np.sort(np.concatenate([b[2:], y[:3], rng.uniform(705, 900, 8)]))  # noise above every fragment's m/z
    intensity = rng.uniform(1, 10, mz.size)
    annotated = MsmsSpectrum("s", 400.0, 2, mz, intensity).annotate_proforma(
        "PEPTIDE", 0.01, "Da", ion_types="by", max_ion_charge=1
    )
    explained = np.array(
        [str(a[0]) != "?" if hasattr(a, "__getitem__") else str(a) != "?" for a in annotated.annotation]
    )
    assert 0 < explained.sum() < mz.size
    ours = soft_coverage(Peaks.from_arrays(np.concatenate([b, y]), np.ones(12)), Peaks.from_arrays(mz, intensity))
    # spectrum_utils keeps m/z and intensity in float32
    assert float(ours) == pytest.approx(1 - annotated.intensity[explained].sum() / annotated.intensity.sum(), abs=1e-5)


def test_a_predicted_intensity_weighs_precision_and_not_recall() -> None:
    obs = Peaks.from_arrays([100.0], [1.0])
    light, heavy = (Peaks.from_arrays([100.0, 200.0], [1.0, w]) for w in (1.0, 3.0))
    assert float(soft_coverage(light, obs)) == float(soft_coverage(heavy, obs)) == 0.0
    assert (float(soft_f1(light, obs)), float(soft_f1(heavy, obs))) == (0.25, 0.375)


def test_sigma_may_be_one_for_each_spectrum() -> None:
    pred = Peaks.from_list([([100.0], [1.0])] * 2)
    obs = Peaks.from_list([([100.1], [1.0])] * 2)
    both = soft_coverage(pred, obs, sigma=torch.tensor([0.05, 0.2]))
    expected = [1 - math.exp(-2.0), 1 - math.exp(-0.125)]
    np.testing.assert_allclose(both, expected, rtol=1e-6)


def test_a_nan_width_shows_in_its_own_spectrum() -> None:
    two = Peaks.from_list([([100.0, 200.0], [1.0, 3.0])] * 2)
    sigma = torch.tensor([0.05, float("nan")])
    for loss in (soft_coverage, soft_f1, masked_spectral_distance):
        assert loss(two, two, sigma=sigma).isnan().tolist() == [False, True]
