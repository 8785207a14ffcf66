"""How calm each loss is from batch to batch: scale-free measures first, each against the spectrum loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.variance.study_samples import StudySamples
from peploss.errors import ArgumentError

F64 = NDArray[np.float64]

N_BATCHES, N_BOOTSTRAP = 200, 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class Calm:
    """One loss over batches; intervals are 95 %, from a bootstrap over batches.

    Attributes:
        name: of the loss.
        variation, variation_low, variation_high: standard deviation over mean of a batch's mean loss.
        signal, signal_low, signal_high: signal-to-noise ratio of the gradient: the norm of its mean over batches by the
            root of the sum of its variances. 0 where no batch has a gradient.
        against, against_low, against_high: the coefficient of variation over the spectrum loss's on the same batches.
        mean, sd: of a batch's mean loss, in the loss's unit.
        gradient: mean norm of a batch's gradient, in the loss's unit.
        one_spectrum: standard deviation over mean of single spectra.
        by_class: class -> share of the variance between single spectra that its groups make (eta squared), less what
            groups drawn by chance would; NaN where there is one group, or no variance.
    """

    name: str
    variation: float
    variation_low: float
    variation_high: float
    signal: float
    signal_low: float
    signal_high: float
    against: float
    against_low: float
    against_high: float
    mean: float
    sd: float
    gradient: float
    one_spectrum: float
    by_class: dict[str, float]


@dataclass(frozen=True, eq=False)
class Study:
    """The study of one set of spectra.

    Attributes:
        calm: one for each loss, the spectrum loss first.
        batch_size, n_batches, seed: of the batches.
        batch_means: (n_batches, L).
        samples: the spectra.
    """

    calm: tuple[Calm, ...]
    batch_size: int
    n_batches: int
    seed: int
    batch_means: F64
    samples: StudySamples

    def cannot_tell(self) -> list[str]:
        """What these spectra say nothing of, and why."""
        told = []
        n = len(self.samples)
        if n == 1:
            told.append("One spectrum makes every batch alike: there is no variance to measure.")
        elif self.batch_size >= n:
            told.append(
                f"Batches of {self.batch_size} of {n} spectra hold the same spectra again and again: their spread is "
                "smaller than that of new spectra would be."
            )
        for name, groups in self.samples.classes.items():
            if n > 1 and np.unique(groups).size == 1:
                told.append(f"All spectra are of one {name} ({groups[0]}): its share of the variance cannot be told.")
        return told

    def verdict(self) -> list[str]:
        """Old against new in sentences, for or against: is the spectrum loss calmer than min-distance?"""
        old = next((c for c in self.calm if c.name == "min_distance_loss"), None)
        if old is None or not np.isfinite(old.against) or len(self.samples) == 1:
            return []
        low, high = old.against_low, old.against_high
        word = "calmer" if low > 1 else "less calm" if high < 1 else "neither calmer nor less calm"
        new = self.calm[0]
        told = [
            f"From batch to batch the spectrum loss is {word} than min-distance: sd / mean is {new.variation:.3g} "
            f"against {old.variation:.3g}, {old.against:.2f} times as much ({low:.2f} to {high:.2f})."
        ]
        if new.signal_low > old.signal_high:
            second = "clearer"
        elif new.signal_high < old.signal_low:
            second = "less clear"
        else:
            second = "neither clearer nor less clear"
        told.append(
            f"Its gradient is {second}: signal to noise {new.signal:.3g} ({new.signal_low:.3g} to "
            f"{new.signal_high:.3g}) against {old.signal:.3g} ({old.signal_low:.3g} to {old.signal_high:.3g})."
        )
        if new.mean > 0.8:
            told.append(
                f"Its mean is {new.mean:.2f} of at most 1: near its upper end a loss cannot vary much, so a small sd / "
                "mean says little here."
            )
        return told


def study(
    samples: StudySamples, *, batch_size: int = 64, n_batches: int = N_BATCHES, seed: int = 0,
    n_bootstrap: int = N_BOOTSTRAP,
) -> Study:  # fmt: skip
    """Draw batches and measure.

    Args:
        samples: the spectra.
        batch_size: spectra in a batch, at least 1. Each batch is drawn without replacement where there are enough
            spectra, else with.
        n_batches: at least 2.
        seed: of the batches and the bootstrap.
        n_bootstrap: resamplings of the batches, at least 1.
    Raises:
        ArgumentError: a number is out of range.
    """
    if batch_size < 1 or n_batches < 2 or n_bootstrap < 1:
        raise ArgumentError(
            f"batch_size must be at least 1, n_batches 2, n_bootstrap 1, not {batch_size}, {n_batches}, {n_bootstrap}."
        )
    rng = np.random.default_rng(seed)
    n = len(samples)
    enough = batch_size <= n
    rows = np.stack([rng.choice(n, batch_size, replace=not enough) for _ in range(n_batches)])
    means = samples.loss[rows].mean(axis=1)  # (n_batches, L)
    gradients = np.stack([samples.gradient[row].mean(axis=0) for row in rows])  # (n_batches, L, V)
    again = rng.integers(0, n_batches, (n_bootstrap, n_batches))
    of_boot = np.stack([_variation(means[pick]) for pick in again])
    signals = np.stack([_signal(gradients[pick]) for pick in again])
    variation, signal = _variation(means), _signal(gradients)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio, ratios = variation / variation[0], of_boot / of_boot[:, :1]
        one = samples.loss.std(axis=0) / samples.loss.mean(axis=0)

    def interval(values: F64) -> tuple[float, float]:
        finite = values[np.isfinite(values)]
        if not finite.size:
            return float("nan"), float("nan")
        low, high = np.quantile(finite, [0.025, 0.975])
        return float(low), float(high)

    calm = []
    for k, name in enumerate(samples.names):
        cv, snr, versus = interval(of_boot[:, k]), interval(signals[:, k]), interval(ratios[:, k])
        calm.append(
            Calm(
                name=name,
                variation=float(variation[k]),
                variation_low=cv[0],
                variation_high=cv[1],
                signal=float(signal[k]),
                signal_low=snr[0],
                signal_high=snr[1],
                against=float(ratio[k]),
                against_low=versus[0],
                against_high=versus[1],
                mean=float(means[:, k].mean()),
                sd=float(means[:, k].std(ddof=1)),
                gradient=float(np.linalg.norm(gradients[:, k], axis=1).mean()),
                one_spectrum=float(one[k]),
                by_class={c: variance_share(samples.loss[:, k], g) for c, g in samples.classes.items()},
            )
        )
    return Study(tuple(calm), batch_size, n_batches, seed, means, samples)


def _variation(means: F64) -> F64:
    """(L,) standard deviation over mean of (n, L)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(means.std(axis=0, ddof=1) / means.mean(axis=0))


def _signal(gradients: F64) -> F64:
    """(L,) norm of the mean over the root of the summed variance of (n, L, V); 0 where there is no gradient."""
    signal = np.linalg.norm(gradients.mean(axis=0), axis=-1)
    noise = np.sqrt(gradients.var(axis=0, ddof=1).sum(axis=-1))
    return np.asarray(np.where(noise > 0, signal / np.where(noise > 0, noise, 1.0), 0.0))


def variance_share(values: F64, groups: NDArray[np.str_]) -> float:
    """Share of the variance of (N,) values between groups (N,), less what chance gives: omega squared, at least 0.

    Source:
        Hays, W. L. (1963), Statistics; ``(SSB - (k - 1) MSW) / (SST + MSW)``.

    >>> variance_share(np.array([0.0, 0.0, 1.0, 1.0]), np.array(["a", "a", "b", "b"]))
    1.0
    """
    names, which = np.unique(groups, return_inverse=True)
    n, k = values.size, names.size
    total = float(((values - values.mean()) ** 2).sum())
    if k < 2 or n <= k or not total > 0:
        return float("nan")
    counts = np.bincount(which)
    means = np.bincount(which, values) / counts
    between = float((counts * (means - values.mean()) ** 2).sum())
    within = (total - between) / (n - k)
    return max((between - (k - 1) * within) / (total + within), 0.0)
