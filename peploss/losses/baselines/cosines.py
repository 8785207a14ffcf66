"""Cosines that differ from the spectrum loss in what they do to intensities, to the width, or to a shift."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from peploss.errors import ArgumentError
from peploss.grid import MzGrid
from peploss.kernels import Backend, Peaks, SigmaUnit, spectrum_cosine
from peploss.kernels.arguments import same_batch
from peploss.kernels.dispatch import kernels_for
from peploss.losses.baselines.naive import greedy_distance
from peploss.losses.baselines.ragged import spectrum_of
from peploss.losses.baselines.swept import swept

SCALES = (1.0, 4.0, 16.0)
"""Widths of the multi-sigma cosine, in sigma: from the default's 0.05 to 0.8 Th, where neighbouring residues meet."""


def weighted_cosine_distance(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
    intensity_power: float = 0.5,
    mz_power: float = 2.0,
    backend: Backend = "auto",
) -> Tensor:
    """One minus the cosine of spectra whose peaks weigh ``intensity ** 0.5 * mz ** 2``.

    ``1 - cos(S'_pred, S'_obs)`` with every intensity a at m/z m replaced by ``a ** intensity_power * m ** mz_power``
    before it is rendered. The root lets weak peaks count, the m/z those that few other peptides share.

    Args:
        pred, obs, sigma, sigma_unit, grid, backend: as for ``peploss.kernels.spectrum_cosine``.
        intensity_power, mz_power: finite, ``intensity_power`` positive.
    Returns:
        (B,) float64 in [0, 1]; 0 for the same shape, 1 for no overlap. 1 without gradient where a side is empty.
    Raises:
        ArgumentError, BackendError: a power cannot be used; else as for ``spectrum_cosine``.
    Source:
        Horai, H. et al. (2010), MassBank, doi:10.1002/jms.1777; after Stein, S. E. and Scott, D. R. (1994),
        doi:10.1016/1044-0305(94)87009-8. For peaks that coincide or do not overlap it is one minus matchms'
        CosineGreedy.

    >>> a, b = Peaks.from_arrays([100.0, 200.0], [4.0, 1.0]), Peaks.from_arrays([100.0, 300.0], [4.0, 1.0])
    >>> round(float(weighted_cosine_distance(a, b, mz_power=0.0)[0]), 6)  # 1 - 2 * 2 / (4 + 1)
    0.2
    """
    check_powers(intensity_power, mz_power)
    sides = (weighed(x, intensity_power, mz_power) for x in (pred, obs))
    return 1 - spectrum_cosine(*sides, sigma=sigma, sigma_unit=sigma_unit, grid=grid, backend=backend)


def check_powers(intensity_power: float, mz_power: float) -> None:
    """Raises ArgumentError unless the power of intensities is positive and finite, and that of m/z finite."""
    if not (math.isfinite(mz_power) and 0 < intensity_power < math.inf):
        raise ArgumentError(
            f"intensity_power must be positive and mz_power finite, not {intensity_power!r} and {mz_power!r}."
        )


def sqrt_cosine_distance(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
    backend: Backend = "auto",
) -> Tensor:
    """One minus the cosine of spectra of square roots of intensities, so that no single high peak decides.

    ``weighted_cosine_distance`` with powers 0.5 and 0; the spectrum loss under the setting ``sqrt``.

    Args:
        pred, obs, sigma, sigma_unit, grid, backend: as for ``peploss.kernels.spectrum_cosine``.
    Returns:
        (B,) float64 in [0, 1]; 0 for the same shape, 1 for no overlap. 1 without gradient where a side is empty.
    Raises:
        ArgumentError, BackendError: as for ``spectrum_cosine``.
    Source:
        Stein, S. E. and Scott, D. R. (1994), doi:10.1016/1044-0305(94)87009-8.

    >>> a, b = Peaks.from_arrays([100.0, 200.0], [4.0, 1.0]), Peaks.from_arrays([100.0, 300.0], [4.0, 1.0])
    >>> round(float(sqrt_cosine_distance(a, b)[0]), 6)
    0.2
    """
    return weighted_cosine_distance(
        pred, obs, sigma=sigma, sigma_unit=sigma_unit, grid=grid, mz_power=0.0, backend=backend
    )


def weighed(peaks: Peaks, intensity_power: float, mz_power: float) -> Peaks:
    """Intensities raised and multiplied by m/z, 0 where there is no peak; NaN and infinity stay as they are."""
    mz, a = peaks.mz.double(), peaks.intensity.double()
    peak = (a > 0) & torch.isfinite(a) & torch.isfinite(mz)
    safe = torch.where(peak, a, 1.0)
    if intensity_power > 0.5:  # a root fits whatever it is multiplied by, but 1e200 squared does not
        which = spectrum_of(peaks)
        top = a.new_zeros(peaks.batch).scatter_reduce(0, which, torch.where(peak, a, 0.0).detach(), "amax")
        safe = safe / torch.where(peak, torch.where(top > 0, top, 1.0)[which], 1.0)  # which cancels in the cosine
    raised = safe.sqrt() if intensity_power == 0.5 else safe**intensity_power
    if mz_power:
        raised = raised * (torch.where(peak, mz, 1.0) / 1000.0) ** mz_power
    # What is no peak and no padding keeps its value, so that a NaN shows.
    other = torch.where(torch.isfinite(a), 0.0, torch.nan)
    return peaks.to(torch.float64).replace(intensity=torch.where(peak, raised, other))


def multi_sigma_cosine_distance(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
    scales: Sequence[float] = SCALES,
    backend: Backend = "auto",
) -> Tensor:
    """One minus the mean of the cosines at several widths: the wide ones have a slope where the narrow one has none.

    ``1 - mean_k cos_k``, ``cos_k`` the cosine at ``scales[k] * sigma``.

    Args:
        pred, obs, sigma, sigma_unit, grid, backend: as for ``peploss.kernels.spectrum_cosine``.
        scales: positive and finite, at least one; factors of sigma.
    Returns:
        (B,) float64 in [0, 1]; 0 for the same shape, 1 for no overlap at any width. 1 without gradient where a side is
        empty.
    Raises:
        ArgumentError, BackendError: scales cannot be used; else as for ``spectrum_cosine``.
    Source:
        A mean over widths, as kernels of several widths are summed for two-sample tests: Gretton, A. et al. (2012),
        "Optimal kernel choice for large-scale two-sample tests", NeurIPS 25.

    >>> a, b = Peaks.from_arrays([500.0], [1.0]), Peaks.from_arrays([501.0], [1.0])
    >>> round(float(multi_sigma_cosine_distance(a, b, grid=None)[0]), 3)  # 1 - exp(-(1 / 0.8)**2 / 4) / 3
    0.774
    """
    check_scales(scales)
    cosines = [
        spectrum_cosine(pred, obs, sigma=sigma * x, sigma_unit=sigma_unit, grid=grid, backend=backend) for x in scales
    ]
    return 1 - torch.stack(cosines).sum(0) / len(scales)


def check_scales(scales: Sequence[float]) -> None:
    """Raises ArgumentError unless there is a scale and all are positive and finite."""
    if not scales or not all(0 < x < math.inf for x in scales):
        raise ArgumentError(f"scales must be positive and finite, at least one, not {list(scales)!r}.")


def modified_cosine_distance(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    shift: float | Tensor = 0.0,
    backend: Backend = "auto",
) -> Tensor:
    """One minus the cosine of peaks paired one to one, where a predicted peak may also match moved by the precursors'
    difference.

    ``1 - sum g a_i b_j / sqrt(sum a^2 sum b^2)`` over pairs taken greedily, the highest ``g a_i b_j`` first, each peak
    once; ``g = exp(-d^2 / 2 (s_i^2 + s_j^2))`` with d the smaller way, ``m_i - o_j`` or ``m_i + shift - o_j``. Without
    a shift it is the cosine of peak lists, which no rendered neighbours add to. Between two changes of the pairing it
    is smooth.

    Args:
        pred, obs, sigma, sigma_unit: as for ``peploss.kernels.spectrum_cosine``.
        shift: observed minus predicted precursor m/z in Th: a number or (B,). No gradient reaches it.
        backend: ``reference`` is the definition, pair by pair, in torch; all others are one pass on the CPU.
    Returns:
        (B,) float64 in [0, 1]; 0 for the same peaks, 1 for no pair. 1 without gradient where a side is empty.
    Raises:
        ArgumentError, BackendError: shift is not a number or (B,); else as for ``spectrum_cosine``.
    Source:
        Watrous, J. et al. (2012), doi:10.1073/pnas.1203689109. With peaks that coincide or are further apart than sigma
        can see it is one minus matchms' ModifiedCosineGreedy.

    >>> a, b = Peaks.from_arrays([100.0, 200.0], [1.0, 1.0]), Peaks.from_arrays([100.0, 216.0], [1.0, 1.0])
    >>> [round(float(modified_cosine_distance(a, b, shift=s)[0]), 6) for s in (0.0, 16.0)]
    [0.5, 0.0]
    """
    same_batch(pred, obs)
    moves = torch.as_tensor(shift, dtype=torch.float64, device=pred.mz.device).detach()
    if moves.ndim > 1 or (moves.ndim == 1 and moves.shape[0] != pred.batch):
        raise ArgumentError(
            f"shift must be one number or one for each of {pred.batch} spectra, not {tuple(moves.shape)}."
        )
    moves = moves.expand(pred.batch).contiguous()
    if kernels_for(backend, pred.mz.device) == "reference":
        return greedy_distance(pred, obs, sigma=sigma, sigma_unit=sigma_unit, shift=moves)
    return swept("greedy", pred, obs, sigma=sigma, sigma_unit=sigma_unit, shift=moves)
