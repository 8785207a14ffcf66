"""The first answer names our style sheet and scripts; everything else passes through as it was."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from peploss.explorer.browser import assets
from peploss.explorer.browser.first_paint import middleware

PAGE = "<html><head><title>a</title></head><body></head></body></html>"


@pytest.fixture
def client() -> TestClient:
    def page(request: object) -> HTMLResponse:
        return HTMLResponse(PAGE, headers={"ETag": '"old"', "Cache-Control": "no-cache"})

    def text(request: object) -> PlainTextResponse:
        return PlainTextResponse(PAGE, headers={"ETag": '"old"'})

    routes = [*assets.routes(), Route("/", page), Route("/tune", page), Route("/text", text), Route("/a.html", page)]
    return TestClient(Starlette(routes=routes, middleware=middleware()))


@pytest.mark.parametrize("path", ["/", "/tune"])
def test_a_page_names_what_we_need_once_and_at_the_end_of_its_head(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": '"old"'})
    head, _, rest = answer.text.partition("</head>")
    assert answer.status_code == 200
    assert rest == "<body></head></body></html>"
    for name in assets.files():
        address = f"/{assets.address()}/{name}"
        assert head.count(f'href="{address}"') == 1
        assert client.get(address).content == assets.files()[name]
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers  # of the file that it no longer is
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/text", "/a.html"])
def test_what_is_no_page_passes_unchanged(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.text == PAGE
    assert answer.headers["etag"] == '"old"'


def test_the_style_sheet_is_one(client: TestClient) -> None:
    assert client.get(f"/{assets.address()}/{assets.STYLE}").headers["content-type"].startswith("text/css")
