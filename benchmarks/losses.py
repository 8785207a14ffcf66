"""The spectrum loss against a dense render and against packages that compute a like number.

    python -m benchmarks.losses

The other losses stand side by side in ``benchmarks.every_loss``. Each row gives the median time of one call over a
batch. A row is printed only if its answers agree: the loss with the dense float64 definition to 1e-6, a peer's number
with peploss's own to 1e-6 (ms_entropy's, which is float32, to 1e-4).

Predicted peaks come as fragments do, one ascending run for b ions and one for y ions; observed peaks ascending, as
files have them, two fifths of them within a few hundredths of a Th of a predicted one, the rest anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import torch
from torch import Tensor

from benchmarks.common import Timing, arguments, show, time_call, write
from peploss.grid import MzGrid
from peploss.kernels import Peaks
from peploss.losses.baselines import spectral_entropy_distance
from peploss.losses.spectrum import spectrum_loss

Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # predicted m/z, intensity (B, P), observed m/z, intensity (B, Q)


def make_batch(batch: int, predicted: int, observed: int, *, exact: bool = False, seed: int = 0) -> Batch:
    """Spectra on m/z 100 to 1900; with ``exact``, matched peaks at one m/z and all others at least 1 Th apart."""
    rng = np.random.default_rng(seed)
    matched = int(0.4 * observed)
    if exact:
        places = np.argsort(rng.random((batch, 1700)), axis=1)[:, : predicted + observed - matched] + 100.0
        pm, rest = places[:, :predicted], places[:, predicted:]
        om = np.concatenate([pm[:, :matched], rest], axis=1)
    else:
        pm = rng.uniform(100, 1900, (batch, predicted))
        om = rng.uniform(100, 1900, (batch, observed))
        om[:, : min(matched, predicted)] = pm[:, :matched] + rng.normal(0, 0.02, (batch, min(matched, predicted)))
    half = predicted // 2
    pm = np.concatenate([np.sort(pm[:, :half], 1), np.sort(pm[:, half:], 1)], axis=1)
    om = np.sort(om, axis=1)
    return tuple(  # type: ignore[return-value]
        torch.tensor(x, dtype=torch.float64)
        for x in (pm, np.ones((batch, predicted)), om, rng.random((batch, observed)) + 0.01)
    )


def fast_loss(data: Batch, sigma: float, grid: MzGrid) -> Tensor:
    """(B,) losses by peploss."""
    return spectrum_loss(Peaks.from_padded(*data[:2]), Peaks.from_padded(*data[2:]), sigma=sigma, grid=grid)


def dense_loss(data: Batch, sigma: float, grid: MzGrid) -> Tensor:
    """(B,) losses by rendering, in float32, all of it in memory: (batch, peaks, bins), as first described."""
    pm, pi, om, oi = (x.float() for x in data)
    x = torch.from_numpy(grid.centers).float()

    def render(mz: Tensor, intensity: Tensor) -> Tensor:
        curve = (intensity[..., None] * torch.exp(-((x - mz[..., None]) ** 2) / (2 * sigma**2))).sum(1)
        return curve / curve.amax(1, keepdim=True)

    return 1 - torch.nn.functional.cosine_similarity(render(pm, pi), render(om, oi), dim=1)


def true_loss(data: Batch, sigma: float, grid: MzGrid, b: int) -> float:
    """Loss of spectrum b by the dense definition in float64, peak by peak so that any grid fits in memory."""
    x = grid.centers
    curves = []
    for mz, intensity in ((data[0][b], data[1][b]), (data[2][b], data[3][b])):
        curve = np.zeros(grid.n_bins)
        for m, a in zip(mz.detach().numpy(), intensity.numpy(), strict=True):
            curve += a * np.exp(-0.5 * ((x - m) / sigma) ** 2)
        curves.append(curve)
    p, o = curves
    return float(1 - p @ o / np.sqrt((p @ p) * (o @ o)))


def step(loss: Callable[[Batch, float, MzGrid], Tensor], data: Batch, sigma: float, grid: MzGrid) -> Callable[[], None]:
    """Forward and backward to the predicted m/z."""
    mz = data[0].clone().requires_grad_()

    def call() -> None:
        mz.grad = None
        loss((mz, *data[1:]), sigma, grid).mean().backward()

    return call


def matchms_scores(data: Batch) -> tuple[Callable[[], list[float]], str]:
    """CosineGreedy of every pair, with a tolerance that only equal m/z pass; spectra built beforehand."""
    import matchms
    from matchms.logging_functions import set_matchms_logger_level
    from matchms.similarity import CosineGreedy

    set_matchms_logger_level("ERROR")  # it would warn of every spectrum that has no precursor

    def spectra(mz: Tensor, intensity: Tensor) -> list[matchms.Spectrum]:
        rows = ((m[np.argsort(m)], a[np.argsort(m)]) for m, a in zip(mz.numpy(), intensity.numpy(), strict=True))
        return [matchms.Spectrum(mz=m, intensities=a, metadata={}) for m, a in rows]

    pred, obs = spectra(*data[:2]), spectra(*data[2:])
    cosine = CosineGreedy(tolerance=1e-3)
    return lambda: [float(cosine.pair(p, o)["score"]) for p, o in zip(pred, obs, strict=True)], (
        f"matchms {matchms.__version__} CosineGreedy"
    )


def ms_entropy_distances(data: Batch) -> tuple[Callable[[], list[float]], str]:
    """1 - unweighted spectral entropy similarity of every pair; spectra built beforehand."""
    import ms_entropy

    pred, obs = (
        [
            np.ascontiguousarray(np.stack([m, a / a.sum()], 1)[np.argsort(m)], dtype=np.float32)
            for m, a in zip(mz, w, strict=True)
        ]
        for mz, w in ((data[0].numpy(), data[1].numpy()), (data[2].numpy(), data[3].numpy()))
    )

    def call() -> list[float]:
        return [
            1 - ms_entropy.calculate_unweighted_entropy_similarity(p, o, ms2_tolerance_in_da=1e-3, clean_spectra=False)
            for p, o in zip(pred, obs, strict=True)
        ]

    return call, f"ms_entropy {version('ms_entropy')} unweighted"


def agree(got: float, want: float, what: str, within: float = 1e-6) -> None:
    """Refuse to go on with a row whose answers differ."""
    if not abs(got - want) <= within * max(abs(want), 1e-6):
        raise SystemExit(f"{what}: the answers disagree, {got!r} against {want!r}. No row is printed.")


def row(what: str, data: Batch, sigma: float, grid: MzGrid | None, timing: Timing) -> dict[str, object]:
    """One row of the table."""
    return {
        "what": what,
        "batch": data[0].shape[0],
        "predicted": data[0].shape[1],
        "observed": data[2].shape[1],
        "bins": None if grid is None else grid.n_bins,
        "sigma": sigma,
        "median_us": timing.median * 1e6,
        "q10_us": timing.q10 * 1e6,
        "q90_us": timing.q90 * 1e6,
        "us_per_spectrum": timing.median * 1e6 / data[0].shape[0],
        "runs": timing.runs,
        "dense_over_this": None,
    }


def measure(batch: int, predicted: int, observed: int, bin_width: float, sigma: float, dense: bool) -> list[dict]:
    """Rows of one shape: peploss, and the dense render before it where asked."""
    grid = MzGrid(2000.0, bin_width)
    data = make_batch(batch, predicted, observed)
    losses = fast_loss(data, sigma, grid)
    for b in range(min(batch, 2)):
        agree(float(losses[b]), true_loss(data, sigma, grid, b), f"{batch} spectra, {grid.n_bins} bins, sigma {sigma}")
    rows = []
    fast = row("peploss", data, sigma, grid, time_call(step(fast_loss, data, sigma, grid)))
    if dense:
        # float32 and its own rounding: two decimals less are asked of it.
        worst = float((dense_loss(data, sigma, grid) - losses).abs().max())
        if worst > 1e-4:
            raise SystemExit(f"The dense render disagrees by {worst}. No row is printed.")
        slow = row("dense render", data, sigma, grid, time_call(step(dense_loss, data, sigma, grid), seconds=0))
        fast["dense_over_this"] = slow["median_us"] / fast["median_us"]  # type: ignore[operator]
        rows.append(slow)
    return [*rows, fast]


def peers(batch: int, predicted: int, observed: int) -> list[dict[str, object]]:
    """Forward only, on spectra on which a peak-matching number and the Gaussian-rendered one are the same.

    Integer m/z lie on bin edges, all at the same place in their bin.
    """
    data = make_batch(batch, predicted, observed, exact=True)
    grid, sigma = MzGrid(2000.0, 0.1), 0.05
    pred, obs = Peaks.from_padded(*data[:2]), Peaks.from_padded(*data[2:])
    scores, matchms_name = matchms_scores(data)
    distances, ms_entropy_name = ms_entropy_distances(data)
    pairs = [
        (matchms_name, lambda: [1 - x for x in scores()], "peploss cosine", lambda: fast_loss(data, sigma, grid)),
        (ms_entropy_name, distances, "peploss entropy", lambda: spectral_entropy_distance(pred, obs)),
    ]
    rows = []
    for name, call, our_name, ours in pairs:
        for theirs, mine in zip(call(), ours(), strict=True):
            agree(theirs, float(mine), name, 1e-4 if "entropy" in name else 1e-6)  # ms_entropy counts in float32
        rows.append(row(f"{name}, forward", data, sigma, None, time_call(call)))
        rows.append(row(f"{our_name}, forward", data, sigma, grid, time_call(ours)))
    return rows


def main() -> None:
    parser = arguments(__doc__, "losses.csv")
    parser.add_argument("--no-dense", action="store_true", help="leave out the dense render (it takes a minute)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    dense = not options.no_dense
    rows = measure(64, 100, 150, 0.1, 0.05, dense)
    rows += measure(1, 100, 150, 0.1, 0.05, dense)
    for batch in (256, 1024, 4096):
        rows += measure(batch, 100, 150, 0.1, 0.05, False)
    for peaks in (50, 200, 400, 800):
        rows += measure(64, peaks, peaks * 3 // 2, 0.1, 0.05, False)
    for bin_width in (0.01, 0.001):
        rows += measure(64, 100, 150, bin_width, 0.05, False)
    for sigma in (0.01, 0.02, 0.2, 1.0):
        rows += measure(64, 100, 150, 0.1, sigma, False)
    rows += peers(64, 100, 150)
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
