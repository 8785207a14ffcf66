"""Losses of the bins of rendered spectra: their correlation, and the cross-entropy of their shares."""

from __future__ import annotations

from torch import Tensor

from peploss.errors import ArgumentError
from peploss.grid import MzGrid
from peploss.kernels import Backend, Peaks, SigmaUnit
from peploss.kernels.arguments import same_batch
from peploss.kernels.dispatch import kernels_for
from peploss.losses.baselines import naive
from peploss.losses.baselines.swept import swept


def pearson_distance(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
    backend: Backend = "auto",
) -> Tensor:
    """One minus Pearson's correlation of the rendered spectra over all bins.

    ``1 - cov(P, Q) / sqrt(cov(P, P) cov(Q, Q))`` with ``cov(P, Q) = sum_k P_k Q_k - sum_k P_k sum_k Q_k / n``: the
    cosine after each spectrum's mean over the n bins is taken off. Most bins are empty, so it differs from the cosine
    loss by little; it passes 1 where the spectra overlap less than chance would.

    Args:
        pred, obs, sigma, sigma_unit: as for ``peploss.kernels.spectrum_cosine``.
        grid: whose bins; there must be one, for the mean is over them.
        backend: ``reference`` renders all of it in torch; all others are one pass on the CPU, by the bins near peaks.
    Returns:
        (B,) float64 in [0, 2]; 0 for the same shape, 1 for none in common, above that for spectra that avoid each
        other. 1 without gradient where a side is empty or the same in every bin.
    Raises:
        ArgumentError: there is no grid; else as for ``spectrum_cosine``.
    Source:
        Pearson, K. (1895), doi:10.1098/rspl.1895.0041; of fragment intensities as MS2PIP reports it, Degroeve, S. and
        Martens, L. (2013), doi:10.1093/bioinformatics/btt544.

    >>> a = Peaks.from_arrays([100.05], [1.0])
    >>> b = Peaks.from_arrays([500.05], [3.0])
    >>> pearson_distance(Peaks.cat([a, a]), Peaks.cat([a, b])).round(decimals=4).tolist()
    [0.0, 1.0001]
    """
    chosen = _grid(grid, "pearson_distance", "its mean")
    same_batch(pred, obs)
    if kernels_for(backend, pred.mz.device) == "reference":
        return naive.pearson_distance(pred, obs, sigma=sigma, sigma_unit=sigma_unit, grid=chosen)
    return swept(
        "pearson", pred, obs, sigma=sigma, sigma_unit=sigma_unit, bin_width=chosen.bin_width, n_bins=chosen.n_bins
    )


def binned_cross_entropy(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
    floor: float = 1e-3,
    backend: Backend = "auto",
) -> Tensor:
    """Cross-entropy of the observed shares of the bins under the predicted ones, less the observed entropy.

    ``sum_k q_k log(q_k / p_k)`` with ``p = (1 - floor) P / sum P + floor / n`` and q likewise of the observed spectrum,
    over n bins: Kullback and Leibler's divergence. The observed entropy does not depend on the prediction, so the
    gradient by it is that of the cross-entropy; taking it off makes the same spectrum 0. Each peak is rendered with an
    area of its intensity. The floor keeps an observed peak that nothing predicts at a finite cost.

    Args:
        pred, obs, sigma, sigma_unit: as for ``peploss.kernels.spectrum_cosine``.
        grid: whose bins; there must be one.
        floor: share of intensity spread evenly over all bins, in (0, 1).
        backend: as for ``pearson_distance``.
    Returns:
        (B,) float64 in nats, [0, inf); at most ``log(1 + (1 - floor) n / floor)``, 16.8 by default. Nothing observed
        is 0, nothing predicted an even share for every bin; neither has a gradient.
    Raises:
        ArgumentError: there is no grid, or the floor is out of range; else as for ``spectrum_cosine``.
    Source:
        Kullback, S. and Leibler, R. A. (1951), doi:10.1214/aoms/1177729694; as a loss over binned spectra,
        classification into bins.

    >>> a, b = Peaks.from_arrays([100.05], [1.0]), Peaks.from_arrays([500.05], [1.0])
    >>> [round(float(binned_cross_entropy(a, x)[0]), 2) for x in (a, b)]
    [0.0, 16.12]
    """
    check_floor(floor)
    chosen = _grid(grid, "binned_cross_entropy", "its floor")
    same_batch(pred, obs)
    if kernels_for(backend, pred.mz.device) == "reference":
        return naive.binned_cross_entropy(pred, obs, sigma=sigma, sigma_unit=sigma_unit, grid=chosen, floor=floor)
    return swept(
        "cross_entropy", pred, obs, sigma=sigma, sigma_unit=sigma_unit,
        bin_width=chosen.bin_width, n_bins=chosen.n_bins, parameter=floor,
    )  # fmt: skip


def check_floor(floor: float) -> None:
    """Raises ArgumentError unless the floor is a share above 0 and below 1."""
    if not 0 < floor < 1:
        raise ArgumentError(f"floor must lie between 0 and 1, not {floor!r}.")


def _grid(grid: MzGrid | None, name: str, what: str) -> MzGrid:
    if grid is None:
        raise ArgumentError(f"{name} needs a grid: {what} is over the grid's bins.", remedy="Pass grid=MzGrid().")
    return grid
