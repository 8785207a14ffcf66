"""``peploss serve``: the app with one set at hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from peploss.cli.common import EXISTING, told
from peploss.errors import SourceError

_APP: Final = Path(__file__).resolve().parents[2] / "app.py"


@click.command()
@click.argument("source", type=EXISTING, metavar="SET")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option("--headless", is_flag=True, help="Do not open a browser.")
@told
def serve(source: Path, port: int, headless: bool) -> None:
    """Open the app on the folder of SET: Tune offers it among the sets to look at, Explore the spectrum files there."""
    from peploss.dataset.store import ParquetStore
    from peploss.spectra.folder import ENVIRONMENT

    ParquetStore(source).close()  # said here, and not in the browser
    if not _APP.is_file():
        raise SourceError(
            "The app is not beside the package.", where=str(_APP), remedy="Run from a checkout of peploss."
        )
    environment = {**os.environ, ENVIRONMENT: str(source.resolve().parent)}
    command = [sys.executable, "-m", "streamlit", "run", str(_APP), "--server.port", str(port)]
    command += ["--server.headless", "true"] if headless else []
    sys.exit(subprocess.call(command, env=environment, cwd=_APP.parent))  # noqa: S603  no shell, nothing typed in it
