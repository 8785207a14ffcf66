"""The app, run without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from peploss.explorer.sources import uploads

ROOT = Path(__file__).parents[2]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """``opened(sigma="0.02")``: the app as a link with these query parameters opens it."""
    monkeypatch.chdir(ROOT)

    def open_app(**query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_app


@pytest.fixture(autouse=True)
def own_uploads(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Every test is a browser of its own; to Streamlit they are all the same session."""
    monkeypatch.setattr(uploads, "owner", lambda: request.node.nodeid)
