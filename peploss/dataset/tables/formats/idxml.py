"""Reads OpenMS's idXML, also where it is merged from several runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from peploss.dataset.tables.columns.names import number
from peploss.dataset.tables.formats.xml import Hit, children, parameters, read_hits
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.peptides.notations import proforma


def read_idxml(path: Path) -> PsmTable:
    """Read the peptide hits; the rank of a hit is its place in its spectrum's list.

    In a merged file ``id_merge_index`` says which of the run's ``spectra_data`` a spectrum is of.

    Raises:
        SourceError: it is not idXML, or has no hits.
    """
    proteins: dict[str, str] = {}
    runs: list[str] = []

    def hits(kind: str, element: Any) -> Iterator[Hit]:
        if kind == "ProteinHit":
            proteins[element.get("id") or ""] = element.get("accession") or ""
        elif kind == "ProteinIdentification":
            listed = parameters(element).get("spectra_data", "")
            runs[:] = [r.strip().strip("'\"") for r in listed.strip("[]").split(",") if r.strip()]
        else:
            for rank, hit in enumerate(children(element, "PeptideHit"), start=1):
                yield partial(_psm, element, hit, runs, proteins, rank)

    wanted = "ProteinHit", "ProteinIdentification", "PeptideIdentification"
    return read_hits(PsmTable(str(path), "idxml", []), wanted, "idXML", hits)


def _psm(found: Any, hit: Any, runs: list[str], proteins: dict[str, str], rank: int, line: int) -> Psm:
    about, own = parameters(found), parameters(hit)
    merged = about.get("id_merge_index", "")
    if merged:
        if not merged.isdigit() or int(merged) >= len(runs):
            raise ValueError(f"Its id_merge_index is {merged!r}, and the file names {len(runs)} runs.")
        run = runs[int(merged)]
    elif len(runs) > 1:
        raise ValueError(f"The file is merged from {len(runs)} runs, and nothing says of which this spectrum is.")
    else:
        run = runs[0] if runs else ""
    decoy = own.get("target_decoy", "")
    charge = int(hit.get("charge") or 0)
    if charge < 0:
        raise ValueError(f"Its charge is {charge}: only positive ions are read.")
    return Psm(
        peptide=proforma(hit.get("sequence") or ""),
        spectrum=found.get("spectrum_reference") or about.get("spectrum_reference", ""),
        line=line,
        run=sys.intern(run),
        charge=charge or None,
        precursor_mz=number(found.get("MZ") or ""),
        rt=number(found.get("RT") or ""),
        rank=rank,
        score=number(hit.get("score") or ""),
        label="decoy" if decoy == "decoy" else "target" if decoy else "",
        protein=sys.intern(";".join(proteins.get(p, p) for p in (hit.get("protein_refs") or "").split())),
    )
