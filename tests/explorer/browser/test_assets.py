from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import plotly
import pytest
from starlette.applications import Starlette

from peploss.explorer.browser import assets
from tests.explorer.browser.requests import asked

PUBLISHED = "79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a"
"""SHA-256 of the file in the npm package; see ``peploss/explorer/browser/vendor/README.md``."""


def get(path: str, *, encoding: str = "") -> tuple[int, dict[str, str], bytes]:
    """One request, straight to the routes."""
    return asked(Starlette(routes=assets.routes()), path, {"accept-encoding": encoding})


def test_plotlys_script_is_what_its_authors_publish_and_is_kept_by_the_browser() -> None:
    status, headers, body = get(f"/{assets.base_path()}/plotly.min.js")
    assert status == 200
    assert "immutable" in headers["cache-control"]
    assert hashlib.sha256(body).hexdigest() == PUBLISHED


def test_plotlys_script_is_of_the_version_that_the_figures_are_checked_against() -> None:
    whole = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    version = whole.read_text(encoding="utf-8")[:60].split("v")[1].split()[0]
    assert f"v{version}" in assets.PLOTLY.read_text(encoding="utf-8")[:80]


def test_our_scripts_travel_as_one_and_compressed_where_the_browser_can() -> None:
    _, headers, body = get(f"/{assets.base_path()}/{assets.SCRIPT}", encoding="gzip, br")
    assert headers["content-encoding"] == "gzip"
    script = gzip.decompress(body).decode()
    wanted = {path.stem for path in assets.FRONTEND.glob("*.js")} - {assets.LOADER}
    assert {name for name in wanted if f"const module_{name} =" not in script} == set()


@pytest.mark.parametrize("name", ["..%2f..%2fapp.py", "assets.py", "loader.py", "", "plotly.js/x"])
def test_nothing_else_is_served(name: str) -> None:
    assert get(f"/{assets.base_path()}/{name}")[0] == 404


def test_an_old_address_is_not_answered_with_new_files() -> None:
    assert get(f"/{assets.PREFIX}/0000000000000000/peploss.js")[0] == 404
