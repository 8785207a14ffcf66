"""Aligns a model's scores with the residues of its PSMs, and judges their order over a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from peploss.analysis.one_psm.confidence import Order, bonds_of, order_of, reversed_in_all
from peploss.dataset.index.resolve import Resolved
from peploss.dataset.tables.psm import Psm
from peploss.errors import PeplossError, PeptideError
from peploss.peptides.confidence import Confidence, aligned
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

JUDGED: Final = 200
"""PSMs of a table whose ions are looked at to judge the order of its scores."""


def scores_of(psm: Psm, peptide: Resolved) -> Confidence | None:
    """The scores of a PSM's residues; None where it has none, or they do not fit, which its notes then say."""
    if not psm.token_scores:
        return None
    ends = peptide.modifications.count("N-term[")
    longer = len(psm.token_scores) > peptide.length + ends  # seldom, and a peptide takes time to read
    may_end = longer and all(site.position != 0 for site in Peptide.parse(peptide.peptide).modifications)
    try:
        return aligned(psm.token_scores, peptide.length, ends, may_end=may_end)
    except PeptideError as error:
        psm.notes = f"{psm.notes} {error}".strip()
        return None


class ScoreOrder:
    """What the first PSMs of each table say of the order of its scores."""

    def __init__(self) -> None:
        self._orders: defaultdict[str, list[Order]] = defaultdict(list)
        self._seen: defaultdict[str, int] = defaultdict(int)

    def wants(self, table: str) -> bool:
        """Whether more PSMs of a table are needed."""
        return self._seen[table] < JUDGED

    def add(
        self, table: str, confidence: Confidence, peptide: str, charge: int | None, spectrum: dict[str, Any]
    ) -> None:
        """Look at one PSM.

        Args:
            spectrum: its ``mz``, ``intensity``, ``precursor_mz`` and ``spectrum_charge``.
        """
        self._seen[table] += 1
        try:
            read = Spectrum(
                mz=spectrum["mz"], intensity=spectrum["intensity"], precursor_mz=spectrum["precursor_mz"],
                precursor_charge=spectrum["spectrum_charge"],
            )  # fmt: skip
            order = order_of(confidence, bonds_of(read, Peptide.parse(peptide, charge), LossSettings()))
        except PeplossError:  # of a PSM that cannot be scored either
            return
        if order is not None:
            self._orders[table].append(order)

    def told(self) -> Mapping[str, str]:
        """Table -> a sentence, of those whose scores are in reversed order."""
        found = {table: reversed_in_all(orders) for table, orders in self._orders.items()}
        return {table: sentence for table, sentence in found.items() if sentence}
