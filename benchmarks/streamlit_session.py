"""A session of the app without a browser: it speaks Streamlit's own protocol over a websocket, as the browser does.

It takes part where many sessions are needed and nothing has to be drawn. Values of widgets, fragments that run again
by themselves, uploads and the cookie that tells browsers apart are as a browser has them.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import struct
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http.cookies import SimpleCookie
from typing import Any, Final

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

LONGEST: Final = 180.0  # s that anything is waited for
_EVENTS: Final = "$$STREAMLIT_INTERNAL_KEY_{}__events"
_LARGEST: Final = 1 << 28  # bytes of a message


@dataclass(eq=False)
class Drawn:
    """An element on the page, and the fragment that drew it."""

    element: Element
    fragment: str
    run: str

    @property
    def kind(self) -> str:
        """As the protocol calls it: ``text_input``, ``button``, ``alert``…"""
        return str(self.element.WhichOneof("type"))

    @property
    def proto(self) -> Any:
        """What of it is of its kind."""
        return getattr(self.element, self.kind)

    @cached_property
    def head(self) -> dict[str, Any]:
        """The JSON of a component's payload, without its arrays; see ``peploss/explorer/browser/wire.py``."""
        block = self.proto.bytes
        if len(block) < 4:
            return {}
        (length,) = struct.unpack_from("<I", block)
        return dict(json.loads(block[4 : 4 + length]))


@dataclass(eq=False)
class Session:
    """One browser tab; see ``opened``.

    Attributes:
        received: called with the bytes of each message.
        errors: exceptions that the page showed, and runs that could not begin.
    """

    url: str
    page: str = ""
    query: str = ""
    received: Callable[[bytes], None] = lambda _: None
    errors: list[str] = field(default_factory=list)
    id: str = ""

    _socket: ClientConnection | None = None
    _token: str = ""
    _page_hash: str = ""
    _drawn: dict[tuple[int, ...], Drawn] = field(default_factory=dict)
    _states: dict[str, WidgetState] = field(default_factory=dict)
    _timers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _answers: dict[str, Any] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _reader: asyncio.Task[None] | None = None
    _run: str = ""
    _finished: int = 0

    async def open(self) -> Session:
        """Fetch the cookie, connect, and ask for the first run."""
        answer = await asyncio.to_thread(urllib.request.urlopen, f"{self.url}/_stcore/health")
        cookie = SimpleCookie(answer.headers.get("Set-Cookie", ""))
        self._token = cookie["_streamlit_xsrf"].value if "_streamlit_xsrf" in cookie else ""
        self._socket = await connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit", self._token],  # type: ignore[list-item]
            additional_headers={"Cookie": f"_streamlit_xsrf={self._token}"},
            origin=self.url,  # type: ignore[arg-type]
            max_size=_LARGEST,
            compression=None,
        )
        self._reader = asyncio.create_task(self._read())
        await self.rerun()
        return self

    async def close(self) -> None:
        """Leave, as a tab that is closed does."""
        self._still("")
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    async def rerun(self, fragment: str = "", *, auto: bool = False) -> None:
        """Run the page, or a part of it, with the values as they are; triggers are sent once."""
        message = BackMsg()
        client = message.rerun_script
        client.query_string, client.page_script_hash = self.query, self._page_hash
        client.page_name = "" if self._page_hash else self.page
        client.fragment_id, client.is_auto_rerun = fragment, auto
        client.context_info.url = f"{self.url}/{self.page}"
        client.widget_states.widgets.extend(self._states.values())
        for name in [name for name, state in self._states.items() if _is_trigger(state)]:
            del self._states[name]
        await self._send(message)

    async def set(self, drawn: Drawn, **value: Any) -> None:
        """Give a widget a value (``string_value="PEPTIDE"``) and run what it stands in."""
        self._states[drawn.proto.id] = WidgetState(id=drawn.proto.id, **value)
        await self.rerun(drawn.fragment)

    async def tell(self, drawn: Drawn, **state: Any) -> None:
        """Set states of a component, as ``setStateValue`` does."""
        await self.set(drawn, json_value=json.dumps(state))

    async def trigger(self, drawn: Drawn, event: str, value: Any) -> None:
        """Send an event of a component, as ``setTriggerValue`` does."""
        name = _EVENTS.format(drawn.proto.id)
        said = json.dumps([{"event": event, "value": value}])
        self._states[name] = WidgetState(id=name, json_trigger_value=said)
        await self.rerun(drawn.fragment)

    async def press(self, label: str) -> None:
        """Press the button of that label that was drawn last."""
        await self.set(await self.found("button", label), trigger_value=True)

    async def upload(self, drawn: Drawn, files: dict[str, bytes]) -> None:
        """Send files, then put them into the box."""
        message = BackMsg()
        request = message.file_urls_request
        request.request_id, request.session_id = f"upload {time.monotonic()}", self.id
        request.file_names.extend(files)
        await self._send(message)
        answer = await self.until(lambda: self._answers.pop(request.request_id, None), "places for uploads")
        state = WidgetState(id=drawn.proto.id)
        for (name, content), urls in zip(files.items(), answer.file_urls, strict=True):
            await asyncio.to_thread(self._put, urls.upload_url, name, content)
            state.file_uploader_state_value.uploaded_file_info.add(
                name=name, size=len(content), file_id=urls.file_id, file_urls=urls
            )
        self._states[drawn.proto.id] = state
        await self.rerun(drawn.fragment)

    def drawn(self, kind: str = "") -> Iterator[Drawn]:
        """What stands on the page, of that kind; in the order it was drawn."""
        return (one for one in self._drawn.values() if kind in ("", one.kind))

    async def found(self, kind: str, label: str) -> Drawn:
        """The last widget of that kind and label; waited for."""
        return await self.until(
            lambda: next((one for one in reversed(list(self.drawn(kind))) if one.proto.label == label), None),
            f"{kind} {label!r}",
        )

    def component(self, kind: str) -> tuple[Drawn, dict[str, Any]] | None:
        """A component of ours by the kind in its payload, with the head of that payload; None where there is none."""
        for one in self.drawn("bidi_component"):
            if one.head.get("kind") == kind:
                return one, one.head
        return None

    async def idle(self) -> None:
        """Wait until a run that was asked for has come to its end."""
        before = self._finished
        await self.until(lambda: self._finished > before, "the end of a run")

    async def until(self, look: Callable[[], Any], what: str, seconds: float = LONGEST) -> Any:
        """Wait for something on the page; what ``look`` found.

        Raises:
            TimeoutError: it does not come.
        """
        end = time.monotonic() + seconds
        while not (found := look()):
            self._changed.clear()
            if self._reader is not None and self._reader.done():
                raise ConnectionError(f"The server closed the session; waited for {what}.")
            try:
                await asyncio.wait_for(self._changed.wait(), min(1.0, max(0.01, end - time.monotonic())))
            except TimeoutError:
                if time.monotonic() > end:
                    raise TimeoutError(f"{what} does not come.") from None
        return found

    def texts(self) -> str:
        """What alerts and captions say."""
        return "\n".join(one.proto.body for kind in ("alert", "markdown") for one in self.drawn(kind))

    async def _send(self, message: BackMsg) -> None:
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        assert self._socket is not None
        async for data in self._socket:
            assert isinstance(data, bytes)
            self.received(data)
            message = ForwardMsg()
            message.ParseFromString(data)
            self._take(message)
            self._changed.set()

    def _take(self, message: ForwardMsg) -> None:
        kind, run = message.WhichOneof("type"), message.metadata.run
        if kind == "delta":
            self._draw(message)
        elif kind == "new_session":
            self.id = message.new_session.initialize.session_id or self.id
            self._run = run.script_run_id
            if not run.fragment_ids:
                self._still("")
        elif kind == "script_finished":
            self._finished += message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            parts = set(run.fragment_ids)
            if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                for path, one in list(self._drawn.items()):
                    if one.run != run.script_run_id and (not parts or one.fragment in parts):
                        del self._drawn[path]
        elif kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self._again(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._still(fragment)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "file_urls_response":
            self._answers[message.file_urls_response.response_id] = message.file_urls_response
        elif kind == "session_event" and message.session_event.HasField("script_compilation_exception"):
            self.errors.append(message.session_event.script_compilation_exception.message)

    def _draw(self, message: ForwardMsg) -> None:
        path, delta = tuple(message.metadata.delta_path), message.delta
        self._drawn.pop(path, None)  # what is drawn anew comes last
        if delta.WhichOneof("type") != "new_element":
            return
        one = Drawn(delta.new_element, delta.fragment_id, self._run)
        self._drawn[path] = one
        if one.kind == "exception":
            self.errors.append(f"{one.proto.type}: {one.proto.message}")
        elif one.kind == "text_input" and one.proto.set_value:
            self._states[one.proto.id] = WidgetState(id=one.proto.id, string_value=one.proto.value)

    def _again(self, fragment: str, interval: float) -> None:
        async def beat() -> None:
            while True:
                await asyncio.sleep(interval)
                await self.rerun(fragment, auto=True)

        self._still(fragment)
        self._timers[fragment] = asyncio.create_task(beat())

    def _still(self, fragment: str) -> None:
        """Stop what runs again by itself: one fragment, or all."""
        for name in [fragment] if fragment else list(self._timers):
            if name in self._timers:
                self._timers.pop(name).cancel()

    def _put(self, place: str, name: str, content: bytes) -> None:
        boundary = "peploss-upload"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        body = b"".join(
            [head.encode(), b"Content-Type: text/plain\r\n\r\n", content, f"\r\n--{boundary}--\r\n".encode()]
        )
        request = urllib.request.Request(
            f"{self.url}{place}" if place.startswith("/") else place, body, method="PUT",
            headers={
                "Content-Type": f"multipart/form-data; boundary={boundary}", "X-Xsrftoken": self._token,
                "Cookie": f"_streamlit_xsrf={self._token}",
            },
        )  # fmt: skip
        urllib.request.urlopen(request, timeout=LONGEST).close()


def _is_trigger(state: WidgetState) -> bool:
    return state.WhichOneof("value") in ("trigger_value", "json_trigger_value", "string_trigger_value")


def numbered(head: dict[str, Any], name: str) -> str:
    """A number above the plot, as it is written."""
    items = itertools.chain.from_iterable(group["items"] for group in head["numbers"])
    return next(str(item["value"]) for item in items if item["id"] == name)
