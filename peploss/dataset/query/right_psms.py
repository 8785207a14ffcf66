"""A sample of the PSMs of a set that are believed to be right; settings are judged on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.tuning.prepared_set import MAX_SPECTRA, LeftOut
from peploss.analysis.tuning.psm_set import Psm
from peploss.dataset.psm_row import COLUMNS, psm_of
from peploss.dataset.store import ParquetStore
from peploss.errors import ArgumentError, PeplossError, SourceError

MAX_Q = 0.01
"""PSMs with a higher q-value are not taken for right."""
WRONG = ("decoy", "poor")
"""Labels of PSMs that are not taken for right; "poor" is the built-in table's."""
EVERY = 32


@dataclass(frozen=True, eq=False)
class RightPsms:
    """A sample of a set.

    Attributes:
        psms: shuffled, grouped by file.
        n_psms: PSMs of the set.
        n_right: how many of them are no decoys, first in rank and within ``MAX_Q``, as far as the set says.
        left_out: what cannot be used, and why.
    """

    psms: tuple[Psm, ...]
    n_psms: int
    n_right: int
    left_out: tuple[LeftOut, ...]

    def summary(self) -> str:
        """How many spectra these are, of how many, without a full stop."""
        told = f"{len(self.psms):,} spectra with a peptide"
        if len(self.psms) + len(self.left_out) < self.n_right:
            told += f", drawn at random from {self.n_right:,}"
        if self.n_right < self.n_psms:
            told += (
                f" of {self.n_psms:,} PSMs that are no decoys, first in rank, and of a q-value up to {MAX_Q:g} "
                "where they have one"
            )
        return told


def right_psms(
    store: ParquetStore,
    *,
    limit: int = MAX_SPECTRA,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> RightPsms:
    """Draw a sample of PSMs that are right as far as the set says; at most one row group is in memory.

    Args:
        limit: most to take, at least 1.
        seed: of the sample.
        progress: called with (done, total) now and then; what it raises ends the reading.
    Raises:
        SourceError: nothing in the set can be used.
        ArgumentError: limit is below 1.
    """
    if limit < 1:
        raise ArgumentError(f"limit must be at least 1, not {limit}.")
    left_out: list[LeftOut] = []
    right = _right(store, left_out)
    chosen = np.random.default_rng(seed).permutation(right)[:limit]
    found: dict[int, Psm] = {}
    for done, row in enumerate(store.rows(sorted(chosen.tolist()), ["id", *COLUMNS])):
        if progress and done % EVERY == 0:
            progress(done, chosen.size)
        try:
            found[row["id"]] = Psm(*psm_of(row), row["file"] or "", row["id"])
        except PeplossError as error:
            left_out.append(
                LeftOut(f"PSM {row['id']} ({row['title'] or row['native_id'] or row['peptide']})", str(error))
            )
    if not found:
        raise SourceError(
            f"None of {store.n_rows:,} PSMs can be taken for right.",
            where=str(store.path),
            remedy=f"A set needs PSMs that are no decoys, first in rank, and of a q-value up to {MAX_Q:g}.",
        )
    return RightPsms(
        psms=tuple(found[i] for i in chosen.tolist() if i in found),
        n_psms=store.n_rows,
        n_right=int(right.size),
        left_out=tuple(left_out),
    )


def _right(store: ParquetStore, left_out: list[LeftOut]) -> NDArray[np.int64]:
    """Ids of those PSMs; a damaged row group is left out and told."""
    out = [np.zeros(0, dtype=np.int64)]
    for number in range(store.n_groups):
        try:
            some = store.group(number, ["id", "label", "rank", "q_value"]).to_pydict()
        except SourceError as error:
            left_out.append(LeftOut(f"row group {number}", error.problem))
            continue
        columns = zip(some["id"], some["label"], some["rank"], some["q_value"], strict=True)
        out.append(
            np.array(
                [
                    i
                    for i, label, rank, q in columns
                    if label not in WRONG and (rank is None or rank <= 1) and (q is None or q <= MAX_Q)
                ],
                dtype=np.int64,
            )
        )
    return np.concatenate(out)
