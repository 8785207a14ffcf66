"""Ray on sets of millions of PSMs that lie in many parts: time, memory of the driver and of a worker, and growth.

    python -m benchmarks.ray_parts
    python -m benchmarks.ray_parts --psms 1000000 10000000 20000000 --folder BIG

Parts of so many PSMs are made by repeating the built-in spectra with jittered peaks, a few of each (``--peaks``); with
``--folder`` they stay, and a larger set takes up those of a smaller one. Each size is scored by a driver in a process
of its own on a Ray cluster of this machine, whose workers have loaded the kernels before. Memory is the highest
resident memory of the driver and of any one worker, sampled every 50 ms; pages of libraries, which workers share, count
in each. The results are then joined to one file. ``--kill`` ends so many workers by SIGKILL in the middle.

A row is printed only if there is a row of results for every PSM and the scores of the first, the middle and the last
part are those of the local engine, to the bit. Its exponent is the slope of processor time, of driver, workers and Ray
itself, over PSMs from the row before on logarithmic axes: 1 is linear. Processor time does not depend on what else the
machine does.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.common import arguments, show, write
from benchmarks.dataset import _cpu, _family, _resident, large_set, small_set
from peploss.dataset.scoring.parts.join import join_results
from peploss.dataset.scoring.parts.manifest import read_manifest
from peploss.dataset.scoring.parts.run import score_parts
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set

PLAN = Plan(decoys=True)
SIZES = (200_000, 400_000, 1_000_000)


def parts_of(folder: Path, small: Path, psms: int, size: int, peaks: int) -> list[Path]:
    """Parts of so many PSMs each, the last with what is left; those that are there stay."""
    paths = []
    for number, first in enumerate(range(0, psms, size)):
        n = min(size, psms - first)
        paths.append(folder / f"part-{number:05d}-of-{n}-with-{peaks}.parquet")
        if not paths[-1].exists():
            large_set(small, paths[-1], n, seed=number, peaks=peaks)
    return paths


class Memory:
    """Highest resident memory in MB of this process and of any one Ray worker that it started, while the block runs."""

    def __enter__(self) -> Memory:
        self.driver = self.worker = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            self.driver = max(self.driver, _resident(os.getpid()))
            self.worker = max([self.worker, *map(_resident, workers())])


def workers(at_work: bool = False) -> list[int]:
    """Ray's worker processes below this one; with ``at_work`` those that do a task."""
    start = b"ray::at_worker" if at_work else b"ray::"
    found = []
    for process in _family(os.getpid()):
        try:
            if Path(f"/proc/{process}/cmdline").read_bytes().startswith(start):
                found.append(process)
        except OSError:
            continue
    return found


def drive(folder: Path, paths: Sequence[Path], small: Path, cores: int, kill: int) -> dict[str, float]:
    """Score parts by Ray and join the results; the figures."""
    import ray

    ray.init(num_cpus=cores, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    warm = [folder / f"warm-{number}.parquet" for number in range(4 * cores)]  # so that each worker gets some
    for number, path in enumerate(warm):
        large_set(small, path, 2000, seed=10**6 + number)
    score_parts(warm, folder / "warm", PLAN, engine="ray")
    left = [kill]

    def progress(done: int, total: int) -> None:
        if left[0] and total > done > total / 4 and (found := workers(at_work=True)):
            os.kill(found[0], signal.SIGKILL)
            left[0] -= 1

    with Memory() as memory:
        start, before = time.perf_counter(), _cpu()
        score_parts(paths, folder / "scores", PLAN, engine="ray", progress=progress)
        seconds, cpu = time.perf_counter() - start, _cpu() - before
    if left[0]:
        raise SystemExit(f"{left[0]} of {kill} workers were not at work when they were to be killed")
    ray.shutdown()
    with Memory() as of_join:
        start = time.perf_counter()
        join_results(folder / "scores", folder / "joined.parquet")
        joined = time.perf_counter() - start
    return {
        "seconds": seconds, "cpu s": cpu, "driver MB": memory.driver, "worker MB": memory.worker, "join s": joined,
        "join MB": of_join.driver,
    }  # fmt: skip


def check(folder: Path, paths: Sequence[Path], psms: int) -> None:
    """Hold the results against the local engine's.

    Raises:
        SystemExit: they disagree.
    """
    scores = folder / "scores"
    manifest = read_manifest(scores)
    rows = sum(pq.read_metadata(scores / entry["name"]).num_rows for entry in manifest.files)
    joined = pq.read_metadata(folder / "joined.parquet").num_rows
    if not (manifest.complete and rows == joined == psms):
        raise SystemExit(f"{psms:,} PSMs became {rows:,} rows in parts and {joined:,} joined: no figure is given.")
    first = 0
    firsts = []
    for path in paths:
        firsts.append(first)
        first += pq.read_metadata(path).num_rows
    for number in sorted({0, len(paths) // 2, len(paths) - 1}):
        score_set(paths[number], folder / "local.parquet", PLAN)
        ours = pq.read_table(
            [scores / e["name"] for e in manifest.files if e["name"].startswith(f"scores-{number:05d}")]
        )
        local = pq.read_table(folder / "local.parquet")
        ids = local["id"].to_numpy() + firsts[number]
        others = [name for name in local.schema.names if name != "id"]
        if not (ours["id"].to_numpy().tolist() == ids.tolist() and ours.select(others).equals(local.select(others))):
            raise SystemExit(f"Part {number} of {psms:,} PSMs has other scores than the local engine gives.")


def row_of(psms: int, made: Path, small: Path, options: list[int], kill: int) -> dict[str, object]:
    """Figures of one size, checked."""
    size, peaks, cores = options
    paths = parts_of(made, small, psms, size, peaks)
    print(f"{psms:,} PSMs in {len(paths)} parts, {sum(p.stat().st_size for p in paths) / 1e9:.2f} GB", flush=True)
    with tempfile.TemporaryDirectory(dir=made) as temporary:
        folder = Path(temporary)
        (folder / "list.json").write_text(json.dumps([str(path) for path in paths]))
        command = [
            sys.executable,
            "-m",
            "benchmarks.ray_parts",
            "--drive",
            str(folder),
            str(small),
            str(cores),
            str(kill),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        figures = json.loads(done.stdout.splitlines()[-1])
        check(folder, paths, psms)
        files = len(list((folder / "scores").glob("scores-*")))
    return {
        "PSMs": psms, "parts": len(paths), "files": files, "peaks": peaks, "cores": cores, "killed": kill,
        "PSMs/s": psms / figures["seconds"], **figures,
    }  # fmt: skip


def main() -> None:
    if sys.argv[1:2] == ["--drive"]:
        folder, small, cores, kill = sys.argv[2:]
        paths = [Path(path) for path in json.loads((Path(folder) / "list.json").read_text())]
        print(json.dumps(drive(Path(folder), paths, Path(small), int(cores), int(kill))))
        return
    parser = arguments(__doc__, "ray_parts.csv")
    parser.add_argument("--psms", type=int, nargs="+", default=SIZES, help="sizes (default: %(default)s)")
    parser.add_argument("--part", type=int, default=100_000, help="PSMs of a part (default: %(default)s)")
    parser.add_argument("--peaks", type=int, default=20, help="of a spectrum (default: %(default)s)")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="of the cluster (default: %(default)s)")
    parser.add_argument("--kill", type=int, default=0, help="workers to kill in the middle (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where to put the parts, and leave them")
    chosen = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as temporary:
        made = chosen.folder or Path(temporary)
        made.mkdir(parents=True, exist_ok=True)
        small = small_set(made)
        for psms in sorted(chosen.psms):
            row = row_of(psms, made, small, [chosen.part, chosen.peaks, chosen.cores], chosen.kill)
            before = rows[-1] if rows else None
            row["exponent"] = before and math.log(row["cpu s"] / before["cpu s"]) / math.log(psms / before["PSMs"])
            rows.append(row)
            show(rows)
            write(rows, chosen.csv)


if __name__ == "__main__":
    main()
