"""One request to an app, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any


def asked(app: Any, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a GET."""
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
             "root_path": "", "headers": told, "http_version": "1.1"}  # fmt: skip
    asyncio.run(app(scope, receive, send))
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])
