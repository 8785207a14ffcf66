"""Checks that an SQL condition can do nothing but filter."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

import duckdb

from peploss.errors import SettingsError

LONGEST: Final = 4000
DEEPEST: Final = 30
"""Brackets in each other: DuckDB's parser takes seconds and half a gigabyte for two thousand."""
_REMEDY: Final = (
    "Write a condition on the columns, for example: loss > 0.9 AND charge = 2 AND peptide LIKE '%[Phospho]%'."
)
_CLASSES: Final = {
    "COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "FUNCTION", "OPERATOR", "BETWEEN", "CAST", "CASE", "COLLATE",
    "TYPE",
}  # fmt: skip
_NAMES: Final = (
    "+ - * / // % ^ ** || ~~ !~~ ~~* !~~* ~~~ & | abs ceil floor round sqrt ln log log10 log2 exp pow power sign least "
    "greatest mod xor coalesce nullif isnan isfinite lower upper length contains prefix suffix starts_with ends_with "
    "like_escape not_like_escape ilike_escape not_ilike_escape regexp_matches regexp_full_match substring substr left "
    "right trim strip_accents instr strpos position concat hash list_value list_contains"
)
_FUNCTIONS: Final = frozenset(_NAMES.split())
"""Functions of values alone; none of them reads, writes, waits or tells of the machine, and none makes a text longer
than what it is given: ten of ``replace``, one in the other, would fill any memory."""
_TYPES: Final = frozenset({
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "DATE", "TIMESTAMP",
})  # fmt: skip
"""Types that a value may be cast to: plain ones, for an array of arrays of a type can be of any size."""


def checked(connection: duckdb.DuckDBPyConnection, where: str, columns: list[str]) -> str:
    """Return a condition unchanged if it may stand in a WHERE.

    DuckDB parses it and every node is checked: no subquery, only functions of plain values, only existing columns,
    nothing after the condition.

    Raises:
        SettingsError: it is not such a condition; the message says what is refused.
    """
    text = where.strip()
    if not text or len(text) > LONGEST:
        raise SettingsError(f"A filter has 1 to {LONGEST} characters, not {len(text)}.", remedy=_REMEDY)
    if _depth(text) > DEEPEST:
        raise SettingsError(f"The filter is nested too deeply: at most {DEEPEST} brackets stand in each other.")
    # Alone, so that no bracket of its own closes one of ours; and in brackets on lines of its own, as it is used, so
    # that a comment at its end swallows nothing.
    for whole in (f"SELECT 1 FROM psms WHERE\n{text}\n", f"SELECT 1 FROM psms WHERE (\n{text}\n)"):  # noqa: S608
        serialized = connection.execute("SELECT json_serialize_sql(?)", [whole]).fetchall()[0][0]
        try:
            parsed = json.loads(serialized)
            if parsed["error"]:
                raise SettingsError(f"The filter is not a condition in SQL: {parsed['error_message']}.", remedy=_REMEDY)
            nodes = [s["node"] for s in parsed["statements"]]
            if len(nodes) != 1 or nodes[0]["type"] != "SELECT_NODE" or nodes[0]["modifiers"] or _more(nodes[0]):
                raise SettingsError("The filter must be one condition and nothing else.", remedy=_REMEDY)
            _look(nodes[0]["where_clause"], {c.lower() for c in columns})
        except RecursionError as error:
            raise SettingsError("The filter is nested too deeply.", remedy=_REMEDY) from error
    return text


def _depth(text: str) -> int:
    """How deep brackets stand in each other. Those within quotes count as well, which asks for no filter's change."""
    depth = deepest = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}" and depth > 0)
        deepest = max(deepest, depth)
    return deepest


def _more(node: dict[str, Any]) -> bool:
    return bool(
        node["from_table"]["type"] != "BASE_TABLE"
        or node.get("group_expressions")
        or node.get("having")
        or node.get("qualify")
        or node.get("sample")
        or node["cte_map"]["map"]
    )


def _look(node: Any, columns: set[str]) -> None:
    if isinstance(node, list):
        for one in node:
            _look(one, columns)
    elif isinstance(node, dict):
        kind = node.get("class")
        if kind is not None and kind not in _CLASSES:
            what = {"SUBQUERY": "A subquery", "PARAMETER": "A parameter", "WINDOW": "A window"}.get(kind, kind)
            raise SettingsError(f"{what} cannot be part of a filter.", remedy=_REMEDY)
        if kind == "FUNCTION" and node["function_name"].lower() not in _FUNCTIONS:
            raise SettingsError(f"The function {node['function_name']} cannot be part of a filter.", remedy=_REMEDY)
        if kind == "CAST" and not _plain_type(node):
            raise SettingsError(
                "A filter can cast to plain types of numbers, text and time only.", remedy=f"They are {_list(_TYPES)}."
            )
        if kind == "COLUMN_REF" and [n.lower() for n in node["column_names"]][-1] not in columns:
            raise SettingsError(
                f"There is no column {'.'.join(node['column_names'])!r}.",
                remedy=f"The columns are {_list(c for c in columns if not c.startswith('_'))}.",
            )
        for value in node.values():
            _look(value, columns)


def _plain_type(node: dict[str, Any]) -> bool:
    """Of a cast, as DuckDB 2 describes it (``type_expr``) and as earlier versions do (``cast_type``)."""
    named = node.get("type_expr") or {}
    return str(named.get("type_name") or (node.get("cast_type") or {}).get("id")).upper() in _TYPES


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
