"""What comes back of true PSMs: right, refused or wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from benchmarks.dialects.psms import True_
from peploss.dataset.index.keys import keys_of
from peploss.dataset.tables import read_psms
from peploss.errors import PeptideError, SourceError
from peploss.peptides.peptide import Peptide

WITHIN: Final = 0.02  # Da of the whole peptide, for dialects that round


def _same_masses(found: Peptide, expected: Peptide, on_residue: bool) -> bool:
    """Whether two peptides have the same residues and masses; ``on_residue``: the N-terminus is that of its residue."""
    masses = [[p.n_term_mass, *p.residue_masses.tolist()] for p in (found, expected)]
    if on_residue:
        masses = [[first + second, *rest] for first, second, *rest in masses]
    close = (
        all(abs(a - b) <= WITHIN for a, b in zip(*masses, strict=True)) if len(set(map(len, masses))) == 1 else False
    )
    return close and found.residues == expected.residues


def outcome(path: Path, psms: list[True_]) -> tuple[int, int, list[str]]:
    """How many PSMs of a table come back right, how many are refused, and what is wrong with the others."""
    try:
        table = read_psms(path)
    except SourceError as error:
        return 0, len(psms), [str(error)]
    by_scan = {p.scan: p for p in psms}
    right, unreadable, example, wrong = 0, 0, "", list[str]()
    for psm in table.psms:
        true = by_scan.get(int(keys_of(psm).get("scan", re.sub(r"\D", "", psm.spectrum) or -1)))
        if true is None:
            wrong.append(f"no such scan: {psm}")
            continue
        expected = Peptide.parse(true.proforma)
        try:
            found = Peptide.parse(psm.peptide)
        except PeptideError as error:  # told when it is resolved
            unreadable += 1
            example = example or f"{psm.peptide}: {error}"
            continue
        if _same_masses(found, expected, table.format == "xtandem") and psm.charge == true.charge:
            right += 1
        else:
            wrong.append(f"{psm.peptide} (charge {psm.charge}) instead of {true.proforma}")
    if unreadable:
        print(f"  {path.name}: {unreadable:,} peptides cannot be used, such as {example}")
    return right, len(table.refused) + unreadable, wrong
