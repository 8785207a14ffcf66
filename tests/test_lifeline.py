"""Processes that are killed leave no process and no file behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from peploss.atomic import whole_file
from peploss.lifeline import is_dead, owner

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 30  # s
BUSY = """
    import os, time
    from contextlib import contextmanager
    from pathlib import Path

    @contextmanager
    def work():
        def do(_):
            Path(__file__).with_name(f"{os.getpid()}.at-work").touch()
            time.sleep(600)
        yield do
"""
CALLER = """
    import threading
    from peploss.dataset.pool import in_processes
    from busy import work

    def run():
        for _ in in_processes(work, [1, 2], 2):
            pass

"""


def is_running(process: int) -> bool:
    """Whether it is there and no zombie, which nobody here waits for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(done: Callable[[], object], what: str) -> None:
    end = time.monotonic() + LONGEST
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Callable[[str], tuple[subprocess.Popen[str], list[int]]]]:
    """Starts a program whose two workers are in the middle of a task of ten minutes."""
    (tmp_path / "busy.py").write_text(textwrap.dedent(BUSY))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    callers = []

    def begin(code: str) -> tuple[subprocess.Popen[str], list[int]]:
        command = [sys.executable, "-c", textwrap.dedent(CALLER) + code]
        caller = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, text=True)
        callers.append(caller)
        until(lambda: len(list(tmp_path.glob("*.at-work"))) == 2, "the workers do not begin")
        return caller, [int(path.stem) for path in tmp_path.glob("*.at-work")]

    yield begin
    for caller in callers:
        caller.kill()
        caller.communicate()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_caller_in_the_middle_of_a_task(sent: int, begun) -> None:
    caller, workers = begun("run()")
    caller.send_signal(sent)
    caller.communicate(timeout=LONGEST)
    until(lambda: not any(map(is_running, workers)), "a worker is still there")


def test_a_program_that_ends_does_not_wait_for_the_work_of_its_threads(begun) -> None:
    """As a server ends: its main thread returns, and a thread of it is at work."""
    caller, workers = begun("threading.Thread(target=run).start(); input()")
    assert all(map(is_running, workers))
    caller.communicate("\n", timeout=LONGEST)
    until(lambda: not any(map(is_running, workers)), "a worker is still there")


@pytest.fixture
def dead() -> str:
    """The owner of a file whose process is over."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{process.pid}-{owner().partition('-')[2]}"


def test_what_a_killed_process_left_is_cleared_by_the_next(tmp_path: Path, dead: str) -> None:
    left = tmp_path / f".a.txt.{dead}-1234abcd.tmp"
    others = [
        tmp_path / f".a.txt.{owner()}-1234abcd.tmp",  # of a process that is alive
        tmp_path / ".a.txt.5-ffffff-1234abcd.tmp",  # of another machine
        tmp_path / f".b.txt.{dead}-1234abcd.tmp",  # of another file
        tmp_path / ".a.txt.x.tmp",
    ]
    for path in (left, *others):
        path.write_text("half")
    with whole_file(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
    assert not left.exists()
    assert all(path.exists() for path in others)


@pytest.mark.parametrize("text", ["", "-", "x", "1", "9" * 5000 + "-x", "-1-x"])
def test_an_owner_of_nonsense_is_not_dead(text: str) -> None:
    assert not is_dead(text)
