"""One set of true PSMs, written in every dialect that the readers claim and read back: read, refused or wrong.

python -m benchmarks.dialects [--psms 5000] [--seed 1]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.dialects.files import files_of
from benchmarks.dialects.outcome import outcome
from benchmarks.dialects.psms import true_psms


def main() -> None:
    """Print the report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--psms", type=int, default=5000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    psms = true_psms(given.psms, given.seed)
    print(f"{'dialect':28} {'read':>7} {'refused':>8} {'wrong':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for name, path in files_of(psms, Path(folder)):
            right, refused, wrong = outcome(path, psms)
            print(f"{name:28} {right:7,} {refused:8,} {len(wrong):7,}" + (f"  {wrong[0][:120]}" if wrong else ""))


if __name__ == "__main__":
    main()
