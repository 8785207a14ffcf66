"""What a log writes: a batch as it waits, and its rows of samples and of spectra."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from peploss.atomic import whole_file
from peploss.errors import SourceError
from peploss.peptides.vocabulary import Vocabulary
from peploss.training.descent.objective import Objective
from peploss.version import __version__

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT: Final = 2
"""1 kept logits as float16, and neither spectra nor the settings of the loss."""
ABOUT: Final = "log.json"
PART: Final = "part"
SPECTRA: Final = "spectra"
"""What the names of files of samples and of spectra begin with."""


class Spectra(NamedTuple):
    """Spectra that a log sees for the first time: N ids, m/z, intensity and mask (N, P), masses (N,), charges."""

    ids: list[str]
    peaks: tuple[Tensor, Tensor, Tensor] | None
    mass: Tensor | None
    charges: list[int] | None


class Batch(NamedTuple):
    """One logged batch; its tensors are on the CPU once ``ready`` has happened."""

    step: int
    ids: list[str]
    tensors: dict[str, Tensor]
    metrics: dict[str, Tensor]
    weights: dict[str, float]
    spectra: Spectra | None
    ready: torch.cuda.Event | None


def to_cpu(value: Tensor) -> Tensor:
    """A copy that the training loop cannot change any more."""
    return value.to("cpu", non_blocking=True) if value.is_cuda else value.clone()


def sample_table(batch: Batch) -> pa.Table:
    """A row for each sample, column by column: no loop over samples but for their logits."""
    import pyarrow as pa

    if batch.ready is not None:
        batch.ready.synchronize()
    n = len(batch.ids)
    arrays = {name: value.numpy() for name, value in batch.tensors.items()}
    keep, decoded = arrays["mask"], arrays["decoded"].astype(np.int32)  # (B, L), (B, T, L)
    length, steps = keep.sum(1), decoded.shape[1]
    right = (decoded[:, -1] == arrays["target"]) & keep & np.isfinite(arrays["highest"][:, -1])
    columns: dict[str, Any] = {
        "step": np.full(n, batch.step),
        "id": batch.ids,
        "length": length,
        "n_correct": right.sum(1),
        "target": _lists(arrays["target"][keep].astype(np.int32), length),
        "decoded": pa.ListArray.from_arrays(
            pa.array(np.arange(0, n * steps + 1, steps, dtype=np.int32)),
            _lists(decoded[np.broadcast_to(keep[:, None], decoded.shape)], np.repeat(length, steps)),
        ),
    }
    for name, dtype in (("top_token", np.int32), ("top_probability", np.float32)):
        values = arrays[name]  # (B, L, k)
        columns[name] = _lists(values[keep].astype(dtype).reshape(-1), length * values.shape[2])
    for name, metric in batch.metrics.items():
        each = metric.double().numpy()
        columns[name] = each if len(each) == n else np.full(n, each.mean())
    columns |= {f"weight_{name}": np.full(n, float(weight)) for name, weight in batch.weights.items()}
    if "logits" in arrays:
        columns["logits"] = [row[:, kept].tobytes() for row, kept in zip(arrays["logits"], keep, strict=True)]
    return pa.table(columns)


def _lists(values: np.ndarray, lengths: np.ndarray) -> pa.ListArray:
    """Lists of these lengths, one after the other."""
    import pyarrow as pa

    return pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)), values)


def spectrum_rows(spectra: Spectra) -> list[dict[str, Any]]:
    """A row for each spectrum; called once the batch that it came with is ready."""
    rows: list[dict[str, Any]] = [{"id": name} for name in spectra.ids]
    for i, row in enumerate(rows):
        if spectra.peaks is not None:
            mz, intensity, mask = (each[i] for each in spectra.peaks)
            keep = mask.to(torch.bool)
            row["mz"] = mz[keep].double().numpy()
            row["intensity"] = intensity[keep].double().numpy()
        if spectra.mass is not None:
            row["precursor_mass"] = float(spectra.mass[i].double())
        if spectra.charges is not None:
            row["charge"] = spectra.charges[i]
    return rows


def known_spectra(folder: Path) -> set[str]:
    """Ids of the spectra that a run has already; those of a damaged part are not known, and come again."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    known: set[str] = set()
    for path in sorted(folder.glob(f"{SPECTRA}-*.parquet")):
        with contextlib.suppress(pa.ArrowException, OSError):
            known.update(pq.read_table(path, columns=["id"]).column("id").to_pylist())
    return known


def begin_or_go_on(folder: Path, vocabulary: Vocabulary, objective: Objective | None) -> None:
    """Write what a new run says about itself; see that a run that is there already says the same.

    Raises:
        SourceError: it is damaged, or another run: of other tokens, another format or other settings of the loss.
    """
    about = folder / ABOUT
    if not about.exists():
        write_about(folder, vocabulary, objective)
        return
    try:
        kept = json.loads(about.read_text(encoding="utf-8"))
        same = kept["vocabulary"] == dict(zip(vocabulary.tokens, vocabulary.masses, strict=True))
        before = Objective.from_dict(kept["loss"]) if kept.get("loss") else objective
        written = kept.get("format")
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise SourceError(f"{ABOUT} is damaged: {error}", where=str(about)) from error
    other = {
        "with another vocabulary": not same,
        "of another format": written != FORMAT,
        "with other settings of the loss": objective and before and not objective.same_but_weights(before),
    }
    for what, differs in other.items():
        if differs:
            raise SourceError(
                f"The folder holds a run {what}.", where=str(folder), remedy="Give each run a folder of its own."
            )


def write_about(folder: Path, vocabulary: Vocabulary, objective: Objective | None = None) -> None:
    """Write what a run says about itself."""
    told: dict[str, Any] = {"format": FORMAT, "version": __version__}
    told["vocabulary"] = dict(zip(vocabulary.tokens, vocabulary.masses, strict=True))
    told |= {"loss": objective.as_dict()} if objective else {}
    with whole_file(folder / ABOUT) as path:
        path.write_text(json.dumps(told, indent=1), encoding="utf-8")


def write_rows(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write a part; a column that a row lacks is null there."""
    import pyarrow as pa

    names = dict.fromkeys(name for row in rows for name in row)
    write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a part."""
    import pyarrow.parquet as pq

    with whole_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
