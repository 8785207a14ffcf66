"""Tells a training loop that logits which it logged are no finite numbers, from the copies that the log holds."""

from __future__ import annotations

import warnings

import numpy as np

from peploss.training.log_rows import Batch


class BadLogits:
    """Samples whose logits are NaN or infinite, as the thread of a log meets them.

    Attributes:
        n: samples so far, counted at each step anew.
        first: where the first one is, in words; ``""`` where all are finite.
    """

    def __init__(self) -> None:
        self.n = 0
        self.first = ""
        self._told = 0

    def look(self, batch: Batch) -> None:
        """Count those of a batch that is ready. A position counts where the mask is True.

        A token may be ruled out by a logit of -infinity; a position without any finite one has no prediction.
        """
        bad = ~np.isfinite(batch.tensors["highest"].numpy()) & batch.tensors["mask"].numpy()[:, None]  # (B, T, L)
        if not bad.any():
            return
        if not self.first:
            sample, refinement, position = (int(i) for i in np.argwhere(bad)[0])
            self.first = (
                f"step {batch.step}, sample {batch.ids[sample]!r}, refinement step {refinement}, position {position}"
            )
        self.n += int(bad.any((1, 2)).sum())

    def tell(self, *, last: bool = False) -> None:
        """Warn the caller of the log's method: once where the first is, and of their number at the end.

        Args:
            last: no more will come.
        """
        n = self.n
        if n == self._told or (self._told and not last):
            return
        many = f"{n:,} samples have such logits so far" if n > 1 else "One sample has such logits so far"
        warnings.warn(
            f"Logits must be finite numbers; they are NaN or infinite at {self.first}. {many}. Their rows are kept, "
            "without a probability and as wrong; all others are as they were.",
            RuntimeWarning,
            stacklevel=3,
        )
        self._told = n
