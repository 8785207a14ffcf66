"""The fragments of a candidate with the heights that the settings ask for: the one place where they meet."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from peploss.intensities.prediction import Prediction, with_intensities
from peploss.intensities.source import intensity_source
from peploss.peptides.fragments import Fragments, fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import UNIFORM, LossSettings


class WithHeights(NamedTuple):
    """Fragments of one candidate.

    Attributes:
        fragments: with predicted intensities; uniform ones where there is no prediction.
        source: where the heights come from, in words; ``"uniform"`` where they are uniform.
        note: why they are uniform although others were asked for, or what a prediction leaves out; else None.
    """

    fragments: Fragments
    source: str
    note: str | None


def fragments_with_heights(
    peptides: Sequence[Peptide], settings: LossSettings, charges: Sequence[int | None]
) -> list[WithHeights]:
    """Fragments of candidates, each at its precursor charge.

    With ``settings.sqrt`` or ``settings.sqrt_predicted`` predicted intensities are replaced by their square roots, as
    observed ones are with ``settings.sqrt``.

    Args:
        charges: of the precursors; where one is None nothing can be predicted.
    Raises:
        SettingsError, BackendError, SourceError: of ``intensity_source``.
        PeptideError: of ``fragments``.
    """
    uniform = [fragments(peptide, settings, charge) for peptide, charge in zip(peptides, charges, strict=True)]
    source = intensity_source(settings.intensities)
    if source is None:
        return [WithHeights(ions, UNIFORM, None) for ions in uniform]
    known = [i for i, charge in enumerate(charges) if charge is not None]
    asked = source.predict([peptides[i] for i in known], [int(charges[i] or 0) for i in known])
    answers: dict[int, Prediction | str] = dict(zip(known, asked, strict=True))
    out = []
    for i, ions in enumerate(uniform):
        answer = answers.get(i, "The precursor charge is not known, and a prediction needs it.")
        if isinstance(answer, str):
            out.append(WithHeights(ions, UNIFORM, f"{answer} All fragments have the same height."))
            continue
        found = _rooted(answer) if settings.sqrt or settings.sqrt_predicted else answer
        applied = with_intensities(ions, found)
        n_left = len(applied.unused)
        note = f"{n_left} predicted ions are not among the ions of the settings." if n_left else None
        out.append(WithHeights(applied.fragments, answer.source, note))
    return out


def _rooted(prediction: Prediction) -> Prediction:
    return dataclasses.replace(
        prediction, intensities={ion: float(np.sqrt(value)) for ion, value in prediction.intensities.items()}
    )
