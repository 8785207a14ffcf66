"""What the browser is told with the very first answer, before a page of ours has run: what to fetch, and how it looks.

Streamlit knows of its own scripts only, so that ours would be asked for after all of those. A style sheet that a page
brings along comes after the first things on it, which then jump to their places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peploss.explorer.browser import assets

if TYPE_CHECKING:
    from starlette.middleware import Middleware
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

END, BODY = b"</head>", b"<body>"


def added(page: bytes) -> bytes:
    """The page with what to fetch at the end of its head, and our style sheet at the start of its body.

    Streamlit puts its own styles into the head as it draws. Of two rules that fit alike, the later one counts.
    """
    where = f"/{assets.address()}"
    fetch = (
        f'<link rel="modulepreload" href="{where}/{assets.SCRIPT}">'
        f'<link rel="preload" as="script" href="{where}/{assets.PLOTLY_SCRIPT}">'
    )
    style = f'<style>{_frame()}</style><link rel="stylesheet" href="{where}/{assets.STYLE}">'
    return page.replace(END, fetch.encode() + END, 1).replace(BODY, BODY + style.encode(), 1)


def _frame() -> str:
    """What moves everything when it comes late, so that it is within the page: the size of a rem, and the width.

    Streamlit draws its first text at the browser's size and in a narrow column, and hears of the theme and of the wide
    layout later.
    """
    from streamlit import config

    return (
        f"html {{ font-size: {config.get_option('theme.baseFontSize')}px }} "
        "[data-testid=stMainBlockContainer] { max-width: none !important }"
    )


class FirstPaint:
    """Middleware that adds it to pages, and leaves everything else alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; of a page the answer is held back until it is whole."""
        if scope["type"] != "http" or scope["method"] != "GET" or "." in scope["path"].rpartition("/")[2]:
            await self.app(scope, receive, send)
            return
        # Not compressed, so that it can be added to; and always sent, for it is other than the file whose date it has.
        unwanted = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
        asked = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name not in unwanted]}
        start: dict[str, Any] = {}
        body = bytearray()

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                if not _is_page(message):
                    await send(message)
                    return
                start.update(message)
            elif not start:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await _send_all(start, added(bytes(body)), send)

        await self.app(asked, receive, hold)


def _is_page(start: Message) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in start["headers"])


async def _send_all(start: dict[str, Any], body: bytes, send: Send) -> None:
    stale = (b"content-length", b"etag", b"last-modified", b"accept-ranges")
    headers = [(name, value) for name, value in start["headers"] if name not in stale]
    await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


def middleware() -> list[Middleware]:
    """For ``st.App``."""
    from starlette.middleware import Middleware

    return [Middleware(FirstPaint)]
