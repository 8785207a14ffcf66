"""Every loss side by side: time forward and with a gradient, and memory.

    python -m benchmarks.every_loss

One batch of 64 spectra, 100 predicted and 150 observed peaks each. ``forward_over_ms_entropy`` sets a forward pass
beside the package that merges two peak lists and renders nothing; ``gradient_over_cosine`` sets a forward and backward
pass beside the spectrum loss. All take turns, call by call, so that whatever else the machine does strikes all of them,
and the ratios are of the medians and of the least times: where they differ much, the machine was busy.

Memory is what a forward and backward pass adds to a process that has made one before, as in ``benchmarks.memory``.
A row is refused if the loss, or its gradient by m/z, differs from ``backend="reference"`` by more than 1e-9 or 1e-6 of
the largest.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.common import arguments, show, write
from benchmarks.losses import agree, make_batch, ms_entropy_distances
from benchmarks.memory import added_by
from peploss.kernels import Peaks
from peploss.losses.baselines import BASELINES, spectral_entropy_distance
from peploss.losses.spectrum import spectrum_loss
from peploss.settings import LossSettings

BATCH, PREDICTED, OBSERVED = 64, 100, 150
CHECKED = 8  # spectra whose loss is compared with the definition, which renders 20,000 bins for each
SPECTRUM_LOSS, MS_ENTROPY = "spectrum_loss", "ms_entropy"

Loss = Callable[..., Tensor]


def losses() -> dict[str, Loss]:
    """Every loss as ``(pred, obs, backend=...) -> (B,)`` at the default settings."""
    at = LossSettings()

    def of(function: Loss, uses: tuple[str, ...]) -> Loss:
        kept = {name: getattr(at, name) for name in uses}
        return lambda pred, obs, **backend: function(pred, obs, **kept, **backend)

    cosine = {SPECTRUM_LOSS: of(spectrum_loss, ("sigma", "sigma_unit", "grid"))}
    return cosine | {name: of(baseline.function, baseline.uses) for name, baseline in BASELINES.items()}


def batch(size: int, predicted: int = PREDICTED, observed: int = OBSERVED) -> tuple[Peaks, Peaks]:
    """Predicted and observed peaks as ``benchmarks.losses`` makes them."""
    data = make_batch(size, predicted, observed)
    return Peaks.from_padded(*data[:2]), Peaks.from_padded(*data[2:])


def with_gradient(loss: Loss, pred: Peaks, obs: Peaks, **backend: str) -> tuple[Tensor, Tensor]:
    """(B,) losses and the gradient of their mean by the predicted m/z."""
    mz = pred.mz.detach().clone().requires_grad_()
    values = loss(pred.replace(mz=mz), obs, **backend)
    (grad,) = torch.autograd.grad(values.mean(), mz)
    return values.detach(), grad


def check(name: str, loss: Loss) -> None:
    """Stop where the fast answer is not the definition's."""
    pred, obs = batch(CHECKED)
    (got, grad), (want, want_grad) = (with_gradient(loss, pred, obs, backend=x) for x in ("auto", "reference"))
    for what, a, b, within in ((name, got, want, 1e-9), (f"{name}, gradient", grad, want_grad, 1e-6)):
        if not float((a - b).abs().max()) <= within * float(b.abs().max()):
            raise SystemExit(
                f"{what}: differs from the definition by {float((a - b).abs().max())!r}. No row is printed."
            )


def check_ms_entropy() -> None:
    """Stop where ms_entropy computes something else than the spectral entropy distance."""
    data = make_batch(CHECKED, PREDICTED, OBSERVED, exact=True)
    ours = spectral_entropy_distance(Peaks.from_padded(*data[:2]), Peaks.from_padded(*data[2:]))
    for theirs, mine in zip(ms_entropy_distances(data)[0](), ours.tolist(), strict=True):
        agree(theirs, mine, MS_ENTROPY, 1e-4)  # it counts in float32


def in_turns(calls: dict[str, Callable[[], object]], seconds: float) -> dict[str, np.ndarray]:
    """Seconds of every call, one round after the other, after a round that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or not all(times.values()):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: np.array(t) for name, t in times.items()}


def memory_of(name: str) -> int:
    """Bytes that a forward and backward pass of a loss adds to this process."""
    loss = losses()[name]
    with_gradient(loss, *batch(1, 10, 10))
    pred, obs = batch(BATCH)
    return added_by(lambda: with_gradient(loss, pred, obs))


def main() -> None:
    parser = arguments(__doc__, "every_loss.csv")
    parser.add_argument("--seconds", type=float, default=40.0, help="how long to measure (default: %(default)s)")
    parser.add_argument("--child", choices=losses(), help="measure the memory of this one and print its bytes")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.child:
        print(memory_of(options.child))
        return
    check_ms_entropy()
    pred, obs = batch(BATCH)
    theirs, title = ms_entropy_distances(make_batch(BATCH, PREDICTED, OBSERVED))
    calls: dict[str, Callable[[], object]] = {MS_ENTROPY: theirs}
    for name, loss in losses().items():
        check(name, loss)
        calls[f"{name} forward"] = lambda loss=loss: loss(pred, obs)
        calls[f"{name} gradient"] = lambda loss=loss: with_gradient(loss, pred, obs)
    times = in_turns(calls, options.seconds)
    shortest = {name: float(t.min()) for name, t in times.items()}
    middle = {name: float(np.median(t)) for name, t in times.items()}
    rounds = len(times[MS_ENTROPY])
    empty = dict.fromkeys(("gradient_us", "gradient_over_cosine", "gradient_over_cosine_least", "extra_MB"))
    rows: list[dict[str, object]] = []
    for name in (MS_ENTROPY, *losses()):
        key = MS_ENTROPY if name == MS_ENTROPY else f"{name} forward"
        row: dict[str, object] = {
            "what": f"{title}" if name == MS_ENTROPY else name,
            "forward_us": middle[key] * 1e6,
            "forward_over_ms_entropy": middle[key] / middle[MS_ENTROPY],
            "forward_over_ms_entropy_least": shortest[key] / shortest[MS_ENTROPY],
            **empty,
            "rounds": rounds,
        }
        if name != MS_ENTROPY:
            key, cosine = f"{name} gradient", f"{SPECTRUM_LOSS} gradient"
            again = [sys.executable, "-m", "benchmarks.every_loss", "--child", name, "--threads", str(options.threads)]
            out = subprocess.run(again, check=True, capture_output=True, text=True)
            row |= {
                "gradient_us": middle[key] * 1e6,
                "gradient_over_cosine": middle[key] / middle[cosine],
                "gradient_over_cosine_least": shortest[key] / shortest[cosine],
                "extra_MB": int(out.stdout) / 1e6,
            }
        rows.append(row)
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
