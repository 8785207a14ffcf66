"""Processes that write parts are light, say what went wrong, and end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from peploss.dataset.index import parts, pool
from peploss.dataset.index.build import build_set
from peploss.dataset.index.parts import Part, plan_parts
from peploss.dataset.index.pool import in_processes
from peploss.errors import SourceError

ROOT = Path(pool.__file__).parents[3]
TEXT = "BEGIN IONS\nSEQ=PEPTIDEK\n100.5 1\n200.25 3\nEND IONS\n"


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[Part]]:
    monkeypatch.setattr(parts, "CHUNK", 5)
    source = tmp_path / "a.mgf"
    source.write_text(TEXT * 52)
    return source, plan_parts([source], tmp_path / "parts")


def test_every_task_is_done_once(planned: tuple[Path, list[Part]]) -> None:
    source, todo = planned
    done = list(in_processes([(source, part) for part in todo], 2))
    assert sorted(part.start for _, part in done) == list(range(0, 52, 5))
    assert all(part.path.exists() for part in todo)


def test_what_a_task_raises_comes_back(planned: tuple[Path, list[Part]]) -> None:
    source, todo = planned
    source.write_text(TEXT)
    with pytest.raises(SourceError, match="The file changed while it was indexed") as raised:
        list(in_processes([(source, part) for part in todo], 2))
    assert (raised.value.where, raised.value.remedy) == (str(source), "Start again.")
    todo[0].index.unlink()
    with pytest.raises(FileNotFoundError):
        list(in_processes([(source, todo[0])], 1))


def test_a_process_that_is_killed(planned: tuple[Path, list[Part]], monkeypatch: pytest.MonkeyPatch) -> None:
    source, todo = planned
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])
    tasks = in_processes([(source, part) for part in todo], 1)
    next(tasks)
    os.kill(started[0].pid, signal.SIGKILL)
    with pytest.raises(SourceError, match="was killed"):
        list(tasks)
    assert started[0].returncode == -signal.SIGKILL


def test_a_caller_that_stops_leaves_no_process(
    planned: tuple[Path, list[Part]], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, todo = planned
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])
    tasks = in_processes([(source, part) for part in todo], 2)
    next(tasks)
    tasks.close()
    assert [process.returncode for process in started] == [0, 0]
    assert not list((todo[0].path.parent).glob(".*.tmp"))


def test_they_load_nothing_that_reading_does_not_need(tmp_path: Path) -> None:
    source = tmp_path / "a.mgf"
    source.write_text(TEXT)
    (part,) = plan_parts([source], tmp_path / "parts")
    heavy = ["torch", "numba", "pandas", "pyteomics.auxiliary", "lxml", "duckdb", "scipy", "pyarrow.parquet"]
    code = (
        "import runpy, sys, pathlib; worker = runpy.run_path(sys.argv[1]); worker['bare_package']();"
        "from peploss.dataset.index.parts import Part, one_open, write_part\n"
        "source, part = map(pathlib.Path, sys.argv[2:])\n"
        "with one_open() as opened: write_part(source, Part(0, 0, 1, part), opened)\n"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    command = [sys.executable, "-P", "-c", code, str(pool._PROGRAM), str(source), str(part.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert part.path.exists()


def test_a_script_without_a_main_guard_may_index(tmp_path: Path) -> None:
    """multiprocessing would run it again in every process."""
    script = tmp_path / "script.py"
    script.write_text(
        "from peploss.dataset.index import parts\nfrom peploss.dataset.index.build import build_set\nparts.CHUNK = 5\n"
        "print(build_set(['a.mgf'], [], 'set.parquet', workers=2).n_psms)\n"
    )
    (tmp_path / "a.mgf").write_text(TEXT * 52)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
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
