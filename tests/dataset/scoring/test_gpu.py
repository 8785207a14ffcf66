"""Scores from a GPU are those of the CPU; without one, Triton's interpreter stands for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from peploss.dataset.checked_file import about_of
from peploss.dataset.scoring import batch as scoring
from peploss.dataset.scoring import gpu as score_device
from peploss.dataset.scoring.batch import score_batch
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.store import ParquetStore
from peploss.errors import BackendError
from peploss.kernels import dispatch
from peploss.settings import LossSettings

SETTINGS = [
    LossSettings(top_n=30),  # few peaks, for the interpreter's sake
    LossSettings(sigma=20.0, sigma_unit="ppm", bin_width=0.01, max_mz=1500, top_n=30),
]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device "cuda", or the interpreter under its name."""
    if torch.cuda.is_available():
        return
    if not (dispatch.has_triton() and dispatch.interpreted()):
        pytest.skip("there is neither a GPU nor Triton's interpreter")
    on_device = score_device.OnDevice
    monkeypatch.setattr(scoring, "OnDevice", lambda observed, settings, device: on_device(observed, settings, "cpu"))


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: s.sigma_unit)
def test_scores_equal_the_cpu(gpu: None, sample_set: Path, settings: LossSettings) -> None:
    with ParquetStore(sample_set) as store:
        batch = store.group(0).take(pa.array([0, 60, 120]))
    plan = Plan(settings=settings, decoys=True)
    want, got = score_batch(batch, plan), score_batch(batch, plan, "cuda")
    for name in ("loss", "decoy_loss"):
        a, b = (np.array(x.column(name).to_numpy(zero_copy_only=False)) for x in (want, got))
        assert np.isfinite(a).any()
        np.testing.assert_allclose(b, a, rtol=0, atol=1e-5)
    others = [name for name in plan.schema.names if name not in ("loss", "decoy_loss")]
    assert got.select(others).equals(want.select(others))


@pytest.mark.skipif(not (torch.cuda.is_available() and dispatch.has_triton()), reason="needs a CUDA device: none here")
def test_a_whole_set_on_the_gpu_equals_the_cpu(sample_set: Path, tmp_path: Path) -> None:
    tables = []
    for device in ("cpu", "cuda"):
        report = score_set(sample_set, tmp_path / device, Plan(decoys=True), device=device, workers=4)
        assert (report.device == "CPU") == (device == "cpu")
        tables.append(pq.read_table(tmp_path / device).select(["loss", "decoy_loss"]).to_pandas())
    np.testing.assert_allclose(tables[1], tables[0], rtol=0, atol=1e-5)


def test_auto_is_the_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_device, "has_triton", lambda: True)
    for there, device in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert score_device.device_for("auto") == device
        assert score_device.device_for("cpu") == "cpu"


def test_a_gpu_that_is_not_there_is_an_error(sample_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BackendError, match=r"torch sees no CUDA device\. Use --device auto or cpu"):
        score_set(sample_set, tmp_path / "r.parquet", Plan(), device="cuda")
    with pytest.raises(BackendError, match="no device 'tpu'"):
        score_set(sample_set, tmp_path / "r.parquet", Plan(), device="tpu")
    with pytest.raises(BackendError, match="With Ray"):
        score_set(sample_set, tmp_path / "r.parquet", Plan(), device="cuda", engine="ray")
    assert not list(tmp_path.iterdir())


def test_the_report_and_the_results_say_where(sample_set: Path, tmp_path: Path) -> None:
    report = score_set(sample_set, tmp_path / "r.parquet", Plan(), device="cpu")
    assert report.device == "CPU"
    path = tmp_path / "r.parquet"
    assert about_of(pq.read_metadata(path).metadata, str(path), "results")["device"] == "CPU"
