"""How long one explanation takes: it runs on every move of a slider.

    python -m benchmarks.explain

40 fragments and 300 peaks; CPU time beside wall time, since the page shares the machine with a browser.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from peploss.analysis.one_psm.explanation import explain
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

PEPTIDE = Peptide.parse("LVNELTEFAKTAVADESHAGK/2")
SETTINGS = {
    "default": LossSettings(),
    "20 ppm, h 0.01": LossSettings(sigma=20.0, sigma_unit="ppm", bin_width=0.01),
    "sigma 1, h 1": LossSettings(sigma=1.0, bin_width=1.0),
    "sigma 1, h 0.001": LossSettings(sigma=1.0, bin_width=0.001),
    "sigma 0.001, h 0.1": LossSettings(sigma=0.001),
}


def milliseconds(run: Callable[[], object], repeats: int = 100) -> tuple[float, float]:
    """Median wall and CPU time of one call, after a warm-up."""
    for _ in range(5):
        run()
    wall, cpu = [], []
    for _ in range(repeats):
        start, start_cpu = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return float(np.median(wall)) * 1e3, float(np.median(cpu)) * 1e3


def main() -> None:
    rng = np.random.default_rng(0)
    ions = fragments(PEPTIDE, LossSettings(), 2).mz
    mz = np.concatenate([ions + rng.normal(0, 0.01, ions.size), rng.uniform(100, 1800, 300 - ions.size)])
    spectrum = Spectrum(mz=mz, intensity=rng.gamma(1, 1, mz.size), precursor_mz=PEPTIDE.mz(2), precursor_charge=2)
    print(f"{ions.size} fragments, {len(spectrum)} peaks; median ms of one explanation: wall (CPU)\n")
    print(f"{'':20}{'explain':>18}{'with the curves':>20}")
    for name, settings in SETTINGS.items():
        bare = milliseconds(lambda s=settings: explain(spectrum, PEPTIDE, s))
        whole = milliseconds(lambda s=settings: explain(spectrum, PEPTIDE, s).curves, 20)
        print(f"{name:20}{bare[0]:9.1f} ({bare[1]:6.1f}){whole[0]:11.1f} ({whole[1]:6.1f})")


if __name__ == "__main__":
    main()
