"""Extra memory of one forward and backward of the spectrum loss: the dense render against peploss.

    python -m benchmarks.memory

Each way runs in a process of its own. Counted is the peak of resident memory during the step over what was resident
before it, after a warm-up on one small spectrum. Linux only: it resets the kernel's own high-water mark.
"""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.common import arguments, show, write
from benchmarks.losses import dense_loss, fast_loss, make_batch, step
from peploss.grid import MzGrid

WAYS = {"dense render": dense_loss, "peploss": fast_loss}


def resident(field: str) -> int:
    """Bytes of a field of /proc/self/status."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"/proc/self/status has no {field}: this benchmark needs Linux.")
    return int(found[1]) * 1024


def peak_of_step(way: str, batch: int) -> int:
    """Bytes above what was resident before."""
    step(WAYS[way], make_batch(1, 10, 10), 0.05, MzGrid(200.0, 0.1))()
    return added_by(step(WAYS[way], make_batch(batch, 100, 150), 0.05, MzGrid()))


def added_by(call: Callable[[], object]) -> int:
    """Bytes that are resident at the peak of a call above those before it."""
    gc.collect()
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    call()
    return resident("VmHWM") - before


def main() -> None:
    parser = arguments(__doc__, "memory.csv")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--child", choices=WAYS, help="measure this one way and print its bytes")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.child:
        print(peak_of_step(options.child, options.batch))
        return
    rows: list[dict[str, object]] = []
    for way in WAYS:
        again = [sys.executable, "-m", "benchmarks.memory", "--child", way, "--batch", str(options.batch)]
        out = subprocess.run([*again, "--threads", str(options.threads)], check=True, capture_output=True, text=True)
        rows.append({"what": way, "batch": options.batch, "bins": 20_000, "extra_MB": int(out.stdout) / 1e6})
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
