"""Changes inputs at random, by seed: bytes, text, and the columns of a table."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

NUMBERS: Final = (
    b"0", b"-1", b"1e308", b"-1e308", b"1e400", b"nan", b"inf", b"1e-320", b"1e30", b"2147483648",
    b"9223372036854775808", b"9" * 400, b"9" * 5000, b"0x10", b"1_0", b"1,5", b"", b"+", b"1e", b"\xd9\xa3",
)  # fmt: skip
TOKENS: Final = (
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\t", b"[", b"]", b"[[[[", b"(", b")", b"{", b"}", b"<", b">",
    b"&", b"&amp;", b"<!--", b"]]>", b'"', b"'", b"''", b";", b"|", b"/", b"//", b"\\", b"%", b"#", b"=", b"--",
    b"../..", b",", b"UNIMOD:35", b"[Oxidation]", b"[+1e308]", b"[Formula:C999999]", b"[Glycan:Hex]", b"?", b"^99999",
    b"@", b"-", b"+", b"A" * 3000, b"[" * 2000, b"(" * 2000, b"\xf0\x9f\x98\x80", b"NaN", b"null", b"None", b"true",
)  # fmt: skip
_NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def mutated(dice: random.Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """One to six changes of bytes.

    Args:
        others: inputs of the same kind, for parts of them.
    """
    out = data
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        out = _once(dice, out, others)
    return out[: 1 << 20]


def _once(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    at, end = sorted((dice.randint(0, len(data)), dice.randint(0, len(data))))
    near = min(end, at + dice.choice((1, 4, 40, 400)))
    way = dice.randrange(9)
    if way == 0:
        return data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
    if way == 1:
        return data[:at] + data[near:]
    if way == 2:
        return data[:near] + data[at:near] * dice.choice((1, 2, 50)) + data[near:]
    if way == 3:
        return data[:at]
    if way == 4:
        return data[:at] + dice.choice(TOKENS) + data[at:]
    if way == 5 and (found := [m.span() for m in _NUMBER.finditer(data[:100_000])]):
        start, stop = dice.choice(found)
        return data[:start] + dice.choice(NUMBERS) + data[stop:]
    if way == 6 and others:
        other = dice.choice(others)
        cut = dice.randint(0, len(other))
        return data[:at] + other[cut : cut + dice.choice((10, 200, 5000))] + data[near:]
    if way == 7:
        return data[:at] + dice.choice(TOKENS) + data[near:]
    lines = data.split(b"\n")
    dice.shuffle(lines) if len(lines) < 50 else lines.pop(dice.randrange(len(lines)))
    return b"\n".join(lines)


def mutated_text(dice: random.Random, text: str, others: Sequence[str] = ()) -> str:
    """The same of text; bytes that are no text become a sign for that."""
    return mutated(dice, text.encode(), [other.encode() for other in others]).decode("utf-8", "replace")


def mutated_table(dice: random.Random, table: pa.Table) -> pa.Table:
    """One to three changes of the columns of a table or of what it says of itself."""
    for _ in range(dice.choice((1, 1, 2, 3))):
        table = _column_changed(dice, table) if table.num_columns and dice.random() < 0.75 else _said(dice, table)
    return table


def _column_changed(dice: random.Random, table: pa.Table) -> pa.Table:
    at = dice.randrange(table.num_columns)
    name, n = table.schema.names[at], table.num_rows
    way = dice.randrange(6)
    if way == 0:
        return table.remove_column(at)
    if way == 1:
        return table.append_column(name, table.column(at))
    if way == 2:
        return table.rename_columns([f"{k}x" if k == name else k for k in table.schema.names])
    if way == 3:
        return table.slice(0, dice.choice((0, 1, max(n - 1, 0))))
    return table.set_column(at, name, [_values(dice, n, table.schema.field(at).type)])


def _values(dice: random.Random, n: int, kind: pa.DataType) -> pa.Array:
    text = dice.choice(TOKENS + NUMBERS).decode("utf-8", "replace")
    number = dice.choice((0.0, -1.0, 1e308, float("nan"), float("inf"), 1e-320, 1e30, 3.0))
    whole = dice.choice((0, -1, 1, 2**31, 2**63 - 1, -(2**63)))
    makes: tuple[Any, ...] = (
        lambda: pa.nulls(n, kind),
        lambda: pa.nulls(n),
        lambda: pa.array([text] * n, pa.string()),
        lambda: pa.array([number] * n, pa.float64()),
        lambda: pa.array([whole] * n, pa.int64()),
        lambda: pa.array([[number]] * n, pa.list_(pa.float64())),
        lambda: pa.array([[number, None]] * n, pa.list_(pa.float32())),
        lambda: pa.array([[]] * n, pa.list_(pa.float64())),
        lambda: pa.array([[text]] * n, pa.list_(pa.string())),
        lambda: pa.array([True] * n, pa.bool_()),
        lambda: pa.array([{"a": number}] * n, pa.struct([("a", pa.float64())])),
        lambda: pa.array([text.encode()] * n, pa.binary()),
    )
    return dice.choice(makes)()


def _said(dice: random.Random, table: pa.Table) -> pa.Table:
    metadata = dict(table.schema.metadata or {})
    if not metadata:
        return table
    key = dice.choice(sorted(metadata))
    metadata[key] = mutated(dice, metadata[key]) if dice.random() < 0.4 else _json_changed(dice, metadata[key])
    return table.replace_schema_metadata(metadata)


def _json_changed(dice: random.Random, raw: bytes) -> bytes:
    """A value anywhere within JSON replaced by one of another kind, or taken away."""
    try:
        value = json.loads(raw)
    except ValueError:
        return raw
    inside = value
    while isinstance(inside, dict) and inside:
        key = dice.choice(sorted(inside))
        if isinstance(inside[key], dict) and inside[key] and dice.random() < 0.6:
            inside = inside[key]
            continue
        if dice.random() < 0.3:
            del inside[key]
        else:
            inside[key] = dice.choice((None, 0, -1, 1e308, 10**40, "x", "", [], {}, [1], {"a": 1}, True, "9" * 5000))
        break
    return json.dumps(value).encode()
