"""A callback of Lightning that logs validation samples."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from peploss.errors import BackendError

if TYPE_CHECKING:
    from peploss.training.sample_log import SampleLog


def sample_log_callback(
    log: Callable[[], SampleLog] | SampleLog,
    adapt: Callable[[Any, Any, Any], Mapping[str, Any]],
    *,
    every: int = 1,
) -> Any:
    """A ``Callback`` for ``Trainer(callbacks=[...])``, of ``lightning`` or ``pytorch_lightning``.

    It logs the batches of every validation but the sanity check, in the first process alone, and closes the log where
    the fit ends, by an error as well.

    Args:
        log: the log, or what makes it when the fit begins (so that a process that only validates makes none).
        adapt: called with (module, batch, outputs of ``validation_step``); returns the arguments of ``SampleLog.add``
            other than the step, as a mapping.
        every: log every so-many batches of a validation.
    Raises:
        BackendError: neither package is installed.
    """
    base = _callback()

    class SampleLogCallback(base):  # type: ignore[misc, valid-type]
        """Logs samples of validation."""

        def __init__(self) -> None:
            super().__init__()
            self.samples: SampleLog | None = None  # Lightning puts a method of its own at ``log``

        def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
            """Open the log."""
            if trainer.is_global_zero and self.samples is None:
                self.samples = log() if callable(log) else log

        def on_validation_batch_end(
            self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
        ) -> None:
            """Log a batch."""
            if self.samples is None or trainer.sanity_checking or batch_idx % every:
                return
            self.samples.add(trainer.global_step, **adapt(pl_module, batch, outputs))

        def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
            """Close the log."""
            self._close()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            """Close the log: what was logged before the error is kept."""
            self._close()

        def _close(self) -> None:
            if self.samples is not None:
                self.samples.close()
                self.samples = None

    return SampleLogCallback()


def _callback() -> type:
    for name in ("lightning.pytorch", "pytorch_lightning"):
        try:
            found: type = importlib.import_module(name).Callback
        except ModuleNotFoundError:
            continue
        return found
    raise BackendError("Lightning is not installed.", remedy="pip install lightning, or call SampleLog.add yourself.")
