"""``peploss serve``: the app with one set at hand."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path
from typing import Final
from urllib.parse import quote

import click

from peploss.cli.common import EXISTING, told
from peploss.errors import SourceError

_APP: Final = Path(__file__).resolve().parents[2] / "app.py"
_LOOK_EVERY: Final = 0.3  # s


@click.command()
@click.argument("source", type=EXISTING, metavar="SET")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option("--headless", is_flag=True, help="Do not open a browser.")
@told
def serve(source: Path, port: int, headless: bool) -> None:
    """Open the app on SET: its distribution, its outliers and their causes. Its folder is the app's data folder."""
    from peploss.dataset.store import ParquetStore
    from peploss.spectra.folder import ENVIRONMENT

    ParquetStore(source).close()  # said here, and not in the browser
    if source.suffix.lower() != ".parquet":
        raise SourceError("The app lists sets that are named .parquet.", where=str(source), remedy="Rename it.")
    if not _APP.is_file():
        raise SourceError(
            "The app is not beside the package.", where=str(_APP), remedy="Run from a checkout of peploss."
        )
    environment = {**os.environ, ENVIRONMENT: str(source.resolve().parent)}
    command = [sys.executable, "-m", "streamlit", "run", str(_APP), "--server.port", str(port)]
    command += ["--server.headless", "true"]  # the browser is opened here, on the page of the set
    address = f"http://localhost:{port}"
    page = f"{address}/outliers?data={quote(source.resolve().name)}"
    with subprocess.Popen(command, env=environment, cwd=_APP.parent) as server:  # noqa: S603  no shell, nothing typed
        try:
            if _answers(server, address):
                click.echo(f"  The set: {page}")
                if not headless:
                    webbrowser.open(page)
            sys.exit(server.wait())
        except KeyboardInterrupt:
            server.terminate()
            raise


def _answers(server: subprocess.Popen[bytes], address: str) -> bool:
    """Wait until the app answers; False where it ended before."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):  # noqa: S310  this machine's own
                return True
        except OSError:
            time.sleep(_LOOK_EVERY)
    return False
