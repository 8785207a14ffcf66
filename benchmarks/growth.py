"""How time and memory grow with the work, for every operation that a user waits for.

    python -m benchmarks.growth [--only causes]

Tables are read and joined; a set is scored, asked for its causes, looked at as the page Outliers does, and exported;
a spectrum file is indexed; losses are computed in batches and of spectra of many peaks; many files are written.

Each operation runs at 1, 10 and 100 times the work, each time in a process of its own, and its exponent is the slope
of processor time over work on logarithmic axes, from 10 to 100 times: 1 is linear. Memory is the peak of the process
above what it had before.
"""

from __future__ import annotations

import math
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.common import arguments, show, write
from benchmarks.dataset import large_set, mgf_of, small_set
from benchmarks.losses import fast_loss, make_batch, step
from peploss.atomic import whole_file
from peploss.dataset.index.build import build_set
from peploss.dataset.index.headers import Headers
from peploss.dataset.index.join import join
from peploss.dataset.query.results import Results
from peploss.dataset.query.selections import export
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.scoring.worst import add_causes
from peploss.dataset.tables import read_psms
from peploss.grid import MzGrid

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


def table_or_join(what: str, n: int, folder: Path) -> Callable[[], object]:
    """Reading a table, or joining it with as many spectra."""
    path = table_of(folder / "t.tsv", n, sage="Sage" in what)
    if what.startswith("read"):
        return lambda: read_psms(path)
    table, spectra = read_psms(path), spectra_of(n)
    return lambda: join([table], [spectra])


def sets(n: int, folder: Path) -> tuple[Path, Path]:
    """A set of n PSMs and its results, made once for all operations."""
    source, scored = folder / f"set-{n}.parquet", folder / f"results-{n}.parquet"
    small = folder / "samples.parquet"
    if not small.exists():
        small_set(folder)
    if not source.exists():
        large_set(small, source, n)
    if not scored.exists():
        score_set(source, scored, Plan(), workers=1)
    return source, scored


def of_a_set(what: str, n: int, folder: Path) -> Callable[[], object]:
    """What is done with a set of n PSMs and its results."""
    source, scored = sets(n, folder.parent)
    if what == "index an MGF":
        mgf_of(source, folder / "s.mgf", n)
        return lambda: build_set([folder / "s.mgf"], [], folder / "out.parquet", workers=1)
    if what == "score a set":
        return lambda: score_set(source, folder / "out.parquet", Plan(), workers=1)
    if what == "causes":
        own = folder / "results.parquet"  # they are written into it
        shutil.copy(scored, own)
        return lambda: add_causes(source, own, n, workers=1)
    if what.startswith("export"):
        ids = list(range(n))
        return lambda: export(what.split()[1], ids, folder / "out", source=source, results=scored)  # type: ignore[arg-type]

    def page() -> None:
        with Results(scored) as results:
            results.histogram("loss")
            results.density("loss", "ppm")
            results.page(["id", "peptide", "loss"])

    return page


def of_losses(what: str, n: int, folder: Path) -> Callable[[], object]:
    """Forward and backward of n spectra, or of one of n peaks a side."""
    shape = (n, 100, 150) if "spectra" in what else (1, n, n)
    return step(fast_loss, make_batch(*shape), 0.05, MzGrid())


def of_files(what: str, n: int, folder: Path) -> Callable[[], object]:
    """As many whole files in one folder."""

    def write_all() -> None:
        for i in range(n):
            with whole_file(folder / f"{i}.txt") as temporary:
                temporary.write_text("x")

    return write_all


Prepare = Callable[[str, int, Path], Callable[[], object]]
OPERATIONS: dict[str, tuple[int, Prepare]] = {
    "read a table by scans": (10_000, table_or_join),
    "read a table of Sage": (10_000, table_or_join),
    "join by scan": (10_000, table_or_join),
    "join a table of Sage by native id": (10_000, table_or_join),
    "index an MGF": (500, of_a_set),
    "score a set": (1_000, of_a_set),
    "histogram, density and first page of results": (1_000, of_a_set),
    "export tsv": (1_000, of_a_set),
    "export drop": (1_000, of_a_set),
    "export mgf": (100, of_a_set),
    "causes": (10, of_a_set),
    "loss of a batch of spectra": (40, of_losses),
    "loss of a spectrum by its peaks": (100, of_losses),
    "write files into one folder": (50, of_files),
}
"""What is measured, and how much of it is 1 time the work."""


def one(what: str, n: int, folder: str) -> None:
    """Run one operation once, in a folder whose sets it may use; print processor time in seconds and memory in MB."""
    prepare = OPERATIONS[what][1]
    with tempfile.TemporaryDirectory(dir=folder) as first, tempfile.TemporaryDirectory(dir=folder) as own:
        prepare(what, 20, Path(first))()  # loads code and vocabularies
        run = prepare(what, n, Path(own))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        run()
        seconds = time.process_time() - start
        print(seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3)


def main() -> None:
    parser = arguments(__doc__, "growth.csv")
    parser.add_argument("--scale", type=float, default=1.0, help="more or less of each work (default: %(default)s)")
    parser.add_argument("--only", help="operations whose name holds this")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for what, (start, _) in OPERATIONS.items():
            if options.only and options.only not in what:
                continue
            rows.append(row_of(what, round(options.scale * start), folder))
            print(f"{what}: {rows[-1]['exponent']}", flush=True)
    show(rows)
    write(rows, options.csv)


def row_of(what: str, once: int, folder: str) -> dict[str, object]:
    """One operation at every amount of work, the least being so much."""
    code = "import sys; from benchmarks.growth import one; one(sys.argv[1], int(sys.argv[2]), sys.argv[3])"
    row: dict[str, object] = {"what": what, "1 x is": once}
    seconds: list[float] = []
    for times in STEPS:
        n = max(1, once * times)
        command = [sys.executable, "-c", code, what, str(n), folder]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        seconds.append(float(found[0]))
        row |= {f"s at {times} x": seconds[-1], f"MB more at {times} x": float(found[1])}
    row["a second a core at 100 x"] = n / seconds[-1]
    row["exponent"] = round(math.log10(seconds[-1] / max(seconds[-2], 1e-6)), 2)
    return row


if __name__ == "__main__":
    main()
