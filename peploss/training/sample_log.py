"""Logs what a model predicts for each sample while it trains; takes three lines in a training loop.

The loop hands over tensors; a thread of this log turns them into rows and writes them as Parquet parts, each whole or
not at all. A run that is killed loses at most the part in hand.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import torch
from torch import Tensor

from peploss.atomic import whole_file
from peploss.errors import SettingsError, SourceError
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary
from peploss.version import __version__

FORMAT: Final = 1
ABOUT: Final = "log.json"
WAITING: Final = 8
"""Batches that may wait to be written; a loop that is faster than the disk waits for the next place."""


class _Batch(NamedTuple):
    step: int
    ids: list[str]
    tensors: dict[str, Tensor]  # on the CPU once ``ready`` has happened
    metrics: dict[str, Tensor]
    weights: dict[str, float]
    ready: torch.cuda.Event | None


class SampleLog:
    """A folder of Parquet parts, one row for each sample of each logged step.

    Args:
        folder: of the run; made if it is not there. A run that was cut off is taken up again: its parts stay.
        vocabulary: the model's tokens with their masses; None is the default of 24.
        top_k: the most probable tokens kept of each position, from the last refinement step; at least 1.
        full_logits: keep the logits of every refinement step as well, as float16: T x L x V values a sample.
        rows: samples in one part.
    Raises:
        SettingsError: a value is out of range.
        SourceError: the folder belongs to a run with another vocabulary, or another process writes to it.

    >>> import tempfile, torch
    >>> vocabulary = Vocabulary()
    >>> targets, mask = vocabulary.encode(["PEPTIDE", "GAS"])
    >>> with tempfile.TemporaryDirectory() as folder, SampleLog(folder, vocabulary=vocabulary) as log:
    ...     log.add(100, ["first", "second"], torch.randn(1, *targets.shape, 24), targets, mask)
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
        top_k: int = 5,
        full_logits: bool = False,
        rows: int = 4096,
    ) -> None:
        self.folder = Path(folder)
        self.vocabulary = as_vocabulary(vocabulary)
        for name, value in {"top_k": top_k, "rows": rows}.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise SettingsError(f"{name} must be a whole number of at least 1, not {value!r}.")
        self.top_k = min(top_k, len(self.vocabulary))
        self.full_logits = full_logits
        self.rows = rows
        self._begin()
        self._last_step = -1
        self._error: BaseException | None = None
        self._closed = False
        self._queue: queue.Queue[_Batch | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._write_all, name="peploss-sample-log", daemon=True)
        self._thread.start()

    def add(
        self,
        step: int,
        ids: Sequence[str],
        logits: Tensor,  # (T, B, L, V)
        targets: Tensor,  # (B, L)
        mask: Tensor,  # (B, L)
        metrics: Mapping[str, Tensor | float] | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        """Log one batch. Returns at once; nothing waits for the device.

        Args:
            step: of the training; never less than that of an earlier call.
            ids: B names, the same for a sample in every epoch.
            logits: (T, B, L, V) of every refinement step.
            targets, mask: (B, L) token indices, and where they count.
            metrics: what ``CombinedLoss(reduction="none")`` returned: values of shape (B,) become columns, a single
                value (or one of another shape) belongs to the whole step and is repeated.
            weights: of the parts of the loss at this step, by name.
        Raises:
            SettingsError: shapes do not fit, or the step lies before an earlier one.
            SourceError: an earlier batch could not be written.
        """
        if self._error is not None:
            raise SourceError(f"The log cannot be written: {self._error}", where=str(self.folder)) from self._error
        if self._closed:
            raise SettingsError("The log is closed.", remedy="Open it again with SampleLog(folder).")
        if logits.ndim != 4 or logits.shape[-1] != len(self.vocabulary):
            raise SettingsError(
                f"logits must have shape (T, B, L, V) with V = {len(self.vocabulary)} as in the vocabulary, not "
                f"{tuple(logits.shape)}."
            )
        batch = logits.shape[1]
        if targets.shape != logits.shape[1:3] or mask.shape != targets.shape or len(ids) != batch:
            raise SettingsError(
                f"targets and mask must be (B, L) = {tuple(logits.shape[1:3])} and ids {batch}, not "
                f"{tuple(targets.shape)}, {tuple(mask.shape)} and {len(ids)}."
            )
        if step < self._last_step:
            raise SettingsError(f"Steps must not go back: {step} came after {self._last_step}.")
        self._last_step = step
        given = {name: torch.as_tensor(value).detach() for name, value in (metrics or {}).items()}
        with torch.no_grad():
            top = logits[-1].detach().float().softmax(-1).topk(self.top_k, dim=-1)
            tensors = {
                "decoded": logits.detach().argmax(-1).transpose(0, 1),  # (B, T, L)
                "target": targets,
                "mask": mask.to(torch.bool),
                "top_token": top.indices,  # (B, L, k)
                "top_probability": top.values,
            }
            if self.full_logits:
                tensors["logits"] = logits.detach().transpose(0, 1).half()  # (B, T, L, V)
            on_gpu = logits.is_cuda
            copies = {name: _to_cpu(value) for name, value in tensors.items()}
            metric_copies = {name: _to_cpu(value.reshape(-1)) for name, value in given.items()}
        ready = None
        if on_gpu:
            ready = torch.cuda.Event()
            ready.record()
        self._queue.put(_Batch(step, list(map(str, ids)), copies, metric_copies, dict(weights or {}), ready))

    def close(self) -> None:
        """Write what is in hand and end the log.

        Raises:
            SourceError: something could not be written.
        """
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._lock.unlink(missing_ok=True)
        if self._error is not None:
            raise SourceError(f"The log cannot be written: {self._error}", where=str(self.folder)) from self._error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _begin(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SourceError(f"The folder cannot be made: {error}", where=str(self.folder)) from error
        self._lock = self.folder / ".writing"
        _take(self._lock)
        about = self.folder / ABOUT
        masses = dict(zip(self.vocabulary.tokens, self.vocabulary.masses, strict=True))
        if about.exists():
            try:
                kept = json.loads(about.read_text(encoding="utf-8"))
                same = kept["vocabulary"] == masses
            except (ValueError, KeyError, TypeError, OSError) as error:
                self._lock.unlink(missing_ok=True)
                raise SourceError(f"{ABOUT} is damaged: {error}", where=str(about)) from error
            if not same:
                self._lock.unlink(missing_ok=True)
                raise SourceError(
                    "The folder holds a run with another vocabulary.",
                    where=str(self.folder),
                    remedy="Give each run a folder of its own.",
                )
        else:
            with whole_file(about) as path:
                text = json.dumps({"format": FORMAT, "version": __version__, "vocabulary": masses}, indent=1)
                path.write_text(text, encoding="utf-8")
        self._part = 1 + max((int(p.stem.split("-")[1]) for p in self.folder.glob("part-*.parquet")), default=-1)

    def _write_all(self) -> None:
        rows: list[dict[str, Any]] = []
        try:
            while (batch := self._queue.get()) is not None:
                rows.extend(_rows(batch))
                while len(rows) >= self.rows:
                    self._write(rows[: self.rows])
                    del rows[: self.rows]
            if rows:
                self._write(rows)
        except BaseException as error:  # noqa: BLE001  raised again by the next call of ``add`` or ``close``
            self._error = error
            while not self._closed or not self._queue.empty():  # the loop must not wait for a place in the queue
                if self._queue.get() is None:
                    return

    def _write(self, rows: list[dict[str, Any]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = dict.fromkeys(name for row in rows for name in row)
        table = pa.table({name: [row.get(name) for row in rows] for name in names})
        with whole_file(self.folder / f"part-{self._part:06d}.parquet") as path:
            pq.write_table(table, path, compression="zstd")
        self._part += 1


def _to_cpu(value: Tensor) -> Tensor:
    """A copy that the training loop cannot change any more."""
    return value.to("cpu", non_blocking=True) if value.is_cuda else value.clone()


def _rows(batch: _Batch) -> list[dict[str, Any]]:
    if batch.ready is not None:
        batch.ready.synchronize()
    n = len(batch.ids)
    arrays = {name: value.numpy() for name, value in batch.tensors.items()}
    metrics = {name: value.double().numpy() if value.numel() == n else None for name, value in batch.metrics.items()}
    whole = {name: float(value.double().mean()) for name, value in batch.metrics.items() if metrics[name] is None}
    rows = []
    for i, sample in enumerate(batch.ids):
        keep = arrays["mask"][i]
        target = arrays["target"][i][keep]
        decoded = arrays["decoded"][i][:, keep]
        row: dict[str, Any] = {
            "step": batch.step,
            "id": sample,
            "length": int(keep.sum()),
            "n_correct": int((decoded[-1] == target).sum()),
            "target": target.astype("int32"),
            "decoded": list(decoded.astype("int32")),
            "top_token": arrays["top_token"][i][keep].astype("int32").reshape(-1),
            "top_probability": arrays["top_probability"][i][keep].astype("float32").reshape(-1),
        }
        row |= {name: float(values[i]) if values is not None else whole[name] for name, values in metrics.items()}
        row |= {f"weight_{name}": float(weight) for name, weight in batch.weights.items()}
        if "logits" in arrays:
            row["logits"] = arrays["logits"][i][:, keep].tobytes()
        rows.append(row)
    return rows


def _take(lock: Path) -> None:
    """Claim the folder; a claim of a process that has died is taken over."""
    try:
        owner = int(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        owner = 0
    if owner and owner != os.getpid() and _alive(owner):
        raise SourceError(
            f"Process {owner} writes to this folder.",
            where=str(lock.parent),
            remedy="Give each run a folder of its own.",
        )
    if owner == os.getpid():
        raise SourceError("This folder has an open log already.", where=str(lock.parent), remedy="Close it first.")
    lock.write_text(str(os.getpid()), encoding="utf-8")


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
