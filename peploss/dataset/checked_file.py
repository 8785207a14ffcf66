"""The door for sets and results: what a Parquet file must say of itself and hold before anything else looks at it.

A file comes from another machine, another version or another program. Whatever passes here has every field and column
of its kind, of the type that the rest of the package takes for granted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peploss.dataset.schema import ABOUT, CONFIDENCE, FORMAT, KEY, PEAKS
from peploss.errors import SourceError
from peploss.foreign import MET
from peploss.grid import shown
from peploss.settings import LossSettings

_LATER: Final = {"notes", "mass_difference", "truth", "spectrum_charge", "joined_by"}
"""Columns of ``ABOUT`` that a file may lack: an earlier version wrote it."""

_SAID: Final[dict[str, dict[str, type | tuple[type, ...]]]] = {
    "set": {"format": int, "uuid": str},
    "results": {"format": int, "settings": dict, "seed": int, "set": dict},
}
"""What a file of a kind says of itself, and of what type it is."""

_MAY_SAY: Final[dict[str, type | tuple[type, ...]]] = {
    "version": str, "created": str, "n_causes": int, "damaged": list, "decoys": bool, "device": str, "report": dict,
    "spectra": list, "tables": list, "run_notes": list,
}  # fmt: skip
_REPORTED: Final = ("n_spectra", "n_unusable", "n_without", "n_not_joined")
_REMEDY: Final = "Make it anew."


def kind_of(metadata: Mapping[bytes, bytes] | None) -> str:
    """``"set"`` or ``"results"``; ``""`` for a file that peploss did not write, or that says something else.

    Raises:
        SourceError: what it says of itself is damaged.
    """
    return str(_said(metadata, "").get("kind", ""))


def about_of(metadata: Mapping[bytes, bytes] | None, path: str, kind: str) -> dict[str, Any]:
    """What a file says about itself, from the metadata of its footer.

    Args:
        kind: ``"set"`` or ``"results"``.
    Raises:
        SourceError: it is no such file, of a later layout, or what it says is damaged.
    """
    # what is null is not said, here and for all who ask later
    about = {name: value for name, value in _said(metadata, path).items() if value is not None or name not in _MAY_SAY}
    if about.get("kind") != kind:
        made = "peploss index" if kind == "set" else "peploss score"
        raise SourceError(
            f"This is not a {'set' if kind == 'set' else 'file of results'} of peploss.",
            where=path,
            remedy=f"Make one with `{made}`.",
        )
    for name, wanted in (_SAID[kind] | {k: v for k, v in _MAY_SAY.items() if k in about}).items():
        if type(about.get(name)) not in (wanted if isinstance(wanted, tuple) else (wanted,)):
            raise _damaged(f"{name!r} is {shown(about.get(name))}", path)
    if about["format"] > FORMAT:
        raise SourceError(
            f"The file was written by peploss {about.get('version')}, whose layout this version does not know.",
            where=path,
            remedy="Update peploss.",
        )
    if kind == "results":
        _check_results(about, path)
    elif about.get("report") and any(type(about["report"].get(name)) is not int for name in _REPORTED):
        raise _damaged("the numbers of its report are missing", path)
    return about


def check_columns(schema: pa.Schema, path: str, kind: str) -> None:
    """Hold the columns of a file against those of its kind.

    Raises:
        SourceError: one is missing, is there twice, or holds something else.
    """
    names = schema.names
    if twice := sorted(name for name, times in Counter(names).items() if times > 1):
        raise _damaged(f"the column {shown(twice[0])} is there twice", path)
    wanted = [*ABOUT, *PEAKS] if kind == "set" else [*ABOUT, pa.field("loss", pa.float64())]
    for field in [*wanted, *CONFIDENCE]:
        if field.name not in names:
            if field.name in _LATER or field in CONFIDENCE:
                continue
            raise _damaged(f"the column {field.name!r} is missing", path)
        found = schema.field(field.name).type
        if _family(found) != _family(field.type):
            raise _damaged(f"the column {field.name!r} holds {found} instead of {_family(field.type)}", path)


def check_rows(batch: pa.RecordBatch, first: int, last: int) -> str:
    """What is wrong with the values of a row group, in words; ``""`` where nothing is.

    Args:
        batch: any of the columns of a set or of results.
        first, last: ids of its rows lie between these; the ids of results may have gaps.
    """
    for name in ("id", "peptide", *PEAKS.names):
        if name in batch.schema.names and batch.column(name).null_count:
            return f"the column {name!r} has empty places"
    if "id" in batch.schema.names and batch.num_rows:
        ids = batch.column("id").to_numpy(zero_copy_only=False)
        if ids[0] < first or ids[-1] > last or (np.diff(ids) <= 0).any():
            return f"its ids do not rise from {first} on"
    sizes = {}
    for name in ("mz", "intensity", "residue_masses"):
        if name in batch.schema.names:
            column = batch.column(name)
            if column.flatten().null_count:
                return f"the column {name!r} has empty places in its lists"
            sizes[name] = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    if "mz" in sizes and "intensity" in sizes and not np.array_equal(sizes["mz"], sizes["intensity"]):
        return "m/z and intensities of a spectrum are not equally many"
    return ""


def _said(metadata: Mapping[bytes, bytes] | None, path: str) -> dict[str, Any]:
    raw = (metadata or {}).get(KEY)
    if not raw:
        return {}
    try:
        about = json.loads(raw)
    except MET as error:
        raise _damaged("what it says of itself is no JSON", path) from error
    if not isinstance(about, dict):
        raise _damaged("what it says of itself is no table", path)
    return about


def _check_results(about: dict[str, Any], path: str) -> None:
    of = about["set"]
    if not isinstance(of.get("uuid"), str):
        raise _damaged("it does not say of which set it is", path)
    try:
        LossSettings.from_dict(about["settings"])
    except MET as error:
        raise _damaged(f"its settings cannot be used: {error}".rstrip("."), path) from error
    if not 0 <= about["seed"] < 2**63:
        raise _damaged(f"its seed is {shown(about['seed'])}", path)
    if not all(isinstance(text, str) for text in [*about.get("damaged", []), *about.get("run_notes", [])]):
        raise _damaged("its notes are no text", path)


def _family(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"lists of {_family(kind.value_type)}"
    if pa.types.is_floating(kind):
        return "numbers"
    if pa.types.is_integer(kind):
        return "whole numbers"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    return str(kind)


def _damaged(what: str, path: str) -> SourceError:
    return SourceError(f"The file is damaged: {what}.", where=path or None, remedy=_REMEDY)
