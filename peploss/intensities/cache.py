"""Keeps predictions on disk, by source and peptidoform."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from peploss.intensities.prediction import Ion

_TABLE = "CREATE TABLE IF NOT EXISTS predictions (source TEXT, key TEXT, ions TEXT, PRIMARY KEY (source, key))"
_AT_ONCE = 500


class PredictionCache:
    """A SQLite file of predictions that several processes share; if it cannot be written, memory is used.

    Args:
        path: of the file; None keeps everything in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self.path = path
        try:
            if path is None:
                raise OSError
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open(os.fspath(path))
        except (OSError, sqlite3.Error):
            self.path = None
            self._open(":memory:")

    def _open(self, where: str) -> None:
        self._connection = sqlite3.connect(where, timeout=10, check_same_thread=False)
        with self._connection:
            self._connection.execute(_TABLE)

    @classmethod
    def of_user(cls) -> PredictionCache:
        """The cache in the user's cache folder."""
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        return cls(Path(base) / "peploss" / "predictions.sqlite")

    def get(self, source: str, keys: Iterable[str]) -> dict[str, dict[Ion, float]]:
        """The stored predictions of these keys."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, dict[Ion, float]] = {}
        with self._lock:
            for start in range(0, len(wanted), _AT_ONCE):
                part = wanted[start : start + _AT_ONCE]
                marks = ",".join("?" * len(part))
                query = f"SELECT key, ions FROM predictions WHERE source = ? AND key IN ({marks})"  # noqa: S608
                for key, ions in self._connection.execute(query, [source, *part]):
                    found[key] = {Ion(kind, n, z, loss): value for kind, n, z, loss, value in json.loads(ions)}
        return found

    def put(self, source: str, made: Mapping[str, Mapping[Ion, float]]) -> None:
        """Store predictions, replacing those of the same key."""
        rows = [(source, key, json.dumps([[*ion, value] for ion, value in ions.items()])) for key, ions in made.items()]
        with self._lock, self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO predictions VALUES (?, ?, ?)", rows)
