"""A real Firefox, asked through WebDriver BiDi: Playwright's driver does not fit the Firefox that Debian packages.

The protocol is https://w3c.github.io/webdriver-bidi/; Firefox speaks it by itself, without geckodriver.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

FIREFOX = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
_LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
WIDTH, HEIGHT = 1400, 900  # CSS px


class Firefox:
    """One tab of a running Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self.errors: list[str] = []
        """What its console called an error."""
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        self._tab = self._ask("browsingContext.getTree")["contexts"][0]["context"]
        size = {"width": WIDTH, "height": HEIGHT}
        self._ask("browsingContext.setViewport", context=self._tab, viewport=size)

    def open(self, address: str) -> None:
        """Go there; what the page before said as it was left is forgotten."""
        self._ask("browsingContext.navigate", context=self._tab, url="about:blank", wait="complete")
        self.errors.clear()
        self._ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is, if a text, a number or a truth."""
        asked = {"expression": expression, "target": {"context": self._tab}, "awaitPromise": True}
        return self._ask("script.evaluate", **asked)["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key, as its code in https://w3c.github.io/webdriver/#keyboard-actions."""
        strokes = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        keyboard = {"type": "key", "id": "keyboard", "actions": strokes}
        self._ask("input.performActions", context=self._tab, actions=[keyboard])

    def wait_for(self, condition: str, seconds: float = 60) -> None:
        """Wait until a JavaScript expression is true.

        Raises:
            TimeoutError: it does not come true.
        """
        end = time.monotonic() + seconds
        while not self.value(f"Boolean({condition})"):
            if time.monotonic() > end:
                raise TimeoutError(f"not true after {seconds:g} s: {condition}")
            time.sleep(0.1)

    def _ask(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.errors.append(str(answer["params"]["text"]))


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """A Firefox with an empty profile, closed at the end."""
    command = [str(FIREFOX), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if found := _LISTENS.search(line):
                with connect(f"{found[1]}/session", max_size=None) as socket:
                    yield Firefox(socket)
                return
        raise RuntimeError(f"Firefox did not start: {''.join(said)}")
    finally:
        process.terminate()
        process.wait(20)
