"""Reads the formats left to psm-utils: Proteome Discoverer's databases, its own JSON and CBOR."""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peploss.dataset.tables.psm import Psm, PsmTable, Refused
from peploss.errors import SourceError
from peploss.peptides.notations import proforma


def read_engine(path: Path, format: str) -> PsmTable:
    """Read a table with psm-utils.

    Args:
        format: a name of psm-utils.
    Raises:
        SourceError: psm-utils is not there, or cannot read the file.
    """
    try:
        from psm_utils import PSM
        from psm_utils.io import READERS
    except ImportError as error:
        raise SourceError(
            "Tables of search engines are read by psm-utils, which is not installed.",
            where=str(path),
            remedy='Install it with `pip install "peploss[dataset]"`.',
        ) from error
    if format == "flashlfq":
        raise SourceError(
            "A FlashLFQ table does not say which spectrum a peptide was found in.",
            where=str(path),
            remedy="Give the table it was made from.",
        )
    table = PsmTable(str(path), format, [])
    with _listening(table):
        line = 0
        try:
            entries = _entries(path, format) if format in ("json", "cbor") else READERS[format](path)
            for line, entry in enumerate(entries, start=1):
                try:
                    table.add(_psm(PSM(**entry) if isinstance(entry, dict) else entry, line))
                except ValueError as error:
                    table.refused.append(Refused(line, f"psm-utils cannot read it: {_first_line(error)}"))
        except Exception as error:  # its readers raise whatever their parsers do; nothing is hidden
            if not table.psms:
                raise SourceError(
                    f"psm-utils cannot read this as {format}: {_first_line(error)}",
                    where=str(path),
                    remedy="Name its columns (--column) to read it as a plain table, or its format (--format).",
                ) from error
            what = f"psm-utils stopped here, and what follows is not read: {_first_line(error)}"
            table.refused.append(Refused(line + 1, what))
    return table.with_psms()


def _entries(path: Path, format: str) -> list[Any]:
    """Entries of psm-utils' own JSON or CBOR; each is checked alone, where its reader ends after three that fail."""
    if format == "json":
        found = json.loads(path.read_text(encoding="utf-8"))
    else:
        with path.open("rb") as file:
            found = importlib.import_module("cbor2").load(file)  # optional, as for psm-utils itself
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ValueError("a list of PSMs was expected")
    return found


def _first_line(error: Exception) -> str:
    """The error's kind and what it says, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _psm(psm: Any, line: int) -> Psm:
    return Psm(
        peptide=proforma(str(psm.peptidoform)),
        spectrum=str(psm.spectrum_id),
        line=line,
        run=sys.intern(psm.run or ""),
        charge=psm.peptidoform.precursor_charge,
        precursor_mz=psm.precursor_mz,
        rt=psm.retention_time,
        rank=None if psm.rank is None else int(psm.rank),
        score=psm.score,
        q_value=psm.qvalue,
        label="" if psm.is_decoy is None else "decoy" if psm.is_decoy else "target",
        protein=sys.intern(";".join(psm.protein_list or [])),
    )


@contextlib.contextmanager
def _listening(table: PsmTable) -> Iterator[None]:
    """psm-utils tells by logging of rows that it leaves out, and of its guesses; the rows are told with the table."""
    logger = logging.getLogger("psm_utils")
    before, propagate = logger.level, logger.propagate
    handler = _LeftOut(table)
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        logger.propagate = propagate


class _LeftOut(logging.Handler):
    def __init__(self, table: PsmTable) -> None:
        super().__init__(logging.WARNING)
        self.table = table

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is said of a row."""
        said = " ".join(record.getMessage().split())
        if said.startswith("Could not parse PSM"):
            line = len(self.table.psms) + len(self.table.refused) + 1
            self.table.refused.append(Refused(line, f"psm-utils: {said[:300]}"))
