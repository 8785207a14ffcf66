"""What several candidates and another source of heights cost: ``python -m benchmarks.candidates [--n 15]``.

In process: five candidates compared, with their decoys, and the first one drawn; heights switched once they are cached.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from peploss.analysis.candidates.compare import compare_candidates
from peploss.analysis.one_psm.explanation import explain
from peploss.explorer.figures.spectra.spectrum import Shown, spectrum_figure
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import DEFAULT_FILE, DEFAULT_TITLE, samples_folder

CANDIDATES = ("VGEAAASGELRK", "VGEAAAGSELRK", "VGEAASAGELRK", "VGEAAATGELRK", "EGVAAASGELRK")


def median(work: Callable[[], object], n: int) -> str:
    """Milliseconds by the clock and of processor time, the middle of ``n`` runs after a first one."""
    work()
    wall, cpu = [], []
    for _ in range(n):
        start, spent = time.perf_counter(), time.process_time()
        work()
        wall.append(1e3 * (time.perf_counter() - start))
        cpu.append(1e3 * (time.process_time() - spent))
    return f"{statistics.median(wall):.0f} ms, {statistics.median(cpu):.0f} ms of processor time"


def main(n: int) -> None:
    """Print a line for each."""
    with open_spectra(samples_folder() / DEFAULT_FILE) as spectra:
        spectrum = spectra.read(DEFAULT_TITLE)

    def drawn(intensities: str) -> object:
        return spectrum_figure(explain(spectrum, CANDIDATES[0], LossSettings(intensities=intensities)), Shown())

    def five() -> object:
        return compare_candidates(spectrum, CANDIDATES, LossSettings()), drawn("uniform")

    print(f"five candidates compared, one drawn: {median(five, n)}")
    for source in ("MS2PIP HCD2019", "uniform"):
        print(f"heights switched to {source}: {median(lambda source=source: drawn(source), n)}")  # type: ignore[misc]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=15)
    main(parser.parse_args().n)
