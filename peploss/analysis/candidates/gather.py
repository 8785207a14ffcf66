"""Gathers the candidates of a kind, as a button or an option asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from peploss.analysis.candidates.compare import MOST
from peploss.analysis.candidates.make import Made, all_sites, best_of, distinct, fixes, isobaric_swaps
from peploss.analysis.causes.diagnosis import diagnose
from peploss.analysis.causes.run import Run
from peploss.peptides.decoys import decoys
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

Kind = Literal["sites", "swaps", "fixes", "decoys"]
KINDS: Final[dict[Kind, str]] = {
    "sites": "placements of the modifications",
    "swaps": "isobaric swaps",
    "fixes": "fixes of the causes",
    "decoys": "shuffled decoys",
}
"""What can be made of a peptide, and what it is called."""
N_DECOYS: Final = 3
"""Decoys that are put beside a peptide at a time."""


def made_of(
    kind: Kind,
    spectrum: Spectrum,
    peptide: Peptide,
    settings: LossSettings,
    *,
    n: int = MOST - 1,
    run: Run | None = None,
) -> Made:
    """Candidates beside a peptide: the ``n`` of lowest loss, of decoys the first 3.

    Args:
        kind: of ``KINDS``.
        spectrum, settings: what they are scored with.
        run: as for ``diagnose``.
    Raises:
        Peploss errors of preprocessing and fragmentation, where the settings ask for what the input cannot give.
    """
    if kind == "sites":
        return best_of(spectrum, peptide, all_sites(peptide), settings, n)
    if kind == "swaps":
        return best_of(spectrum, peptide, isobaric_swaps(peptide), settings, n)
    if kind == "fixes":
        found = fixes(diagnose(spectrum, peptide, settings, run=run))
        return Made(found[:n], len(found))
    shuffled = decoys(peptide, min(n, N_DECOYS))
    return Made(shuffled, len(shuffled))


def joined(
    candidates: Sequence[Peptide], more: Sequence[Peptide], charge: int | None
) -> tuple[list[Peptide], list[Peptide]]:
    """Candidates with more of them: each peptidoform once, 8 at most.

    Args:
        charge: of the spectrum.
    Returns:
        Those that are taken, and those for which there is no room.
    """
    every = distinct([*candidates, *more], charge)
    return every[:MOST], every[MOST:]
