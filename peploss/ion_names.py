"""The one notation of ions: type, charge, neutral loss, as in ``y2-H2O``.

===========  ==========================================================================
written      is
===========  ==========================================================================
``y``        y ions at every charge that is asked for
``y2``       y ions of charge 2; ``y1`` those of charge 1
``y++``      the same as ``y2`` in MS2PIP's spelling; ``y+`` is ``y1``
``y2-H2O``   y ions of charge 2 that lost water; ``y++-H2O`` is the same
===========  ==========================================================================

``LossSettings.ion_weights`` reads it so. The losses that stand in for the original training code
(``ion_type_names=``) name one series each: there a name without a charge is at charge 1, as it was there.
"""

from __future__ import annotations

from typing import Final, NamedTuple

ION_TYPES: Final = ("a", "b", "c", "y", "z", "z+1")
"""Backbone ion types; ``z`` is y - NH3, ``z+1`` the radical z-dot of ETD."""

NEUTRAL_LOSSES: Final = ("H2O", "NH3")
HIGHEST_CHARGE: Final = 9


class IonName(NamedTuple):
    """What an ion's name says; ``charge`` is None where it names no charge, ``loss`` is ``""`` for none."""

    kind: str
    charge: int | None
    loss: str

    @property
    def text(self) -> str:
        """The name with its charge as a digit: ``y2-H2O``."""
        return self.kind + ("" if self.charge is None else str(self.charge)) + (f"-{self.loss}" if self.loss else "")


def _spellings() -> dict[str, IonName]:
    # A table, not a regular expression: torch.compile can look a name up, but not match it.
    table = {}
    for kind in ION_TYPES:
        for loss in ("", *NEUTRAL_LOSSES):
            end = f"-{loss}" if loss else ""
            table[kind + end] = IonName(kind, None, loss)
            for charge in range(1, HIGHEST_CHARGE + 1):
                for written in (str(charge), "+" * charge):
                    table[kind + written + end] = IonName(kind, charge, loss)
    return table


_NAMES: Final = _spellings()


def read_ion(name: str) -> IonName | None:
    """The ion of a name; None where it is not one.

    >>> read_ion("y++-H2O") == read_ion("y2-H2O"), read_ion("z+1"), read_ion("y5x")
    (True, IonName(kind='z+1', charge=None, loss=''), None)
    """
    return _NAMES.get(name)
