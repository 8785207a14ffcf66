"""Losses of peak lists in one pass over sorted peaks, each with its derivative by every input.

- ``operation``: the front end, and the pass as a differentiable operation of torch.
- ``gather``: the peaks of one spectrum that count, in order.
- ``nearest``: losses that match each peak to the nearest one on the other side.
- ``greedy``: the cosine of peaks paired one to one.
- ``transport``: the distance that intensity has to move.
- ``bins`` and ``curves``: losses of rendered spectra, on the bins near their peaks.

What each computes is written out in the function of the same loss in ``peploss.losses.baselines``.
"""

from __future__ import annotations

from peploss.kernels.sweeps.operation import KINDS, Kind, sweep

__all__ = ["KINDS", "Kind", "sweep"]
