"""Losses that match each peak to the nearest peak on the other side."""

from __future__ import annotations

import torch
from torch import Tensor

from peploss.errors import ArgumentError
from peploss.kernels import Backend, Peaks, SigmaUnit
from peploss.losses.baselines.angle import angle_distance
from peploss.losses.baselines.ragged import Side, finish, gap_to_nearest, gaussian, sides, sum_by, width_at
from peploss.losses.baselines.swept import in_one_pass, swept


def min_distance_loss(pred: Peaks, obs: Peaks, *, delta: float = 0.2, backend: Backend = "auto") -> Tensor:
    """Huber-penalised distance of each observed peak to the nearest predicted one, weighted by intensity.

    ``sum_j w_j H(min_i |m_i - o_j|)`` with ``w_j = I_j / sum I`` and the Huber function
    ``H(d) = d^2 / 2`` up to delta, ``delta (d - delta / 2)`` beyond. Predicted intensities do not count.

    Args:
        pred, obs: B spectra each.
        delta: where the penalty turns from square to linear, in Th.
        backend: ``auto`` is one pass over sorted peaks on the CPU, torch's operations on a GPU; ``reference`` is
            torch's everywhere.
    Returns:
        (B,) float64 in Th^2, [0, inf): it has no upper bound, one far observed peak can dominate. 0 where nothing
        was observed. Where nothing was predicted the distance is taken to m/z 0. No gradient in either case.
    Raises:
        ArgumentError: delta not positive and finite, or batch sizes differ.
        BackendError: the backend is not there.
    Source:
        Huber, P. J. (1964), doi:10.1214/aoms/1177703732; as a spectrum loss, the one the cosine replaced.

    >>> far = min_distance_loss(Peaks.from_arrays([100.0], [1.0]), Peaks.from_arrays([100.1, 101.0], [3.0, 1.0]))
    >>> round(float(far[0]), 6)  # 3/4 * 0.1**2 / 2 + 1/4 * 0.2 * (1 - 0.1)
    0.04875
    """
    check_delta(delta)
    if in_one_pass(backend, pred):
        return swept("min_distance", pred, obs, parameter=delta)
    p, o = sides(pred, obs)
    gap, _, found = gap_to_nearest(o, p)
    distance = torch.where(found, gap, gap.detach()).abs()
    huber = torch.where(distance <= delta, 0.5 * distance * distance, delta * (distance - 0.5 * delta))
    loss = sum_by(o.spectrum, torch.where(o.peak, o.share * huber, 0.0), pred.batch)
    loss = torch.where(p.empty, loss.detach(), loss)
    return torch.where(p.invalid | o.invalid, torch.nan, loss)


def check_delta(delta: float) -> None:
    """Raises ArgumentError unless delta is positive and finite."""
    if not 0 < delta < float("inf"):
        raise ArgumentError(f"delta must be positive and finite, not {delta!r}.")


def soft_coverage(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    backend: Backend = "auto",
) -> Tensor:
    """One minus the share of observed intensity that is explained: a soft recall.

    ``1 - sum_j w_j max_i exp(-(m_i - o_j)^2 / (2 sigma^2))`` with ``w_j = I_j / sum I``. Predicted intensities do
    not count, and predicted peaks that match nothing cost nothing.

    Args:
        pred, obs: B spectra each.
        sigma: width of a match in ``sigma_unit``; a number, or a tensor () or (B,). In ppm it is a share of the
            observed m/z.
        backend: as for ``min_distance_loss``.
    Returns:
        (B,) float64 in [0, 1]; 0 where every observed peak is met. 1 without gradient where a side is empty.
    Raises:
        ArgumentError, BackendError: sigma, its unit or the backend cannot be used, or batch sizes differ.
    Source:
        The hard form, share of intensity annotated within a tolerance, is what peptide annotators report.

    >>> half = soft_coverage(Peaks.from_arrays([100.0], [1.0]), Peaks.from_arrays([100.0, 300.0], [1.0, 1.0]))
    >>> float(half[0])
    0.5
    """
    if in_one_pass(backend, pred):
        return swept("coverage", pred, obs, sigma=sigma, sigma_unit=sigma_unit)
    p, o = sides(pred, obs)
    return finish(_unexplained(p, o, sigma, sigma_unit, pred.batch), p, o, empty=1.0)


def soft_f1(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    backend: Backend = "auto",
) -> Tensor:
    """One minus the mean of soft coverage and of its mirror image over the predicted peaks.

    ``1 - (recall + precision) / 2``, recall as in ``soft_coverage``, precision
    ``sum_i v_i max_j exp(-(m_i - o_j)^2 / (2 sigma^2))`` with ``v_i`` the predicted intensity's share (all equal for
    intensities of 1). F1-like: an arithmetic mean, which has a gradient where the harmonic one vanishes.

    Args:
        pred, obs, sigma, sigma_unit, backend: as for ``soft_coverage``.
    Returns:
        (B,) float64 in [0, 1]; 0 where every peak has its partner. 1 without gradient where a side is empty.
    Raises:
        ArgumentError, BackendError: sigma, its unit or the backend cannot be used, or batch sizes differ.
    Source:
        Precision and recall of peak matching, made differentiable with the Gaussian of the spectrum loss.

    >>> loss = soft_f1(Peaks.from_arrays([100.0, 200.0], [1.0, 1.0]), Peaks.from_arrays([100.0], [1.0]))
    >>> float(loss[0])  # recall 1, precision 1/2
    0.25
    """
    if in_one_pass(backend, pred):
        return swept("f1", pred, obs, sigma=sigma, sigma_unit=sigma_unit)
    p, o = sides(pred, obs)
    gap, index, found = gap_to_nearest(p, o)
    partner = torch.cat([o.mz, o.mz.new_zeros(1)])[index]
    match = gaussian(gap, width_at(sigma, sigma_unit, partner, p.spectrum, pred.batch), found)
    unmatched = sum_by(p.spectrum, p.share * (1 - match), pred.batch)
    unexplained = _unexplained(p, o, sigma, sigma_unit, pred.batch)
    return finish(0.5 * (unexplained + unmatched), p, o, empty=1.0)


def masked_spectral_distance(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    backend: Backend = "auto",
) -> Tensor:
    """Spectral angle between predicted fragment intensities and those observed at the same fragments.

    ``(2 / pi) arccos(sum_i g_i v_i u_i / sqrt(sum_i v_i^2 sum_i g_i u_i^2))``, ``v_i`` the predicted intensity of
    fragment i, ``u_i`` that of the observed peak nearest to it, and ``g_i = exp(-(m_i - o_j)^2 / (2 sigma^2))`` how far
    the two are the same peak: 1 makes it the published formula, 0 an intensity of 0 observed.
    The fragments predicted are the mask: an observed peak that no fragment claims does not count, so it asks
    for a predictor of intensities, and says nothing about peaks left unexplained.

    Args:
        pred, obs, sigma, sigma_unit, backend: as for ``soft_coverage``.
    Returns:
        (B,) float64 in [0, 1]; 0 for proportional intensities. 1 without gradient where a side is empty or no
        fragment is near a peak.
    Raises:
        ArgumentError, BackendError: sigma, its unit or the backend cannot be used, or batch sizes differ.
    Source:
        Gessulat, S. et al. (2019), Prosit, doi:10.1038/s41592-019-0426-7, whose vector of possible fragments is
        here the list of predicted ones.

    >>> pred = Peaks.from_arrays([100.0, 200.0], [1.0, 3.0])
    >>> obs = Peaks.from_arrays([100.0, 150.0, 200.0], [2.0, 9.0, 6.0])
    >>> round(float(masked_spectral_distance(pred, obs)[0]), 6)
    0.0
    """
    if in_one_pass(backend, pred):
        return swept("masked", pred, obs, sigma=sigma, sigma_unit=sigma_unit)
    p, o = sides(pred, obs)
    gap, index, found = gap_to_nearest(p, o)
    padded = torch.cat([torch.stack([o.mz, o.share]), o.mz.new_zeros(2, 1)], 1)[:, index]  # (2, N)
    match = gaussian(gap, width_at(sigma, sigma_unit, padded[0], p.spectrum, pred.batch), found & p.peak)
    observed = padded[1]
    dot, pp, oo = (
        sum_by(p.spectrum, x, pred.batch)
        for x in (match * p.share * observed, p.share * p.share, match * observed * observed)
    )
    norm = pp * oo
    matched = ~(norm <= 0)  # NaN is no missing match: it stays
    cos = dot / torch.where(matched, norm, 1.0).sqrt()
    distance = torch.where(matched, angle_distance(cos), 1.0)
    return finish(distance, p, o, empty=1.0)


def _unexplained(p: Side, o: Side, sigma: float | Tensor, sigma_unit: SigmaUnit, batch: int) -> Tensor:
    """(B,) one minus the soft recall: a sum of what is missing is exactly 0 where nothing is."""
    gap, _, found = gap_to_nearest(o, p)
    match = gaussian(gap, width_at(sigma, sigma_unit, o.mz, o.spectrum, batch), found & o.peak)
    return sum_by(o.spectrum, o.share * (1 - match), batch)
