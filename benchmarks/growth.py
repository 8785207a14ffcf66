"""How time and memory grow with the work, for every operation that a user waits for.

    python -m benchmarks.growth [--start 1000]

Tables are read and joined; a set is scored, asked for its causes, looked at as the page Outliers does, and exported;
a spectrum file is indexed; losses are computed in batches and of spectra of many peaks; many files are written.

Each operation runs at 1, 10 and 100 times the work, each time in a process of its own, and its exponent is the slope
of processor time over work on logarithmic axes, from 10 to 100 times: 1 is linear. Memory is the peak of the process
above what it had before.
"""

from __future__ import annotations

import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.common import arguments, show, write
from peploss.dataset.index.headers import Headers
from peploss.dataset.index.join import join
from peploss.dataset.tables import read_psms

STEPS = (1, 10, 100)


def table_of(path: Path, n: int, sage: bool) -> Path:
    """A table of n PSMs, each peptide five times."""
    rng = np.random.default_rng(0)
    letters = np.array(list("ACDEFGHILMNPQSTVWY"))
    peptides = ["".join(rng.choice(letters, rng.integers(6, 16))) + "K" for _ in range(max(n // 5, 1))]
    with path.open("w", encoding="utf-8") as file:
        if sage:
            file.write("psm_id\tpeptide\tfilename\tscannr\trank\tlabel\texpmass\tcharge\tsage_discriminant_score\n")
            row = "{0}\t{1}\trun1.mzML\tcontrollerType=0 controllerNumber=1 scan={0}\t1\t1\t800.4\t2\t1.0\n"
        else:
            file.write("scan\tpeptide\tcharge\tm/z\tscore\tprotein\n")
            row = "{0}\t{1}\t2\t401.2\t1.0\tP1\n"
        file.writelines(row.format(i + 1, peptides[i % len(peptides)]) for i in range(n))
    return path


def spectra_of(n: int) -> Headers:
    """Names of as many spectra."""
    out = Headers("run1.mzML")
    for first in range(1, n + 1, 2048):
        scans = np.arange(first, min(first + 2048, n + 1))
        names = [f"controllerType=0 controllerNumber=1 scan={scan}" for scan in scans.tolist()]
        nothing = pa.nulls(scans.size, pa.string())
        out.add({
            "index": scans - 1, "scan": scans, "native_id": names, "title": nothing, "problem": nothing,
            "precursor_mz": np.full(scans.size, 401.2), "spectrum_charge": np.full(scans.size, 2),
            "rt": np.full(scans.size, 1.0),
        })  # fmt: skip
    return out


def prepared(what: str, n: int, folder: Path) -> Callable[[], object]:
    """An operation at so much work, ready to be run."""
    path = table_of(folder / "t.tsv", n, sage="Sage" in what)
    if what.startswith("read"):
        return lambda: read_psms(path)
    table, spectra = read_psms(path), spectra_of(n)
    return lambda: join([table], [spectra])


OPERATIONS = ("read a table by scans", "read a table of Sage", "join by scan", "join a table of Sage by native id")


def one(what: str, n: int) -> None:
    """Run one operation once; print processor time in seconds and memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        prepared(what, 1000, Path(folder))()  # loads code and vocabularies
        run = prepared(what, n, Path(folder))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        run()
        seconds = time.process_time() - start
        print(seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3, before / 1e3)


def main() -> None:
    parser = arguments(__doc__, "growth.csv")
    parser.add_argument("--start", type=int, default=10_000, help="PSMs of 1 time the work (default: %(default)s)")
    options = parser.parse_args()
    code = "import sys; from benchmarks.growth import one; one(sys.argv[1], int(sys.argv[2]))"
    rows: list[dict[str, object]] = []
    for what in OPERATIONS:
        seconds: list[float] = []
        row: dict[str, object] = {"what": what}
        for step in STEPS:
            n = options.start * step
            command = [sys.executable, "-c", code, what, str(n)]
            found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            seconds.append(float(found[0]))
            row |= {f"s at {step} x": seconds[-1], f"MB more at {step} x": float(found[1])}
        row["PSMs/s a core at 100 x"] = options.start * STEPS[-1] / seconds[-1]
        row["exponent"] = round(math.log10(seconds[-1] / max(seconds[-2], 1e-6)), 2)
        rows.append(row)
        print(f"{what}: {row['exponent']}", flush=True)
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
