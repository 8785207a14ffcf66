"""The package as people install it: built, installed into an environment of its own, started from an empty folder."""

from __future__ import annotations

import os
import signal
import site
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from peploss import installed
from peploss.kernels.compiled import cache_folder

pytestmark = [
    pytest.mark.package,
    pytest.mark.skipif(
        not os.environ.get("CI") and not (find_spec("build") and find_spec("hatchling")),
        reason="build and hatchling are not installed",
    ),
]

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 240  # s; the first start compiles the kernels

FIRST_PAGE = """
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
import peploss
from peploss import installed
assert Path(peploss.__file__).is_relative_to(sys.prefix), peploss.__file__
app = AppTest.from_file(str(installed.APP), default_timeout=300).run()
assert not app.exception and not app.error, (app.exception, app.error)
print(app.text_input(key="peptide").value)
"""


def test_a_checkout_finds_its_own() -> None:
    assert installed.ROOT == ROOT
    assert installed.APP.is_file()
    assert (installed.SAMPLES / "SOURCES.md").is_file()


class Built(NamedTuple):
    wheel: Path
    sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The wheel, made from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", "-o", out, ROOT], check=True, capture_output=True)
    return Built(*out.glob("*.whl"), *out.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def environment(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the programs of a new environment with peploss, which borrows all other packages from this one."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    command = [sys.executable, "-m", "pip", "--python", programs / "python", "install", "--quiet", "--no-deps"]
    subprocess.run([*command, built.wheel], check=True, capture_output=True)
    (library,) = home.glob("lib/python*/site-packages")
    (library / "borrowed.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    return programs


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Variables of a process that knows nothing of this checkout but where its kernels lie compiled."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PEPLOSS", "STREAMLIT"))}
    compiled = cache_folder()
    assert compiled is not None
    return {**kept, "NUMBA_CACHE_DIR": str(Path(compiled).parent), "HOME": str(tmp_path)}


def test_the_wheel_holds_the_app_and_no_test(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        names = set(wheel.namelist())
    carried = {n.removeprefix("peploss/_app/") for n in names if n.startswith("peploss/_app/")}
    tracked = ["git", "ls-files", "app.py", "pages", ".streamlit", "sample_spectra"]
    expected = subprocess.run(tracked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if expected:  # not in an unpacked sdist
        assert carried == set(expected)
    assert {"peploss/py.typed", "peploss/explorer/browser/frontend/icon.svg"} <= names
    assert not [n for n in names if n.startswith(("tests", "benchmarks")) or "conftest" in n or "__pycache__" in n]


def test_the_sdist_holds_what_the_tests_need(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        names = {n.partition("/")[2] for n in sdist.getnames()}
    assert {"app.py", "conftest.py", "requirements.txt", "tests/test_installed.py", "benchmarks/startup.py"} <= names


@pytest.fixture
def served(environment: Path, bare: dict[str, str], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    empty = tmp_path / "empty"
    empty.mkdir()
    command = [environment / "peploss", "serve", "--headless", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=empty, env=bare, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            yield server, f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def test_it_starts_in_an_empty_folder_and_ends_on_request(
    served: tuple[subprocess.Popen[str], str], environment: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    server, address = served
    end = time.monotonic() + STARTS_WITHIN
    while True:
        assert server.poll() is None, server.communicate()[0]
        assert time.monotonic() < end
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
                assert answer.read() == b"ok"
                break
        except OSError:
            time.sleep(0.2)
    with urllib.request.urlopen(address, timeout=10) as page:
        assert b"<html" in page.read()
    assert server.stdout is not None
    told = ""
    while "http://" not in told and (line := server.stdout.readline()):  # the address is told once the app answers
        told += line
    server.send_signal(signal.SIGTERM)
    told += server.communicate(timeout=30)[0]
    assert "The built-in spectra: http://localhost" in told
    assert "External URL" not in told
    assert not list((tmp_path / "empty").iterdir())
    # The same app, its first page drawn.
    command = [environment / "python", "-c", FIRST_PAGE]
    drawn = subprocess.run(command, cwd=tmp_path / "empty", env=bare, capture_output=True, text=True, check=False)
    assert drawn.returncode == 0, drawn.stderr
    assert drawn.stdout.splitlines()[-1] == "VGEAAASGELRK"
