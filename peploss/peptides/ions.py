"""Ions: the one formula of a fragment's m/z, and the kinds of ions that settings ask for.

Every generator takes both from here: ``fragments`` (one peptide, with labels), ``ion_table`` (many of one length),
``peploss.dataset.scoring.columns`` (many of any length, compiled) and ``soft`` (probabilities, with gradients).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

from peploss.constants import AMMONIA, CARBON_MONOXIDE, HYDROGEN, ISOTOPE_SPACING, PROTON, WATER
from peploss.peptides.modifications.isotopes import HEAVIER
from peploss.settings import LossSettings

ION_OFFSETS: Final = {
    "a": -CARBON_MONOXIDE,
    "b": 0.0,
    "c": AMMONIA,
    "y": WATER,
    "z": WATER - AMMONIA,
    "z+1": WATER - AMMONIA + HYDROGEN,
}
"""Backbone ion type -> Da added to the sum of its residues and its end to give the neutral mass of the fragment."""

N_TERMINAL: Final = ("a", "b", "c")
C_TERMINAL: Final = ("y", "z", "z+1")
LOSS_MASSES: Final = {"": 0.0, "H2O": WATER, "NH3": AMMONIA}

_CARBONS: Final = {"a": -1, "immonium": -1}
_NITROGENS: Final = {"c": 1, "z": -1, "z+1": -1}
_GAINED: Final[dict[str, tuple[dict[str, int], dict[str, int]]]] = {
    "13C": (_CARBONS, {}), "15N": (_NITROGENS, {"NH3": -1}),
}  # fmt: skip
"""Global isotope -> atoms of its element that an ion type gains, and that a neutral loss does."""

_OFFSETS: Final = {**ION_OFFSETS, "immonium": -CARBON_MONOXIDE, "precursor": 0.0}


class IonKind(NamedTuple):
    """Ions that share all but their residues.

    Args:
        kind: ion type, ``"immonium"`` or ``"precursor"``.
        charge: at least 1.
        loss: ``""``, ``"H2O"`` or ``"NH3"``.
        isotope: 0, or 1 for the first 13C peak.
        weight: predicted intensity.
        label: Da that the atoms it gains or loses weigh more in a peptide with global isotopes.
    """

    kind: str
    charge: int
    loss: str = ""
    isotope: int = 0
    weight: float = 1.0
    label: float = 0.0

    @property
    def add(self) -> float:
        """Da to add to the residues and the end, before dividing by the charge."""
        return _OFFSETS[self.kind] - LOSS_MASSES[self.loss] + self.label

    @property
    def after(self) -> float:
        """Th to add after dividing by the charge: a proton for each charge, and the share of a neutron."""
        return PROTON + self.isotope * ISOTOPE_SPACING / self.charge

    def mz(self, mass: Any) -> Any:
        """m/z of ions whose residues and end weigh ``mass`` Da: a number, an array or a tensor.

        For immonium ions ``mass`` is that of one residue, for the precursor that of the intact peptide.

        >>> round(IonKind("y", 1).mz(128.094963), 4), round(IonKind("y", 2, "H2O", 1).mz(128.094963), 4)
        (147.1128, 65.5564)
        """
        return (mass + self.add) / self.charge + self.after


def highest_fragment_charge(settings: LossSettings, charge: int | None) -> int:
    """Highest charge of a backbone ion, never above the precursor's.

    Args:
        charge: of the precursor; None where not known.

    >>> [highest_fragment_charge(LossSettings(), z) for z in (None, 1, 2, 3)]
    [1, 1, 1, 2]
    """
    highest = settings.max_fragment_charge
    if highest is None:
        highest = 2 if charge is not None and charge >= 3 else 1
    return highest if charge is None else min(highest, charge)


@lru_cache(maxsize=4096)
def ion_kinds(settings: LossSettings, charge: int | None, isotopes: tuple[str, ...] = ()) -> tuple[IonKind, ...]:
    """What the settings ask for, in the order in which ions are listed.

    Backbone ions by type, charge, neutral loss and isotope; then immonium ions, then the precursor, which is left out
    where its charge is not known.

    Args:
        charge: of the precursor.
        isotopes: global ones of the peptide, as ``Peptide`` has them.

    >>> [(k.kind, k.isotope) for k in ion_kinds(LossSettings(ion_types=("y",), isotopes=1, immonium=True), 2)]
    [('y', 0), ('y', 1), ('immonium', 0), ('immonium', 1)]
    """
    plain = [
        (kind, z, loss)
        for kind in settings.ion_types
        for z in range(1, highest_fragment_charge(settings, charge) + 1)
        for loss in ("", *settings.neutral_losses)
    ]
    if settings.immonium:
        plain.append(("immonium", 1, ""))
    if settings.precursor and charge is not None:
        plain.append(("precursor", charge, ""))
    return tuple(
        IonKind(kind, z, loss, isotope, _weight(settings, kind, z), _label(kind, loss, isotopes))
        for kind, z, loss in plain
        for isotope in range(settings.isotopes + 1)
    )


def _weight(settings: LossSettings, kind: str, charge: int) -> float:
    weights = settings.ion_weights
    return float(weights.get(f"{kind}{charge}", weights.get(kind, 1.0)))


def _label(kind: str, loss: str, isotopes: tuple[str, ...]) -> float:
    gained = ((name, *_GAINED[name]) for name in isotopes)
    return sum((of_kind.get(kind, 0) + of_loss.get(loss, 0)) * HEAVIER[name][1] for name, of_kind, of_loss in gained)
