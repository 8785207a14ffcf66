"""Some of the losses as they are defined, spectrum by spectrum, written to be obvious: their ``backend="reference"``.

Plain torch in float64, so torch differentiates them as often as you like. A spectrum's peaks are those of finite m/z
and positive intensity; a NaN or an infinite intensity makes its loss NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from peploss.grid import MzGrid
from peploss.kernels import Peaks, SigmaUnit
from peploss.kernels.arguments import wide, widths
from peploss.kernels.naive import Side, nonsense, render, sides_of

OneLoss = Callable[[Side, Side, int], Tensor]


def _each(pred: Peaks, obs: Peaks, sigmas: tuple[Tensor, Tensor], loss: OneLoss) -> Tensor:
    """(B,) losses of the spectra one by one; the loss is given both sides and the spectrum's number."""
    values = []
    for b, (p, o) in enumerate(zip(sides_of(pred, sigmas[0]), sides_of(obs, sigmas[1]), strict=True)):
        if nonsense(p) or nonsense(o):
            values.append(torch.tensor(math.nan, dtype=torch.float64))
        else:
            values.append(loss(_peaks(p), _peaks(o), b))
    return torch.stack(values) if values else pred.mz.new_zeros(0)


def _peaks(side: Side) -> Side:
    keep = torch.isfinite(side.mz) & (side.intensity > 0)
    mz, order = side.mz[keep].sort(stable=True)
    return Side(mz, side.intensity[keep][order], side.sigma[keep][order])


def _number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def pearson_distance(pred: Peaks, obs: Peaks, *, sigma: float | Tensor, sigma_unit: SigmaUnit, grid: MzGrid) -> Tensor:
    """(B,) ``1 - r`` over all bins; 1 where a side does not vary."""
    pred, obs = wide(pred), wide(obs)

    def loss(p: Side, o: Side, b: int) -> Tensor:
        curves = [render(*side, grid) for side in (p, o)]
        x, y = (curve - curve.mean() for curve in curves)
        if not (bool((x != 0).any()) and bool((y != 0).any())):
            return _number(1.0)
        return 1 - (x @ y) / ((x @ x).sqrt() * (y @ y).sqrt())

    return _each(pred, obs, widths(pred, obs, sigma, sigma_unit), loss)


def binned_cross_entropy(
    pred: Peaks, obs: Peaks, *, sigma: float | Tensor, sigma_unit: SigmaUnit, grid: MzGrid, floor: float
) -> Tensor:
    """(B,) ``sum_k q_k log(q_k / p_k)`` over all bins, in nats."""
    pred, obs = wide(pred), wide(obs)
    n = grid.n_bins

    def shares(side: Side) -> Tensor | None:
        curve = render(side.mz, side.intensity / side.sigma, side.sigma, grid)
        return (1 - floor) * curve / curve.sum() + floor / n if bool(curve.sum() > 0) else None

    def loss(p: Side, o: Side, b: int) -> Tensor:
        x, y = shares(p), shares(o)
        if y is None:
            return _number(0.0)
        if x is None:
            return (y * (y * n).log()).sum().detach()
        return (y * (y / x).log()).sum()

    return _each(pred, obs, widths(pred, obs, sigma, sigma_unit), loss)


def wasserstein_distance(pred: Peaks, obs: Peaks) -> Tensor:
    """(B,) ``integral |F_pred - F_obs|`` over m/z, in Th."""
    pred, obs = wide(pred), wide(obs)

    def loss(p: Side, o: Side, b: int) -> Tensor:
        if len(o.mz) == 0:
            return _number(0.0)
        if len(p.mz) == 0:
            return (o.intensity * o.mz).sum().detach() / o.intensity.sum().detach()
        mz, order = torch.cat([p.mz, o.mz]).sort(stable=True)
        shares, nothing = [x.intensity / x.intensity.sum() for x in (p, o)], [torch.zeros_like(x.mz) for x in (p, o)]
        ahead = (  # two sums: equal spectra then cost exactly 0
            torch.cat([shares[0], nothing[1]])[order].cumsum(0) - torch.cat([nothing[0], shares[1]])[order].cumsum(0)
        )
        return (ahead[:-1].abs() * mz.diff()).sum()

    return _each(pred, obs, (torch.ones_like(pred.mz), torch.ones_like(obs.mz)), loss)


def greedy_distance(pred: Peaks, obs: Peaks, *, sigma: float | Tensor, sigma_unit: SigmaUnit, shift: Tensor) -> Tensor:
    """(B,) one minus the cosine of peaks paired one to one, with and without the shift (B,) in Th."""
    pred, obs = wide(pred), wide(obs)
    moves = shift.tolist()

    def loss(p: Side, o: Side, b: int) -> Tensor:
        move = moves[b]
        if len(p.mz) == 0 or len(o.mz) == 0:
            return _number(1.0)
        variance = p.sigma[:, None] ** 2 + o.sigma[None, :] ** 2

        def products(by: float) -> Tensor:
            d = p.mz[:, None] + by - o.mz[None, :]
            return p.intensity[:, None] * o.intensity[None, :] * torch.exp(-0.5 * d * d / variance)

        both = torch.maximum(products(0.0), products(move)) if move else products(0.0)
        left = both.detach().clone()
        dot = _number(0.0)
        for _ in range(min(left.shape)):
            i, j = divmod(int(left.argmax()), left.shape[1])
            if left[i, j] <= 0:
                break
            dot = dot + both[i, j]
            left[i, :] = 0
            left[:, j] = 0
        return 1 - dot / ((p.intensity**2).sum() * (o.intensity**2).sum()).sqrt()

    return _each(pred, obs, widths(pred, obs, sigma, sigma_unit), loss)
