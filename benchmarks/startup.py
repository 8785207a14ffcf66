"""What a process pays before it answers: a command's help, a file and a peptide, the first loss, the app.

    python -m benchmarks.startup

The first loss loads compiled code from a cache. Every figure is the median over fresh processes. Cold runs start
with an empty folder of compiled code; the others after one that has filled it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.common import arguments, show, write
from peploss.spectra.samples import samples_folder

HELP = """
import time
start = time.perf_counter()
from peploss.cli import main
try:
    main(["{command}", "--help"], prog_name="peploss")
except SystemExit:
    print()
    print(time.perf_counter() - start)
"""
COMMANDS = ("index", "score", "explain", "serve", "tune")

READING = """
import time
start = time.perf_counter()
import peploss
with peploss.open_spectra({path!r}) as spectra:
    spectra.read(0)
peploss.Peptide.parse("PEPTM[Oxidation]IDEK/2")
print(time.perf_counter() - start)
"""
FILES = ("hcd_qe_openms_qc.mgf", "native/test_spectra.mzML")

SCRIPT = """
import time
start = time.perf_counter()
import torch
after_torch = time.perf_counter()
import peploss
after_import = time.perf_counter()
mz = torch.tensor([100.0, 200.0], dtype=torch.float64, requires_grad=True)
pred = peploss.Peaks(mz, torch.ones(2, dtype=torch.float64), torch.tensor([0, 2]))
peploss.spectrum_loss(pred, peploss.Peaks.from_arrays([100.02], [1.0])).sum().backward()
first = time.perf_counter()
print(after_torch - start, after_import - after_torch, first - after_import)
"""

APP = """
import time
start = time.perf_counter()
from peploss.explorer import warm
warm.up()
ready = time.perf_counter() - start
warm.wait()
print(ready, time.perf_counter() - start)
"""
LIBRARY_PARTS = ("import torch", "import peploss after torch", "first loss, forward and backward")
APP_PARTS = ("app ready", "app ready, landscapes too")


def measure(script: str, names: tuple[str, ...], runs: int, *, cold: bool) -> list[dict[str, object]]:
    """Rows of the times that the script prints last."""
    found = []
    with tempfile.TemporaryDirectory() as kept:
        for _ in range(runs if cold else runs + 1):
            with tempfile.TemporaryDirectory() as fresh:
                environment = {**os.environ, "NUMBA_CACHE_DIR": fresh if cold else kept}
                command = [sys.executable, "-c", script]
                done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
                found.append([float(x) for x in done.stdout.splitlines()[-1].split()])
    columns = zip(*(found if cold else found[1:]), strict=True)
    kind = "cold" if cold else "compiled before"
    return [
        {"what": name, "code": kind, "median_s": statistics.median(column), "most_s": max(column), "runs": runs}
        for name, column in zip(names, columns, strict=True)
    ]


def main() -> None:
    parser = arguments(__doc__, "startup.csv")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--cold", type=int, default=2, help="runs that compile anew")
    options = parser.parse_args()
    rows = [
        *(
            row
            for command in COMMANDS
            for row in measure(HELP.format(command=command), (f"peploss {command} --help",), options.runs, cold=False)
        ),
        *(
            row
            for name in FILES
            for row in measure(
                READING.format(path=str(samples_folder() / name)),
                (f"open {Path(name).name}, read one, parse a peptide",),
                options.runs,
                cold=False,
            )
        ),
        *measure(SCRIPT, LIBRARY_PARTS, options.runs, cold=False),
        *measure(SCRIPT, LIBRARY_PARTS, options.cold, cold=True)[2:],
        *measure(APP, APP_PARTS, options.cold, cold=False),
        *measure(APP, APP_PARTS, options.cold, cold=True),
    ]
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
