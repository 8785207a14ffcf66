"""Reads a logged run: curves of every part of the loss, and the samples of a step."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from peploss.errors import SourceError
from peploss.peptides.vocabulary import Vocabulary
from peploss.training.sample_log import ABOUT, FORMAT

if TYPE_CHECKING:
    import pyarrow as pa

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
FIXED: Final = ("step", "id", "length", "n_correct", "target", "decoded", "top_token", "top_probability", "logits")
"""Columns that every log has; what else there is are metrics and weights."""


class LoggedRun:
    """A folder that ``SampleLog`` wrote; it may still be written to.

    Args:
        folder: of the run.
    Attributes:
        vocabulary: the model's tokens with their masses.
        damaged: parts that cannot be read, each with its reason.
        metrics: names of the per-sample numbers, as the training loop named them.
    Raises:
        SourceError: it is no run, of a later format, or no part of it can be read.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.folder = Path(folder)
        about = self.folder / ABOUT
        try:
            told = json.loads(about.read_text(encoding="utf-8"))
            self.vocabulary = Vocabulary.from_masses(told["vocabulary"])
            written = int(told["format"])
        except FileNotFoundError:
            raise SourceError(
                f"A logged run holds a file {ABOUT}; this folder holds none.",
                where=str(self.folder),
                remedy="Write it with peploss.training.sample_log.SampleLog.",
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise SourceError(f"{ABOUT} is damaged: {error}", where=str(about)) from error
        if written > FORMAT:
            raise SourceError(
                f"The run has format {written}; this version reads {FORMAT}.",
                where=str(about),
                remedy="Update peploss.",
            )
        self.damaged: list[str] = []
        self._parts: list[Path] = []
        names: dict[str, None] = {}
        for path in sorted(self.folder.glob("part-*.parquet")):
            try:
                names |= dict.fromkeys(pq.read_schema(path).names)
            except (pa.ArrowException, OSError) as error:
                self.damaged.append(f"{path.name}: {error}")
                continue
            self._parts.append(path)
        if not self._parts:
            why = f" {self.damaged[0]}" if self.damaged else " The run has not logged a sample yet."
            raise SourceError(f"No part of the run can be read.{why}", where=str(self.folder))
        self.metrics = [name for name in names if name not in FIXED and not name.startswith("weight_")]

    @property
    def steps(self) -> list[int]:
        """Steps that were logged, ascending."""
        return sorted(set(self.read(["step"]).column("step").to_pylist()))

    def read(self, columns: Sequence[str] | None = None, step: int | None = None) -> pa.Table:
        """Rows of the run, or of one step; a column that a part lacks is null there."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        filters = None if step is None else [("step", "=", step)]
        tables = []
        for path in self._parts:
            there = set(pq.read_schema(path).names)
            wanted = None if columns is None else [name for name in columns if name in there or name == "step"]
            tables.append(pq.read_table(path, columns=wanted, filters=filters))
        return pa.concat_tables(tables, promote_options="default")

    def curve(self, metric: str, quantiles: Sequence[float] = QUANTILES) -> dict[str, list[float]]:
        """A metric over training: at each step its mean and its quantiles over the samples.

        Returns:
            ``"step"``, ``"n"`` (samples that have a number), ``"mean"``, and a quantile under its name (``"q0.5"``).
        Raises:
            SourceError: no sample has this metric.
        """
        import numpy as np

        if metric not in self.metrics:
            raise SourceError(
                f"The run has no metric {metric!r}; it has {', '.join(self.metrics) or 'none'}.", where=str(self.folder)
            )
        table = self.read(["step", metric])
        steps = table.column("step").to_numpy()
        values = table.column(metric).to_numpy(zero_copy_only=False).astype(np.float64)
        out: dict[str, list[float]] = {"step": [], "n": [], "mean": [], **{f"q{q:g}": [] for q in quantiles}}
        for step in np.unique(steps):
            here = values[steps == step]
            here = here[np.isfinite(here)]
            out["step"].append(int(step))
            out["n"].append(len(here))
            out["mean"].append(float(here.mean()) if len(here) else float("nan"))
            for q in quantiles:
                out[f"q{q:g}"].append(float(np.quantile(here, q)) if len(here) else float("nan"))
        return out
