"""The first answer names our style sheet and scripts; everything else passes through as it was."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from streamlit import config

from peploss.explorer.browser import assets
from peploss.explorer.browser.first_paint import middleware
from tests.explorer.browser.requests import asked

PAGE = "<html><head><title>a</title></head><body></head></body></html>"


def page(request: object) -> HTMLResponse:
    return HTMLResponse(PAGE, headers={"ETag": '"old"', "Cache-Control": "no-cache"})


def text(request: object) -> PlainTextResponse:
    return PlainTextResponse(PAGE, headers={"ETag": '"old"'})


ROUTES = [Route("/", page), Route("/tune", page), Route("/text", text), Route("/a.html", page)]
APP = Starlette(routes=[*assets.routes(), *ROUTES], middleware=middleware())


@pytest.mark.parametrize("path", ["/", "/tune"])
def test_a_page_names_what_we_need_once_and_our_styles_after_those_of_its_head(path: str) -> None:
    status, headers, body = asked(APP, path, {"accept-encoding": "gzip", "if-none-match": '"old"'})
    head, _, rest = body.decode().partition("</head>")
    assert status == 200
    style = f'<link rel="stylesheet" href="/{assets.address()}/{assets.STYLE}">'
    assert rest.startswith("<body><style>")
    assert rest.endswith(f"</style>{style}</head></body></html>")
    for name, content in assets.files().items():
        address = f"/{assets.address()}/{name}"
        assert (head + rest).count(f'href="{address}"') == 1
        assert asked(APP, address, {})[2] == content
    assert int(headers["content-length"]) == len(body)
    assert "etag" not in headers  # of the file that it no longer is
    assert headers["cache-control"] == "no-cache"


def test_the_first_text_has_the_size_of_the_theme() -> None:
    _, _, body = asked(APP, "/", {})
    assert f"html {{ font-size: {config.get_option('theme.baseFontSize')}px }}" in body.decode()


@pytest.mark.parametrize("path", ["/text", "/a.html"])
def test_what_is_no_page_passes_unchanged(path: str) -> None:
    _, headers, body = asked(APP, path, {})
    assert body.decode() == PAGE
    assert headers["etag"] == '"old"'


def test_the_style_sheet_says_what_it_is() -> None:
    _, headers, _ = asked(APP, f"/{assets.address()}/{assets.STYLE}", {})
    assert headers["content-type"].startswith("text/css")
