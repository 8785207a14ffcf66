"""How long the landscapes take: of one spectrum, since it follows every move; of a set, picture by picture.

    python -m benchmarks.landscape

One spectrum: 40 x 40 cells on one core, CPU time beside wall time. "cell by cell" calls the loss kernel 1,600 times
(continuum and phases left out), as one would without the shared sums. A row is printed only if 40 random cells
equal the loss to 1e-9. Set: the built-in good spectra, wall time from the start to each new picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.common import arguments, show, write
from peploss.analysis.tuning.landscape import Landscape, default_axes, landscape
from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.psm_set import Psm, observed, predicted, sample_psms
from peploss.analysis.tuning.recommendation.recommend import recommend
from peploss.analysis.tuning.set_landscape import set_landscapes
from peploss.grid import MzGrid
from peploss.kernels import Peaks, spectrum_cosine
from peploss.kernels.landscape import loss_landscapes
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

SHAPES = (("LVNELTEFAKTAVADESHAGK/2", 150, False), ("LVNELTEFAKTAVADESHAGKWVTPEK/3", 300, True))


def make(text: str, peaks: int, crowded: bool) -> Psm:
    """A peptide with every other fragment observed, and noise; crowded as ion traps are, up to the grid's end."""
    rng = np.random.default_rng(0)
    peptide = Peptide.parse(text)
    ions = predicted(Psm(Spectrum(mz=np.ones(1), intensity=np.ones(1)), peptide), LossSettings())[0]
    seen = ions[::2] + rng.normal(0, 0.02, ions[::2].size)
    low, high = (300, 1999) if crowded else (100, 1800)
    mz = np.concatenate([seen, rng.uniform(low, high, peaks - seen.size)])
    return Psm(Spectrum(mz=mz, intensity=rng.gamma(1, 1, mz.size), precursor_mz=peptide.mz()), peptide)


def milliseconds(run: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median wall and CPU time of one call, after one that is not counted."""
    run()
    wall, cpu = [], []
    for _ in range(repeats):
        start, start_cpu = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return float(np.median(wall)) * 1e3, float(np.median(cpu)) * 1e3


def cell(psm: Psm, settings: LossSettings, sigma: float, width: float) -> float:
    """The loss by the loss kernel."""
    pred, obs = Peaks.from_list([predicted(psm, settings)]), Peaks.from_list([observed(psm, settings)])
    grid = MzGrid(settings.max_mz, width)
    return 1 - float(spectrum_cosine(pred, obs, sigma=sigma, sigma_unit=settings.sigma_unit, grid=grid)[0])


def cell_by_cell(psm: Psm, settings: LossSettings) -> None:
    """All cells, one call each."""
    axes = default_axes(settings.sigma_unit)
    pred, obs = Peaks.from_list([predicted(psm, settings)]), Peaks.from_list([observed(psm, settings)])
    for width in axes.bin_widths:
        grid = MzGrid(settings.max_mz, float(width))
        for sigma in axes.sigmas:
            spectrum_cosine(pred, obs, sigma=float(sigma), sigma_unit=settings.sigma_unit, grid=grid)


def check(psm: Psm, settings: LossSettings, found: Landscape) -> None:
    """Stop rather than print a row whose answers differ."""
    rng = np.random.default_rng(1)
    for i, k in rng.integers(40, size=(40, 2)):
        want = cell(psm, settings, float(found.axes.sigmas[i]), float(found.axes.bin_widths[k]))
        if not abs(found.loss[i, k] - want) <= 1e-9:
            raise SystemExit(f"Cell {i}, {k} is {found.loss[i, k]!r}, the loss there {want!r}. No row is printed.")


def of_one() -> list[dict[str, object]]:
    """Rows of one spectrum."""
    torch.set_num_threads(1)
    rows = []
    for text, peaks, crowded in SHAPES:
        psm = make(text, peaks, crowded)
        for unit, sigma in (("Da", 0.05), ("ppm", 50.0)):
            settings = LossSettings(sigma=sigma, sigma_unit=unit)  # type: ignore[arg-type]
            check(psm, settings, landscape(psm, settings))
            axes = default_axes(settings.sigma_unit)
            sides = predicted(psm, settings), observed(psm, settings)

            def loss_only(sides=sides, axes=axes) -> None:
                loss_landscapes([[sides[0]]], [sides[1]], sigmas=axes.sigmas, sigma_unit=axes.sigma_unit,
                                bin_widths=axes.bin_widths)  # fmt: skip

            ways = {
                "loss alone": (loss_only, 15),
                "all layers": (lambda p=psm, s=settings: landscape(p, s, n_decoys=0), 15),
                "all layers, 4 decoys": (lambda p=psm, s=settings: landscape(p, s), 15),
                "loss alone, cell by cell": (lambda p=psm, s=settings: cell_by_cell(p, s), 3),
            }
            for what, (run, repeats) in ways.items():
                wall, cpu = milliseconds(run, repeats)
                rows.append({"what": what, "fragments": sides[0][0].size, "peaks": len(psm.spectrum), "sigma in": unit,
                             "wall_ms": wall, "cpu_ms": cpu})  # fmt: skip
    return rows


def of_a_set(threads: int) -> list[dict[str, object]]:
    """Rows of the built-in spectra: a row each new picture."""
    torch.set_num_threads(threads)
    psms = sample_psms()
    start, start_cpu = time.perf_counter(), time.process_time()

    def row(what: str) -> dict[str, object]:
        return {"what": what, "seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - start_cpu}

    prepared = prepare(psms, LossSettings())
    rows = [row(f"{len(prepared)} spectra fragmented, decoys shuffled")]
    last = None
    for picture in set_landscapes(prepared):
        if last is None or picture.overall is not last.overall:
            rows.append(row(picture.summary()))
        last = picture
    if last is not None:
        recommend(last, prepared, LossSettings())
        rows.append(row("recommended"))
    return rows


def main() -> None:
    parser = arguments(__doc__, "landscape.csv")
    options = parser.parse_args()
    one, many = of_one(), of_a_set(options.threads)
    show(one)
    print()
    show(many)
    write(one, options.csv)
    write(many, options.csv.with_stem(options.csv.stem + "_set"))


if __name__ == "__main__":
    main()
