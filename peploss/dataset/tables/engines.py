"""Reads the formats left to psm-utils: X!Tandem, Proteome Discoverer's databases, its own JSON and CBOR."""

from __future__ import annotations

import contextlib
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
            for line, psm in enumerate(_each(READERS[format](path), table), start=1):
                if psm is None:
                    continue
                try:
                    table.psms.append(_psm(psm, line, format))
                except ValueError as error:
                    table.refused.append(Refused(line, str(error)))
                    continue
        except Exception as error:  # its readers raise whatever their parsers do; nothing is hidden
            if not table.psms:
                raise SourceError(
                    f"psm-utils cannot read this as {format}: {_first_line(error)}",
                    where=str(path),
                    remedy="Name its columns (--column) to read it as a plain table, or its format (--format).",
                ) from error
            what = f"psm-utils stopped here, and what follows is not read: {_first_line(error)}"
            table.refused.append(Refused(line + 1, what))
    if not table.psms:
        why = f" {table.refused[0].reason}" if table.refused else ""
        raise SourceError(f"There is no PSM in this table.{why}", where=str(path))
    return table


def _each(reader: Any, table: PsmTable) -> Iterator[Any]:
    """PSMs of a reader, None for each that cannot be read: psm-utils alone ends at the first of them."""
    line = 0
    parse = getattr(reader, "_parse_entry", None)

    def one(*args: Any, **kwargs: Any) -> Any:
        nonlocal line
        line += 1
        try:
            return parse(*args, **kwargs)  # type: ignore[misc]  # only in the place of what there is
        except Exception as error:  # noqa: BLE001  told, and the next one is read
            table.refused.append(Refused(line, f"psm-utils cannot read it: {_first_line(error)}"))
            return None

    if parse is not None:
        reader._parse_entry = one
    return iter(reader)


def _first_line(error: Exception) -> str:
    """The error's kind and what it says, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _psm(psm: Any, line: int, format: str) -> Psm:
    keys: dict[str, str | int] = {}
    metadata = {**(psm.provenance_data or {}), **(psm.metadata or {})}
    spectrum, run, rank = str(psm.spectrum_id), psm.run or "", psm.rank
    if format == "xtandem" and run == Path(str(metadata.get("xtandem_filename", ""))).stem:
        run = ""  # for want of one, psm-utils takes the table's own name
    return Psm(
        peptide=proforma(str(psm.peptidoform)),
        spectrum=spectrum,
        line=line,
        run=sys.intern(run),
        charge=psm.peptidoform.precursor_charge,
        precursor_mz=psm.precursor_mz,
        rt=psm.retention_time,
        rank=None if rank is None else int(rank),  # MS Amanda's is left as text
        score=psm.score,
        q_value=psm.qvalue,
        label="" if psm.is_decoy is None else "decoy" if psm.is_decoy else "target",
        protein=sys.intern(";".join(psm.protein_list or [])),
        keys=keys,
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
