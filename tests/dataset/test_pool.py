"""Worker processes are light, say what went wrong, and end."""

from __future__ import annotations

import functools
import importlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import ModuleType

import pytest

from peploss.dataset.index import parts
from peploss.dataset.index.build import build_set
from peploss.dataset.index.parts import Part, part_writer, plan_parts
from peploss.dataset.pool import here, in_processes
from peploss.errors import SourceError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TEXT = "BEGIN IONS\nSEQ=PEPTIDEK\n100.5 1\n200.25 3\nEND IONS\n"


@pytest.fixture(autouse=True)
def work(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the work, found by name as a worker finds it: through the search path, which it is sent."""
    monkeypatch.syspath_prepend(HERE)
    return importlib.import_module("pool_work")


@pytest.fixture
def environment() -> dict[str, str]:
    """Variables of a program that finds the package and the work."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, HERE)))}


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[Part]]:
    monkeypatch.setattr(parts, "CHUNK", 5)
    source = tmp_path / "a.mgf"
    source.write_text(TEXT * 52)
    return source, plan_parts([source], tmp_path / "parts")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    processes: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: processes.append(popen(*a, **k)) or processes[-1])
    return processes


def test_every_task_has_its_answer(work: ModuleType, started: list[subprocess.Popen[bytes]]) -> None:
    answers = dict(in_processes(functools.partial(work.adding, 5), range(20), 2))
    assert {task: number for task, (number, _) in answers.items()} == {k: k + 5 for k in range(20)}
    assert {process for _, process in answers.values()} == {process.pid for process in started}
    assert [process.returncode for process in started] == [0, 0]
    assert list(here(functools.partial(work.adding, 5), [1])) == [(1, (6, os.getpid()))]


def test_work_is_closed_at_the_end(work: ModuleType, tmp_path: Path) -> None:
    work = functools.partial(work.closing_tells, tmp_path / "told")
    assert list(in_processes(work, [1, 2], 1)) == [(1, None), (2, None)]
    assert (tmp_path / "told").read_text() == "closed"


def test_what_a_task_raises_comes_back(work: ModuleType, planned: tuple[Path, list[Part]]) -> None:
    source, todo = planned
    source.write_text(TEXT)
    with pytest.raises(SourceError, match="The file changed while it was indexed") as raised:
        list(in_processes(part_writer, [(source, part) for part in todo], 2))
    assert (raised.value.where, raised.value.remedy) == (str(source), "Start again.")
    with pytest.raises(RuntimeError, match="holds a lock"):
        list(in_processes(work.raising_what_cannot_be_sent, [1], 1))


def test_work_that_cannot_begin(work: ModuleType) -> None:
    with pytest.raises(OSError, match="no such set"):
        list(in_processes(work.cannot_begin, [1, 2], 1))


def test_a_process_that_is_killed(work: ModuleType, started: list[subprocess.Popen[bytes]]) -> None:
    tasks = in_processes(functools.partial(work.adding, 5), range(50), 1)
    next(tasks)
    os.kill(started[0].pid, signal.SIGKILL)
    with pytest.raises(SourceError, match=r"was killed.*fewer workers"):
        list(tasks)
    assert started[0].returncode == -signal.SIGKILL


def test_a_caller_that_stops_leaves_no_process(
    planned: tuple[Path, list[Part]], started: list[subprocess.Popen[bytes]]
) -> None:
    source, todo = planned
    tasks = in_processes(part_writer, [(source, part) for part in todo], 2)
    next(tasks)
    tasks.close()
    assert [process.returncode for process in started] == [0, 0]
    assert not list((todo[0].path.parent).glob(".*.tmp"))


def test_a_killed_caller_leaves_no_process(environment: dict[str, str]) -> None:
    code = """
        from peploss.dataset.pool import in_processes
        from pool_work import sleeping
        for task, process in in_processes(sleeping, [0.0, 0.2, 0.2, 0.2], 1):
            print(process, flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        worker = int(caller.stdout.readline())
        caller.kill()
    end = time.monotonic() + 20
    while (Path("/proc") / str(worker)).exists():
        assert time.monotonic() < end, "the worker is still there"
        time.sleep(0.05)


@pytest.mark.parametrize("after", [0.0, 0.3])
def test_ctrl_c_is_the_callers_alone(after: float, environment: dict[str, str]) -> None:
    """A terminal sends it to every process of the group; one of ours would print a traceback."""
    code = f"""
        import contextlib, os, signal, threading
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from peploss.dataset.pool import in_processes
        from pool_work import sleeping
        with contextlib.suppress(KeyboardInterrupt):
            threading.Timer({after}, lambda: os.killpg(0, signal.SIGINT)).start()
            list(in_processes(sleeping, [0.2] * 50, 2))
            print("not interrupted")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, process_group=0)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_they_load_nothing_that_reading_does_not_need(tmp_path: Path, environment: dict[str, str]) -> None:
    source = tmp_path / "a.mgf"
    source.write_text(TEXT)
    (part,) = plan_parts([source], tmp_path / "parts")
    code = """
        import sys
        from pathlib import Path
        import torch
        from peploss.dataset.index.parts import Part
        from peploss.dataset.pool import in_processes
        from pool_work import part_writer_that_tells
        source, part = map(Path, sys.argv[1:])
        print(*(told for _, told in in_processes(part_writer_that_tells, [(source, Part(0, 0, 1, part))], 1)))
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(source), str(part.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert part.path.exists()


def test_a_script_without_a_main_guard_may_index(tmp_path: Path, environment: dict[str, str]) -> None:
    """multiprocessing would run it again in every process."""
    script = tmp_path / "script.py"
    script.write_text(
        "from peploss.dataset.index import parts\nfrom peploss.dataset.index.build import build_set\nparts.CHUNK = 5\n"
        "print(build_set(['a.mgf'], [], 'set.parquet', workers=2).n_psms)\n"
    )
    (tmp_path / "a.mgf").write_text(TEXT * 52)
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("52\n", "")


def test_a_damaged_part_is_removed(planned: tuple[Path, list[Part]], tmp_path: Path) -> None:
    source, todo = planned
    folder = tmp_path / "set.parquet.parts"
    todo[0].path.parent.rename(folder)
    (folder / todo[3].path.name).write_bytes(b"ARROW1" + bytes(100))
    with pytest.raises(SourceError, match="damaged and is removed"):
        build_set([source], [], tmp_path / "set.parquet", workers=2)
    report = build_set([source], [], tmp_path / "set.parquet", workers=2)
    assert (report.n_psms, report.n_parts_kept) == (52, len(todo) - 1)
