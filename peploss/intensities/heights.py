"""Gives a candidate's fragments the heights that the settings ask for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peploss.intensities.prediction import Ion, Prediction, with_intensities
from peploss.intensities.source import intensity_source
from peploss.peptides.fragments import Fragments, fragments
from peploss.peptides.ion_table import IonTable, ion_table
from peploss.peptides.ions import IonKind
from peploss.peptides.peptide import Peptide
from peploss.settings import UNIFORM, LossSettings

NO_CHARGE = "The precursor charge is not known, and a prediction needs it."
_UNPREDICTED = ("immonium", "precursor")


class WithHeights(NamedTuple):
    """Fragments of one candidate.

    Attributes:
        fragments: with predicted intensities; uniform ones where there is no prediction.
        source: where the heights come from, in words; ``"uniform"`` where they are uniform.
        note: why they are uniform or another peptide's although others were asked for, or what a prediction leaves
            out; else None.
        prediction: what they were taken from; None where they are uniform.
    """

    fragments: Fragments
    source: str
    note: str | None
    prediction: Prediction | None = None


def predictions(
    peptides: Sequence[Peptide], settings: LossSettings, charges: Sequence[int | None]
) -> list[Prediction | str | None]:
    """Predicted intensities of peptides at their precursor charges, in one request.

    With ``settings.sqrt`` or ``settings.sqrt_predicted`` they are replaced by their square roots, as observed ones are
    with ``settings.sqrt``.

    Args:
        charges: where one is None or 0 nothing can be predicted.
    Returns:
        For each a prediction, or the reason why there is none; all None where the settings want uniform heights.
    Raises:
        SettingsError, BackendError, SourceError: of ``intensity_source``.
    """
    source = intensity_source(settings.intensities)
    if source is None:
        return [None] * len(peptides)
    known = [i for i, charge in enumerate(charges) if charge]
    asked = source.predict([peptides[i] for i in known], [int(charges[i] or 0) for i in known])
    out: list[Prediction | str | None] = [NO_CHARGE] * len(peptides)
    rooted = settings.sqrt or settings.sqrt_predicted
    for i, answer in zip(known, asked, strict=True):
        out[i] = _root(answer) if rooted and isinstance(answer, Prediction) else answer
    return out


def fragments_with_heights(
    peptides: Sequence[Peptide],
    settings: LossSettings,
    charges: Sequence[int | None],
    *,
    like: Peptide | None = None,
) -> list[WithHeights]:
    """Fragments of candidates, each at its precursor charge.

    Args:
        like: a peptide whose heights serve, ion by ion, where a candidate of the same length has no prediction of its
            own; None: such a candidate has uniform heights.
    Raises:
        SettingsError, BackendError, SourceError: of ``predictions``.
        PeptideError: of ``fragments``.
    """
    uniform = [fragments(peptide, settings, charge) for peptide, charge in zip(peptides, charges, strict=True)]
    answers = predictions(peptides, settings, charges)
    lent: dict[int | None, Prediction | str | None] = {}
    out = []
    for peptide, charge, ions, answer in zip(peptides, charges, uniform, answers, strict=True):
        if isinstance(answer, str) and like is not None and like is not peptide and len(like) == len(peptide):
            if charge not in lent:
                (lent[charge],) = predictions([like], settings, [charge])
            borrowed = lent[charge]
            if isinstance(borrowed, Prediction):
                note = f"{answer} Its heights are those of {like.proforma}, ion by ion."
                applied = with_intensities(ions, borrowed)
                out.append(WithHeights(applied.fragments, borrowed.source, note, borrowed))
                continue
        if answer is None:
            out.append(WithHeights(ions, UNIFORM, None))
        elif isinstance(answer, str):
            out.append(WithHeights(ions, UNIFORM, f"{answer} All fragments have the same height."))
        else:
            applied = with_intensities(ions, answer)
            n_left = len(applied.unused)
            left = f"{n_left} predicted ions are not among the ions of the settings." if n_left else ""
            told = " ".join(filter(None, [_uncharged(ions, answer), left])) or None
            out.append(WithHeights(applied.fragments, answer.source, told, answer))
    return out


def unpredicted_charge(ions: Fragments, found: Prediction) -> int | None:
    """The highest charge of the backbone fragments where nothing of that charge was predicted; else None."""
    backbone = ~np.isin(ions.ion_type, _UNPREDICTED)
    asked = int(ions.charge[backbone].max(initial=0))
    return asked if asked > highest_charge(found) else None


def highest_charge(found: Prediction) -> int:
    """The highest charge of its ions; 0 where it has none."""
    return max((ion.charge for ion in found.intensities), default=0)


def predicts_no(source: str, highest: int) -> str:
    """What a source leaves out that predicts no fragment above a charge."""
    return f"{source} predicts {'no fragment' if highest == 0 else f'no fragment of a charge above {highest}'}"


def charge_remedy(source: str, highest: int) -> str:
    """The source that predicts higher charges, as a sentence with a space before it; ``""`` where none is known."""
    return " MS2PIP HCDch2 predicts charges 1 and 2." if highest < 2 and source.startswith("MS2PIP") else ""


def _uncharged(ions: Fragments, found: Prediction) -> str:
    """A sentence where fragments of a charge are asked for and none of that charge was predicted."""
    asked = unpredicted_charge(ions, found)
    if asked is None:
        return ""
    highest = highest_charge(found)
    remedy = charge_remedy(found.source, highest)
    return f"{predicts_no(found.source, highest)}: those of charge {asked} have no height.{remedy}"


def shuffled_with_heights(shuffled: Peptide, settings: LossSettings, charge: int | None, of: Peptide) -> Fragments:
    """Fragments of a decoy with the heights predicted for the peptide it was made of, ion by ion.

    A decoy then differs from its peptide in nothing but the places of its fragments.
    """
    ions = fragments(shuffled, settings, charge)
    (answer,) = predictions([of], settings, [charge])
    return with_intensities(ions, answer).fragments if isinstance(answer, Prediction) else ions


def table_with_heights(
    peptide: Peptide, settings: LossSettings, charge: int | None, found: Prediction | None
) -> IonTable:
    """The ions of ``ion_table`` for a peptide and its changed forms, with the heights predicted for the peptide."""
    table = ion_table(len(peptide), settings, charge, peptide.isotopes)
    if found is None:
        return table
    own = kind_heights(table.kinds, len(peptide), found)
    weight = table.weight.copy()
    weight[: own.size] = own
    return dataclasses.replace(table, weight=weight)


def kind_heights(kinds: Sequence[IonKind], length: int, found: Prediction) -> NDArray[np.float64]:
    """Heights of a peptide's backbone ions in the order of ``fragments``; 0 for those that are not predicted.

    An isotope peak has the height of its ion.
    """
    return np.array(
        [
            kind.weight * found.intensities.get(Ion(kind.kind, ordinal, kind.charge, kind.loss), 0.0)
            for kind in kinds
            if kind.kind not in _UNPREDICTED
            for ordinal in range(1, length)
        ],
        dtype=np.float64,
    )


def _root(prediction: Prediction) -> Prediction:
    return dataclasses.replace(
        prediction, intensities={ion: float(np.sqrt(value)) for ion, value in prediction.intensities.items()}
    )
