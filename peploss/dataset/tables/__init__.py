"""Reads PSM tables of every engine into one form."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from peploss.dataset.tables.psm import PsmTable
from peploss.dataset.tables.sniff import FORMATS, sniff
from peploss.errors import SourceError


def read_psms(
    path: str | os.PathLike[str],
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    fixed: Mapping[str, str] | None = None,
) -> PsmTable:
    """Read a PSM table.

    Args:
        format: one of ``FORMATS``; None looks at the content.
        columns: of a plain table, what is in which column: ``{"peptide": "Seq", "scan": "ScanNo"}``; see
            ``peploss.dataset.tables.plain.FIELDS``. Given, the table is read as a plain one.
        fixed: modifications that the table leaves out, by residue (or ``N-term``): ``{"C": "Carbamidomethyl"}``.
            MaxQuant's of cysteine is found by the masses that its table gives.
    Raises:
        SourceError: there is no such file, or it is not of the format, or the format is not known.
        SettingsError: a fixed modification is on no residue or has no mass.
    """
    from peploss.peptides.fixed_modifications import checked, with_fixed

    every = checked(fixed or {})
    table = _read(path, format, columns)
    if every:
        for psm in table.psms:
            psm.peptide = with_fixed(psm.peptide, every)
        table.notes.append("Fixed modifications as asked for: " + ", ".join(f"{k} {v}" for k, v in every.items()) + ".")
    return table


def _read(path: str | os.PathLike[str], format: str | None, columns: Mapping[str, str] | None) -> PsmTable:
    file = Path(path)
    if not file.is_file():
        raise SourceError("There is no such file.", where=str(path))
    chosen = "plain" if columns and format is None else format or sniff(file)
    if chosen not in FORMATS:
        raise SourceError(
            f"There is no format {chosen!r} of PSM tables.", remedy=f"The formats are {', '.join(FORMATS)}."
        )
    if chosen in ("plain", "peprec"):  # psm-utils cannot read a Peptide Record without retention times
        from peploss.dataset.tables.plain import read_plain

        return read_plain(file, columns or {}, chosen)
    if chosen == "mztab":
        from peploss.dataset.tables.mztab import read_mztab

        return read_mztab(file)
    if chosen == "idxml":
        from peploss.dataset.tables.idxml import read_idxml

        return read_idxml(file)
    if chosen == "spectra":
        from peploss.dataset.tables.annotated import read_annotated

        return read_annotated(file)
    from peploss.dataset.tables.engines import read_engine

    return read_engine(file, chosen)
