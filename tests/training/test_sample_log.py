"""What a training loop logs is read back as it was, from a killed run, too."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from peploss import CombinedLoss, Vocabulary
from peploss.dataset.runs.samples import RunSamples
from peploss.errors import SettingsError, SourceError
from peploss.training.logged_run import LoggedRun
from peploss.training.sample_log import SampleLog

VOCABULARY = Vocabulary()
SEQUENCES = ["PEPTIDE", "GASK", "ACDEFGHIK"]
TARGETS, MASK = VOCABULARY.encode(SEQUENCES)
IDS = ["one", "two", "three"]


def logits(seed: int = 0, steps: int = 2) -> torch.Tensor:
    return torch.randn(steps, *TARGETS.shape, len(VOCABULARY), generator=torch.Generator().manual_seed(seed))


def combined(values: torch.Tensor) -> dict[str, torch.Tensor]:
    loss = CombinedLoss(vocabulary=VOCABULARY, reduction="none")
    mz = torch.tensor([[148.06, 263.09]] * 3, dtype=torch.float64)
    mass = torch.tensor([799.36, 361.2, 1000.0])
    metrics: dict[str, torch.Tensor] = loss(values, TARGETS, MASK, mz, torch.ones(3, 2), torch.ones(3, 2) > 0, mass)[1]
    return metrics


def test_rows_are_what_the_model_said(tmp_path: Path) -> None:
    values = logits()
    metrics = combined(values)
    with SampleLog(tmp_path / "run", vocabulary=VOCABULARY, top_k=3) as log:
        log.add(7, IDS, values, TARGETS, MASK, metrics, {"ce": 1.0, "spectrum": 0.1})
    run = LoggedRun(tmp_path / "run")
    assert run.steps == [7]
    assert run.vocabulary == VOCABULARY
    rows = run.read().to_pylist()
    assert [row["id"] for row in rows] == IDS
    probability = values[-1].softmax(-1)
    for i, row in enumerate(rows):
        keep = MASK[i]
        assert row["length"] == int(keep.sum())
        assert row["target"] == TARGETS[i][keep].tolist()
        assert row["decoded"] == values[:, i][:, keep].argmax(-1).tolist()
        assert row["n_correct"] == int((values[-1, i][keep].argmax(-1) == TARGETS[i][keep]).sum())
        best = probability[i][keep].topk(3)
        assert row["top_token"] == best.indices.reshape(-1).tolist()
        np.testing.assert_allclose(row["top_probability"], best.values.reshape(-1), atol=1e-6)
        for name, each in metrics.items():
            assert row[name] == pytest.approx(each[i].item(), rel=1e-12, nan_ok=True), name
        assert row["weight_spectrum"] == 0.1


def test_full_logits_come_back_exactly(tmp_path: Path) -> None:
    values = logits()
    with SampleLog(tmp_path, vocabulary=VOCABULARY, full_logits=True) as log:
        log.add(0, IDS, values, TARGETS, MASK)
    row = LoggedRun(tmp_path).read().to_pylist()[1]
    kept = np.frombuffer(row["logits"], dtype=np.float32).reshape(2, row["length"], len(VOCABULARY))
    np.testing.assert_array_equal(kept, values[:, 1][:, MASK[1]].numpy())


@pytest.mark.parametrize("full_logits", [False, True])
def test_batches_written_together_are_as_those_written_alone(
    tmp_path: Path, full_logits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = torch.Generator().manual_seed(1)

    def write(folder: Path) -> list[dict[str, object]]:
        generator.manual_seed(1)
        with SampleLog(folder, vocabulary=VOCABULARY, full_logits=full_logits, rows=7) as log:
            # Of several lengths, in two numbers of refinement steps, one batch with another metric.
            for step, (names, refined) in enumerate(
                [
                    (["PEPTIDE", "GAS"], 2),
                    (["ACDEFGHIK"], 2),
                    (["GG", "PEK"], 2),
                    (["PEPTIDE"], 1),
                    (["PEK", "GASP"], 2),
                ]
            ):
                targets, mask = VOCABULARY.encode(names)
                values = torch.randn(refined, *targets.shape, len(VOCABULARY), generator=generator)
                metrics = {"each": torch.arange(len(names)) / 7, "whole": torch.tensor(step / 3)}
                metrics |= {"extra": torch.tensor(1.0)} if step == 2 else {}
                log.add(step, names, values, targets, mask, metrics, {"ce": 1.0, "spectrum": step / 10})
        rows: list[dict[str, object]] = LoggedRun(folder).read().to_pylist()
        return rows

    together = write(tmp_path / "together")
    monkeypatch.setattr("peploss.training.sample_log.TOGETHER", 1)
    alone = write(tmp_path / "alone")
    assert len(alone) == 8
    assert [dict(sorted(row.items())) for row in together] == [dict(sorted(row.items())) for row in alone]


def test_what_would_overwrite_a_column_or_is_no_step_is_refused(tmp_path: Path) -> None:
    with SampleLog(tmp_path, vocabulary=VOCABULARY) as log:
        log.add(3, IDS, logits(), TARGETS, MASK, {"k": torch.ones(3), "accuracy": torch.ones(3)})
        with pytest.raises(SettingsError, match="A metric cannot be called 'id'"):
            log.add(4, IDS, logits(), TARGETS, MASK, {"id": torch.ones(3)})
        with pytest.raises(SettingsError, match="step must be a whole number, not 'x'"):
            log.add("x", IDS, logits(), TARGETS, MASK)  # type: ignore[arg-type]
        log.add(np.int64(4), IDS, logits(), TARGETS, MASK)  # type: ignore[arg-type]
    run = RunSamples(tmp_path)
    assert run.metrics == ["accuracy", "k"]
    assert run.steps == [3, 4]
    assert run.curve("k").mean.tolist() == [1.0]
    run.close()


def test_what_the_loop_changes_afterwards_is_not_logged(tmp_path: Path) -> None:
    values, targets = logits(), TARGETS.clone()
    best = values[-1, 0, 0].argmax().item()
    with SampleLog(tmp_path, vocabulary=VOCABULARY) as log:
        log.add(0, IDS, values, targets, MASK)
        values.zero_()
        targets.zero_()
    row = LoggedRun(tmp_path).read().to_pylist()[0]
    assert row["target"] == TARGETS[0][MASK[0]].tolist()
    assert row["top_token"][0] == best


def test_a_curve_has_the_spread_of_the_samples(tmp_path: Path) -> None:
    with SampleLog(tmp_path, vocabulary=VOCABULARY, rows=2) as log:
        for step in (0, 10):
            loss = torch.tensor([1.0, 2.0, math.nan]) + step
            log.add(step, IDS, logits(step), TARGETS, MASK, {"total_loss": loss, "lr": 0.5})
    run = LoggedRun(tmp_path)
    curve = run.curve("total_loss", (0.0, 1.0))
    assert curve == {"step": [0, 10], "n": [2, 2], "mean": [1.5, 11.5], "q0": [1.0, 11.0], "q1": [2.0, 12.0]}
    assert run.curve("lr")["mean"] == [0.5, 0.5]
    assert len(list(tmp_path.glob("part-*.parquet"))) == 3
    with pytest.raises(SourceError, match="no metric 'loss'; it has total_loss, lr"):
        run.curve("loss")


def test_a_run_is_taken_up_again(tmp_path: Path) -> None:
    for step in (1, 2):
        with SampleLog(tmp_path, vocabulary=VOCABULARY) as log:
            log.add(step, IDS, logits(step), TARGETS, MASK)
    assert LoggedRun(tmp_path).steps == [1, 2]


def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    with SampleLog(tmp_path, vocabulary=VOCABULARY) as log:
        log.add(1, IDS, logits(), TARGETS, MASK)
        with pytest.raises(SourceError, match="open log already"):
            SampleLog(tmp_path, vocabulary=VOCABULARY)
    with pytest.raises(SourceError, match="another vocabulary"):
        SampleLog(tmp_path, vocabulary={"G": 57.02146, "A": 71.03711})
    SampleLog(tmp_path, vocabulary=VOCABULARY).close()  # the refusal left no claim behind


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"logits": torch.zeros(1, 3, 4, 5)}, "V = 24"),
        ({"logits": torch.zeros(3, 4)}, "(T, B, L, V)"),
        ({"ids": ["one"]}, "ids 3"),
        ({"mask": MASK[:, :-1]}, "targets and mask"),
        ({"step": 4}, "go back: 4 came after 5"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_lost(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    fits: dict[str, object] = {"step": 5, "ids": IDS, "logits": logits(), "targets": TARGETS, "mask": MASK}
    with SampleLog(tmp_path, vocabulary=VOCABULARY) as log:
        log.add(**fits)  # type: ignore[arg-type]
        with pytest.raises(SettingsError) as error:
            log.add(**fits | change)  # type: ignore[arg-type]
        assert message in str(error.value)
    assert LoggedRun(tmp_path).steps == [5]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_logits_that_are_no_numbers_are_told_at_their_first_step_and_all_others_are_kept(
    tmp_path: Path, value: float
) -> None:
    good, bad = logits(), logits()
    right = int(TARGETS[1, 2])
    bad[0, 1, 2, right] = bad[1, 1, 2, right] = value
    log = SampleLog(tmp_path, vocabulary=VOCABULARY, top_k=3)
    log.add(0, IDS, good, TARGETS, MASK)
    log.add(1, IDS, bad, TARGETS, MASK)
    while not log._bad.n:  # until the log's own thread has seen them
        time.sleep(0.001)
    where = "NaN or infinite at step 1, sample 'two', refinement step 0, position 2. One sample"
    with pytest.warns(RuntimeWarning, match=where) as told:
        log.add(2, IDS, good, TARGETS, MASK)
    assert [Path(one.filename) for one in told] == [Path(__file__)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it was told, and is not told again at each step
        log.add(3, IDS, bad, TARGETS, MASK)
    with pytest.warns(RuntimeWarning, match="at step 1.* 2 samples have such logits"):
        log.close()
    rows = LoggedRun(tmp_path).read().to_pylist()
    assert [row["step"] for row in rows] == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert all(
        row | {"step": 0} == rows[i % 3] for i, row in enumerate(rows) if row["id"] != "two" or row["step"] % 2 == 0
    )
    spoilt = rows[4]
    said = np.array(spoilt["decoded"][1])
    assert said[2] == right  # the place of the NaN, which is no prediction and not counted as right
    assert spoilt["n_correct"] == (said == spoilt["target"]).sum() - 1
    assert np.isnan(spoilt["top_probability"][6:9]).any()
    assert np.isfinite(np.delete(spoilt["top_probability"], [6, 7, 8])).all()


def test_tokens_that_are_ruled_out_and_padding_are_not_told(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    values = logits()
    values[..., 0] = -math.inf
    values[:, ~MASK] = math.nan
    with SampleLog(tmp_path, vocabulary=VOCABULARY) as log:
        log.add(0, IDS, values, TARGETS, MASK)
    assert not recwarn.list
    values[1, 0, 0] = -math.inf  # all of them
    with (
        pytest.warns(RuntimeWarning, match="step 1, sample 'one', refinement step 1, position 0. One sample"),
        SampleLog(tmp_path, vocabulary=VOCABULARY) as log,
    ):
        log.add(1, IDS, values, TARGETS, MASK)


def test_a_disk_that_fails_is_told_and_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = SampleLog(tmp_path, vocabulary=VOCABULARY, rows=1)

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(log, "_write", full)

    def train() -> None:
        for step in range(100):
            log.add(step, IDS, logits(), TARGETS, MASK)

    with pytest.raises(SourceError, match="No space left"):
        train()
    with pytest.raises(SourceError, match="No space left"):
        log.close()


def test_a_killed_run_keeps_its_parts(tmp_path: Path) -> None:
    code = """
        import sys, time, torch
        from peploss import Vocabulary
        from peploss.training.sample_log import SampleLog
        vocabulary = Vocabulary()
        targets, mask = vocabulary.encode(["PEPTIDE"])
        log = SampleLog(sys.argv[1], vocabulary=vocabulary, rows=4)
        for step in range(10_000):
            log.add(step, ["one"], torch.randn(1, *targets.shape, 24), targets, mask)
            time.sleep(0.001)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)])
    while len(list(tmp_path.glob("part-*.parquet"))) < 3:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    steps = LoggedRun(tmp_path).steps
    assert steps == list(range(len(steps)))
    assert len(steps) % 4 == 0
    with SampleLog(tmp_path, vocabulary=VOCABULARY) as log:  # the dead process's claim is taken over
        log.add(20_000, IDS, logits(), TARGETS, MASK)
    assert LoggedRun(tmp_path).steps == [*steps, 20_000]


def test_a_damaged_part_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    with SampleLog(tmp_path, vocabulary=VOCABULARY, rows=3) as log:
        for step in (0, 1):
            log.add(step, IDS, logits(), TARGETS, MASK)
    (tmp_path / "part-000000.parquet").write_bytes(b"PAR1 and no more")
    run = LoggedRun(tmp_path)
    assert run.steps == [1]
    assert [text.split(":")[0] for text in run.damaged] == ["part-000000.parquet"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "vocabulary": 3}'])
def test_a_folder_of_something_else_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match=r"log\.json"):
        LoggedRun(tmp_path)
    (tmp_path / "log.json").write_text(text)
    with pytest.raises(SourceError, match="damaged"):
        LoggedRun(tmp_path)
