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
from peploss.foreign import UNREADABLE
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
_POSITIONS: Final = {
    "decoded": 2, "highest": 2, "target": 1, "mask": 1, "top_token": 1, "top_probability": 1, "logits": 2,
}  # fmt: skip
"""The axis of the positions L in each tensor of a batch."""


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


def alike(batch: Batch) -> tuple[object, ...]:
    """The same for batches that ``sample_table`` can take together."""
    _, steps, _ = batch.tensors["decoded"].shape
    return steps, batch.tensors["top_token"].shape[2], (*batch.metrics,), (*batch.weights,), "logits" in batch.tensors


def sample_table(batches: Sequence[Batch]) -> pa.Table:
    """A row for each sample of batches that are ``alike``, column by column: no loop over samples but for their logits.

    What a table costs hardly depends on its rows, so several batches at a time cost a fraction of one at a time.
    """
    import pyarrow as pa

    sizes = [len(batch.ids) for batch in batches]
    n, longest = sum(sizes), max(batch.tensors["target"].shape[1] for batch in batches)
    arrays = {
        name: _joined([batch.tensors[name].numpy() for batch in batches], axis, longest)
        for name, axis in _POSITIONS.items()
        if name in batches[0].tensors
    }
    keep, decoded = arrays["mask"], arrays["decoded"].astype(np.int32)  # (B, L), (B, T, L)
    length, steps = keep.sum(1), decoded.shape[1]
    right = (decoded[:, -1] == arrays["target"]) & keep & np.isfinite(arrays["highest"][:, -1])
    columns: dict[str, Any] = {
        "step": np.repeat([batch.step for batch in batches], sizes),
        "id": [name for batch in batches for name in batch.ids],
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
    for name in batches[0].metrics:
        columns[name] = np.concatenate(
            [_of_each(batch.metrics[name], size) for batch, size in zip(batches, sizes, strict=True)]
        )
    for name in batches[0].weights:
        columns[f"weight_{name}"] = np.repeat([float(batch.weights[name]) for batch in batches], sizes)
    if "logits" in arrays:
        columns["logits"] = [row[:, kept].tobytes() for row, kept in zip(arrays["logits"], keep, strict=True)]
    return pa.table(columns)


def _of_each(metric: Tensor, n: int) -> np.ndarray:
    """(n,) a metric of each sample; one of the whole step is repeated."""
    each: np.ndarray = metric.double().numpy()
    return each if len(each) == n else np.full(n, each.mean())


def _joined(arrays: list[np.ndarray], axis: int, longest: int) -> np.ndarray:
    """One batch of several; positions that a batch lacks are zero, where its mask is False."""
    if all(array.shape[axis] == longest for array in arrays):
        return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    shape = [sum(map(len, arrays)), *arrays[0].shape[1:]]
    shape[axis] = longest
    out = np.zeros(shape, arrays[0].dtype)
    start = 0
    for array in arrays:
        place = [slice(start, start + len(array)), *(slice(size) for size in array.shape[1:])]
        out[tuple(place)] = array
        start += len(array)
    return out


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
    except UNREADABLE as error:
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
    """Write a part. Numbers that seldom repeat get no dictionary: to try one takes time and room."""
    import pyarrow.parquet as pq

    repeated = [leaf for field in table.schema for leaf in _repeated(field.name, field.type)]
    with whole_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", use_dictionary=repeated)


def _repeated(path: str, kind: pa.DataType) -> list[str]:
    """The column of Parquet that a column or its items become, where its values repeat; a list of one or none."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        return _repeated(f"{path}.list.{kind.value_field.name}", kind.value_type)
    weight = path.startswith("weight_")
    return [path] if weight or not (pa.types.is_floating(kind) or pa.types.is_binary(kind)) else []
