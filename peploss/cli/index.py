"""``peploss index`` turns spectra and PSM tables into one set."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from peploss.cli.common import EXISTING, NOT_ALL, progress_bar, say, told

if TYPE_CHECKING:
    from peploss.dataset.index.report import IndexReport


@click.command()
@click.argument("files", nargs=-1, required=True, type=EXISTING, metavar="SPECTRA... PSMS...")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The set, Parquet.")
@click.option("--psms", "tables", multiple=True, type=EXISTING, help="A PSM table whose name looks like spectra.")
@click.option("--format", "format_", help="Format of the tables.  [default: detect from the content]")
@click.option(
    "--column", "columns", multiple=True, metavar="WHAT=NAME",
    help="A column of the tables: peptide, scan, index, title, native id, run, charge, modifications, ..., or one to "
    "ignore. Several times.",
)  # fmt: skip
@click.option(
    "--fixed", "fixed", multiple=True, metavar="RESIDUE=MODIFICATION",
    help="A modification that the tables leave out: C=Carbamidomethyl, N-term=TMT6plex, ... Several times.",
)  # fmt: skip
@click.option(
    "--join", "by", type=click.Choice(["native id", "title", "scan", "index"]),
    help="What joins PSMs to spectra.  [default: whichever joins most]",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: one a core]")
@click.option(
    "--left-out", type=click.Path(path_type=Path, dir_okay=False), help="Write PSMs and spectra left out as TSV."
)
@click.option("--strict", is_flag=True, help=f"Exit with {NOT_ALL} if a PSM was left out.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@told
def index(
    files: tuple[Path, ...],
    out: Path,
    tables: tuple[Path, ...],
    format_: str | None,
    columns: tuple[str, ...],
    fixed: tuple[str, ...],
    by: str | None,
    workers: int | None,
    left_out: Path | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Read SPECTRA and PSMS once and write a set.

    Spectra are MGF, mzML, mzXML or MSP files, also gzipped. PSMS are tables that psm-utils reads, mzTab, or any table
    with a column of peptides and one that names spectra. Without PSMS, the spectra must carry their peptides (SEQ= in
    MGF, or MSP). After an interruption, the same command goes on where it stopped.
    """
    from peploss.dataset.index.build import build_set
    from peploss.dataset.index.report import IndexReport, describe
    from peploss.dataset.tables import read_psms
    from peploss.spectra.folder import is_spectrum_name

    named = _pairs("--column", "WHAT=NAME", columns)
    every = _pairs("--fixed", "RESIDUE=MODIFICATION", fixed)
    spectra = [f for f in files if is_spectrum_name(f.name)]
    others = [*(f for f in files if f not in spectra), *tables]
    if not spectra:
        raise click.UsageError("None of the files is named like spectra (.mgf, .mzML, .mzXML, .msp; .gz).")
    if left_out:
        left_out.parent.mkdir(parents=True, exist_ok=True)
    read = [read_psms(path, format_, named or None, every) for path in others]
    report = IndexReport()
    try:
        with progress_bar("reading", "spectra") as progress:
            build_set(spectra, read, out, by=by, workers=workers, progress=progress, report=report)
    finally:  # where no set can be made, too: there the reasons are wanted most
        if left_out:
            _write_left_out(left_out, report)
    notes = [note for table in read for note in table.told]
    say([*notes, *describe(report, out)], {"set": str(out), "notes": notes, **report.as_dict()}, as_json)
    if strict and report.not_joined:
        sys.exit(NOT_ALL)


def _write_left_out(path: Path, report: IndexReport) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(["table", "line", "spectrum", "peptide", "reason"])
        writer.writerows(
            (x.table, x.line, x.spectrum, x.peptide, x.reason) for x in (*report.not_joined, *report.unusable)
        )


def _pairs(option: str, form: str, given: tuple[str, ...]) -> dict[str, str]:
    out: dict[str, str] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not (key and equals and value):
            raise click.UsageError(f"{option} is {form}, not {one!r}.")
        out[key] = f"{out[key]}\t{value}" if key == "ignore" and key in out else value
    return out
