"""Reads a logged run: curves of every part of the loss, and the samples of a step."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, NamedTuple, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from peploss.constants import PROTON
from peploss.errors import SourceError
from peploss.foreign import UNREADABLE, reading
from peploss.peptides.vocabulary import Vocabulary
from peploss.training.descent.objective import WEIGHTS, Objective
from peploss.training.log_rows import ABOUT, FORMAT, PART, SPECTRA

if TYPE_CHECKING:
    import pyarrow as pa

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_LOGITS: Final = {1: "float16", 2: "float32"}  # by format
FIXED: Final = ("step", "id", "length", "n_correct", "target", "decoded", "top_token", "top_probability", "logits")
"""Columns that every log has; what else there is are metrics and weights."""


class LoggedSpectrum(NamedTuple):
    """The spectrum of a sample: ``mz`` (P,) in Th, ascending, and ``intensity``, both empty where no peaks were logged;
    neutral ``precursor_mass`` in Da and ``charge``, None where not."""

    mz: NDArray[np.float64]
    intensity: NDArray[np.float64]
    precursor_mass: float | None
    charge: int | None

    @property
    def precursor_mz(self) -> float | None:
        """In Th; None where mass or charge is not known."""
        if self.precursor_mass is None or not self.charge:
            return None
        return self.precursor_mass / self.charge + PROTON


class LoggedSample(NamedTuple):
    """One sample at one step. L tokens that count, T refinement steps.

    Attributes:
        target: (L,) token ids; empty where the right answer is not known.
        decoded: (T, L).
        top_token, top_probability: (L, k) of the last refinement step.
        logits: (T, L, V), None where they were not logged.
        numbers: metrics and weights, by name; those that are null are left out.
    """

    step: int
    id: str
    target: NDArray[np.int64]
    decoded: NDArray[np.int64]
    top_token: NDArray[np.int64]
    top_probability: NDArray[np.float32]
    logits: NDArray[np.floating] | None
    numbers: dict[str, float]

    @property
    def weights(self) -> dict[str, float]:
        """Of the parts of the loss, as far as they were logged."""
        named = {name: self.numbers.get(f"weight_{name}") for name in WEIGHTS}
        return {name: weight for name, weight in named.items() if weight is not None}


P = ParamSpec("P")
T = TypeVar("T")


def _told(method: Callable[Concatenate[LoggedRun, P], T]) -> Callable[Concatenate[LoggedRun, P], T]:
    """A method that reads files of the run: what is damaged in them is told as such."""

    @functools.wraps(method)
    def call(self: LoggedRun, *args: P.args, **named: P.kwargs) -> T:
        with reading(self.folder):
            return method(self, *args, **named)

    return call


class LoggedRun:
    """A folder that ``SampleLog`` wrote; it may still be written to.

    Args:
        folder: of the run.
    Attributes:
        vocabulary: the model's tokens with their masses.
        objective: the settings of its loss; None where they were not logged.
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
            self.objective = Objective.from_dict(told["loss"]) if told.get("loss") else None
            written = int(told["format"])
            self._dtype = _LOGITS.get(written, "float32")
        except FileNotFoundError:
            raise SourceError(
                f"A logged run holds a file {ABOUT}; this folder holds none.",
                where=str(self.folder),
                remedy="Write it with peploss.training.sample_log.SampleLog.",
            ) from None
        except UNREADABLE as error:
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
        for path in sorted(self.folder.glob(f"{PART}-*.parquet")):
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
    def parts(self) -> tuple[Path, ...]:
        """Files of the samples that can be read, oldest first."""
        return tuple(self._parts)

    @property
    @_told
    def steps(self) -> list[int]:
        """Steps that were logged, ascending."""
        return sorted(set(self.read(["step"]).column("step").to_pylist()))

    @_told
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

    @_told
    def curve(self, metric: str, quantiles: Sequence[float] = QUANTILES) -> dict[str, list[float]]:
        """A metric over training: at each step its mean and its quantiles over the samples.

        Returns:
            ``"step"``, ``"n"`` (samples that have a number), ``"mean"``, and a quantile under its name (``"q0.5"``).
        Raises:
            SourceError: no sample has this metric.
        """
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

    @_told
    def sample(self, step: int, sample: str) -> LoggedSample:
        """What the model said of one sample at one step; the last time it was logged there.

        Raises:
            SourceError: it was not logged at this step.
        """
        import pyarrow.parquet as pq

        rows = []
        for path in self._parts:
            rows += pq.read_table(path, filters=[("step", "=", step), ("id", "=", sample)]).to_pylist()
        if not rows:
            raise SourceError(f"Step {step} has no sample {sample!r}.", where=str(self.folder))
        row = rows[-1]
        decoded = np.array(row["decoded"], dtype=np.int64)
        length = decoded.shape[1]
        logits = row.get("logits")
        numbers = {
            name: float(value)
            for name, value in row.items()
            if value is not None and (name in self.metrics or name.startswith("weight_"))
        }
        return LoggedSample(
            step,
            sample,
            np.array(row["target"] or [], dtype=np.int64),
            decoded,
            np.array(row["top_token"], dtype=np.int64).reshape(length, -1),
            np.array(row["top_probability"], dtype=np.float32).reshape(length, -1),
            None if logits is None else np.frombuffer(logits, self._dtype).reshape(len(decoded), length, -1),
            numbers,
        )

    @_told
    def spectrum(self, sample: str) -> LoggedSpectrum | None:
        """The spectrum of a sample; None where none was logged.

        Raises:
            SourceError: a file of spectra cannot be read.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        for path in sorted(self.folder.glob(f"{SPECTRA}-*.parquet")):
            try:
                rows = pq.read_table(path, filters=[("id", "=", sample)]).to_pylist()
            except (pa.ArrowException, OSError) as error:
                raise SourceError(f"It cannot be read: {error}", where=str(path)) from error
            if rows:
                mz = np.array(rows[0].get("mz") or [], dtype=np.float64)
                intensity = np.array(rows[0].get("intensity") or [], dtype=np.float64)
                order = np.argsort(mz, kind="stable")
                return LoggedSpectrum(mz[order], intensity[order], rows[0].get("precursor_mass"), rows[0].get("charge"))
        return None
