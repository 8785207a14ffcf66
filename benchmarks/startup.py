"""What a process pays before its first loss: import, and the first call, which loads compiled code from a cache.

    python -m benchmarks.startup

Every figure is the median over fresh processes, after one that fills the caches.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from benchmarks.common import arguments, show, write

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


def main() -> None:
    parser = arguments(__doc__, "startup.csv")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    runs = []
    for _ in range(options.runs + 1):
        out = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True).stdout
        runs.append([float(x) for x in out.split()])
    names = ("import torch", "import peploss after torch", "first loss, forward and backward")
    rows: list[dict[str, object]] = [
        {"what": name, "median_s": statistics.median(column), "most_s": max(column), "runs": options.runs}
        for name, column in zip(names, zip(*runs[1:], strict=True), strict=True)
    ]
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
