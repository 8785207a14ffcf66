"""The fragments of a set's PSMs as a table, Parquet or CSV, with mzPAF labels."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from peploss.analysis.one_psm.explanation import Explanation, explain
from peploss.atomic import whole_file
from peploss.dataset.export.chosen import chosen
from peploss.errors import SourceError
from peploss.settings import LossSettings

SCHEMA = pa.schema([
    pa.field("id", pa.int64(), False),
    pa.field("peptidoform", pa.string()),
    pa.field("charge", pa.int16()),
    pa.field("mzpaf", pa.string()),
    pa.field("ion", pa.string()),
    pa.field("ordinal", pa.int16()),
    pa.field("fragment_charge", pa.int16()),
    pa.field("loss", pa.string()),
    pa.field("isotope", pa.int16()),
    pa.field("mz", pa.float64()),
    pa.field("intensity", pa.float64()),
    pa.field("state", pa.string()),
    pa.field("observed_mz", pa.float64()),
    pa.field("observed_intensity", pa.float64()),
    pa.field("error_ppm", pa.float64()),
    pa.field("share_of_cosine", pa.float64()),
    pa.field("share_of_loss", pa.float64()),
])  # fmt: skip
"""One row a fragment. ``intensity`` is the predicted one, ``state`` of ``STATES``; what a fragment without a matched
peak does not have is null. The columns ``peptidoform`` to ``loss`` are those of a file of predictions, which such a
table therefore is."""


def fragment_rows(psm: int, told: Explanation) -> pa.RecordBatch:
    """The rows of one PSM."""
    f, n = told.fragments, len(told.fragments)
    peak = told.matches.peak_of_fragment
    has = peak >= 0
    at = np.where(has, peak, 0)
    observed = told.observed.mz[at] if len(told.observed) else np.zeros(n)
    height = told.observed.intensity[at] if len(told.observed) else np.zeros(n)
    error = np.where(has, (observed - f.mz) / f.mz * 1e6, 0.0)
    plain = told.peptide.with_charge(None).proforma
    columns = [
        np.full(n, psm),
        pa.array([plain] * n),
        pa.array([told.charge] * n, pa.int16()),
        pa.array(f.plain_label, pa.string()),
        pa.array(f.ion_type.tolist(), pa.string()),
        f.ordinal,
        f.charge,
        pa.array(f.neutral_loss.tolist(), pa.string()),
        f.isotope,
        f.mz,
        f.intensity,
        pa.array(told.fragment_state.tolist(), pa.string()),
        pa.array(observed, mask=~has),
        pa.array(height, mask=~has),
        pa.array(error, mask=~has),
        told.shares.fragment_cosine,
        told.shares.fragment_loss,
    ]
    return pa.record_batch([pa.array(c).cast(field.type) for c, field in zip(columns, SCHEMA, strict=True)], SCHEMA)


def write_fragments(
    source: str | os.PathLike[str], ids: Sequence[int], out: Path, settings: LossSettings
) -> tuple[int, list[str]]:
    """Write the fragments of PSMs to ``out``, Parquet or CSV by its name.

    Returns:
        How many PSMs, and why others have none, a sentence each.
    Raises:
        SourceError: the name ends with neither.
    """
    problems: list[str] = []
    if out.suffix not in (".parquet", ".csv"):
        raise SourceError("A table of fragments ends with .parquet or .csv.", where=str(out))
    n = 0
    with whole_file(out) as part, _writer(part, out.suffix) as writer:
        for batch in _batches(source, ids, settings, problems):
            writer.write_table(pa.Table.from_batches(batch, SCHEMA))
            n += len(batch)
    return n, problems


def _writer(part: Path, suffix: str) -> pq.ParquetWriter | pa_csv.CSVWriter:
    return pq.ParquetWriter(part, SCHEMA) if suffix == ".parquet" else pa_csv.CSVWriter(part, SCHEMA)


def _batches(
    source: str | os.PathLike[str], ids: Sequence[int], settings: LossSettings, problems: list[str]
) -> Iterator[list[pa.RecordBatch]]:
    batch: list[pa.RecordBatch] = []
    for one in chosen(source, ids, settings):
        if one.spectrum is None or one.peptide is None:
            problems.append(f"PSM {one.id}: {one.problem}")
            continue
        batch.append(fragment_rows(one.id, explain(one.spectrum, one.peptide, settings)))
        if len(batch) == 500:
            yield batch
            batch = []
    if batch:
        yield batch
