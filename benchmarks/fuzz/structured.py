"""Changes what has a structure of its own, which changed bytes would only break: values, databases, arrays."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import struct
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.fuzz.mutate import NUMBERS, TOKENS

ODD: Final = (
    None, 0, -1, 1e308, float("nan"), float("inf"), 2**63 - 1, -(2**63), 10**40, "x", "", "9" * 5000, [], {}, [1],
    {"a": 1}, True, [[[]]], "[" * 2000,
)  # fmt: skip
_WITHOUT_END: Final = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT {} FROM r"

MOST_ROWS: Final = 1000


def changed_value(dice: random.Random, value: Any) -> Any:
    """One to three changes, anywhere within lists and mappings: a value replaced, taken away or there many times."""
    for _ in range(dice.choice((1, 1, 2, 3))):
        value = _changed(dice, value)
    return value


def _changed(dice: random.Random, value: Any) -> Any:
    inside = isinstance(value, (list, dict)) and len(value) and dice.random() < 0.85
    if not inside:
        return dice.choice(ODD)
    out: Any = dict(value) if isinstance(value, dict) else list(value)
    key = dice.choice(sorted(out)) if isinstance(out, dict) else dice.randrange(len(out))
    way = dice.randrange(6)
    if way == 0:
        del out[key]
    elif way == 1 and isinstance(out, list):
        out += [out[key]] * dice.choice((1, 50))
    elif way == 1:
        out[f"{key}{dice.choice('x_ ')}"] = out.pop(key)
    else:
        out[key] = _changed(dice, out[key])
    return out


def packed(value: Any) -> bytes:
    """A value in CBOR (RFC 8949), whose writer is an optional package."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raw = abs(value).to_bytes((abs(value).bit_length() + 7) // 8, "big")
            return (b"\xc2" if value > 0 else b"\xc3") + _head(2, len(raw)) + raw
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, str):
        raw = value.encode()
        return _head(3, len(raw)) + raw
    if isinstance(value, Mapping):
        return _head(5, len(value)) + b"".join(packed(k) + packed(v) for k, v in value.items())
    return _head(4, len(value)) + b"".join(packed(v) for v in value)


def _head(kind: int, n: int) -> bytes:
    if n < 24:
        return bytes([kind << 5 | n])
    return bytes([kind << 5 | 27]) + struct.pack(">Q", n)


def changed_database(dice: random.Random, source: Path, target: Path) -> None:
    """A copy of an SQLite database with one to three changes of its tables, or with a view without end for one."""
    target.unlink(missing_ok=True)
    shutil.copyfile(source, target)
    with closing(sqlite3.connect(target, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = OFF")
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for _ in range(dice.choice((1, 1, 2, 3))):
            with contextlib.suppress(sqlite3.Error, OverflowError):  # a table or column that an earlier change took
                _table_changed(dice, database, dice.choice(tables))


def _table_changed(dice: random.Random, database: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    if not columns:  # an earlier change took the table
        return
    column = dice.choice(columns)
    way = dice.randrange(12)
    if way == 0:
        database.execute(f"DROP TABLE {table}")
    elif way == 1:
        database.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO {column}x")
    elif way == 2:
        database.execute(f"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})")
    elif way == 3:
        for _ in range(dice.choice((1, 8))):  # up to so many rows: a long file may take its time
            few = f"(SELECT count(*) FROM {table}) < {MOST_ROWS}"
            database.execute(f"INSERT INTO {table} SELECT * FROM {table} WHERE {few}")
    elif way == 4:
        database.execute(f"DROP TABLE {table}")
        database.execute(f"CREATE VIEW {table} AS " + _WITHOUT_END.format(", ".join(f"x AS {c}" for c in columns)))
    else:
        value = dice.choice((
            None, 0, -1, 1, 1e308, float("inf"), 2**63 - 1, -(2**63), b"\x00\xff", b"x" * 3000,
            dice.choice(TOKENS + NUMBERS).decode("utf-8", "replace"), dice.choice(TOKENS + NUMBERS),
        ))  # fmt: skip
        where = "" if dice.random() < 0.5 else f" WHERE rowid = (SELECT min(rowid) FROM {table})"
        database.execute(f"UPDATE {table} SET {column} = ?{where}", [value])


def changed_arrays(dice: random.Random, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One to three changes of named arrays: of a value, the shape, the type, the name, or one taken away."""
    out = dict(arrays)
    for _ in range(dice.choice((1, 1, 2, 3))):
        if out:
            _array_changed(dice, out, dice.choice(sorted(out)))
    return out


def _array_changed(dice: random.Random, out: dict[str, np.ndarray], name: str) -> None:
    array, way = out[name], dice.randrange(7)
    if way == 0:
        del out[name]
    elif way == 1:
        out[f"{name}x"] = out.pop(name)
    elif way == 2:
        out[name] = array[..., : dice.choice((0, 1, max(array.shape[-1] - 1, 0)))] if array.ndim else array.reshape(1)
    elif way == 3:
        out[name] = dice.choice((array[None], array.reshape(-1), np.zeros(()), np.zeros((0, 4)), array.T))
    elif way == 4:
        kind = dice.choice(("float16", "float64", "int8", "int64", "uint8", "bool", ">f4", "complex64", "U5"))
        with np.errstate(all="ignore"), contextlib.suppress(ValueError):  # a word is no number
            out[name] = array.astype(kind)
    elif array.size and array.dtype.kind in "fiu":
        changed = array.copy()
        value = dice.choice((0, -1, 127, float("nan"), float("inf"), 1e308, 1e-320, 2**31, 2**62))
        with np.errstate(all="ignore"), contextlib.suppress(ValueError, OverflowError):  # what this type cannot hold
            changed.flat[dice.randrange(array.size) if way == 5 else slice(None)] = value
        out[name] = changed
