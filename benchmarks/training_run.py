"""A logged run of any size, drawn at random but shaped as a training gives it, for tests and measurements of the page.

python -m benchmarks.training_run folder --samples 100000 --checkpoints 10
"""

from __future__ import annotations

import argparse
import json
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from peploss import Vocabulary
from peploss.training.descent.objective import Objective
from peploss.training.log_rows import ABOUT, FORMAT, PART, SPECTRA
from peploss.version import __version__

ROWS = 20_000  # of a row group


def large_run(folder: Path, samples: int, checkpoints: int, *, seed: int = 0) -> None:
    """Write a run in the format of ``SampleLog``, in one part and without a model: its tokens improve step by step."""
    rng = np.random.default_rng(seed)
    vocabulary = Vocabulary()
    folder.mkdir(parents=True)
    objective = Objective(spectrum_weight=0.1, precursor_weight=0.01)
    masses = dict(zip(vocabulary.tokens, vocabulary.masses, strict=True))
    told = {"format": FORMAT, "version": __version__, "vocabulary": masses, "loss": objective.as_dict()}
    (folder / ABOUT).write_text(json.dumps(told), encoding="utf-8")
    length = rng.integers(7, 21, samples)
    hard = rng.beta(2, 2, samples)
    ends = np.concatenate([[0], np.cumsum(length)])
    target = rng.integers(4, 24, ends[-1], dtype=np.int32)
    names = pa.array([f"spectrum {i}" for i in range(samples)])
    offsets = pa.array(ends.astype(np.int32))
    pq.write_table(pa.table({"id": names, "charge": rng.integers(2, 4, samples)}), folder / f"{SPECTRA}-000000.parquet")
    with ExitStack() as opened:
        writer: pq.ParquetWriter | None = None
        for k in range(checkpoints):
            chance = np.clip(1.3 * (k + 1) / (checkpoints + 1) - 0.6 * hard + 0.3, 0.05, 0.98)
            right = rng.random(ends[-1], dtype=np.float32) < np.repeat(chance.astype(np.float32), length)
            decoded = np.where(right, target, rng.integers(4, 24, ends[-1], dtype=np.int32))
            correct = np.add.reduceat(decoded == target, ends[:-1])
            share = correct / length
            ce = 0.05 + 2.8 * (1 - share) + rng.exponential(0.1, samples)
            spectrum = np.clip(1 - share**4 + rng.normal(0, 0.03, samples), 0, 1)
            precursor = np.clip(0.05 * (1 - share) + rng.normal(0, 0.002, samples), 0, None)
            said = pa.ListArray.from_arrays(offsets, decoded)
            probability = np.where(right, np.float32(0.9), np.float32(0.4))
            columns = {
                "step": np.full(samples, 1000 * k),
                "id": names,
                "length": length,
                "n_correct": correct,
                "target": pa.ListArray.from_arrays(offsets, target),
                "decoded": pa.ListArray.from_arrays(pa.array(np.arange(samples + 1, dtype=np.int32)), said),
                "top_token": said,
                "top_probability": pa.ListArray.from_arrays(offsets, probability),
                "ce_final": ce,
                "spectrum_loss": spectrum,
                "precursor_loss": precursor,
                "total_loss": ce + 0.1 * spectrum + 0.01 * precursor,
                "weight_ce": np.ones(samples),
                "weight_spectrum": np.full(samples, 0.1),
                "weight_precursor": np.full(samples, 0.01),
            }
            table = pa.table(columns)
            if writer is None:
                path = folder / f"{PART}-000000.parquet"
                writer = opened.enter_context(pq.ParquetWriter(path, table.schema, compression="lz4"))
            writer.write_table(table, row_group_size=ROWS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--checkpoints", type=int, default=10)
    given = parser.parse_args()
    large_run(given.folder, given.samples, given.checkpoints)


if __name__ == "__main__":
    main()
