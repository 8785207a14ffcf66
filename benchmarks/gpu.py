"""The spectrum loss on one GPU against a dense render on the same card, with how near it comes to the card's limits.

    python -m benchmarks.gpu            # needs a CUDA device
    python -m benchmarks.gpu --empty    # without one: the rows, and that nothing was measured

Forward and backward to the predicted m/z, timed by events on the device: median and quantiles of calls on inputs
that rotate through twice the card's cache. With graph capture each set of inputs has a graph of its own, replayed in
turn, so that a replay is one step. A row is printed only if its losses agree with the CPU's to 1e-6.

Beside each time stand two lines of a roofline. Bytes: what the kernels read and write, each peak once a kernel,
against the bandwidth of a plain copy measured in the same run. Exponentials: two for each neighbour of a peak, as many
for each of 32 peaks as the one with the most neighbours has, counted on the data, against 16 a clock and
multiprocessor at the highest clock.
"""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from benchmarks.common import Timing, arguments, show, write
from benchmarks.losses import Batch, make_batch
from peploss.grid import MzGrid
from peploss.kernels import Backend, Peaks
from peploss.losses.spectrum import spectrum_loss

T = TypeVar("T")
GRID, SIGMA = MzGrid(2000.0, 0.1), 0.05
PREDICTED, OBSERVED = 100, 150
BATCHES = (64, 1024, 65536)
ROWS, REACH = 32, 72.0  # peaks taken at once, and d^2 / 2 sigma^2 of the furthest pair that counts
DENSE_UP_TO = 1024  # spectra
RUNS, SLOW_RUNS, WARM = 200, 20, 5
COPIED = 1 << 30  # bytes, for the bandwidth
DEVICE = "cuda"
BACKEND: Backend = "triton"
GRAPHS = "peploss, a graph a step"
GOALS = {
    (64, "peploss"): "50 times the dense render",
    (64, GRAPHS): "200 times the dense render",
    (1024, "peploss"): "500 times the dense render, under 1 % of its memory",
    (65536, "peploss"): "10,000,000 spectra a second",
}
NOTHING = "no figure was measured: no GPU could be had"


def fast(data: Batch, backend: Backend | None = None) -> Tensor:
    """(B,) losses."""
    pred, obs = Peaks.from_padded(*data[:2]), Peaks.from_padded(*data[2:])
    return spectrum_loss(pred, obs, sigma=SIGMA, grid=GRID, backend=backend or BACKEND)


def dense(data: Batch) -> Tensor:
    """(B,) losses by rendering in float32, all of it in memory, as first described."""
    pm, pi, om, oi = (x.float() for x in data)
    x = torch.from_numpy(GRID.centers).float().to(pm.device)

    def render(mz: Tensor, intensity: Tensor) -> Tensor:
        curve = (intensity[..., None] * torch.exp(-((x - mz[..., None]) ** 2) / (2 * SIGMA**2))).sum(1)
        return curve / curve.amax(1, keepdim=True)

    return 1 - torch.nn.functional.cosine_similarity(render(pm, pi), render(om, oi), dim=1)


def step(loss: Callable[[Batch], Tensor], data: Batch, part: int) -> Tensor:
    """(B, P) gradient by the predicted m/z, ``part`` spectra at a time."""
    found = []
    for start in range(0, data[0].shape[0], part):
        mz, *rest = (x[start : start + part] for x in data)
        leaf = mz.detach().requires_grad_()
        found.append(torch.autograd.grad(loss((leaf, *rest)).sum(), leaf)[0])
    return torch.cat(found) if len(found) > 1 else found[0]


def time_on_device(calls: Iterator[Callable[[], object]], *, runs: int) -> Timing:
    """Seconds of one call by events on the device; nobody waits between the calls."""
    for _ in range(WARM):
        next(calls)()
    pairs = [(torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(runs)]
    torch.cuda.synchronize()
    for start, end in pairs:
        call = next(calls)
        start.record()
        call()
        end.record()
    torch.cuda.synchronize()
    q10, median, q90 = np.quantile([start.elapsed_time(end) / 1e3 for start, end in pairs], [0.1, 0.5, 0.9])
    return Timing(runs, float(median), float(q10), float(q90))


def rotating(call: Callable[[T], object], sets: Sequence[T]) -> Iterator[Callable[[], object]]:
    """Calls on one set of inputs after the other, without end."""
    while True:
        for data in sets:
            yield functools.partial(call, data)


def sets_beyond_cache(batch: int) -> list[Batch]:
    """As many inputs as fill twice the card's cache, at least three."""
    first: Batch = tuple(x.to(DEVICE) for x in make_batch(batch, PREDICTED, OBSERVED))  # type: ignore[assignment]
    size = sum(x.nbytes for x in first)
    count = max(3, -(-2 * torch.cuda.get_device_properties(0).L2_cache_size // size))
    shifts = (0.37 * (n + 1) for n in range(count - 1))
    return [first, *((first[0] + s, first[1].clone(), first[2] + s, first[3].clone()) for s in shifts)]


def graphs_of(sets: list[Batch]) -> list[torch.cuda.CUDAGraph]:
    """A graph of one step for each set of inputs; they share their memory, and are replayed in turn."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for data in sets[:3]:
            step(fast, data, len(data[0]))
    torch.cuda.current_stream().wait_stream(side)
    graphs: list[torch.cuda.CUDAGraph] = []
    for data in sets:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=graphs[0].pool() if graphs else None):
            step(fast, data, len(data[0]))
        graphs.append(graph)
    return graphs


def extra_memory(call: Callable[[], object]) -> float:
    """MB that a call takes beyond what was there."""
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    call()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - before) / 1e6


def bandwidth() -> float:
    """Bytes a second of a plain copy, read and write counted."""
    x = torch.ones(COPIED // 4, device=DEVICE)
    y = torch.empty_like(x)
    return 2 * x.nbytes / time_on_device(rotating(y.copy_, [x]), runs=SLOW_RUNS).median


def asked_of_driver(what: str) -> str:
    """One property of the card, in nvidia-smi's words and units."""
    command = ["nvidia-smi", f"--query-gpu={what}", "--format=csv,noheader,nounits", "--id=0"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def exponentials_a_second() -> float:
    """What the card's special function units can do at their highest clock."""
    clock = float(asked_of_driver("clocks.max.sm")) * 1e6
    return 16 * torch.cuda.get_device_properties(0).multi_processor_count * clock


def bytes_moved(batch: int) -> int:
    """Of one forward and backward: float64 inputs and derivatives, float32 in between."""
    n, m = batch * PREDICTED, batch * OBSERVED
    prepared, place, of_pairs = 5 * 4, 4, 6 * 4
    prepare = (n + m) * (2 * 8 + prepared + 2 * place)
    pairs = (n + m) * (prepared + place) + n * of_pairs + m * 4
    finish = (n + m) * (4 + 4) + n * (of_pairs - 4 + place + 3 * 8)  # weights and sums, and of one side the rest
    return prepare + pairs + finish + 2 * 8 * n


def exponentials(data: Batch, sample: int = 64) -> float:
    """Of one forward and backward, counted on some spectra."""
    pm, om = data[0][:sample].cpu(), data[2][:sample].cpu()

    def evaluated(a: Tensor, b: Tensor) -> float:
        near = ((a.sort(1).values[:, :, None] - b[:, None, :]) ** 2 <= REACH * 2 * SIGMA**2).sum(2)
        padded = torch.nn.functional.pad(near, (0, -a.shape[1] % ROWS))
        return float(padded.view(len(a), -1, ROWS).amax(2).sum()) * ROWS / len(a)

    po, pp, oo = evaluated(pm, om), evaluated(pm, pm), evaluated(om, om)
    return 2 * data[0].shape[0] * (po + pp + oo)


def check(data: Batch, losses: Tensor) -> None:
    """Refuse to go on with answers that are not the CPU's."""
    few: Batch = tuple(x[:64].cpu() for x in data)  # type: ignore[assignment]
    worst = float((fast(few, "cpu") - losses[:64].cpu()).abs().max())
    if not worst <= 1e-6:
        raise SystemExit(f"The GPU's losses differ from the CPU's by {worst}. No row is printed.")


def row(what: str, batch: int) -> dict[str, object]:
    """A row in which nothing is measured yet."""
    return {
        "what": what, "batch": batch, "predicted": PREDICTED, "observed": OBSERVED, "bins": GRID.n_bins,
        "sigma": SIGMA, "median_us": None, "q10_us": None, "q90_us": None, "runs": None, "spectra_per_s": None,
        "dense_over_this": None, "extra_MB": None, "share_of_dense_memory": None, "MB_moved": None,
        "share_of_bandwidth": None, "M_exponentials": None, "share_of_exponentials": None,
        "goal": GOALS.get((batch, what)), "device": None, "driver": None, "triton": None, "note": None,
    }  # fmt: skip


def filled(what: str, batch: int, timing: Timing, **more: object) -> dict[str, object]:
    """A measured row."""
    return row(what, batch) | {
        "median_us": timing.median * 1e6, "q10_us": timing.q10 * 1e6, "q90_us": timing.q90 * 1e6,
        "runs": timing.runs, "spectra_per_s": batch / timing.median, "device": torch.cuda.get_device_name(0),
        "driver": asked_of_driver("driver_version"), "triton": version("triton"), **more,
    }  # fmt: skip


def measure_dense(batch: int, sets: list[Batch], losses: Tensor) -> dict[str, object]:
    """The dense render, in the largest parts that the card's memory holds."""
    part = batch
    while True:
        try:
            memory = extra_memory(functools.partial(step, dense, sets[0], part))
            break
        except torch.cuda.OutOfMemoryError:
            if part == 1:
                raise
            torch.cuda.empty_cache()
            part //= 2
    with torch.no_grad():
        worst = float((dense(tuple(x[:part] for x in sets[0])) - losses[:part]).abs().max())  # type: ignore[arg-type]
    if not worst <= 1e-3:  # float32 holds an m/z of 1,900 to 6e-5, a thousandth of sigma
        raise SystemExit(f"The dense render disagrees by {worst}. No row is printed.")
    timing = time_on_device(rotating(lambda data: step(dense, data, part), sets), runs=SLOW_RUNS)
    note = None if part == batch else f"in parts of {part}, which is what fits"
    return filled("dense render", batch, timing, extra_MB=memory, note=note)


def measure(batch: int, limits: tuple[float, float]) -> list[dict[str, object]]:
    """Rows of one batch size."""
    sets = sets_beyond_cache(batch)
    with torch.no_grad():
        losses = fast(sets[0])
    check(sets[0], losses)
    slow = measure_dense(batch, sets, losses) if batch <= DENSE_UP_TO else None
    memory = extra_memory(lambda: step(fast, sets[0], batch))
    moved, exps = bytes_moved(batch), exponentials(sets[0])
    timings = {"peploss": time_on_device(rotating(lambda data: step(fast, data, batch), sets), runs=RUNS)}
    if batch <= DENSE_UP_TO:
        timings[GRAPHS] = time_on_device(rotating(torch.cuda.CUDAGraph.replay, graphs_of(sets)), runs=RUNS)
    rows = [slow] if slow else []
    for what, timing in timings.items():
        against = {
            "dense_over_this": slow["median_us"] / (timing.median * 1e6),  # type: ignore[operator]
            "share_of_dense_memory": memory / slow["extra_MB"],  # type: ignore[operator]
        } if slow else {}  # fmt: skip
        found = filled(what, batch, timing, extra_MB=memory, MB_moved=moved / 1e6, M_exponentials=exps / 1e6, **against)
        found["share_of_bandwidth"] = moved / timing.median / limits[0]
        found["share_of_exponentials"] = exps / timing.median / limits[1]
        rows.append(found)
    return rows


def empty() -> list[dict[str, object]]:
    """The rows there would be."""
    whats = {True: ("dense render", "peploss", GRAPHS), False: ("peploss",)}
    return [row(what, batch) | {"note": NOTHING} for batch in BATCHES for what in whats[batch <= DENSE_UP_TO]]


def main(argv: Sequence[str] | None = None) -> None:
    parser = arguments(__doc__, "gpu.csv")
    parser.add_argument("--empty", action="store_true", help="write the rows without a figure, where there is no GPU")
    options = parser.parse_args(argv)
    if options.empty:
        rows = empty()
    elif not torch.cuda.is_available():
        raise SystemExit(
            "This measures a GPU, and torch sees no CUDA device. Run it where there is one, or with --empty to write "
            "the results file with nothing measured."
        )
    else:
        limits = bandwidth(), exponentials_a_second()
        rows = [r for batch in BATCHES for r in measure(batch, limits)]
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
