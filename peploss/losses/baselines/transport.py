"""How far intensity has to be moved to make one spectrum the other."""

from __future__ import annotations

from torch import Tensor

from peploss.kernels import Backend, Peaks
from peploss.kernels.arguments import same_batch
from peploss.kernels.dispatch import kernels_for
from peploss.losses.baselines import naive
from peploss.losses.baselines.swept import swept


def wasserstein_distance(pred: Peaks, obs: Peaks, *, backend: Backend = "auto") -> Tensor:
    """The Wasserstein-1 distance of two peak lists: the m/z that a unit of intensity is moved by, on average.

    ``integral |F_pred(t) - F_obs(t)| dt`` over m/z, F the share of a spectrum's intensity at or below t: in closed
    form on the sorted peaks of both. It has a slope at every distance. On a line this is what Sinkhorn's iterations
    tend to as their regularisation vanishes, at the price of one sort.

    Args:
        pred, obs: B spectra each.
        backend: ``reference`` is torch's sort and cumulative sums; all others are one pass on the CPU.
    Returns:
        (B,) float64 in Th, [0, inf). 0 where nothing was observed; where nothing was predicted the distance is to
        m/z 0. No gradient in either case.
    Raises:
        ArgumentError, BackendError: batch sizes differ, or the backend is not there.
    Source:
        Vallender, S. S. (1974), doi:10.1137/1118101; Sinkhorn's: Cuturi, M. (2013), arXiv:1306.0895.

    >>> a, b = Peaks.from_arrays([100.0, 200.0], [1.0, 1.0]), Peaks.from_arrays([100.0, 203.0], [1.0, 1.0])
    >>> float(wasserstein_distance(a, b)[0])  # half of the intensity moves by 3 Th
    1.5
    """
    same_batch(pred, obs)
    if kernels_for(backend, pred.mz.device) == "reference":
        return naive.wasserstein_distance(pred, obs)
    return swept("transport", pred, obs)
