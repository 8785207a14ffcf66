"""Ray carries the tasks of a run: the same rows, also after workers that died; what cannot be done is told."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from peploss.dataset.scoring.parts import ray as over_ray
from peploss.dataset.scoring.parts.join import join_results
from peploss.dataset.scoring.parts.manifest import read_manifest
from peploss.dataset.scoring.parts.run import PartsReport, score_parts
from peploss.dataset.scoring.parts.task import Outcome, Shared, Task
from peploss.dataset.scoring.plan import Plan
from peploss.errors import BackendError
from tests.dataset.parts_made import TASK, make_parts

PLAN = Plan(decoys=True, losses=("spectral_angle",))
REAL = over_ray.at_worker


@pytest.fixture(scope="module")
def paths(sample_set: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_parts(sample_set, tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="module")
def expected(paths: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The joined results of threads."""
    folder = tmp_path_factory.mktemp("local")
    score_parts(paths, folder, PLAN, psms=TASK)
    join_results(folder, folder.with_suffix(".parquet"))
    return folder.with_suffix(".parquet")


def by_ray(paths: list[Path], folder: Path) -> PartsReport:
    return score_parts(paths, folder, PLAN, engine="ray", psms=TASK)


def same(folder: Path, expected: Path, tmp_path: Path) -> bool:
    join_results(folder, tmp_path / "joined.parquet")
    return bool(pq.read_table(tmp_path / "joined.parquet").equals(pq.read_table(expected)))


def test_ray_writes_the_same_rows(cluster: object, paths: list[Path], expected: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scores"
    report = by_ray(paths, folder)
    assert (report.n_scored, report.n_files, report.n_kept) == (126, 8, 0)
    assert same(folder, expected, tmp_path)
    (folder / "scores-00001-000000.parquet").unlink()
    assert by_ray(paths, folder).n_kept == 7
    assert same(folder, expected, tmp_path)


def test_a_task_whose_worker_is_killed_in_the_middle_is_done_again(
    cluster: object, paths: list[Path], expected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = tmp_path / "died"

    def dies_once(task: Task, shared: Shared) -> Outcome | str:
        from peploss.dataset.scoring.parts import task as module

        score_group = module.score_group

        def second(store: object, number: int, plan: Plan, device: str) -> object:
            if task.name == "scores-00002-000002.parquet" and number == 3 and not died.exists():
                died.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return score_group(store, number, plan, device)  # type: ignore[arg-type]

        module.score_group = second  # type: ignore[assignment]
        try:
            return REAL(task, shared)
        finally:
            module.score_group = score_group

    monkeypatch.setattr(over_ray, "at_worker", dies_once)
    folder = tmp_path / "scores"
    report = by_ray(paths, folder)
    assert died.exists()
    assert (report.n_scored, report.n_kept, report.again) == (126, 0, [])
    assert not list(folder.glob(".*"))  # what the worker had begun is gone
    assert same(folder, expected, tmp_path)


def test_what_a_worker_cannot_do_is_told_and_the_run_goes_on(
    cluster: object, paths: list[Path], expected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "scores"

    def old(task: Task, shared: Shared) -> Outcome | str:
        from peploss.dataset.scoring.parts import task as module

        module.__version__ = "0.0.1" if task.part.number == 2 else shared.about["version"]  # type: ignore[attr-defined]
        return REAL(task, shared)

    def fails(task: Task, shared: Shared) -> Outcome | str:
        raise OSError(f"no {task.part.path} here")

    monkeypatch.setattr(over_ray, "at_worker", old)
    with pytest.raises(BackendError, match=r"could not do its task\. .*: This machine has peploss 0\.0\.1, and"):
        by_ray(paths, folder)
    there = len(list(folder.glob("scores-*.parquet")))
    monkeypatch.setattr(over_ray, "at_worker", fails)
    with pytest.raises(BackendError, match=r"Ray could not carry the scoring through: OSError: no .*part-.*here"):
        by_ray(paths, folder)
    assert not read_manifest(folder).complete

    def restored(task: Task, shared: Shared) -> Outcome | str:
        from peploss.dataset.scoring.parts import task as module

        module.__version__ = shared.about["version"]  # type: ignore[attr-defined]
        return REAL(task, shared)

    monkeypatch.setattr(over_ray, "at_worker", restored)
    report = by_ray(paths, folder)
    assert report.n_kept >= there > 0
    assert report.again == []
    assert same(folder, expected, tmp_path)
