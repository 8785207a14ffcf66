"""Numbers in the place of q-values that are none."""

from __future__ import annotations

from typing import Final

import numpy as np

from peploss.dataset.tables.psm import PsmTable
from peploss.dataset.tables.psm_columns import PsmColumns

ROUNDED: Final = 1e-6
"""By how much a q-value may lie outside of 0 to 1, as sums of rounded shares do."""


def check_q_values(table: PsmTable) -> None:
    """Take away what is no q-value, and say so.

    Kept, a -1 for "not known" would count as the best of all, and a column in percent as shares.
    """
    psms = table.psms = PsmColumns.of(table.psms)
    outside = (psms.q_value < -ROUNDED) | (psms.q_value > 1 + ROUNDED)  # NaN is neither
    rows = np.flatnonzero(outside)
    if not rows.size:
        return
    first = int(rows[0])
    column = table.columns.get("q_value")
    of = f" in the column {column!r}" if column else ""
    table.notes.append(
        f"{rows.size:,} of {int((~np.isnan(psms.q_value)).sum()):,} q-values{of} are not between 0 and 1, the first in "
        f"line {psms.line[first]}, {psms.q_value[first]:g}: these PSMs have no q-value. "
        "If the column is in percent, let its name say so (q-value %)."
    )
    psms.q_value = np.where(outside, np.nan, psms.q_value)
