"""``peploss serve`` opens the app on the built-in spectra, a set, a folder or a file."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

import click

from peploss import installed
from peploss.cli.common import told
from peploss.errors import SourceError

LOCAL: Final = "127.0.0.1"
_ANY: Final = ("0.0.0.0", "::")  # noqa: S104 (compared with, and never the default)
_PORTS: Final = range(8501, 8521)
_LOOK_EVERY: Final = 0.3  # s


class _Opened(NamedTuple):
    """What the app is opened on.

    Args:
        folder: the app's data folder, or None to leave it as ``PEPLOSS_DATA_DIR`` says.
        page: path and query of the page to open, below the address of the app.
        about: what is there, in words.
    """

    folder: Path | None
    page: str
    about: str


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True), metavar="[SET|RUN|FOLDER|FILE]", required=False)
@click.option(
    "--port", type=click.IntRange(1, 65535), help=f"[default: {_PORTS[0]}, or the next that is free]",
)  # fmt: skip
@click.option("--host", default=LOCAL, show_default=True, help="Address to listen on; 0.0.0.0 lets other machines in.")
@click.option("--headless", is_flag=True, help="Do not open a browser.")
@told
def serve(source: Path | None, port: int | None, host: str, headless: bool) -> None:
    """Open the app in the browser. Ctrl-C ends it.

    On a SET (.parquet) it shows the distribution, the outliers and their causes; on a RUN (a folder that SampleLog
    wrote, or a model's output as .npz, .safetensors, mzTab or CSV) its training; on a FOLDER or a FILE of spectra, one
    spectrum; without an argument, the built-in spectra. The app reads files of that folder, or of the folder
    that the set or file lies in, and no others.
    """
    opened = _opened(source)
    port = _free_port(host, port)
    if host not in (LOCAL, "localhost", "::1"):
        from peploss.spectra.folder import ENVIRONMENT

        folder = opened.folder or os.environ.get(ENVIRONMENT)
        files = f" and the spectra and sets in {folder}" if folder else ""
        click.echo(f"  Warning: anyone who can reach port {port} of {host} can use the app{files}.", err=True)
    near = "localhost" if host in (LOCAL, *_ANY) else f"[{host}]" if ":" in host else host
    address = f"http://{near}:{port}"
    announce = threading.Thread(target=_announce, args=(address, opened, headless), name="announce", daemon=True)
    announce.start()
    _run(host, port, opened.folder)


def _opened(source: Path | None) -> _Opened:
    """Read the argument; a problem with it is reported here, not in the browser."""
    if source is None:
        return _Opened(None, "", "The built-in spectra")
    from peploss.spectra.folder import is_spectrum_name

    path = source.resolve()
    if path.is_dir() and any(path.glob("part-*.parquet")):
        from peploss.training.logged_run import LoggedRun

        LoggedRun(path)
        return _Opened(path, f"/training?run={quote(path.name)}", "The run")
    if path.is_dir():
        return _Opened(path, "/?source=Folder", "The folder")
    if is_spectrum_name(path.name):
        from peploss.spectra.readers import open_spectra

        open_spectra(path).close()
        return _Opened(path.parent, "/?" + urlencode({"source": "Folder", "file": path.name}), "The file")
    from peploss.dataset.runs.open import is_run_name

    if is_run_name(path.name):  # it is read by the page, which tells what is wrong with it
        return _Opened(path.parent, f"/training?run={quote(path.name)}", "The run")
    from peploss.dataset.store import ParquetStore

    ParquetStore(path).close()
    if path.suffix.lower() != ".parquet":
        raise SourceError("The app lists sets that are named .parquet.", where=str(source), remedy="Rename it.")
    return _Opened(path.parent, f"/outliers?data={quote(path.name)}", "The set")


def _free_port(host: str, port: int | None) -> int:
    for each in _PORTS if port is None else (port,):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            try:
                probe.bind((host, each))
            except OSError as error:
                problem = error.strerror
            else:
                return each
    tried = f"{_PORTS[0]} to {_PORTS[-1]}" if port is None else f"{port}"
    raise SourceError(
        f"The app cannot listen on port {tried} of {host}: {problem}.", remedy="Choose another with --port and --host."
    )


def _announce(address: str, opened: _Opened, headless: bool) -> None:
    """Wait until the app answers, then say where it is and open it; runs beside the server."""
    import urllib.request
    import webbrowser

    while True:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):  # noqa: S310 (this machine's own)
                break
        except OSError:
            time.sleep(_LOOK_EVERY)
    page = address + opened.page
    click.echo(f"  {opened.about}: {page}")
    if not headless:
        webbrowser.open(page)


def _run(host: str, port: int, folder: Path | None) -> None:
    """Run the app in this process until Ctrl-C or SIGTERM ends it."""
    from peploss.spectra.folder import ENVIRONMENT

    if folder is not None:
        os.environ[ENVIRONMENT] = str(folder)
    try:
        from streamlit.web import cli
    except ModuleNotFoundError as error:
        raise SourceError(
            f"{error.name} is not installed.", remedy='Install what the app needs: pip install "peploss[app]".'
        ) from error
    command = ["run", str(installed.APP), "--server.port", str(port), "--server.address", host]
    command += ["--server.headless", "true"]  # the browser is opened by ``_announce``, on the right page
    command += ["--server.fileWatcherType", "none"]  # nobody edits the app while it is served
    command += ["--logger.hideWelcomeMessage", "true"]  # it would ask a server for this machine's outer address
    sys.exit(cli.main(command, prog_name="streamlit", standalone_mode=False))
