"""How long a thousand still figures take: ``python -m benchmarks.figures [--n 1000] [--format svg|png]``."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from click.testing import CliRunner

from peploss.cli import main
from peploss.spectra.samples import samples_folder


def run(n: int, kind: str) -> tuple[float, float]:
    """Seconds, and seconds of CPU, of ``peploss figure`` for ``n`` PSMs, the built-in ones as often as need be."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        names = [str(samples_folder() / name) for name in ("hcd_qe_openms_qc.mgf",)]
        done = CliRunner().invoke(main, ["index", *names, "-o", str(out / "set.parquet")])
        assert done.exit_code == 0, done.output
        drawn, start, cpu = 0, time.perf_counter(), time.process_time()
        while drawn < n:
            arguments = ["figure", str(out / "set.parquet"), "-o", str(out / f"f{drawn}"), "--format", kind]
            done = CliRunner().invoke(main, [*arguments, "--limit", str(n - drawn)])
            assert done.exit_code == 0, done.output
            drawn += len(list((out / f"f{drawn}").glob(f"*.{kind}")))
        return time.perf_counter() - start, time.process_time() - cpu


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--format", choices=["svg", "png"], default="svg")
    asked = parser.parse_args()
    took, cpu = run(asked.n, asked.format)
    print(f"{asked.n} figures as {asked.format}: {took:.1f} s, {cpu:.1f} s of CPU")
