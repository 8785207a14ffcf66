"""The app served and a headless Chromium to open it, for measurements, pictures and tests.

Needs playwright and a Chromium (``CHROMIUM=/path`` if it is not ``/usr/bin/chromium``).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
PAINTED = ".pl[data-painted]"
FIRST_START = 240  # s: a first start compiles the kernels


@contextmanager
def app(log: Path | None = None, **environment: str) -> Iterator[str]:
    """The running app's address.

    Args:
        log: file for what the server says; nowhere by default.
        environment: variables on top of this process's.
    Raises:
        RuntimeError: it does not answer.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port),
               "--server.address", "127.0.0.1", "--server.headless", "true",
               "--server.fileWatcherType", "none"]  # fmt: skip
    with Path(log or os.devnull).open("w") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
        url, end = f"http://127.0.0.1:{port}", time.monotonic() + FIRST_START
        try:
            while not _answers(url):
                if server.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"The app did not start.\n{log.read_text() if log else ''}")
                time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.wait(10)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def launched(playwright: Playwright) -> Browser:
    """A Chromium, closed by ``close`` or with playwright."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()
