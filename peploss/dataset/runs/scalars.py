"""The curves of a run as numbers for other programs: CSV, JSON, TensorBoard, Weights & Biases."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from peploss.dataset.runs.among import Among
from peploss.dataset.runs.samples import RunSamples
from peploss.errors import SourceError
from peploss.training.logged_run import QUANTILES

COLUMNS: Final = ("step", "metric", "n", "mean", *(f"q{q:g}" for q in QUANTILES))

Row = dict[str, int | float | str]


class Logger(Protocol):
    """What takes scalars as Weights & Biases' run does."""

    def log(self, data: Mapping[str, Any], step: int | None = None) -> Any:
        """Take the scalars of a step."""
        ...


def scalars(run: RunSamples, among: Among | None = None, a: int | None = None, b: int | None = None) -> list[Row]:
    """One row a metric and step, of ``COLUMNS``: how many samples had a number, their mean and quantiles.

    Args:
        among: which samples; None is all.
        a, b: the checkpoints that it compares; None for the first and the last.
    """
    rows: list[Row] = []
    for metric in run.metrics:
        curve = run.curve(metric, among, a, b)
        for k, step in enumerate(curve.step.tolist()):
            numbers = [float(curve.mean[k]), *curve.quantiles[k].tolist()]
            rows.append(dict(zip(COLUMNS, (step, metric, int(curve.n[k]), *numbers), strict=True)))
    return rows


def as_csv(rows: list[Row]) -> str:
    """The rows with a head."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_json(rows: list[Row]) -> str:
    """The rows as a list of objects; what is not a number is null."""
    finite = [{k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()} for row in rows]
    return json.dumps(finite, indent=1)


def to_tensorboard(rows: list[Row], folder: str | Path) -> None:
    """Write the rows as events of TensorBoard: ``total_loss/mean``, ``total_loss/q0.5`` and so on.

    Raises:
        SourceError: tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise SourceError("tensorboard is not installed.", remedy="pip install tensorboard") from error
    with SummaryWriter(str(folder)) as writer:
        for row in rows:
            for name in COLUMNS[3:]:
                writer.add_scalar(f"{row['metric']}/{name}", row[name], row["step"])


def to_wandb(rows: list[Row], run: Logger) -> None:
    """Log the rows with a run of Weights & Biases (``wandb.init()``): a step at a time, ascending."""
    by_step: dict[int, dict[str, float]] = {}
    for row in rows:
        values = {f"{row['metric']}/{name}": float(row[name]) for name in COLUMNS[3:]}
        by_step.setdefault(int(row["step"]), {}).update(values)
    for step in sorted(by_step):
        run.log(by_step[step], step=step)
