"""Reads the scores that a sequencing model gives the tokens of its answer."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peploss.dataset.tables.columns.names import plain
from peploss.dataset.tables.psm_columns import SCORES

_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|inf|nan)")
_OF_BEAM: Final = re.compile(r"(?:\w+ )*token log prob(?:s|ability|abilities) (?:beam )?(\d+)")
_NOTHING: Final = ("", "null", "None", "nan", "[]")


def is_log(column: str) -> bool:
    """Whether a column holds logarithms, by its name.

    >>> is_log("token_log_probs"), is_log("opt_ms_run[1]_aa_scores")
    (True, False)
    """
    return "log" in plain(column).split()


def token_scores(text: str, log: bool) -> tuple[float, ...]:
    """Probabilities of the tokens, as many as the text has numbers.

    Args:
        log: the numbers are natural logarithms.

    >>> token_scores("0.9,0.8", False), token_scores("[-0.0, -inf]", True), token_scores("null", False)
    ((0.9, 0.8), (1.0, 0.0), ())
    """
    if text in _NOTHING:
        return ()
    values = [float(found) for found in _NUMBER.findall(text)]
    return tuple(float(np.exp(v)) for v in values) if log else tuple(values)


def score_lists(cells: pa.Array, log: bool) -> pa.Array:
    """The same of (N,) texts, as lists; null where a text has none."""
    trimmed = pc.utf8_trim(cells, "[]() ")
    empty = pc.is_in(trimmed, pa.array([text.strip("[]") for text in _NOTHING]))
    lists = pc.split_pattern_regex(trimmed, r"[,;\s]+")
    lists = pc.if_else(empty, pa.scalar(None, lists.type), lists)
    try:
        values = pc.list_flatten(lists).cast(pa.float64())
    except pa.ArrowInvalid:  # a number that Arrow does not read as one
        return pa.array([token_scores(text, log) or None for text in cells.to_pylist()], SCORES)
    values = pc.exp(values) if log else values
    counts = np.asarray(pc.fill_null(pc.list_value_length(lists), 0), dtype=np.int64)
    ends = np.concatenate([[0], counts.cumsum()])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), values.cast(pa.float32()), mask=empty)


def column_of_beam(names: list[str], place: int) -> str:
    """The column of token scores that goes with the candidates of one place in a beam; ``""`` where there is none.

    >>> column_of_beam(["predictions_beam_1", "predictions_token_log_probabilities_beam_1"], 1)
    'predictions_token_log_probabilities_beam_1'
    """
    return next((n for n in names if (found := _OF_BEAM.fullmatch(plain(n))) and int(found[1]) == place), "")


def of_row(row: dict[str, Any], column: str) -> tuple[float, ...]:
    """Of one row, ``()`` where the column is ``""`` or the row has nothing there."""
    return token_scores(str(row.get(column) or "").strip(), is_log(column)) if column else ()
