"""Reads the formats left to psm-utils: its own JSON and CBOR."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from peploss.dataset.tables.psm import Psm, PsmTable, Refused
from peploss.errors import SourceError
from peploss.peptides.notations import proforma


def read_engine(path: Path, format: str) -> PsmTable:
    """Read a table with psm-utils.

    Args:
        format: ``json``, ``cbor`` or ``flashlfq``.
    Raises:
        SourceError: psm-utils is not there, or cannot read the file.
    """
    if format == "flashlfq":
        raise SourceError(
            "A FlashLFQ table does not say which spectrum a peptide was found in.",
            where=str(path),
            remedy="Give the table it was made from.",
        )
    try:
        from psm_utils import PSM
    except ImportError as error:
        raise SourceError(
            "JSON and CBOR of PSMs are read by psm-utils, which is not installed.",
            where=str(path),
            remedy='Install it with `pip install "peploss[dataset]"`.',
        ) from error
    table = PsmTable(str(path), format, [])
    try:
        entries = _entries(path, format)
    except Exception as error:  # whatever its parser meets, one that is not installed with it
        raise SourceError(
            f"psm-utils cannot read this as {format}: {_first_line(error)}",
            where=str(path),
            remedy="Name its columns (--column) to read it as a plain table, or its format (--format).",
        ) from error
    for line, entry in enumerate(entries, start=1):
        try:
            table.add(_psm(PSM(**entry), line))
        except Exception as error:  # noqa: BLE001 (whatever it meets in one entry costs that entry, and is told)
            table.refused.append(Refused(line, f"psm-utils cannot read it: {_first_line(error)}"))
    return table.with_psms()


def _entries(path: Path, format: str) -> list[dict[str, Any]]:
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
