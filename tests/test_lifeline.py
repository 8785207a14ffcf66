"""Processes that are killed leave no process and no file behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from peploss.atomic import whole_file
from peploss.lifeline import is_dead, owner

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 30  # s
BUSY = """
    import time
    from contextlib import contextmanager
    @contextmanager
    def work():
        def do(_):
            print("at work", flush=True)
            time.sleep(600)
        yield do
"""
CALLER = """
    import os, threading
    from peploss.dataset import pool
    from busy import work
    popen = pool.subprocess.Popen
    def told(*a, **k):
        process = popen(*a, **k)
        print(process.pid, flush=True)
        return process
    pool.subprocess.Popen = told
    def run():
        for _ in pool.in_processes(work, [1, 2], 2):
            pass
"""


def is_running(process: int) -> bool:
    """Whether it is there and no zombie, which nobody here waits for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "busy.py").write_text(textwrap.dedent(BUSY))
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}


def begun(code: str, environment: dict[str, str]) -> tuple[subprocess.Popen[str], list[int]]:
    """A program whose two workers are in the middle of a task of ten minutes."""
    command = [sys.executable, "-c", textwrap.dedent(CALLER) + textwrap.dedent(code)]
    caller = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert caller.stdout is not None
    assert caller.stderr is not None
    workers = [int(caller.stdout.readline()) for _ in range(2)]
    for _ in workers:
        assert caller.stderr.readline() == "at work\n"  # workers print to the error stream
    return caller, workers


def ended(workers: list[int]) -> bool:
    end = time.monotonic() + LONGEST
    while any(map(is_running, workers)):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_caller_in_the_middle_of_a_task(sent: int, environment: dict[str, str]) -> None:
    caller, workers = begun("run()", environment)
    caller.send_signal(sent)
    caller.communicate(timeout=LONGEST)
    assert ended(workers)


def test_a_program_that_ends_does_not_wait_for_the_work_of_its_threads(environment: dict[str, str]) -> None:
    """As a server ends: its main thread returns, and a thread of it is at work."""
    code = """
        threading.Thread(target=run).start()
        input()
    """
    command_in = subprocess.PIPE
    caller = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CALLER) + textwrap.dedent(code)],
        env=environment, stdin=command_in, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert caller.stdout is not None
    assert caller.stderr is not None
    workers = [int(caller.stdout.readline()) for _ in range(2)]
    for _ in workers:
        assert caller.stderr.readline() == "at work\n"
    caller.communicate("\n", timeout=LONGEST)
    assert ended(workers)


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
