"""The cosine of Gaussian-rendered spectra: one definition, several ways to compute it.

Read in this order:

- ``naive``: every operation as it is defined, dense, in float64. The truth, and ``backend="reference"``.
- ``cosine``, ``products``, ``rendering``, ``landscape``: the front ends. They check arguments and choose a backend.
- ``cpu/pairs`` and ``cpu/gaussian_sum``: the closed form, its derivatives and its error bounds, in numba; then
  ``cpu/equal_widths`` and ``cpu/lattice`` for peaks of one width, ``cpu/any_widths`` for all others.
- ``cpu/landscape``, ``cpu/render``: the other operations from the same sums.
- ``gpu/``: the same in Triton, in float32 where that loses nothing that counts.
- ``autograd``: the cosine as a differentiable operation of torch; ``eager``: the same by few calls into torch.
- ``prepared``: observed spectra whose norms are known beforehand.

``backend="auto"`` may change speed, never meaning.
"""

from __future__ import annotations

from peploss.kernels.arguments import SigmaUnit
from peploss.kernels.cosine import spectrum_cosine
from peploss.kernels.dispatch import BACKENDS, Backend
from peploss.kernels.landscape import loss_landscape, loss_landscapes
from peploss.kernels.peaks import Peaks
from peploss.kernels.products import PairSums, pair_sums
from peploss.kernels.rendering import render, render_nonzero

__all__ = [
    "BACKENDS",
    "Backend",
    "PairSums",
    "Peaks",
    "SigmaUnit",
    "loss_landscape",
    "loss_landscapes",
    "pair_sums",
    "render",
    "render_nonzero",
    "spectrum_cosine",
]
