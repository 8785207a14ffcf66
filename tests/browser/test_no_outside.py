"""The whole app reaches nothing but this machine's own addresses, and what a link says never becomes one."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from benchmarks.browser import IDLE, app
from peploss.dataset.index.build import build_set
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.tables import read_psms
from peploss.spectra.samples import samples_folder

pytestmark = pytest.mark.browser

PAGES = ("", "tune", "outliers", "losses", "training")
LOCAL = ("127.0.0.1", "localhost", "::1")
TOLD = "PEPLOSS_TEST_TOLD"
# Python imports it at its start, in the server and in every process that it starts.
GUARD = f"""
    import os, socket

    def told(what, address):
        host = address[0] if isinstance(address, tuple) else address
        if isinstance(host, bytes):
            host = host.decode()
        if isinstance(host, str) and host not in {("", *LOCAL)} and not host.startswith("/"):
            with open(os.environ["{TOLD}"], "a") as file:
                file.write(f"{{what}} {{host}}\\n")
            raise OSError(f"{{host}} is not this machine")

    class Guarded(socket.socket):
        def connect(self, address):
            told("connect", address)
            return super().connect(address)

        def connect_ex(self, address):
            told("connect", address)
            return super().connect_ex(address)

        def sendto(self, data, *rest):
            told("sendto", rest[-1])
            return super().sendto(data, *rest)

    def looked_up(host, *rest, find=socket.getaddrinfo, **more):
        told("look-up", host)
        return find(host, *rest, **more)

    socket.socket, socket.getaddrinfo = Guarded, looked_up
    with open(os.environ["{TOLD}"], "a") as file:
        file.write("guarded\\n")
"""


@pytest.fixture(scope="module")
def guarded(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of an app that can reach nothing else, and the file that tells what it tried."""
    home, data = tmp_path_factory.mktemp("guarded"), tmp_path_factory.mktemp("data")
    samples = samples_folder()
    build_set([samples / "hcd_qe_openms_qc.mgf"], [read_psms(samples / "psms.tsv")], data / "a.parquet", workers=1)
    score_set(data / "a.parquet", data / "scores.parquet", Plan())
    shutil.copytree(samples / "training_run", data / "run")
    shutil.copy(samples / "hcd_qe_openms_qc.mgf", data)
    (home / "sitecustomize.py").write_text(textwrap.dedent(GUARD))
    environment = {
        "PEPLOSS_DATA_DIR": str(data), "XDG_DATA_HOME": str(home), TOLD: str(home / "told.txt"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(home), os.environ.get("PYTHONPATH")])),
    }  # fmt: skip
    with app(home / "log.txt", **environment) as address:
        yield address, home / "told.txt"


def outside(told: Path) -> set[str]:
    tried = set(told.read_text().splitlines())
    assert "guarded" in tried  # else nothing was watched
    return tried - {"guarded"}


def test_no_page_and_no_tab_asks_anything_of_another_machine(
    guarded: tuple[str, Path], open_page: Callable[..., Any]
) -> None:
    address, told = guarded
    asked: list[str] = []
    tabs = 0
    for name in PAGES:
        page = open_page(f"{address}/{name}", painted=False)
        page.set_default_timeout(120_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.reload()  # watched from its first request on
        page.wait_for_selector(
            "[data-testid=stMain] h1, [data-testid=stMain] h2, [data-testid=stTab], .pl", timeout=120_000
        )
        page.wait_for_selector(IDLE, timeout=120_000)
        for tab in page.get_by_role("tab").all():
            tab.click()
            page.wait_for_selector(IDLE, timeout=120_000)
            tabs += 1
        page.close()
    hosts = {urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in ("data", "blob", "about")}
    assert hosts == {"127.0.0.1"}
    assert tabs >= 10
    assert outside(told) == set()


URL = "https://evil.example/x"


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("outliers", {"data": URL}),
        ("", {"source": "Folder", "file": URL}),
        ("", {"sample": URL}),
        ("", {"peptide": URL}),
        ("", {"peptide": f"PEP[{URL}]TIDE"}),
        ("training", {"run": URL}),
        ("", {"source": "Set", "psms": "www.evil.example"}),
    ],
)
def test_what_a_link_says_is_text_in_our_messages(
    guarded: tuple[str, Path], open_page: Callable[..., Any], page: str, query: dict[str, str]
) -> None:
    shown = open_page(f"{guarded[0]}/{page}?{urlencode(query)}", painted=False)
    shown.wait_for_selector("[data-testid=stAlert]:has-text('evil.example')")
    assert shown.locator("a[href*='evil.example']").count() == 0
    assert outside(guarded[1]) == set()
