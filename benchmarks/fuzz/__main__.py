"""Inputs by chance at every boundary: each must give a result or an error of this package, within 5 s and 500 MB.

    python -m benchmarks.fuzz                        # 20,000 inputs of today's seed
    python -m benchmarks.fuzz -n 1000000 --seed 1    # a million
    python -m benchmarks.fuzz --only sql --again "7 12345"

What an input is made of is its boundary, the seed and its number: a finding names them, and ``--again`` tries that one
input once more with its traceback. Results and sets hold the time when they were made: ``--keep`` keeps their files.
Linux only.
"""

from __future__ import annotations

import argparse
import datetime
import os
import random
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

from benchmarks.fuzz.boundaries import BOUNDARIES
from benchmarks.fuzz.child import KEEP
from benchmarks.fuzz.run import fuzzed


def _again(name: str, seed: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        attempt = BOUNDARIES[name](random.Random(f"{name} {seed}"), Path(folder))
        try:
            print(attempt())
        except Exception:  # noqa: BLE001 (it is what is asked for)
            traceback.print_exc()
        if (path := next(Path(folder).glob("input*"), None)) is not None:
            print(path.name, path.read_bytes()[:1000])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=20_000, help="inputs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=datetime.date.today().toordinal(), help="(default: of the day)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: %(default)s)")
    parser.add_argument("--only", choices=BOUNDARIES, action="append", help="these boundaries alone")
    parser.add_argument("--again", metavar="SEED", help="one input of the boundary of --only, with its traceback")
    parser.add_argument("--keep", help="folder for the files that findings were")
    options = parser.parse_args()
    if options.again:
        _again(options.only[0], options.again)
        return
    if options.keep:
        os.environ[KEEP] = os.path.abspath(options.keep)
    names = options.only or list(BOUNDARIES)
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    slowest = dict.fromkeys(names, 0.0)
    peaks = dict.fromkeys(names, 0)
    told: set[str] = set()
    for answer in fuzzed(names, options.n, options.seed, options.workers):
        name = answer["boundary"]
        counts[name][answer["outcome"]] += 1
        slowest[name], peaks[name] = max(slowest[name], answer["seconds"]), max(peaks[name], answer["peak"])
        if answer["outcome"] == "finding" and (kind := f"{name}: {answer['told'].partition(': ')[0]}") not in told:
            told.add(kind)
            print(f'{name}: {answer["told"]}  (--only {name} --again "{answer["seed"]}")', flush=True)
    print(f"{'boundary':12} {'result':>8} {'typed':>8} {'finding':>8} {'slowest s':>10} {'most MB':>8}")
    for name in names:
        c = counts[name]
        row = f"{c['result']:8} {c['typed']:8} {c['finding']:8} {slowest[name]:10.2f} {peaks[name] / 1e6:8.0f}"
        print(f"{name:12} {row}")
    sys.exit(1 if told else 0)


if __name__ == "__main__":
    main()
