"""The operations of ``peploss.peptides.soft`` in eager code on the CPU: one pass each, forward and backward.

Tensor operations take twenty passes over memory and as many calls into torch. Compilers, ``torch.func`` and other
devices see the tensor operations; second derivatives come from them as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from peploss.constants import WATER
from peploss.kernels.transforms import traced, transformed
from peploss.peptides.ions import N_TERMINAL, IonKind

Plain = Callable[..., tuple[Tensor, ...]]


def eager(*tensors: Tensor) -> bool:
    """Whether nothing but the values and first derivatives of tensors of the CPU is asked for."""
    return all(x.is_cpu for x in tensors) and not traced(tensors) and not transformed()


def expected_masses(plain: Plain, probs: Tensor, mask: Tensor, masses: tuple[float | None, ...], least: float) -> Any:
    """Expected masses (B, L) in Da and the share (B,) on special tokens; ``plain`` computes the same in tensors.

    Args:
        probs: (B, L, V).
        mask: (B, L) bool, the residues.
        masses: of the V tokens, None for special ones.
        least: probability on residues up to which a position counts as uniform.
    """
    probs = probs if probs.dtype in (torch.float32, torch.float64) else probs.to(torch.float64)
    return _ExpectedMasses.apply(probs, mask, masses, least, plain)


def fragments(plain: Plain, masses: Tensor, mask: Tensor, kinds: tuple[IonKind, ...], none: float) -> Any:
    """Fragment m/z (B, K L) in Th, ``none`` where there is none, and which there are.

    ``plain`` computes the same in tensors.
    """
    return _Fragments.apply(masses.to(torch.float64), mask, kinds, none, plain)


def residue_positions(mask: Tensor, sos: bool, eos: bool) -> Tensor:
    """(B, L) bool, which positions of a mask (B, L) are residues."""
    from peploss.kernels.cpu.soft import residue_positions

    out = np.empty(tuple(mask.shape), bool)
    residue_positions(_array(mask), sos, eos, out)
    return torch.from_numpy(out)


@lru_cache(maxsize=64)
def _tokens(masses: tuple[float | None, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Residue tokens, their masses in Da, and the other tokens."""
    residue = np.array([mass is not None for mass in masses], dtype=bool)
    return np.flatnonzero(residue), np.array([m for m in masses if m is not None], float), np.flatnonzero(~residue)


@lru_cache(maxsize=256)
def _ions(kinds: tuple[IonKind, ...]) -> tuple[NDArray[Any], ...]:
    """Which residues each kind has, and what makes m/z of their mass."""
    from peploss.kernels.cpu.soft import C_SIDE, N_SIDE, ONE_RESIDUE, WHOLE

    named = {"immonium": ONE_RESIDUE, "precursor": WHOLE, **dict.fromkeys(N_TERMINAL, N_SIDE)}
    side = np.array([named.get(kind.kind, C_SIDE) for kind in kinds], dtype=np.int64)
    add, charge, after = (
        np.array([getattr(kind, name) for kind in kinds], float) for name in ("add", "charge", "after")
    )
    return side, add, charge, after


class _ExpectedMasses(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, probs: Tensor, mask: Tensor, masses: Any, least: float, plain: Plain) -> tuple[Tensor, ...]:
        from peploss.kernels.cpu.soft import expected_masses

        which, weights, special = _tokens(masses)
        batch, length, _ = probs.shape
        out, total, share = np.empty((batch, length)), np.empty((batch, length)), np.empty(batch)
        uniform = float(weights.sum() / weights.size) if weights.size else float("nan")
        expected_masses(_array(probs), _array(mask), which, weights, special, least, uniform, out, total, share)
        expected, of_special = torch.from_numpy(out), torch.from_numpy(share)
        ctx.save_for_backward(probs, mask, expected)
        ctx.rest = masses, least, plain, total
        return expected, of_special

    @staticmethod
    def backward(ctx: Any, by_mass: Tensor, by_share: Tensor) -> tuple[Tensor | None, ...]:
        from peploss.kernels.cpu.soft import expected_masses_backward

        probs, mask, expected = ctx.saved_tensors
        masses, least, plain, total = ctx.rest
        if torch.is_grad_enabled():
            return _again(lambda x: plain(x, mask), probs, (by_mass, by_share)), None, None, None, None
        which, weights, special = _tokens(masses)
        grad = np.empty(tuple(probs.shape), np.float32 if probs.dtype == torch.float32 else np.float64)
        upstream = _array(by_mass), _array(by_share)
        expected_masses_backward(*upstream, _array(mask), which, weights, special, least, _array(expected), total, grad)
        return torch.from_numpy(grad), None, None, None, None


class _Fragments(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, masses: Tensor, mask: Tensor, kinds: tuple[IonKind, ...], none: float, plain: Plain
    ) -> tuple[Tensor, ...]:
        from peploss.kernels.cpu.soft import fragments

        batch, length = masses.shape
        mz, valid = np.empty((batch, len(kinds) * length)), np.empty((batch, len(kinds) * length), bool)
        side, add, charge, after = _ions(kinds)
        fragments(_array(masses), _array(mask), side, add, charge, after, WATER, none, mz, valid)
        there = torch.from_numpy(valid)
        ctx.save_for_backward(masses, mask, there)
        ctx.rest = kinds, plain
        ctx.mark_non_differentiable(there)
        return torch.from_numpy(mz), there

    @staticmethod
    def backward(ctx: Any, by_mz: Tensor, _: Any) -> tuple[Tensor | None, ...]:
        from peploss.kernels.cpu.soft import fragments_backward

        masses, mask, valid = ctx.saved_tensors
        kinds, plain = ctx.rest
        if torch.is_grad_enabled():
            return _again(lambda x: plain(x, mask)[:1], masses, (by_mz,)), None, None, None, None
        side, _, charge, _ = _ions(kinds)
        by_mass = np.empty(tuple(mask.shape))
        fragments_backward(_array(by_mz), _array(valid), _array(mask), side, charge, by_mass)
        return torch.from_numpy(by_mass), None, None, None, None


def _again(plain: Callable[[Tensor], tuple[Tensor, ...]], x: Tensor, upstream: tuple[Tensor, ...]) -> Tensor:
    """The gradient of the tensor operations, itself differentiable."""
    y = x if x.requires_grad else x.detach().requires_grad_()
    return torch.autograd.grad(plain(y), y, upstream, create_graph=True)[0]


def _array(x: Tensor) -> Any:
    return x.detach().contiguous().numpy()
