"""How long one explanation takes: it runs on every move of a slider.

    python -m benchmarks.explain

40 fragments and 300 peaks; CPU time beside wall time, since the page shares the machine with a browser. Then spectra
of many peaks, at the default settings: the explanation with its curves, its cause, and what is sent to the browser.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from peploss.analysis.causes.diagnosis import diagnose
from peploss.analysis.one_psm.explanation import Explanation, explain
from peploss.explorer.browser.wire import pack
from peploss.explorer.explore import summary
from peploss.explorer.figures.spectra import spectrum as figures
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

PEPTIDE = Peptide.parse("LVNELTEFAKTAVADESHAGK/2")
MANY = (300, 3_000, 30_000, 100_000)
SETTINGS = {
    "default": LossSettings(),
    "20 ppm, h 0.01": LossSettings(sigma=20.0, sigma_unit="ppm", bin_width=0.01),
    "sigma 1, h 1": LossSettings(sigma=1.0, bin_width=1.0),
    "sigma 1, h 0.001": LossSettings(sigma=1.0, bin_width=0.001),
    "sigma 0.001, h 0.1": LossSettings(sigma=0.001),
}


def spectrum_of(peaks: int) -> Spectrum:
    """The peptide's fragments, moved a little, and noise, so many peaks in all."""
    rng = np.random.default_rng(0)
    ions = fragments(PEPTIDE, LossSettings(), 2).mz
    mz = np.concatenate([ions + rng.normal(0, 0.01, ions.size), rng.uniform(100, 1800, peaks - ions.size)])
    return Spectrum(mz=mz, intensity=rng.gamma(1, 1, mz.size), precursor_mz=PEPTIDE.mz(2), precursor_charge=2)


def sent(ex: Explanation) -> bytes:
    """What the plot's component is given."""
    shown = figures.Shown()
    return pack({**figures.spectrum_figure(ex, shown), "numbers": summary.numbers(ex), "ladder": summary.ladder(ex)})


def milliseconds(run: Callable[[], object], repeats: int = 100) -> tuple[float, float]:
    """Median wall and CPU time of one call, after a warm-up."""
    for _ in range(min(5, repeats)):
        run()
    wall, cpu = [], []
    for _ in range(repeats):
        start, start_cpu = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return float(np.median(wall)) * 1e3, float(np.median(cpu)) * 1e3


def main() -> None:
    spectrum = spectrum_of(300)
    n = fragments(PEPTIDE, LossSettings(), 2).mz.size
    print(f"{n} fragments, {len(spectrum)} peaks; median ms of one explanation: wall (CPU)\n")
    print(f"{'':20}{'explain':>18}{'with the curves':>20}")
    for name, settings in SETTINGS.items():
        bare = milliseconds(lambda s=settings: explain(spectrum, PEPTIDE, s))
        whole = milliseconds(lambda s=settings: explain(spectrum, PEPTIDE, s).curves, 20)
        print(f"{name:20}{bare[0]:9.1f} ({bare[1]:6.1f}){whole[0]:11.1f} ({whole[1]:6.1f})")

    print(f"\n{'':20}{'with the curves':>18}{'cause':>20}{'to the browser':>20}{'kB':>8}")
    for peaks in MANY:
        spectrum, repeats = spectrum_of(peaks), max(3, min(40, 100_000 // peaks))
        ex = explain(spectrum, PEPTIDE)
        whole = milliseconds(lambda s=spectrum: explain(s, PEPTIDE).curves, repeats)
        cause = milliseconds(lambda s=spectrum: diagnose(s, PEPTIDE), repeats)
        packed = milliseconds(lambda ex=ex: sent(ex), repeats)
        told = "".join(f"{wall:11.1f} ({cpu:6.1f})" for wall, cpu in (whole, cause, packed))
        print(f"{f'{peaks:,} peaks':18}{told}{len(sent(ex)) / 1e3:8.0f}")


if __name__ == "__main__":
    main()
