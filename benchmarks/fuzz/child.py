"""A process that tries inputs one after the other, as it is told on its input, and answers with what came of each.

A result and an error of this package are right. Anything else is a finding: another error, more than ``SECONDS``, more
than ``MEMORY``. A crash is told by the end of the process.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

SECONDS: Final = 5  # of the processor: a busy machine is no finding
MEMORY: Final = 500_000_000  # bytes of resident memory over what was resident before
IN_MEMORY: Final = Path("/dev/shm")
KEEP: Final = "PEPLOSS_FUZZ_KEEP"  # the variable that names the folder for files of findings
_HARD: Final = 3_000_000_000  # bytes of address space over what is in use: more is refused by the system


class TooLongError(BaseException):
    """It takes more than ``SECONDS``; no ``Exception``, so that no parser's own handler takes it."""


def _too_long(_: int, frame: FrameType | None) -> NoReturn:
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "?"
    raise TooLongError(f"more than {SECONDS} s, at {place}")


def _memory(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


def tried(name: str, seed: str, folder: Path) -> dict[str, Any]:
    """One input of a boundary: what came of it."""
    from benchmarks.fuzz.boundaries import BOUNDARIES
    from peploss.errors import PeplossError

    attempt = BOUNDARIES[name](random.Random(f"{name} {seed}"), folder)  # made before time and memory are counted
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    start = time.process_time()
    try:
        attempt()
        outcome, told = "result", ""
    except PeplossError as error:
        outcome, told = "typed", type(error).__name__
    except BaseException as error:  # noqa: BLE001 (whatever it is, it is the finding)
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rpartition('site-packages/')[2]}:{place.lineno}"
        outcome, told = "finding", f"{type(error).__name__} at {where}: {str(error)[:150]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds, peak = time.process_time() - start, _memory("VmHWM") - before
    if outcome != "finding" and peak > MEMORY:
        outcome, told = "finding", f"{peak / 1e6:.0f} MB"
    if outcome == "finding" and (keep := os.environ.get(KEEP)):
        _keep(Path(keep), name, seed, folder)
    return {"boundary": name, "seed": seed, "outcome": outcome, "told": told, "seconds": seconds, "peak": peak}


def _keep(into: Path, name: str, seed: str, folder: Path) -> None:
    """Copy the file that the input was: valid files hold dates and times, so that it may not be made once more."""
    into.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("input*"):
        shutil.copy(path, into / f"{name}-{seed.replace(' ', '-')}{''.join(path.suffixes)}")


def main() -> None:
    """Say when it is ready; try what is asked for, a line ``BOUNDARY SEED`` each, until the input ends."""
    import resource

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _too_long)
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        os.environ["XDG_DATA_HOME"] = folder
        from benchmarks.fuzz.boundaries import warm

        warm(Path(folder))
        most = _memory("VmSize") + _HARD
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        answers.write("ready\n")
        answers.flush()
        for line in sys.stdin:
            name, _, seed = line.strip().partition(" ")
            answers.write(json.dumps(tried(name, seed, Path(folder))) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
