"""Reads PSM tables of every engine into one form."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa

from peploss import foreign
from peploss.dataset.tables.psm import PsmTable
from peploss.dataset.tables.sniff import FORMATS, sniff
from peploss.errors import SourceError

BY_COLUMNS: Final = frozenset({
    "plain", "peprec", "msms", "sage_tsv", "sage_parquet", "fragpipe", "percolator", "diann", "alphadia", "ionbot",
    "msamanda", "tsv", "proteoscape", "parquet",
})  # fmt: skip
"""Formats that are tables of columns, read by their names; the others have readers of their own."""


def read_psms(
    path: str | os.PathLike[str],
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    fixed: Mapping[str, str] | None = None,
) -> PsmTable:
    """Read a PSM table, and compare the masses that it states with those of its peptides.

    Args:
        format: one of ``FORMATS``; None looks at the content.
        columns: of a plain table, what is in which column: ``{"peptide": "Seq", "scan": "ScanNo"}``; see
            ``peploss.dataset.tables.columns.names.FIELDS``. Given, the table is read as a plain one.
        fixed: modifications that the table leaves out, by residue (or ``N-term``): ``{"C": "Carbamidomethyl"}``.
            Those that a table's own masses tell are found without.
    Raises:
        SourceError: there is no such file, or it is not of the format, or the format is not known.
        SettingsError: a fixed modification is on no residue or has no mass.
    """
    from peploss.dataset.tables.mass_check import check_masses
    from peploss.dataset.tables.mass_shift import mark_shifts
    from peploss.dataset.tables.psm_columns import PsmColumns
    from peploss.dataset.tables.q_values import check_q_values
    from peploss.peptides.modifications.fixed import checked, with_fixed

    every = checked(fixed or {})
    with foreign.reading(path, (pa.ArrowException, SyntaxError)):
        table = _read(path, format, columns)
        psms = table.psms = PsmColumns.of(table.psms)
        if every:
            psms.peptide.map(lambda text: with_fixed(text, every))
            told = ", ".join(f"{k} {v}" for k, v in every.items())
            table.notes.append(f"Fixed modifications as asked for: {told}.")
        check_q_values(table)
        check_masses(table)
        mark_shifts(table)
    return table


def _read(path: str | os.PathLike[str], format: str | None, columns: Mapping[str, str] | None) -> PsmTable:
    file = Path(path)
    if not file.is_file():
        raise SourceError("There is no such file.", where=str(path))
    chosen = format or sniff(file)
    if columns and format is None and chosen not in BY_COLUMNS:
        chosen = "plain"
    if chosen not in FORMATS:
        raise SourceError(
            f"There is no format {chosen!r} of PSM tables.", remedy=f"The formats are {', '.join(FORMATS)}."
        )
    if chosen in BY_COLUMNS:
        from peploss.dataset.tables.columns.plain import read_plain

        return read_plain(file, columns or {}, chosen)
    if chosen == "mztab":
        from peploss.dataset.tables.formats.mztab import read_mztab

        return read_mztab(file)
    if chosen == "idxml":
        from peploss.dataset.tables.formats.idxml import read_idxml

        return read_idxml(file)
    if chosen == "mzid":
        from peploss.dataset.tables.formats.mzid import read_mzid

        return read_mzid(file)
    if chosen == "pepxml":
        from peploss.dataset.tables.formats.pepxml import read_pepxml

        return read_pepxml(file)
    if chosen == "xtandem":
        from peploss.dataset.tables.formats.xtandem import read_xtandem

        return read_xtandem(file)
    if chosen == "proteome_discoverer":
        from peploss.dataset.tables.formats.msf import read_msf

        return read_msf(file)
    if chosen == "spectra":
        from peploss.dataset.tables.formats.annotated import read_annotated

        return read_annotated(file)
    from peploss.dataset.tables.formats.engines import read_engine

    return read_engine(file, chosen)
