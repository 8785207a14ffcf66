"""Peptides for the spectra of a file from PSM tables beside it, by the join that makes sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from peploss.dataset.index.headers import Headers
from peploss.dataset.index.join import join
from peploss.dataset.index.resolve import resolve
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.errors import SourceError
from peploss.spectra.readers import SpectrumFile


@dataclass
class Beside:
    """What tables say of a file.

    Attributes:
        peptides: as ProForma with its charge, by the id of the spectrum.
        told: sentences on what was joined, and what was not and why.
    """

    peptides: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


def peptides(spectra: SpectrumFile, tables: Sequence[Path]) -> Beside:
    """The best PSM of each spectrum, by rank; of PSMs without ranks the first.

    Raises:
        SourceError: a table cannot be read.
    """
    heads = spectra.headers()
    names = Headers(spectra.name)
    columns = ("index", "scan", "native_id", "title", "problem")
    names.add({column: [getattr(head, column) for head in heads] for column in columns})
    read = [_read(table) for table in tables]
    joined = join(read, [names])
    out = Beside()
    reasons = [psm.reason for psm in joined.not_joined]
    for at, found in joined.psms[0].items():
        best: Psm = min((psm for psm, _, _ in found), key=lambda psm: psm.rank or 1)
        resolved = resolve(best.peptide)
        if isinstance(resolved, str):
            reasons.append(f"Its peptide cannot be used: {resolved}")
            continue
        charge = best.charge or resolved.charge
        out.peptides[spectra.ids[heads[at].index]] = f"{resolved.peptide}/{charge}" if charge else resolved.peptide
    kinds = dict.fromkeys(kind for _, _, kind in joined.counts)
    by = f", joined by {', '.join(kinds)}" if kinds else ""
    which = ", ".join(table.name for table in tables)
    out.told.append(f"{len(out.peptides):,} of {len(heads):,} spectra have a peptide from {which}{by}.")
    if reasons:
        n = "1 PSM" if len(reasons) == 1 else f"{len(reasons):,} PSMs"
        out.told.append(f"{n} could not be used. The first: {reasons[0]}")
    out.told += [note for table in read for note in table.told]
    return out


def _read(table: Path) -> PsmTable:
    try:
        return read_psms(table)
    except SourceError as error:  # which names the file as it lies on disk; its owner knows it by its name
        raise SourceError(error.problem, where=table.name, remedy=error.remedy) from error
