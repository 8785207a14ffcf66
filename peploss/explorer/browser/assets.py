"""The browser's files, served beside Streamlit from where they are installed.

Our own scripts and the ``plotly.min.js`` of the installed plotly package get one URL that carries a digest of them
all, so a browser may keep them for ever and a new version is a new URL. Nothing is copied: a read-only checkout works.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from peploss.errors import PeplossError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

FRONTEND = Path(__file__).parent / "frontend"
PREFIX = "peploss-assets"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}


@cache
def files() -> dict[str, Path]:
    """Every file the browser may ask for, by name.

    Raises:
        PeplossError: plotly is not installed, or came without its JavaScript.
    """
    found = {path.name: path for path in sorted(FRONTEND.iterdir()) if path.suffix in MEDIA_TYPES}
    try:
        import plotly
    except ImportError as error:
        raise PeplossError("The app needs plotly.", remedy="pip install -r requirements.txt") from error
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    if not script.is_file():
        raise PeplossError(
            f"plotly {version('plotly')} came without its plotly.min.js.",
            where=str(script.parent),
            remedy="Reinstall it: pip install --force-reinstall plotly",
        )
    found[script.name] = script
    return found


@cache
def base_path() -> str:
    """Where the files are, relative to the app's own address: ``peploss-assets/<digest>``."""
    digest = hashlib.blake2b(version("plotly").encode(), digest_size=8)
    for name, path in files().items():
        if path.parent == FRONTEND:
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return f"{PREFIX}/{digest.hexdigest()}"


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(files()[name].read_bytes(), compresslevel=6, mtime=0)


def routes() -> list[BaseRoute]:
    """Routes for ``st.App``: the files above, to be kept by the browser for a year."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route
    from streamlit import config

    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files():
            return PlainTextResponse("not found", status_code=404)
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        media_type = MEDIA_TYPES[files()[name].suffix]
        if "gzip" in request.headers.get("accept-encoding", ""):
            content = await run_in_threadpool(_compressed, name)
            return Response(content, headers=headers | {"Content-Encoding": "gzip"}, media_type=media_type)
        return Response(await run_in_threadpool(files()[name].read_bytes), headers=headers, media_type=media_type)

    root = (config.get_option("server.baseUrlPath") or "").strip("/")
    path = "/" + "/".join(filter(None, (root, base_path())))
    return [Route(f"{path}/{{name}}", serve, methods=["GET", "HEAD"])]
