"""The PSMs of a set that a filter leaves, read one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from peploss.dataset.psm_row import psm_of
from peploss.dataset.query.results import Results
from peploss.dataset.store import ParquetStore
from peploss.errors import PeplossError
from peploss.intensities.heights import predictions
from peploss.peptides.peptide import Peptide, charge_in_force
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

AT_A_TIME: Final = 500


class Chosen(NamedTuple):
    """One PSM; where it makes no sense, ``problem`` says why and the rest is None."""

    id: int
    spectrum: Spectrum | None
    peptide: Peptide | None
    problem: str = ""


def chosen_ids(
    source: str | os.PathLike[str], where: str = "", *, results: Path | None = None, limit: int | None = None
) -> list[int]:
    """Ids of the PSMs of a set that a condition in SQL leaves, ascending.

    Args:
        where: on the columns of the results where they are given, else of the set; ``""`` for all.
        results: of ``peploss score`` on that set.
        limit: the first so many.
    Raises:
        SettingsError: the condition makes no sense.
    """
    with Results(source, kind="set") if results is None else Results(results) as asked:
        return asked.ids(where, limit=limit)


def chosen(source: str | os.PathLike[str], ids: Sequence[int], settings: LossSettings) -> Iterator[Chosen]:
    """Spectrum and peptide of each PSM, in the order of the ids.

    Args:
        settings: where they ask for predicted heights, those of many peptides are predicted in one request.
    """
    with ParquetStore(source) as store:
        for start in range(0, len(ids), AT_A_TIME):
            some = ids[start : start + AT_A_TIME]
            found = [_read(psm, row) for psm, row in zip(some, store.rows(some), strict=True)]
            pairs = [(one.spectrum, one.peptide) for one in found]
            known = [
                (p, charge_in_force(p.charge, s.precursor_charge)) for s, p in pairs if s is not None and p is not None
            ]
            predictions([p for p, _ in known], settings, [z for _, z in known])  # they are remembered
            yield from found


def _read(psm: int, row: dict[str, Any]) -> Chosen:
    try:
        return Chosen(psm, *psm_of(row))
    except PeplossError as error:
        return Chosen(psm, None, None, str(error))
