"""Sentences that belong beside the loss: why it is 1 by definition, what the grid leaves out, contradicting charges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.one_psm.grid_effects import count
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]
BY_DEFINITION = "so the loss is 1 by definition."


def charge_notice(candidate: int | None, spectrum: int | None) -> str | None:
    """A sentence where the candidate's own charge is not the spectrum's; None where they agree or one is not known."""
    if candidate is None or spectrum is None or candidate == spectrum:
        return None
    return (
        f"The candidate says charge {candidate}+, the spectrum {spectrum}+: fragments and precursor error are those of "
        f"{candidate}+."
    )


def side_notices(
    name: str, intensity: F64, in_range: Bools, rendered: Bools, settings: LossSettings, *, none: str
) -> list[str]:
    """Sentences on what of one side the loss cannot see; none where it sees something of all that is in range.

    Args:
        name: what one of them is called, ``"fragment"`` or ``"observed peak"``.
        intensity: (N,) of that side.
        in_range, rendered: (N,) whether each lies in the grid's m/z range, and whether the loss sees it.
        settings: the grid.
        none: what is said where there are none at all, up to the comma.
    """
    real = intensity > 0
    n, inside, seen = int(real.sum()), int((real & in_range).sum()), int((real & in_range & rendered).sum())
    end = f"the grid's end at m/z {settings.max_mz:g}"
    if intensity.size == 0:
        return [f"{none}, {BY_DEFINITION}"]
    if n == 0:
        return [f"No {name} has any {'weight' if name == 'fragment' else 'intensity'}, {BY_DEFINITION}"]
    if inside == 0:
        return [f"{_all(n, name, 'lie')} beyond {end}, {BY_DEFINITION}"]
    if seen == 0:
        return [f"{_all(inside, name, 'fall')} between bins, {BY_DEFINITION}"]
    if inside < n:
        verbs = ("lies", "is") if n - inside == 1 else ("lie", "are")
        return [f"{n - inside} of {count(n, name)} {verbs[0]} beyond {end} and {verbs[1]} not seen."]
    return []


def no_peaks(read: int) -> str:
    """Why there is no observed peak, of a spectrum with ``read`` peaks before filtering; up to the comma."""
    return "No observed peak is left after filtering" if read else "The spectrum has no peaks"


def no_fragments(residues: int, settings: LossSettings) -> str:
    """Why there is no fragment, of a peptide with so many residues; up to the comma."""
    if not settings.ion_types and not settings.immonium and not settings.precursor:
        return "No ion type is chosen"
    return "A peptide of one residue has no backbone fragments" if residues == 1 else "The candidate has no fragments"


def _all(n: int, name: str, verb: str) -> str:
    return f"The only {name} {verb}s" if n == 1 else f"All {n} {name}s {verb}"
