"""``peploss serve``: what is opened, who may reach it, and how it is told."""

from __future__ import annotations

import http.server
import os
import shutil
import socket
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from peploss import installed
from peploss.cli import main
from peploss.spectra.folder import ENVIRONMENT
from peploss.spectra.samples import samples_folder

QE = samples_folder() / "hcd_qe_openms_qc.mgf"


class App:
    """Stands for Streamlit: notes how it was started, and answers one health check."""

    def __init__(self) -> None:
        self.command: list[str] = []
        self.folder: str | None = None

    def main(self, command: list[str], **_: object) -> int:
        self.command, self.folder = command, os.environ.get(ENVIRONMENT)
        server = http.server.HTTPServer((self["--server.address"], int(self["--server.port"])), Answer)
        server.handle_request()
        server.server_close()
        for thread in threading.enumerate():
            if thread.name == "announce":
                thread.join(timeout=10)
        return 0

    def __getitem__(self, option: str) -> str:
        return self.command[self.command.index(option) + 1]


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert self.path == "/_stcore/health"
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setenv(ENVIRONMENT, "/as/it/was")  # and is again after the test
    standing_in = App()
    monkeypatch.setattr("streamlit.web.cli.main", standing_in.main)
    return standing_in


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    pages: list[str] = []
    monkeypatch.setattr("webbrowser.open", pages.append)
    return pages


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


@pytest.fixture(scope="module")
def a_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("serve") / "my set.parquet"
    assert peploss("index", QE, "-o", out, "--workers", 1).exit_code == 0
    return out


def peploss(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_without_an_argument_the_samples(app: App, opened: list[str], port: int) -> None:
    done = peploss("serve", "--port", port)
    assert done.exit_code == 0, done.output
    assert app.command[:2] == ["run", str(installed.APP)]
    assert (app["--server.address"], app["--server.port"], app["--server.headless"]) == ("127.0.0.1", str(port), "true")
    assert app.folder == "/as/it/was"
    assert opened == [f"http://localhost:{port}"]
    assert done.stdout == f"  The built-in spectra: {opened[0]}\n"
    assert done.stderr == ""


def test_what_is_named_is_opened(app: App, opened: list[str], port: int, a_set: Path) -> None:
    pages = {
        a_set: "/outliers?data=my%20set.parquet",
        QE: f"/?source=Folder&file={QE.name}",
        QE.parent: "/?source=Folder",
    }
    for path, page in pages.items():
        opened.clear()
        done = peploss("serve", path, "--port", port)
        assert done.exit_code == 0, done.output
        assert app.folder == str(path if path.is_dir() else path.parent)
        assert opened == [f"http://localhost:{port}{page}"]
        assert opened[0] in done.stdout


def test_headless_opens_no_browser(app: App, opened: list[str], port: int) -> None:
    assert f"http://localhost:{port}" in peploss("serve", "--headless", "--port", port).stdout
    assert opened == []


def test_other_machines_are_let_in_on_request_only_and_with_a_warning(app: App, opened: list[str], port: int) -> None:
    warning = f"Warning: anyone who can reach port {port} of 0.0.0.0 can use the app and the spectra and sets in"
    for arguments, folder in ([], "/as/it/was"), ([QE.parent], QE.parent):
        done = peploss("serve", *arguments, "--host", "0.0.0.0", "--port", port, "--headless")
        assert app["--server.address"] == "0.0.0.0"
        assert f"{warning} {folder}." in done.stderr


def test_no_outer_address_is_looked_up(app: App, port: int) -> None:
    """Streamlit asks a server for it, to put it into its welcome."""
    assert peploss("serve", "--port", port, "--headless").exit_code == 0
    assert app["--logger.hideWelcomeMessage"] == "true"
    settings = tomllib.loads((installed.ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"  # with which `streamlit run app.py` does not either


def test_a_port_in_use(app: App, opened: list[str], busy: int, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    done = peploss("serve", "--port", busy)
    assert (done.exit_code, app.command) == (1, [])
    assert f"cannot listen on port {busy} of 127.0.0.1: Address already in use" in done.stderr
    monkeypatch.setattr(sys.modules["peploss.cli.serve"], "_PORTS", (busy, port))
    assert peploss("serve", "--headless").exit_code == 0
    assert app["--server.port"] == str(port)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"nothing", "a.mgf", "a.mgf"),
        (b"nothing", "a.parquet", "cannot be read as Parquet"),
        (b"nothing", "a.txt", "cannot be read as Parquet"),
    ],
)
def test_what_cannot_be_opened_is_told_before_the_app_starts(
    content: bytes, name: str, message: str, app: App, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    done = peploss("serve", tmp_path / name)
    assert (done.exit_code, app.command) == (1, [])
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_set_by_another_name(app: App, a_set: Path, tmp_path: Path) -> None:
    other = tmp_path / "set.pq"
    other.write_bytes(a_set.read_bytes())
    done = peploss("serve", other)
    assert done.exit_code == 1
    assert "named .parquet" in done.stderr


def test_without_streamlit(app: App, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "streamlit.web", None)
    done = peploss("serve", "--headless", "--port", port)
    assert done.exit_code == 1
    assert 'pip install "peploss[app]"' in done.stderr


@pytest.mark.parametrize("name", ["run", "a b.npz"])
def test_a_run_opens_on_the_page_training(app: App, opened: list[str], port: int, tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    if name == "run":
        shutil.copytree(samples_folder() / "training_run", source)
    else:
        source.write_bytes(b"")
    assert peploss("serve", source, "--port", port).exit_code == 0
    assert opened == [f"http://localhost:{port}/training?run={quote(name)}"]
    assert app.folder == str(source if name == "run" else tmp_path)
