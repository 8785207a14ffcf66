"""The spectral entropy distance of rendered spectra, on the bins near their peaks."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from peploss.errors import ArgumentError
from peploss.grid import MzGrid
from peploss.kernels import Backend, Peaks, SigmaUnit
from peploss.kernels.naive import rendered
from peploss.kernels.sweeps import Kind
from peploss.losses.baselines.ragged import Side, finish, sides, sum_by, width_at
from peploss.losses.baselines.swept import in_one_pass, swept

REACH = 8.5
"""Bins further than this many sigma from a peak (amplitude there 2e-16) are left out."""

ENDLESS = 2**40
"""Bins of the grid that has no end: keys of a million spectra still fit an int64."""

WIDEST_MZ = 5000.0
"""In ppm without a grid, peaks beyond this m/z (in Th) are cut before ``REACH`` sigma."""

WEIGHTED_BELOW = 3.0  # nats; Li et al. weight only spectra of lower entropy


def spectral_entropy_distance(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
    weighted: bool = False,
    backend: Backend = "auto",
) -> Tensor:
    """Jensen-Shannon divergence of the rendered spectra, in bits: the spectral entropy distance.

    ``(2 H(M) - H(P) - H(Q)) / ln 4``: P and Q the rendered spectra over their sums, ``M = (P + Q) / 2``,
    H Shannon's entropy. Each peak is rendered with an area of its intensity, whatever its width, so that for peaks
    that coincide or do not overlap at all this is one minus the spectral entropy similarity of the peak lists;
    between those, a partial overlap counts in part.

    Args:
        pred, obs: B spectra each.
        sigma: width of a rendered peak in ``sigma_unit``; a number, or a tensor () or (B,), whose values are then
            read (on a GPU that waits for it). Positive and finite. Cost grows with ``sigma / bin_width``.
        grid: the grid to render on. None: bins a quarter of sigma wide without end, the continuum to 1e-6; in ppm a
            quarter of sigma at m/z 500, so coarser below.
        weighted: first raise the intensities of a spectrum with entropy S below 3 nats to the power
            ``(1 + S) / 4``, as the published score does to let weak peaks count.
        backend: as for ``min_distance_loss``.
    Returns:
        (B,) float64 in [0, 1]; 0 for the same shape, 1 for no overlap. 1 without gradient where a side is empty
        or renders nothing.
    Raises:
        ArgumentError, BackendError: sigma, its unit or the backend cannot be used, or batch sizes differ.
    Source:
        Li, Y. et al. (2021), doi:10.1038/s41592-021-01331-z.

    >>> a, b = Peaks.from_arrays([100.0, 200.0], [1.0, 1.0]), Peaks.from_arrays([100.0, 300.0], [1.0, 1.0])
    >>> round(float(spectral_entropy_distance(a, b)[0]), 6)
    0.5
    """
    narrowest, widest = _extremes(sigma)
    bin_width, n_bins = (grid.bin_width, grid.n_bins) if grid else (_fine_bin(narrowest, sigma_unit), ENDLESS)
    if in_one_pass(backend, pred):
        kind: Kind = "weighted_entropy" if weighted else "entropy"
        return swept(kind, pred, obs, sigma=sigma, sigma_unit=sigma_unit, bin_width=float(bin_width), n_bins=n_bins)
    p, o = sides(pred, obs)
    batch = pred.batch
    if weighted:
        p, o = _weighted(p, batch), _weighted(o, batch)
    widths = [width_at(sigma, sigma_unit, s.mz, s.spectrum, batch) for s in (p, o)]
    if sigma_unit == "ppm":
        widest *= 1e-6 * (grid.max_mz + bin_width if grid else WIDEST_MZ)
    span = min(math.floor(2 * REACH * widest / bin_width) + 2, n_bins)
    keys, values = zip(
        *(_entries(s, w, grid, bin_width, n_bins, span) for s, w in ((p, widths[0]), (o, widths[1]))), strict=True
    )
    key, order = torch.sort(torch.cat(keys), stable=True)
    if key.shape[0] == 0:
        return finish(values[0].new_ones(batch), p, o, empty=1.0)
    # Entries of one bin are now neighbours: number the bins as they come. At most as many as entries, a size
    # known without looking.
    group = torch.cat([key.new_zeros(1), (key[1:] != key[:-1]).long().cumsum(0)])
    spectrum = torch.zeros_like(key).scatter(0, group, key // n_bins)
    zeros = [torch.zeros_like(v) for v in values]
    curve_p = sum_by(group, torch.cat([values[0], zeros[1]])[order], key.shape[0])
    curve_o = sum_by(group, torch.cat([zeros[0], values[1]])[order], key.shape[0])
    total_p, total_o = sum_by(spectrum, curve_p, batch), sum_by(spectrum, curve_o, batch)
    both = (total_p > 0) & (total_o > 0)
    x = curve_p / torch.where(both, total_p, 1.0)[spectrum]
    y = curve_o / torch.where(both, total_o, 1.0)[spectrum]
    # Logarithms of ratios, not differences of entropies: equal curves give exactly 0.
    bits = 0.5 * (_against_mean(x, x + y) + _against_mean(y, x + y)) / math.log(2)
    distance = sum_by(spectrum, bits, batch).clamp(0.0, 1.0)
    return finish(torch.where(both, distance, 1.0), p, o, empty=1.0)


def weighted_entropy_distance(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: SigmaUnit = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
    backend: Backend = "auto",
) -> Tensor:
    """The spectral entropy distance as published: weak peaks are raised in spectra of low entropy.

    ``spectral_entropy_distance`` with ``weighted=True``: intensities of a spectrum with entropy S below 3 nats are
    first raised to the power ``(1 + S) / 4``.

    Args:
        pred, obs, sigma, sigma_unit, grid, backend: as for ``spectral_entropy_distance``.
    Returns:
        (B,) float64 in [0, 1]; 0 for the same shape, 1 for no overlap. 1 without gradient where a side is empty.
    Raises:
        ArgumentError, BackendError: as for ``spectral_entropy_distance``.
    Source:
        Li, Y. et al. (2021), doi:10.1038/s41592-021-01331-z.

    >>> a, b = Peaks.from_arrays([100.0, 200.0], [1.0, 9.0]), Peaks.from_arrays([100.0, 200.0], [1.0, 1.0])
    >>> float(weighted_entropy_distance(a, b)) < float(spectral_entropy_distance(a, b))
    True
    """
    return spectral_entropy_distance(
        pred, obs, sigma=sigma, sigma_unit=sigma_unit, grid=grid, weighted=True, backend=backend
    )


def _against_mean(x: Tensor, both: Tensor) -> Tensor:
    """``x log(2 x / both)``, 0 at x = 0."""
    some = x > 0
    return torch.where(some, x * torch.log(2 * torch.where(some, x, 1.0) / torch.where(some, both, 2.0)), 0.0)


def _entries(
    s: Side, width: Tensor, grid: MzGrid | None, bin_width: float, n_bins: int, span: int
) -> tuple[Tensor, Tensor]:
    """(N * span,) key ``spectrum * n_bins + bin`` and rendered value of every bin near a peak."""
    seen = s.peak & rendered(s.mz, width, grid)
    safe = torch.where(seen, width, 1.0)
    mz = torch.where(seen, s.mz, 0.0)
    start = torch.ceil((mz.detach() - REACH * safe.detach()) / bin_width - 0.5).clamp(0, n_bins - span)
    bins = start.long()[:, None] + torch.arange(span, device=mz.device)  # (N, span)
    z = ((bins.double() + 0.5) * bin_width - mz[:, None]) / safe[:, None]
    near = seen[:, None] & (z.detach().abs() <= REACH)
    z = torch.where(near, z, 0.0)
    value = torch.where(near, (s.share / safe)[:, None] * torch.exp(-0.5 * z * z), 0.0)
    return (s.spectrum[:, None] * n_bins + bins).reshape(-1), value.reshape(-1)


def _fine_bin(narrowest: float, sigma_unit: SigmaUnit) -> float:
    return (narrowest if sigma_unit == "Da" else narrowest * 1e-6 * 500.0) / 4


def _extremes(sigma: float | Tensor) -> tuple[float, float]:
    # 1.0 for a batch without spectra: anything will do.
    values = (sigma.detach().flatten().tolist() or [1.0]) if isinstance(sigma, Tensor) else [float(sigma)]
    for value in values:
        if not 0 < value < math.inf:
            raise ArgumentError(f"sigma must be positive and finite, not {value!r}.")
    return min(values), max(values)


def _weighted(s: Side, batch: int) -> Side:
    log = torch.log(torch.where(s.peak, s.share, 1.0))
    entropy = -sum_by(s.spectrum, s.share * log, batch)
    power = torch.where(entropy < WEIGHTED_BELOW, 0.25 + 0.25 * entropy, 1.0)[s.spectrum]
    raised = torch.where(s.peak, torch.exp(power * log), 0.0)
    total = sum_by(s.spectrum, raised, batch)
    return s._replace(share=raised / torch.where(total > 0, total, 1.0)[s.spectrum])
