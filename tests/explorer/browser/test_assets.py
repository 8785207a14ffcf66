from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import plotly
import pytest
from starlette.applications import Starlette

from peploss.explorer.browser import assets


def get(path: str, *, encoding: str = "") -> tuple[int, dict[str, str], bytes]:
    """One request, straight to the routes."""
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
             "root_path": "", "headers": [(b"accept-encoding", encoding.encode())], "http_version": "1.1"}  # fmt: skip
    asyncio.run(Starlette(routes=assets.routes())(scope, receive, send))
    headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:])


def test_plotlys_script_is_the_one_of_the_installed_package_and_is_kept_by_the_browser() -> None:
    status, headers, body = get(f"/{assets.base_path()}/plotly.min.js")
    assert status == 200
    assert "immutable" in headers["cache-control"]
    assert body == (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes()


def test_it_travels_compressed_where_the_browser_can() -> None:
    _, headers, body = get(f"/{assets.base_path()}/component.js", encoding="gzip, br")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == (assets.FRONTEND / "component.js").read_bytes()


@pytest.mark.parametrize("name", ["..%2f..%2fapp.py", "assets.py", "loader.py", "", "plotly.js/x"])
def test_nothing_else_is_served(name: str) -> None:
    assert get(f"/{assets.base_path()}/{name}")[0] == 404


def test_an_old_address_is_not_answered_with_new_files() -> None:
    assert get(f"/{assets.PREFIX}/0000000000000000/component.js")[0] == 404
