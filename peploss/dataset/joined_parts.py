"""Joins the parts of a set to one set, a row group at a time."""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from peploss.dataset.progress import Progress
from peploss.dataset.schema import SET
from peploss.dataset.set_parts import SetParts
from peploss.dataset.store import ParquetStore, say_about, written_whole
from peploss.errors import SourceError
from peploss.version import __version__

LISTED: Final = 1000
"""How many entries of each list of the parts' reports the joined report has."""


def join_sets(
    sources: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str], *, progress: Progress | None = None
) -> int:
    """Write the parts of a set as one set, in which ids are those that ``score_parts`` gives.

    Args:
        sources: files of sets in the order in which their PSMs count on, or folders of them.
        progress: called with (PSMs done, all); what it raises ends the work.
    Returns:
        How many PSMs that are.
    Raises:
        SourceError: a part cannot be read, or a row group of one is damaged: ids would no longer be rows.
    """
    target = Path(out)
    with SetParts(sources) as parts:
        if target.resolve() in {Path(part.path).resolve() for part in parts.parts}:
            raise SourceError("The set would replace one of its parts.", where=str(out), remedy="Give another name.")
        done = 0
        with written_whole(target, SET) as writer:
            for number in range(parts.n_groups):
                batch = parts.group(number, list(SET.names))
                table = pa.Table.from_batches([batch]).cast(SET)
                writer.write_table(table, row_group_size=max(table.num_rows, 1))
                done += table.num_rows
                if progress:
                    progress(done, parts.n_psms)
            say_about(writer, _about(parts))
    return done


def _about(parts: SetParts) -> dict[str, Any]:
    """What the joined set says about itself: the files of all, and the sum of what was reported of each."""
    spectra: list[Any] = []
    tables: list[Any] = []
    report: dict[str, Any] | None = {}
    version = __version__
    for part in parts.parts:
        with ParquetStore(part.path) as store:
            about = store.about
        spectra += about.get("spectra", [])
        tables += about.get("tables", [])
        if about.get("version") != __version__:
            version = about.get("version", version)
        report = _sum(report, about["report"]) if report is not None and about.get("report") else None
    return {
        "kind": "set",
        "uuid": parts.uuid,
        "version": version,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "parts": [{"path": part.path, "uuid": part.uuid, "n_psms": part.n_psms} for part in parts.parts],
        "spectra": spectra,
        "tables": tables,
        "report": report or {},  # of some parts alone it would be wrong
    }


def _sum(report: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Two reports as one: numbers and counts are added, lists follow each other."""
    out = dict(report)
    for name, value in more.items():
        before = report.get(name)
        if before is None:
            out[name] = value
        elif isinstance(value, dict):
            out[name] = dict((Counter(before) + Counter(value)).most_common())
        elif isinstance(value, list):
            out[name] = [*before, *value][:LISTED]
        else:
            out[name] = before + value
    return out
