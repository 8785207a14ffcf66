"""The browser's files, served beside Streamlit from where they are installed.

Our own scripts travel as one (``bundle.py``), Plotly as the part of it that draws lines, bars, heat maps and contours
(``vendor/``). Both get one URL that carries a digest of them all, so a browser may keep them for ever and a new version
is a new URL. Nothing is copied: a read-only checkout works.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from peploss.explorer.browser.bundle import bundle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

FRONTEND = Path(__file__).parent / "frontend"
PLOTLY = Path(__file__).parent / "vendor" / "plotly-cartesian.min.js"
PREFIX = "peploss-assets"
SCRIPT, PLOTLY_SCRIPT, STYLE = "peploss.js", "plotly.min.js", "peploss.css"
LOADER = "loader"  # Streamlit carries it; it is not asked for


@cache
def files() -> dict[str, bytes]:
    """Every file the browser may ask for, by name."""
    modules = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FRONTEND.glob("*.js"))}
    return {
        SCRIPT: bundle(modules, "component").encode(),
        PLOTLY_SCRIPT: PLOTLY.read_bytes(),
        STYLE: (FRONTEND / "plot.css").read_bytes(),
    }


@cache
def base_path() -> str:
    """Where the files are, relative to the app's own address: ``peploss-assets/<digest>``."""
    digest = hashlib.blake2b(digest_size=8)
    for name, content in files().items():
        digest.update(name.encode() + b"\0" + content)
    return f"{PREFIX}/{digest.hexdigest()}"


def address() -> str:
    """The same from the root of the server."""
    from streamlit import config

    root = (config.get_option("server.baseUrlPath") or "").strip("/")
    return "/".join(filter(None, (root, base_path())))


@cache
def loader() -> str:
    """The few lines that Streamlit carries with every update: they fetch the rest from its cached address."""
    return (FRONTEND / f"{LOADER}.js").read_text(encoding="utf-8").replace("__BASE__", base_path())


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(files()[name], compresslevel=6, mtime=0)


def routes() -> list[BaseRoute]:
    """Routes for ``st.App``: the files above, to be kept by the browser for a year."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files():
            return PlainTextResponse("not found", status_code=404)
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        media_type = "text/css" if name == STYLE else "text/javascript"
        if "gzip" in request.headers.get("accept-encoding", ""):
            content = await run_in_threadpool(_compressed, name)
            return Response(content, headers=headers | {"Content-Encoding": "gzip"}, media_type=media_type)
        return Response(files()[name], headers=headers, media_type=media_type)

    return [Route(f"/{address()}/{{name}}", serve, methods=["GET", "HEAD"])]
