"""``peploss serve`` and ``peploss score`` killed at work: no process is left, and the next start tells and takes up."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.dataset import large_set
from benchmarks.streamlit_session import Session
from benchmarks.visits import begin_scoring
from peploss.dataset.index.build import build_set
from peploss.dataset.query.results import Results
from peploss.dataset.tables import read_psms
from peploss.spectra.samples import samples_folder

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are counted on Linux")
ROOT = Path(__file__).parents[2]
LONGEST = 240  # s; a first start compiles the kernels
MARK = "PEPLOSS_TEST_MARK"
WORST = 3000
SIGNALS = pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a set whose causes take long."""
    small, out = tmp_path / "small.parquet", tmp_path / "data"
    samples = samples_folder()
    build_set([samples / "hcd_qe_openms_qc.mgf"], [read_psms(samples / "psms.tsv")], small, workers=1)
    out.mkdir()
    large_set(small, out / "large.parquet", WORST)
    return out


class Marked:
    """Programs that are started with a mark, which whatever they start inherits."""

    def __init__(self, folder: Path) -> None:
        self.mark = f"{MARK}={uuid4().hex}"
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: object) -> subprocess.Popen[bytes]:
        name, _, value = self.mark.partition("=")
        environment = {**os.environ, name: value, "XDG_DATA_HOME": str(self.folder.parent), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "peploss", *map(str, arguments)]
        log = (self.folder.parent / f"log{len(self.started)}.txt").open("wb")
        self.started.append(
            subprocess.Popen(command, cwd=self.folder.parent, env=environment, stdout=log, stderr=subprocess.STDOUT)
        )
        log.close()
        return self.started[-1]

    def running(self) -> list[int]:
        """Processes with the mark that are no zombies."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                marked = self.mark.encode() in (process / "environ").read_bytes().split(b"\0")
                if marked and (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    found.append(int(process.name))
            except OSError:
                continue
        return found

    def said(self) -> str:
        return "\n".join(log.read_text() for log in sorted(self.folder.parent.glob("log*.txt")))


@pytest.fixture
def marked(folder: Path) -> Iterator[Marked]:
    programs = Marked(folder)
    yield programs
    for process in programs.started:
        process.kill()
        process.wait()


def until(done: Callable[[], object], what: Callable[[], str]) -> None:
    end = time.monotonic() + LONGEST
    while not done():
        assert time.monotonic() < end, what()
        time.sleep(0.1)


def killed(program: subprocess.Popen[bytes], marked: Marked, sent: int) -> None:
    """Send the signal to the program alone; whatever it started has to end by itself."""
    assert len(marked.running()) > 1, "nothing was started that could be left behind"
    program.send_signal(sent)
    program.wait(30)
    until(lambda: not marked.running(), lambda: f"left behind: {marked.running()}")


@SIGNALS
def test_a_killed_score_leaves_no_process_and_the_next_one_is_whole(folder: Path, marked: Marked, sent: int) -> None:
    out = folder / "scores.parquet"
    program = marked.start("score", folder / "large.parquet", "-o", out, "--worst", WORST)
    until(lambda: out.exists() and len(marked.running()) > 2, marked.said)
    killed(program, marked, sent)
    with Results(out) as found:  # scores were whole before causes were sought
        assert found.count() == WORST
    note = folder / ".scores.parquet.job"
    assert note.exists()
    again = marked.start("score", folder / "large.parquet", "-o", out, "--worst", 5)
    assert again.wait(LONGEST) == 0, marked.said()
    assert "Scoring large.parquet was interrupted. It was to be scores.parquet: --go-on" in marked.said()
    assert sorted(path.name for path in folder.iterdir()) == ["large.parquet", "scores.parquet"]


def served(marked: Marked) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program, url = marked.start("serve", marked.folder, "--port", port, "--headless"), f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert program.poll() is None, marked.said()
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                return bool(answer.read() == b"ok")
        except OSError:
            return False

    until(answers, marked.said)
    return program, url


async def score(url: str) -> None:
    """Begin to score the set by the page Outliers."""
    session = await Session(url, page="outliers", query="data=large.parquet").open()
    await begin_scoring(session, "scores")
    await session.found("button", "Cancel")
    await session.close()


async def told(url: str) -> str:
    """What the page says where work can be taken up."""
    session = await Session(url, page="outliers", query="data=large.parquet").open()
    await session.found("button", "Go on")
    text = session.texts()
    await session.close()
    return text


@SIGNALS
def test_a_killed_server_leaves_no_process_and_the_next_one_tells(folder: Path, marked: Marked, sent: int) -> None:
    program, url = served(marked)
    asyncio.run(score(url))
    note = folder / ".scores.parquet.job"
    until(lambda: note.exists() and len(marked.running()) > 2, marked.said)  # workers seek causes
    killed(program, marked, sent)
    assert note.exists()
    program, url = served(marked)
    assert "Scoring large\\.parquet was interrupted when the server stopped" in asyncio.run(told(url))
    program.send_signal(signal.SIGTERM)
    program.wait(30)
    until(lambda: not marked.running(), lambda: f"left behind: {marked.running()}")
