"""Which of the isolated ions of a spectrum is the peptide.

An MS2 spectrum has one stage: the ion isolated is the peptide. The ion isolated for an MS3 spectrum is a fragment, or
with synchronous precursor selection several of them; the peptide was isolated a stage before. Converters list both
stages in either order, or the last one alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

WIDE: Final = 5.0  # Th: an isolation window as wide as this is no single ion's
_SAME: Final = 0.01  # Th


class Isolated(NamedTuple):
    """One isolation.

    Args:
        mz: of the ion in Th, else of the window's centre; None where neither is given.
        charge: of the ion, or None.
        spectrum: id of the spectrum in which the ion was seen, ``""`` where it is not named.
        level: MS level of that spectrum, where the file says so.
    """

    mz: float | None = None
    charge: int | None = None
    spectrum: str = ""
    level: int | None = None


Stage = Callable[[str], tuple[int, Isolated] | None]
"""MS level and precursor of a spectrum by its id; None where it is not there."""


def of_peptide(level: int | None, isolated: Sequence[Isolated], stage: Stage) -> tuple[Isolated, list[str]]:
    """The isolation of the peptide, and what to note.

    Args:
        level: of the spectrum.
        isolated: in the order of the file.
        stage: what looks other spectra up.

    >>> of_peptide(2, [Isolated(500.5, 2)], lambda _: None)
    (Isolated(mz=500.5, charge=2, spectrum='', level=None), [])
    >>> of_peptide(3, [Isolated(748.61, 2, "scan=5"), Isolated(804.775, 3)], lambda _: None)[0].mz
    804.775
    """
    if level is None or level < 3:
        if len(isolated) > 1:
            return isolated[0], [f"There are {len(isolated)} precursors ({_listed(isolated)}); the first was taken."]
        return (isolated[0] if isolated else Isolated()), []
    peptide = _peptide(isolated, stage)
    fragments = [one for one in isolated if peptide is None or one.mz != peptide.mz]
    what = f"This is an MS{level} spectrum" + (f" of the fragments at {_listed(fragments)}" if fragments else "")
    if peptide is None:
        return Isolated(), [f"{what}: the file does not say which peptide they are of, so its precursor is not known."]
    return peptide, [f"{what}; its precursor is the peptide's, of an earlier stage."]


def _peptide(isolated: Sequence[Isolated], stage: Stage) -> Isolated | None:
    for one in isolated:
        if one.level == 1:
            return one
    for one in isolated:
        before = stage(one.spectrum) if one.spectrum else None
        if before:
            return one if before[0] == 1 else before[1]
    unnamed = [one for one in isolated if not one.spectrum]
    return unnamed[0] if len(unnamed) == 1 and len(isolated) > 1 else None


def window_note(ion: float | None, charge: int | None, centre: float | None, width: float | None) -> str | None:
    """What to note where the precursor may be the centre of an isolation window and not an ion.

    Args:
        ion, centre: in Th.
        width: of the window in Th, where it is given.

    >>> window_note(None, None, 464.7, 25.0)
    'The precursor m/z is the centre of an isolation window of 25 Th (DIA), not that of an ion.'
    >>> window_note(464.3, 2, 464.7, 1.6)
    """
    if centre is None or (charge is not None and ion is not None) or (ion is not None and abs(ion - centre) > _SAME):
        return None
    if width is not None and width >= WIDE:
        return f"The precursor m/z is the centre of an isolation window of {width:g} Th (DIA), not that of an ion."
    if ion is None:
        return "The precursor m/z is the centre of the isolation window."
    return "The precursor m/z is the centre of the isolation window and has no charge: it may be that of no ion."


def _listed(isolated: Sequence[Isolated]) -> str:
    shown = [f"{one.mz:g}" + (f" ({one.charge}+)" if one.charge else "") if one.mz else "?" for one in isolated]
    more = f" and {len(shown) - 10} more" if len(shown) > 10 else ""
    return "m/z " + ", ".join(shown[:10]) + more
