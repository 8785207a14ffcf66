"""Reads mzTab, as Casanovo and others write it, through pyteomics."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from peploss.dataset.tables.columns.names import PER_CHARGE
from peploss.dataset.tables.columns.token_scores import token_scores
from peploss.dataset.tables.psm import Psm, PsmTable, Refused
from peploss.errors import SourceError
from peploss.peptides.notations import placed, proforma

_RUN: Final = re.compile(r"ms_run\[(\d+)\]:(.*)")
_SCORES: Final = ("opt_ms_run[1]_aa_scores", "opt_global_aa_scores")
"""Casanovo's scores of the residues; it gave the column its second name in 2026."""
_LISTED: Final = re.compile(r"(?:[^\[\],]++|\[[^\[\]]*+\]|[\[\]])++")
_MODIFICATION: Final = re.compile(r"^(?P<places>[^-]*)-(?P<name>.+)$")


def read_mztab(path: Path) -> PsmTable:
    """Read the PSM section. A PSM that is repeated for each of its proteins is taken once.

    Raises:
        SourceError: it is not mzTab, or has no PSMs.
    """
    from pyteomics.mztab import MzTab

    try:
        file = MzTab(str(path), table_format=lambda table: table)
        header, rows = file.spectrum_match_table.header, file.spectrum_match_table.rows
    except Exception as error:  # whatever its parser meets; told in full
        raise SourceError(
            f"pyteomics cannot read this as mzTab: {type(error).__name__}: {error}", where=str(path)
        ) from error
    runs = {}
    for key, value in file.metadata.items():
        found = re.fullmatch(r"ms_run\[(\d+)\]-location", key)
        if found:
            runs[found[1]] = str(value)
    if header is None:
        raise SourceError("This mzTab has no PSMs: there is no PSH line, which names their columns.", where=str(path))
    table = PsmTable(str(path), "mztab", [], mass_column="calc_mass_to_charge", mass_meanings=(PER_CHARGE,))
    seen: dict[tuple[Any, ...], Psm] = {}
    for at, cells in enumerate(rows, start=1):
        row = dict(zip(header, cells, strict=False))  # a line that ends early lacks its last cells
        try:
            psm = _psm(row, runs, at)
        except (ValueError, OverflowError) as error:
            table.refused.append(Refused(at, str(error)))
            continue
        same = row.get("PSM_ID"), psm.spectrum, psm.run, psm.peptide, psm.charge
        if same in seen:
            if psm.protein and psm.protein not in seen[same].protein.split(";"):
                seen[same].protein += ";" + psm.protein
            continue
        seen[same] = psm
        table.add(psm)
    return table.with_psms()


def _psm(row: dict[str, Any], runs: dict[str, str], line: int) -> Psm:
    sequence = _text(row.get("sequence"))
    if not sequence:
        raise ValueError("There is no sequence.")
    listed = _text(row.get("modifications"))
    if listed and re.fullmatch("[A-Z]+", sequence):
        peptide = placed(sequence, [site for m in _split(listed) for site in _sites(m)])
    else:
        peptide = proforma(sequence)
    reference = _text(row.get("spectra_ref")).split("|")[0]
    found = _RUN.match(reference)
    charge = _number(row.get("charge"))
    decoy = _text(row.get("opt_global_cv_MS:1002217_decoy_peptide"))
    scan = _text(row.get("opt_global_cv_MS:1000776_scan_number_only_nativeID_format"))
    return Psm(
        peptide=peptide,
        spectrum=found[2] if found else reference,
        line=line,
        run=runs.get(found[1], "") if found else "",
        charge=int(charge) if charge else None,
        precursor_mz=_number(row.get("exp_mass_to_charge")),
        rt=_number(_text(row.get("retention_time")).split("|")[0]),
        score=_number(row.get("search_engine_score[1]")),
        mass=_number(row.get("calc_mass_to_charge")),
        label={"0": "target", "1": "decoy"}.get(decoy.split(".")[0], ""),
        protein=_text(row.get("accession")),
        token_scores=token_scores(next((t for n in _SCORES if (t := _text(row.get(n)))), ""), log=False),
        keys={"scan": int(float(scan))} if scan.replace(".", "", 1).isdigit() else {},
    )


def _split(modifications: str) -> list[str]:
    """The list at its commas, but not those within brackets.

    >>> _split("3[MS,MS:1001876,probability,0.8]-UNIMOD:21,5-UNIMOD:35")
    ['3[MS,MS:1001876,probability,0.8]-UNIMOD:21', '5-UNIMOD:35']
    """
    return _LISTED.findall(modifications)


def _sites(modification: str) -> list[tuple[int, str]]:
    plain = re.sub(r"\[[^\[\]]*\]", "", modification.strip(), count=modification.count("]-") and 1)
    found = _MODIFICATION.match(plain)
    if not found or not found["places"].isdigit():
        raise ValueError(f"The modification {modification!r} has no one place, which leaves the fragments open.")
    return [(int(found["places"]), found["name"])]


def _text(value: Any) -> str:
    text = "" if value is None else str(value).strip()
    return "" if text.lower() in ("null", "nan", "none") else text


def _number(value: Any) -> float | None:
    text = _text(value)
    try:
        return float(text) if text else None
    except ValueError:
        return None
