"""Rows of a set by their ids, with peptide and peaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from peploss.dataset.schema import ABOUT, PEAKS
from peploss.dataset.store import ParquetStore


def rows_of(store: ParquetStore, ids: Sequence[int]) -> pa.RecordBatch:
    """Those PSMs, in the order of the set; ``ids`` ascend."""
    batches = []
    for group in np.unique(np.searchsorted(store.starts, ids, side="right") - 1):
        first, last = int(store.starts[group]), int(store.starts[group + 1])
        inside = [i - first for i in ids if first <= i < last]
        batches.append(store.group(int(group), [*ABOUT.names, *PEAKS.names]).take(pa.array(inside)))
    (batch,) = pa.Table.from_batches([_plain(b) for b in batches]).combine_chunks().to_batches()
    return batch


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Without dictionaries, which differ from one row group to the next."""
    arrays = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
