"""Tables of search engines, through psm-utils."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from peploss.constants import HYDROGEN, WATER
from peploss.dataset.dialects import proforma
from peploss.dataset.psms import Psm, PsmTable, Refused
from peploss.errors import SourceError

HYDROXYL: Final = WATER - HYDROGEN
ROUNDED: Final = 0.01  # Da: files round the masses of ends, and no modification is as light as that


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
    table = PsmTable(str(path), format, [])
    with _quiet():
        try:
            found = iter(READERS[format](path))
            line = 0
            while True:
                line += 1
                try:
                    psm = next(found)
                except StopIteration:
                    break
                table.psms.append(_psm(psm, line))
                if format == "pepxml":
                    table.psms[-1].peptide = _ends_as_shifts(table.psms[-1].peptide)
        except Exception as error:  # its readers raise whatever their parsers do; nothing is hidden
            if not table.psms:
                raise SourceError(
                    f"psm-utils cannot read this as {format}: {type(error).__name__}: {error}",
                    where=str(path),
                    remedy="Name its columns (--column) to read it as a plain table, or its format (--format).",
                ) from error
            table.refused.append(Refused(line, f"psm-utils stopped here: {type(error).__name__}: {error}"))
    if not table.psms:
        raise SourceError("There is no PSM in this table.", where=str(path))
    return table


def _ends_as_shifts(peptide: str) -> str:
    """Masses of whole ends (pepXML's ``mod_nterm_mass``, hydrogen included), which psm-utils passes on, as shifts.

    >>> _ends_as_shifts("[+43.0184]-AC[+57.021464]K-[+17.0031]/2")
    '[+42.010575]-AC[+57.021464]K/2'
    """

    def shift(match: re.Match[str]) -> str:
        before, mass, after = match[1] or "", float(match[2]), match[3] or ""
        mass -= HYDROGEN if after else HYDROXYL
        return f"{before}[{mass:+.6f}]{after}" if abs(mass) > ROUNDED else ""

    peptide = re.sub(r"^()\[\+([\d.]+)\](-)", shift, peptide)
    return re.sub(r"(-)\[\+([\d.]+)\]()(?=$|/)", shift, peptide)


def _psm(psm: Any, line: int) -> Psm:
    keys: dict[str, str | int] = {}
    metadata = {**(psm.provenance_data or {}), **(psm.metadata or {})}
    if str(metadata.get("start_scan", "")).isdigit():
        keys["scan"] = int(metadata["start_scan"])
    return Psm(
        peptide=proforma(str(psm.peptidoform)),
        spectrum=str(psm.spectrum_id),
        line=line,
        run=psm.run or "",
        charge=psm.peptidoform.precursor_charge,
        precursor_mz=psm.precursor_mz,
        rt=psm.retention_time,
        rank=psm.rank,
        score=psm.score,
        q_value=psm.qvalue,
        label="" if psm.is_decoy is None else "decoy" if psm.is_decoy else "target",
        protein=";".join(psm.protein_list or []),
        keys=keys,
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """psm-utils tells its guesses by logging; what matters of them is told by the join."""
    logger = logging.getLogger("psm_utils")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
