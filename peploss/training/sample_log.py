"""Logs what a model predicts for each sample while it trains; takes three lines in a training loop.

The loop hands over tensors; a thread of this log turns them into rows and writes them as Parquet parts, each whole or
not at all. A run that is killed loses at most the part in hand.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import torch
from torch import Tensor

from peploss.errors import SettingsError, SourceError
from peploss.losses.combined import CombinedLoss
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary
from peploss.training.bad_logits import BadLogits
from peploss.training.claim import claim
from peploss.training.descent.objective import Objective
from peploss.training.log_rows import (
    PART,
    SPECTRA,
    Batch,
    Spectra,
    alike,
    begin_or_go_on,
    known_spectra,
    sample_table,
    spectrum_rows,
    to_cpu,
    write_rows,
    write_table,
)
from peploss.training.logged_run import FIXED

if TYPE_CHECKING:
    import pyarrow as pa

WAITING: Final = 8
"""Batches that may wait to be written; a loop that is faster than the disk waits for the next place."""
TOGETHER: Final = 8
"""Batches that become one table, as far as they are alike."""


class SampleLog:
    """A folder of Parquet parts, one row for each sample of each logged step.

    Args:
        folder: of the run; made if it is not there. A run that was cut off is taken up again: its parts stay.
        vocabulary: the model's tokens with their masses; None is the default of 24.
        top_k: the most probable tokens kept of each position, from the last refinement step; at least 1.
        full_logits: keep the logits of every refinement step as well, as float32: T x L x V values a sample. With
            them and the spectra a sample's loss can be computed again exactly, with its gradient.
        loss: the loss that is minimised; its settings are kept, and its weights of each step.
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
        loss: CombinedLoss | None = None,
        rows: int = 4096,
    ) -> None:
        self.folder = Path(folder)
        self.vocabulary = as_vocabulary(vocabulary)
        for name, value in {"top_k": top_k, "rows": rows}.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise SettingsError(f"{name} must be a whole number of at least 1, not {value!r}.")
        self.top_k = min(top_k, len(self.vocabulary))
        self.full_logits = full_logits
        self.loss = loss
        self.rows = rows
        self._begin()
        self._last_step = -1
        self._error: BaseException | None = None
        self._bad = BadLogits()
        self._closed = False
        self._queue: queue.Queue[Batch | None] = queue.Queue(WAITING)
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
        *,
        peaks: tuple[Tensor, Tensor, Tensor] | None = None,  # three of (B, P)
        precursor_mass: Tensor | None = None,  # (B,) Da
        charges: Sequence[int] | None = None,
    ) -> None:
        """Log one batch. Returns at once; nothing waits for the device.

        Args:
            step: of the training; never less than that of an earlier call.
            ids: B names, the same for a sample in every epoch.
            logits: (T, B, L, V) of every refinement step.
            targets, mask: (B, L) token indices, and where they count.
            metrics: what ``CombinedLoss(reduction="none")`` returned: values of shape (B,) become columns, a single
                value (or one of another shape) belongs to the whole step and is repeated.
            weights: of the parts of the loss at this step, by name; None takes those of ``loss``.
            peaks: m/z, intensity and mask of the spectra, as ``CombinedLoss`` takes them. They are kept once for each
                id, as they first came.
            precursor_mass: neutral masses, kept with the spectra.
            charges: of the precursors, B numbers; likewise.
        Raises:
            SettingsError: shapes do not fit, or the step lies before an earlier one.
            SourceError: an earlier batch could not be written.
        Warns:
            RuntimeWarning: logits of an earlier call are NaN or infinite; once, and with their number in ``close``.
        """
        self._raise()
        if self._closed:
            raise SettingsError("The log is closed.", remedy="Open it again with SampleLog(folder).")
        self._bad.tell()
        if logits.ndim != 4 or logits.shape[-1] != len(self.vocabulary):
            raise SettingsError(
                f"logits must have shape (T, B, L, V) with V = {len(self.vocabulary)} as in the vocabulary, not "
                f"{tuple(logits.shape)}."
            )
        shape = logits.shape[1:3]
        if targets.shape != shape or mask.shape != shape or len(ids) != shape[0]:
            raise SettingsError(
                f"targets and mask must be (B, L) = {tuple(shape)} and ids {shape[0]}, not {tuple(targets.shape)}, "
                f"{tuple(mask.shape)} and {len(ids)}."
            )
        if isinstance(step, bool) or not isinstance(step, int | np.integer):
            raise SettingsError(f"step must be a whole number, not {step!r}.")
        step = int(step)
        if step < self._last_step:
            raise SettingsError(f"Steps must not go back: {step} came after {self._last_step}.")
        if taken := [name for name in metrics or {} if name in FIXED]:
            raise SettingsError(f"A metric cannot be called {taken[0]!r}: the log has a column of that name.")
        new = self._spectra_of(ids, peaks, precursor_mass, charges)
        self._last_step = step
        given = {name: torch.as_tensor(value).detach() for name, value in (metrics or {}).items()}
        with torch.no_grad():
            best = logits.detach().max(-1)  # NaN where any logit of the position is
            top = logits[-1].detach().float().softmax(-1).topk(self.top_k, dim=-1)
            tensors = {
                "decoded": best.indices.transpose(0, 1),  # (B, T, L)
                "highest": best.values.transpose(0, 1).float(),
                "target": targets,
                "mask": mask.to(torch.bool),
                "top_token": top.indices,  # (B, L, k)
                "top_probability": top.values,
            }
            if self.full_logits:
                tensors["logits"] = logits.detach().transpose(0, 1).float()  # (B, T, L, V)
            copies = {name: to_cpu(value) for name, value in tensors.items()}
            metric_copies = {name: to_cpu(value.reshape(-1)) for name, value in given.items()}
        ready = None
        if logits.is_cuda:
            ready = torch.cuda.Event()
            ready.record()
        if weights is None:
            weights = Objective.of(self.loss).weights if self.loss else {}
        self._queue.put(Batch(step, list(map(str, ids)), copies, metric_copies, dict(weights), new, ready))

    def _spectra_of(
        self,
        ids: Sequence[str],
        peaks: tuple[Tensor, Tensor, Tensor] | None,
        precursor_mass: Tensor | None,
        charges: Sequence[int] | None,
    ) -> Spectra | None:
        """Copies of the spectra that are not in the log yet."""
        if peaks is None and precursor_mass is None and charges is None:
            return None
        batch = len(ids)
        shapes = [tuple(each.shape) for each in peaks or ()]
        if len(set(shapes)) > 1 or any(len(shape) != 2 or shape[0] != batch for shape in shapes):
            raise SettingsError(f"peaks must be three of one shape (B, P) with B = {batch}, not {shapes}.")
        if precursor_mass is not None and tuple(precursor_mass.shape) != (batch,):
            raise SettingsError(f"precursor_mass must be (B,) = ({batch},), not {tuple(precursor_mass.shape)}.")
        if charges is not None and len(charges) != batch:
            raise SettingsError(f"charges must be {batch} numbers, not {len(charges)}.")
        first = {name: i for i, name in reversed(list(enumerate(map(str, ids)))) if name not in self._known}
        if not first:
            return None
        self._known.update(first)
        which = torch.tensor(sorted(first.values()))
        mz, intensity, mask = (each.detach()[which.to(each.device)] for each in peaks) if peaks else (None,) * 3
        mass = None if precursor_mass is None else to_cpu(precursor_mass.detach()[which.to(precursor_mass.device)])
        return Spectra(
            [str(ids[i]) for i in which.tolist()],
            None if mz is None or intensity is None or mask is None else (to_cpu(mz), to_cpu(intensity), to_cpu(mask)),
            mass,
            None if charges is None else [int(charges[i]) for i in which.tolist()],
        )

    def close(self) -> None:
        """Write what is in hand and end the log.

        Raises:
            SourceError: something could not be written.
        Warns:
            RuntimeWarning: logits are NaN or infinite.
        """
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._lock.unlink(missing_ok=True)
        self._raise()
        self._bad.tell(last=True)

    def _raise(self) -> None:
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
        claim(self._lock)
        try:
            begin_or_go_on(self.folder, self.vocabulary, None if self.loss is None else Objective.of(self.loss))
        except BaseException:
            self._lock.unlink(missing_ok=True)
            raise
        self._next = {kind: self._last(kind) + 1 for kind in (PART, SPECTRA)}
        self._known = known_spectra(self.folder)

    def _last(self, kind: str) -> int:
        return max((int(p.stem.split("-")[1]) for p in self.folder.glob(f"{kind}-*.parquet")), default=-1)

    def _write_all(self) -> None:
        import pyarrow as pa

        taken: list[Batch] = []  # alike, and not in a table yet
        waiting: list[pa.Table] = []
        spectra: list[dict[str, Any]] = []
        try:
            while (batch := self._queue.get()) is not None:
                if batch.ready is not None:
                    batch.ready.synchronize()
                self._bad.look(batch)
                spectra.extend(spectrum_rows(batch.spectra) if batch.spectra else [])
                if taken and alike(taken[0]) != alike(batch):
                    waiting.append(sample_table(taken))
                    taken = []
                taken.append(batch)
                n_rows = sum(map(len, waiting)) + sum(len(each.ids) for each in taken)
                if len(taken) == TOGETHER or n_rows >= self.rows:
                    waiting.append(sample_table(taken))
                    taken = []
                if n_rows >= self.rows:
                    spectra = self._write_spectra(spectra)
                    whole = pa.concat_tables(waiting, promote_options="permissive")
                    while len(whole) >= self.rows:
                        self._write(whole.slice(0, self.rows))
                        whole = whole.slice(self.rows)
                    waiting = [whole] if len(whole) else []
            self._write_spectra(spectra)
            waiting += [sample_table(taken)] if taken else []
            if waiting:
                self._write(pa.concat_tables(waiting, promote_options="permissive"))
        except BaseException as error:  # noqa: BLE001  raised again by the next call of ``add`` or ``close``
            self._error = error
            while not self._closed or not self._queue.empty():  # the loop must not wait for a place in the queue
                if self._queue.get() is None:
                    return

    def _write_spectra(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Before the samples that they belong to, so that a killed run has both or neither; what is left is nothing."""
        if rows:
            write_rows(rows, self.folder / f"{SPECTRA}-{self._next[SPECTRA]:06d}.parquet")
            self._next[SPECTRA] += 1
        return []

    def _write(self, table: pa.Table) -> None:
        write_table(table, self.folder / f"{PART}-{self._next[PART]:06d}.parquet")
        self._next[PART] += 1
