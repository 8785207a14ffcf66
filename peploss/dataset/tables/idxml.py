"""Reads OpenMS's idXML through pyteomics (psm-utils would need all of OpenMS)."""

from __future__ import annotations

from pathlib import Path

from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.errors import SourceError
from peploss.peptides.notations import proforma


def read_idxml(path: Path) -> PsmTable:
    """Read the peptide identifications; the rank of a hit is its place in its spectrum's list.

    Raises:
        SourceError: it is not idXML, or has no hits.
    """
    from pyteomics.openms import idxml

    table = PsmTable(str(path), "idxml", [])
    try:
        with idxml.IDXML(str(path)) as file:
            for found in file:
                reference = str(found.get("spectrum_reference", found.get("spectrum_id", "")))
                for rank, hit in enumerate(found.get("PeptideHit", []), start=1):
                    decoy = str(hit.get("target_decoy", ""))
                    table.psms.append(
                        Psm(
                            peptide=proforma(str(hit.get("sequence", ""))),
                            spectrum=reference,
                            line=len(table.psms) + 1,
                            charge=int(hit.get("charge", 0)) or None,
                            precursor_mz=found.get("MZ"),
                            rt=found.get("RT"),
                            rank=rank,
                            score=hit.get("score"),
                            label="decoy" if decoy == "decoy" else "target" if decoy else "",
                            protein=";".join(str(p.get("accession", "")) for p in hit.get("protein", [])),
                        )
                    )
    except Exception as error:  # whatever its parser meets; told in full
        raise SourceError(
            f"pyteomics cannot read this as idXML: {type(error).__name__}: {error}", where=str(path)
        ) from error
    if not table.psms:
        raise SourceError("There is no peptide hit in this file.", where=str(path))
    return table
