"""Where the spectrum loss spends its time: the bare kernel, batches of 1 to 4,096, many peaks, a soft peptide.

    python -m benchmarks.cosine_speed

Rows are one run on one machine, in this order: the kernel alone on one core; forward and backward through
``spectrum_loss``; the same in ppm and in the continuum; ``SpectrumMatchingLoss`` from probabilities to their gradient;
the dense render of as many peaks, which ``dense_over_this`` compares with, spectrum by spectrum. Beside the wall clock
stands the processor time of all threads, which other programs disturb less.

A row is printed only if its losses agree with the dense float64 definition to 1e-9, and its gradients to 1e-6 of the
largest. Spectra are those of ``benchmarks.losses``.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

import peploss
from benchmarks.common import arguments, show, write
from benchmarks.losses import Batch, dense_loss, make_batch, step
from peploss.grid import MzGrid
from peploss.kernels import Peaks
from peploss.kernels.cpu import pairs
from peploss.kernels.prepared import prepare
from peploss.losses.spectrum import spectrum_loss

GRID, SIGMA = MzGrid(2000.0, 0.1), 0.05
PEAKS = (100, 150)
BATCHES = (1, 64, 4096)
GROWTH = (200, 400, 800, 1200)
Row = dict[str, object]


def timed(what: str, spectra: int, call: Callable[[], object], *, seconds: float, least: int = 20) -> Row:
    """One row: wall and processor time of repeated calls."""
    for _ in range(3):
        call()
    gc.collect()
    wall: list[float] = []
    cpu: list[float] = []
    end = time.perf_counter() + seconds
    while len(wall) < least or time.perf_counter() < end:
        start, start_cpu = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    low, q10, median, q90 = np.quantile(wall, [0, 0.1, 0.5, 0.9]) * 1e6
    return {
        "what": what, "spectra": spectra, "least_us": low, "q10_us": q10, "median_us": median, "q90_us": q90,
        "cpu_median_us": float(np.median(cpu)) * 1e6, "us_per_spectrum": median / spectra,
        "cpu_us_per_spectrum": float(np.median(cpu)) * 1e6 / spectra, "runs": len(wall), "dense_over_this": None,
    }  # fmt: skip


def agree(what: str, got: tuple[Tensor, Tensor], want: tuple[Tensor, Tensor]) -> None:
    """Refuse a row whose losses or gradients are not those of the definition."""
    off = float((got[0].double() - want[0].double()).abs().max())
    slope = float((got[1] - want[1]).abs().max() / want[1].abs().max().clamp(min=1e-12))
    if not (off <= 1e-9 and slope <= 1e-6):
        raise SystemExit(f"{what}: losses differ by {off}, gradients by {slope} of the largest. No row is printed.")


def of_peaks(data: Batch, least: int, **settings: object) -> Callable[..., tuple[Tensor, Tensor]]:
    """The losses and the gradient by m/z of the first ``least`` spectra, by a backend."""
    some = [x[:least] for x in data]

    def by(backend: str, ready: bool = False) -> tuple[Tensor, Tensor]:
        mz = some[0].clone().requires_grad_()
        pred, obs = Peaks.from_padded(mz, some[1]), Peaks.from_padded(*some[2:])
        obs = prepare(obs, **settings) if ready else obs  # type: ignore[arg-type]
        losses = spectrum_loss(pred, obs, backend=backend, **settings)  # type: ignore[arg-type]
        losses.sum().backward()
        return losses.detach(), mz.grad  # type: ignore[return-value]

    return by


def kernel(levels: tuple[int, int]) -> Callable[[], object]:
    """The compiled kernel on 64 spectra in this thread, with the derivatives of these levels."""
    pm, pi, om, oi = (np.ascontiguousarray(x.numpy()).reshape(-1) for x in make_batch(64, *PEAKS))
    a_ends, b_ends = (np.arange(65, dtype=np.int64) * n for n in PEAKS)
    one = np.array([SIGMA])
    cos = np.empty(64)
    out = [np.empty((2, x.size if level else 0)) for x, level in ((pm, levels[0]), (om, levels[1]))]

    def call() -> None:
        pairs.cosine_range(
            0,
            64,
            pm,
            pi,
            one,
            a_ends,
            om,
            oi,
            one,
            b_ends,
            GRID.bin_width,
            GRID.n_bins,
            *levels,
            np.empty(0),
            cos,
            *out,
        )

    call()
    batch = make_batch(64, *PEAKS)
    want = of_peaks(batch, 8, sigma=SIGMA, grid=GRID)("reference")
    gradient = torch.from_numpy(-out[0][0].reshape(64, -1)[:8])
    agree("kernel", (torch.from_numpy(1 - cos[:8]), gradient), want)
    return call


def matching(backend: str = "auto") -> tuple[Callable[[], Tensor], Tensor]:
    """A step of ``SpectrumMatchingLoss`` on 64 x 53 tokens, and the probabilities whose gradient it leaves."""
    rng = np.random.default_rng(0)
    vocabulary = peploss.Vocabulary()
    targets, mask = vocabulary.encode(["".join(rng.choice(list("ACDEFGHIKL"), 51)) for _ in range(64)])
    lean = 8.0 * torch.nn.functional.one_hot(targets, len(vocabulary)).double()
    probs = (lean + torch.from_numpy(rng.normal(0, 1, lean.shape))).softmax(-1).float().requires_grad_()
    peaks = torch.from_numpy(np.sort(rng.uniform(100, 1900, (64, 150)), 1)), torch.from_numpy(rng.random((64, 150)))
    there = torch.ones(64, 150, dtype=torch.bool)
    loss = peploss.SpectrumMatchingLoss(reduction="none", backend=backend)  # type: ignore[arg-type]

    def call() -> Tensor:
        probs.grad = None
        losses = loss(probs, *peaks, there, mask)
        losses.mean().backward()
        return losses.detach()

    return call, probs


def rows(seconds: float) -> Iterator[Row]:
    """All rows but the dense render."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield timed("kernel alone, one core, gradient of one side", 64, kernel((1, 0)), seconds=seconds)
    yield timed("kernel alone, one core, gradient of both sides", 64, kernel((1, 1)), seconds=seconds)
    torch.set_num_threads(threads)

    def public(data: Batch, what: str, least: int = 8, ready: bool = False, **settings: object) -> Row:
        by = of_peaks(data, least, **settings)
        agree(what, by("auto", ready), by("reference"))
        known = prepare(Peaks.from_padded(*data[2:]), **settings) if ready else None  # type: ignore[arg-type]

        def loss(batch: Batch, sigma: float, grid: MzGrid) -> Tensor:
            obs = Peaks.from_padded(*batch[2:]) if known is None else known
            return spectrum_loss(Peaks.from_padded(*batch[:2]), obs, **settings)  # type: ignore[arg-type]

        return timed(what, data[0].shape[0], step(loss, data, SIGMA, GRID), seconds=seconds)

    at_default = {"sigma": SIGMA, "grid": GRID}
    for batch in BATCHES:
        data = make_batch(batch, *PEAKS)
        yield public(data, f"spectrum_loss, batch of {batch}", **at_default)
        yield public(data, f"spectrum_loss, batch of {batch}, observed prepared", ready=True, **at_default)
    for n in GROWTH:
        yield public(make_batch(64, n, n), f"spectrum_loss, {n} + {n} peaks", 2, **at_default)
    yield public(make_batch(64, *PEAKS), "spectrum_loss, 20 ppm", sigma=20.0, sigma_unit="ppm", grid=GRID)
    yield public(make_batch(64, *PEAKS), "spectrum_loss, 20 ppm, observed prepared", ready=True, sigma=20.0,
                 sigma_unit="ppm", grid=GRID)  # fmt: skip
    yield public(make_batch(64, *PEAKS), "spectrum_loss, continuum", sigma=SIGMA, grid=None)
    call, probs = matching()
    truth, of_truth = matching("reference")
    got, want = call(), truth()
    if not (float((got - want).abs().max()) <= 1e-6 and torch.allclose(probs.grad, of_truth.grad, 1e-4, 1e-9)):  # type: ignore[arg-type]
        raise SystemExit("SpectrumMatchingLoss: the answers differ from the definition's. No row is printed.")
    yield timed("SpectrumMatchingLoss, 64 x 53 tokens", 64, call, seconds=seconds)


def main() -> None:
    parser = arguments(__doc__, "cosine_speed.csv")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each row (default: %(default)s)")
    parser.add_argument("--dense-batch", type=int, default=64, help="spectra of the dense render; 0 leaves it out")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    table = []
    for found in rows(options.seconds):
        table.append(found)
        print(f"{found['what']}: {found['median_us']:,.0f} us, {found['cpu_median_us']:,.0f} of processors", flush=True)
    if options.dense_batch:
        data = make_batch(options.dense_batch, *PEAKS)
        dense = timed(f"dense render, batch of {options.dense_batch}", options.dense_batch,
                      step(dense_loss, data, SIGMA, GRID), seconds=0, least=3)  # fmt: skip
        for row in table:
            if "peaks" not in str(row["what"]) and "Matching" not in str(row["what"]):
                row["dense_over_this"] = dense["us_per_spectrum"] / row["us_per_spectrum"]  # type: ignore[operator]
        table.append(dense)
    show(table)
    write(table, options.csv)


if __name__ == "__main__":
    main()
