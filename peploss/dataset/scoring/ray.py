"""Scores the row groups of a set with Ray Data, on this machine or a cluster that sees the same files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from peploss.dataset.scoring.group import Scored, score_group
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.store import ParquetStore
from peploss.errors import BackendError


def scored_by_ray(store: ParquetStore, plan: Plan) -> Iterator[Scored]:
    """Scores of every row group in order. A task whose worker dies is run again by Ray.

    ``ray.init`` may have been called before, with the address of a cluster; else one is started here. Every worker
    opens the set by its path.

    Raises:
        BackendError: Ray is not installed, or cannot carry it through, as where a worker does not see the set.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise not_installed("Ray Data") from error
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    groups = ray.data.from_items([{"group": g} for g in range(store.n_groups)], override_num_blocks=store.n_groups)
    path = str(store.path.resolve())
    scored = groups.map_batches(score_groups, fn_args=(path, plan), batch_format="pyarrow", batch_size=1, num_cpus=1)
    try:
        for batch in scored.iter_batches(batch_format="pyarrow", batch_size=1, prefetch_batches=2):
            message, data = batch["damage"][0].as_py(), batch["scores"][0].as_py()
            if message is not None:
                yield message
            else:
                with pa.ipc.open_stream(data) as stream:
                    yield stream.read_next_batch()
    except ray.exceptions.RayError as error:
        raise not_carried(error) from error


def not_installed(what: str) -> BackendError:
    """That the engine cannot be used here."""
    return BackendError(
        f"The engine ray needs {what}, which is not installed.", remedy='Install it: pip install "peploss[ray]".'
    )


def not_carried(error: Exception) -> BackendError:
    """What Ray says of work that it could not carry through."""
    return BackendError(
        f"Ray could not carry the scoring through: {_reason(error)}",
        remedy="Every worker has to see the set under the same path.",
    )


def _reason(error: Exception) -> str:
    """What was raised in a worker, of all that Ray says about it: the last line that names an error not of its own."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    named = [x for x in lines if re.match(r"[\w.]*(?:Error|Exception)\b.*:", x) and not x.startswith("ray.")]
    return (named or lines)[-1]


def score_groups(numbers: pa.Table, path: str, plan: Plan) -> dict[str, Any]:
    """Row groups to their scores, as Arrow's own bytes: Ray's blocks would lose types on the way."""
    scores: list[bytes | None] = []
    damage: list[str | None] = []
    with ParquetStore(path) as store:
        for number in numbers["group"].to_pylist():
            found = score_group(store, number, plan)
            damage.append(found if isinstance(found, str) else None)
            scores.append(None if isinstance(found, str) else _bytes(found))
    return {"scores": pa.array(scores, pa.large_binary()), "damage": pa.array(damage, pa.string())}


def _bytes(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return sink.getvalue().to_pybytes()
