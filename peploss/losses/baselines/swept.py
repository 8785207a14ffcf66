"""The way of a loss into its one pass over sorted peaks on the CPU."""

from __future__ import annotations

from torch import Tensor

from peploss.kernels import Backend, Peaks, SigmaUnit
from peploss.kernels.arguments import same_batch, wide, widths
from peploss.kernels.dispatch import kernels_for
from peploss.kernels.sweeps import Kind, sweep


def in_one_pass(backend: Backend, peaks: Peaks) -> bool:
    """Whether a loss that torch's operations can compute, too, is computed in one pass: on the CPU, where not asked
    for the reference.

    Raises:
        BackendError: the backend is not there.
    """
    return kernels_for(backend, peaks.mz.device) == "cpu" and peaks.mz.device.type != "cuda"


def swept(
    kind: Kind,
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor | None = None,
    sigma_unit: SigmaUnit = "Da",
    bin_width: float = 0.0,
    n_bins: int = 0,
    parameter: float = 0.0,
    shift: Tensor | None = None,
) -> Tensor:
    """(B,) float64 by ``peploss.kernels.sweeps.sweep``, from arguments as a loss takes them; sigma None: it has none.

    Raises:
        ArgumentError: sigma or its unit cannot be used, or batch sizes differ.
    """
    same_batch(pred, obs)
    pred, obs = wide(pred), wide(obs)
    sigmas = None if sigma is None else widths(pred, obs, sigma, sigma_unit)
    return sweep(kind, pred, obs, sigmas, bin_width=bin_width, n_bins=n_bins, parameter=parameter, shift=shift)
