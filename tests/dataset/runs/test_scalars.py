"""Exported scalars are those of the curves."""

from __future__ import annotations

import builtins
import csv
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.training_run import large_run
from peploss.dataset.runs.among import Among
from peploss.dataset.runs.samples import RunSamples
from peploss.dataset.runs.scalars import COLUMNS, as_csv, as_json, scalars, to_tensorboard, to_wandb
from peploss.errors import SourceError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunSamples:
    out = tmp_path_factory.mktemp("scalars") / "run"
    large_run(out, 300, 4)
    return RunSamples(out)


def test_rows_are_the_curves(run: RunSamples) -> None:
    rows = scalars(run)
    assert len(rows) == len(run.metrics) * 4
    losses = run.run.read(["step", "total_loss"], step=2000).column("total_loss").to_numpy()
    row = next(r for r in rows if (r["metric"], r["step"]) == ("total_loss", 2000))
    assert (row["n"], row["mean"], row["q0.5"]) == (300, pytest.approx(losses.mean()), pytest.approx(np.median(losses)))
    some = scalars(run, Among(low=10, high=10))
    assert 0 < some[0]["n"] < 300  # type: ignore[operator]


def test_csv_and_json_hold_them(run: RunSamples) -> None:
    rows = scalars(run)
    read = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert list(read[0]) == list(COLUMNS)
    assert [float(r["mean"]) for r in read] == [r["mean"] for r in rows]
    assert json.loads(as_json(rows)) == rows
    assert json.loads(as_json([rows[0] | {"mean": math.nan}]))[0]["mean"] is None


def test_wandb_gets_a_step_at_a_time(run: RunSamples) -> None:
    seen: list[tuple[int | None, dict[str, float]]] = []

    class Kept:
        def log(self, data: Mapping[str, Any], step: int | None = None) -> None:
            seen.append((step, dict(data)))

    rows = scalars(run)
    to_wandb(rows, Kept())
    assert [step for step, _ in seen] == [0, 1000, 2000, 3000]
    assert seen[1][1]["accuracy/mean"] == next(
        r["mean"] for r in rows if (r["metric"], r["step"]) == ("accuracy", 1000)
    )


def test_tensorboard_reads_them_back(run: RunSamples, tmp_path: Path) -> None:
    read = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    rows = scalars(run)
    to_tensorboard(rows, tmp_path)
    events = read.EventAccumulator(str(tmp_path))
    events.Reload()
    assert set(events.Tags()["scalars"]) == {f"{metric}/{name}" for metric in run.metrics for name in COLUMNS[3:]}
    for metric in run.metrics:
        for name in COLUMNS[3:]:
            found = events.Scalars(f"{metric}/{name}")
            expected = [row for row in rows if row["metric"] == metric]
            assert [x.step for x in found] == [row["step"] for row in expected] == [0, 1000, 2000, 3000]
            np.testing.assert_allclose(
                [x.value for x in found], np.array([row[name] for row in expected], dtype=float), rtol=1e-6
            )


def test_without_tensorboard_it_says_what_is_missing(
    run: RunSamples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("torch.utils.tensorboard"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SourceError, match="tensorboard is not installed"):
        to_tensorboard(scalars(run), tmp_path)
