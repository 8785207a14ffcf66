"""The callback in a real Trainer, where Lightning is installed; its rules by a stand-in everywhere."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

from peploss import Vocabulary
from peploss.errors import BackendError
from peploss.training.adapters.lightning import sample_log_callback
from peploss.training.logged_run import LoggedRun
from peploss.training.sample_log import SampleLog

VOCABULARY = Vocabulary()
TARGETS, MASK = VOCABULARY.encode(["PEPTIDE", "GASK"])


def adapt(module: Any, batch: Any, outputs: Any) -> dict[str, Any]:
    return {
        "ids": ["a", "b"],
        "logits": torch.zeros(1, *TARGETS.shape, len(VOCABULARY)),
        "targets": TARGETS,
        "mask": MASK,
        "metrics": {"total_loss": outputs},
    }


class Callback:
    """Stands for Lightning's."""


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ModuleType("lightning.pytorch")
    made.Callback = Callback  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lightning", ModuleType("lightning"))
    monkeypatch.setitem(sys.modules, "lightning.pytorch", made)


@pytest.mark.usefixtures("stand_in")
def test_it_logs_validation_alone_and_closes(tmp_path: Path) -> None:
    callback = sample_log_callback(lambda: SampleLog(tmp_path / "run"), adapt, every=2)
    assert isinstance(callback, Callback)
    trainer = SimpleNamespace(is_global_zero=True, sanity_checking=True, global_step=0)
    callback.on_fit_start(trainer, None)
    callback.on_validation_batch_end(trainer, None, torch.ones(2), None, 0)
    trainer.sanity_checking, trainer.global_step = False, 10
    for k in range(3):
        callback.on_validation_batch_end(trainer, None, torch.ones(2) * k, None, k)
    callback.on_exception(trainer, None, KeyboardInterrupt())
    run = LoggedRun(tmp_path / "run")
    assert run.steps == [10]
    assert run.read(["total_loss"]).column("total_loss").to_pylist() == [0, 0, 2, 2]
    callback.on_fit_end(trainer, None)  # closed already


@pytest.mark.usefixtures("stand_in")
def test_other_processes_write_nothing(tmp_path: Path) -> None:
    callback = sample_log_callback(lambda: SampleLog(tmp_path / "run"), adapt)
    trainer = SimpleNamespace(is_global_zero=False, sanity_checking=False, global_step=0)
    callback.on_fit_start(trainer, None)
    callback.on_validation_batch_end(trainer, None, torch.ones(2), None, 0)
    callback.on_fit_end(trainer, None)
    assert not (tmp_path / "run").exists()


def test_without_lightning_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lightning", "lightning.pytorch", "pytorch_lightning"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BackendError, match="Lightning is not installed"):
        sample_log_callback(lambda: SampleLog("run"), adapt)


def test_a_real_trainer_logs_its_validations(tmp_path: Path) -> None:
    lightning = pytest.importorskip("lightning.pytorch", reason="lightning is not installed")

    class Module(lightning.LightningModule):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def training_step(self, batch: Any, index: int) -> torch.Tensor:
            return self.layer(batch[0]).square().mean()

        def validation_step(self, batch: Any, index: int) -> torch.Tensor:
            return torch.tensor([1.0, 2.0])

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 1)), batch_size=2)
    trainer = lightning.Trainer(
        max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, default_root_dir=tmp_path,
        callbacks=[sample_log_callback(lambda: SampleLog(tmp_path / "run"), adapt)],
    )  # fmt: skip
    trainer.fit(Module(), data, data)
    assert LoggedRun(tmp_path / "run").steps == [2, 4]
