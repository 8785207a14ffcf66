"""Reads tables of search engines, through psm-utils."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from peploss.constants import HYDROGEN, WATER
from peploss.dataset.tables.psm import Psm, PsmTable, Refused
from peploss.errors import SourceError
from peploss.peptides.fixed_modifications import SAMPLE, of_cysteine, with_fixed
from peploss.peptides.notations import proforma

HYDROXYL: Final = WATER - HYDROGEN
_PERCOLATOR_ID: Final = re.compile(r"_(?P<scan>\d+)_\d+_(?P<rank>\d+)$")  # of Comet, Crux and MS-GF+: scan_charge_rank
_BY_ROW: Final = (
    "msms", "sage_tsv", "sage_parquet", "fragpipe", "percolator", "diann", "alphadia", "ionbot", "msamanda", "mzid",
    "peprec",
)  # fmt: skip
"""Formats whose reader makes a PSM of a row by one method, so that a row that cannot be read is one PSM lost."""
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
    if format == "flashlfq":
        raise SourceError(
            "A FlashLFQ table does not say which spectrum a peptide was found in.",
            where=str(path),
            remedy="Give the table it was made from.",
        )
    table = PsmTable(str(path), format, [])
    masses: list[tuple[str, float]] = []
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
                if format == "pepxml":
                    table.psms[-1].peptide = _ends_as_shifts(table.psms[-1].peptide)
                if format == "msms" and "C" in table.psms[-1].peptide and len(masses) < SAMPLE:
                    masses.append((table.psms[-1].peptide, float((psm.metadata or {}).get("Mass") or "nan")))
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
    if blocked := of_cysteine(masses):
        for one in table.psms:
            one.peptide = with_fixed(one.peptide, {"C": blocked})
        table.notes.append(
            f"By the masses in the table every cysteine carries {blocked}, which its peptides leave out."
        )
    return table


def _each(reader: Any, table: PsmTable) -> Iterator[Any]:
    """PSMs of a reader, None for each that cannot be read: psm-utils alone ends at the first of them."""
    method = next(
        (m for m in ("_get_peptide_spectrum_match", "_parse_entry", "_entry_to_psm") if hasattr(reader, m)), ""
    )
    original = getattr(reader, method, None)
    line = 0

    def one(*args: Any, **kwargs: Any) -> Any:
        nonlocal line
        line += 1
        row = args[0] if args and isinstance(args[0], dict) else {}
        if table.format == "percolator":  # its reader wants numbers in every column that it does not know
            args = ({k: v for k, v in row.items() if k in reader.non_feature_columns or _is_number(v)},)
        try:
            psm = original(*args, **kwargs)  # type: ignore[misc]  # only in the place of what there is
        except Exception as error:  # noqa: BLE001  told, and the next one is read
            table.refused.append(Refused(line, f"psm-utils cannot read it: {_first_line(error)}"))
            return None
        if table.format == "percolator":
            psm.metadata = {"scannr": str(row.get("scannr") or ""), "file": str(row.get("filename") or "")}
        return psm

    if table.format in _BY_ROW:
        setattr(reader, method, one)
    return iter(reader)


def _is_number(text: Any) -> bool:
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return True


def _first_line(error: Exception) -> str:
    """The error's kind and what it says, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


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


def _psm(psm: Any, line: int, format: str) -> Psm:
    keys: dict[str, str | int] = {}
    metadata = {**(psm.provenance_data or {}), **(psm.metadata or {})}
    spectrum, run, rank = str(psm.spectrum_id), psm.run or "", psm.rank
    if str(metadata.get("start_scan", "")).isdigit():
        keys["scan"] = int(metadata["start_scan"])
    if metadata.get("mzid_spectrum_id"):  # psm-utils prefers the title
        keys["native id"] = str(metadata["mzid_spectrum_id"])
    if format == "percolator":
        run = str(metadata.get("file") or "")
        if named := _PERCOLATOR_ID.search(spectrum):
            keys["scan"], rank = int(named["scan"]), int(named["rank"])
        elif str(metadata.get("scannr") or "").isdigit():
            keys["scan"] = int(metadata["scannr"])
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
