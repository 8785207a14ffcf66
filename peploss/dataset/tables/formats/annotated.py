"""Reads annotated spectra (MGF with SEQ=, MSP) as a table of PSMs."""

from __future__ import annotations

from pathlib import Path

from peploss.dataset.tables.psm import Psm, PsmTable, Refused
from peploss.errors import SourceError
from peploss.spectra.readers import open_spectra


def read_annotated(path: Path) -> PsmTable:
    """The peptides that spectra come with.

    Raises:
        SourceError: it is no file of spectra, or none of them comes with a peptide that can be read.
    """
    table = PsmTable(str(path), "spectra", [])
    with open_spectra(path) as file:
        for header in file.headers():
            if header.unread:
                table.refused.append(Refused(header.index + 1, header.unread))
            if not header.peptide:
                continue
            keys: dict[str, str | int] = {"index": header.index}
            keys |= {k: v for k, v in (("title", header.title), ("native id", header.native_id)) if v}
            if header.scan is not None:
                keys["scan"] = header.scan
            table.add(
                Psm(
                    peptide=header.peptide,
                    spectrum=header.name,
                    line=header.index + 1,
                    run=path.name,
                    charge=header.precursor_charge,
                    precursor_mz=header.precursor_mz,
                    rt=header.rt,
                    keys=keys,
                )
            )
    if not table.psms and not table.refused:
        raise SourceError(
            "None of these spectra comes with a peptide.", where=str(path), remedy="Give a table of PSMs as well."
        )
    return table.with_psms()
