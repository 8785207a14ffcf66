"""Results in parts: whole files, a run that goes on, and what is made again."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from peploss.dataset.joined_parts import join_sets
from peploss.dataset.query.results import Results
from peploss.dataset.scoring.parts import run
from peploss.dataset.scoring.parts.join import join_results
from peploss.dataset.scoring.parts.manifest import read_manifest
from peploss.dataset.scoring.parts.run import PartsReport, score_parts
from peploss.dataset.scoring.parts.task import Shared, do_task, tasks_of
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.set_parts import SetParts
from peploss.dataset.store import ParquetStore
from peploss.errors import BackendError, SettingsError, SourceError
from peploss.settings import LossSettings
from tests.dataset.parts_made import TASK, make_parts, spoil
from tests.dataset.test_store import spoil as spoil_group

PLAN = Plan(decoys=True, losses=("spectral_angle",), seed=3)
FILES = 3 + 1 + 4
Score = Callable[..., PartsReport]


@pytest.fixture
def paths(sample_set: Path, tmp_path: Path) -> list[Path]:
    return make_parts(sample_set, tmp_path / "parts")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "scores"


@pytest.fixture
def score(paths: list[Path], folder: Path) -> Score:
    def call(plan: Plan = PLAN, into: Path = folder, **more: object) -> PartsReport:
        return score_parts(paths, into, plan, psms=TASK, workers=2, **more)  # type: ignore[arg-type]

    return call


class Stopped(Exception):
    pass


def stop_after(n: int) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done >= n:
            raise Stopped

    return progress


def test_joined_they_are_the_results_of_the_joined_set(
    score: Score, paths: list[Path], folder: Path, tmp_path: Path
) -> None:
    seen: list[int] = []
    report = score(progress=lambda done, total: seen.append(done))
    assert (report.n_scored, report.n_files, report.n_kept, report.again) == (126, FILES, 0, [])
    assert (seen[-1], len(seen)) == (126, FILES)
    assert join_results(folder, tmp_path / "joined.parquet") == 126
    join_sets(paths, tmp_path / "set.parquet")
    score_set(tmp_path / "set.parquet", tmp_path / "whole.parquet", PLAN)
    tables = [pq.read_table(tmp_path / name) for name in ("joined.parquet", "whole.parquet")]
    assert tables[0].equals(tables[1])
    assert tables[0]["id"].to_pylist() == list(range(126))
    with Results(tmp_path / "joined.parquet") as a, Results(tmp_path / "whole.parquet") as b:
        assert a.about["set"]["uuid"] == b.about["set"]["uuid"]
        for name in ("settings", "seed", "losses", "decoys", "causes", "version", "damaged", "device"):
            assert a.about[name] == b.about[name]
        assert a.page(["id", "loss"]).equals(b.page(["id", "loss"]))


def test_each_file_is_results_by_itself_and_the_manifest_lists_them(score: Score, folder: Path) -> None:
    score()
    manifest = read_manifest(folder)
    assert manifest.complete
    assert [entry["name"] for entry in manifest.files] == sorted(p.name for p in folder.glob("scores-*.parquet"))
    assert [(e["first_id"], e["last_id"]) for e in manifest.files[:5]] == [
        (0, 19),
        (20, 39),
        (40, 44),
        (45, 64),
        (65, 84),
    ]
    assert {path.name for path in folder.iterdir()} == {"parts.json", *(e["name"] for e in manifest.files)}
    with Results(folder / "scores-00002-000002.parquet") as found:
        assert found.ids() == list(range(85, 105))
        assert found.about["set"]["uuid"] == manifest.about["set"]["uuid"]
        assert found.about["uuid"] == manifest.run


def test_causes_are_those_of_the_joined_set(score: Score, paths: list[Path], folder: Path, tmp_path: Path) -> None:
    plan = Plan(causes=True)
    score_parts(paths[1:2], folder, plan)
    score_set(paths[1], tmp_path / "whole.parquet", plan)
    join_results(folder, tmp_path / "joined.parquet")
    joined = pq.read_table(tmp_path / "joined.parquet")
    assert joined.equals(pq.read_table(tmp_path / "whole.parquet"))
    assert joined["cause"].null_count == 0


def test_a_run_that_was_broken_off_goes_on(score: Score, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        score(progress=stop_after(60))
    there = {path.name: path.stat().st_mtime_ns for path in folder.glob("scores-*.parquet")}
    assert 4 <= len(there) < FILES
    assert not read_manifest(folder).complete
    with pytest.raises(SourceError, match=rf"not complete: {len(there)} of {FILES} files .* Run the same"):
        join_results(folder, tmp_path / "joined.parquet")
    run_of = read_manifest(folder).run
    report = score()
    assert (report.n_kept, report.n_scored, report.again) == (len(there), 126, [])
    assert read_manifest(folder).run == run_of
    for name, modified in there.items():
        assert (folder / name).stat().st_mtime_ns == modified
    score(into=tmp_path / "other")
    for name, out in ((folder, "a"), (tmp_path / "other", "b")):
        join_results(name, tmp_path / out)
    assert pq.read_table(tmp_path / "a").equals(pq.read_table(tmp_path / "b"))
    assert score().n_kept == FILES


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_process_that_was_killed_leaves_no_half_file(score: Score, paths: list[Path], folder: Path) -> None:
    code = """
        import os, signal, sys
        from peploss.dataset.scoring.parts import run, task
        from peploss.dataset.scoring.plan import Plan
        real = task.score_group
        def kills(store, number, plan, device):
            if number == 3 and "part-2" in str(store.path):
                os.kill(os.getpid(), signal.SIGKILL)
            return real(store, number, plan, device)
        task.score_group = kills
        plan = Plan(decoys=True, losses=("spectral_angle",), seed=3)
        run.score_parts(sys.argv[2:], sys.argv[1], plan, psms=20, workers=1)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(folder), *map(str, paths)], check=False)
    assert done.returncode == -9
    assert len(list(folder.glob("scores-*.parquet"))) == 5
    assert len(list(folder.glob(".scores-00002-000002.parquet.*.tmp"))) == 1
    (folder / ".scores-00002-000004.parquet.77-abcdef-01234567.tmp").touch()  # of a process of another machine
    report = score()
    assert (report.n_kept, report.again, report.n_scored) == (5, [], 126)
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("share", [0.1, 0.4, 0.999])
def test_a_damaged_file_is_told_and_made_again(score: Score, folder: Path, tmp_path: Path, share: float) -> None:
    score()
    join_results(folder, tmp_path / "before")
    path = folder / "scores-00000-000002.parquet"
    spoil(path, share)
    with pytest.raises(SourceError, match=r"scores-00000-000002\.parquet.* Run the same"):
        join_results(folder, tmp_path / "joined.parquet")
    assert not (tmp_path / "joined.parquet").exists()
    report = score()
    assert report.n_kept == FILES - 1
    (told,) = report.again
    assert told.startswith("scores-00000-000002.parquet was there and is made again: ")
    join_results(folder, tmp_path / "after")
    assert pq.read_table(tmp_path / "before").equals(pq.read_table(tmp_path / "after"))


def test_a_file_that_is_gone_is_made_again(score: Score, folder: Path, tmp_path: Path) -> None:
    score()
    (folder / "scores-00001-000000.parquet").unlink()
    with pytest.raises(SourceError, match=r"no such file.* Run the same"):
        join_results(folder, tmp_path / "joined.parquet")
    report = score()
    assert (report.n_kept, report.again) == (FILES - 1, [])


def test_a_file_of_another_run_is_told_and_made_again(score: Score, folder: Path, tmp_path: Path) -> None:
    score()
    score(replace(PLAN, seed=4), into=tmp_path / "other")
    name = "scores-00000-000000.parquet"
    before = (folder / name).read_bytes()
    shutil.copy(tmp_path / "other" / name, folder / name)
    with pytest.raises(SourceError, match="is of another run"):
        join_results(folder, tmp_path / "joined.parquet")
    (told,) = score().again
    assert f"{name} was there and is made again: it is of another run, " in told
    with ParquetStore(folder / name, "results") as store:
        assert store.about["seed"] == 3
    shutil.copy(folder / "scores-00000-000002.parquet", folder / name)
    (told,) = score().again
    assert "it is of other row groups" in told
    assert len((folder / name).read_bytes()) == len(before)


@pytest.mark.parametrize(
    ("plan", "difference"),
    [
        (replace(PLAN, seed=4), "seed is 3 there and 4 here"),
        (replace(PLAN, settings=LossSettings(sigma=0.03)), "sigma is 0.05 there and 0.03 here"),
        (replace(PLAN, losses=()), r"losses is \['spectral_angle'\] there and \[\] here"),
        (replace(PLAN, decoys=False), "decoys is True there and False here"),
    ],
)
def test_the_folder_of_another_run_is_left_alone(score: Score, folder: Path, plan: Plan, difference: str) -> None:
    score()
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(SourceError, match=f"the scores of another run: {difference}. Give a new folder, or ask"):
        score(plan)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_another_set_another_version_and_another_layout_are_told(
    score: Score, paths: list[Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score()
    with pytest.raises(SourceError, match="another run: uuid of the set is "):
        score_parts(paths[::-1], folder, PLAN, psms=TASK)
    with pytest.raises(SourceError, match="another run: it has 8 files there and 3 here"):
        score_parts(paths, folder, PLAN)
    manifest = json.loads((folder / "parts.json").read_text())
    manifest["about"]["version"] = "0.0.1"
    (folder / "parts.json").write_text(json.dumps(manifest))
    with pytest.raises(SourceError, match=r"version is 0\.0\.1 there"):
        score()
    (folder / "parts.json").write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(SourceError, match="Update peploss"):
        score()
    for nonsense in ("", "[]", "{}", '{"format": 1, "about": {}, "sets": [], "n_files": 1}'):
        (folder / "parts.json").write_text(nonsense)
        with pytest.raises(SourceError, match="cannot be read"):
            score()


def test_a_folder_of_something_else_is_left_alone(score: Score, folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(SourceError, match=r"not empty, and has no parts\.json"):
        score()
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    with pytest.raises(SourceError, match=r"has no parts\.json"):
        join_results(folder, tmp_path / "joined.parquet")


def test_damage_of_the_set_is_told_and_made_good_once_it_is_repaired(
    score: Score, paths: list[Path], folder: Path, tmp_path: Path
) -> None:
    good = paths[1].read_bytes()
    spoil_group(paths[1], 1)
    report = score()
    (told,) = report.damaged
    assert told.startswith("part-1.parquet, row group 1 (PSMs 55 to 64) cannot be read: ")
    assert report.n_scored == 116
    join_results(folder, tmp_path / "joined.parquet")
    with Results(tmp_path / "joined.parquet") as found:
        assert found.about["damaged"] == report.damaged
        assert found.ids() == [*range(55), *range(65, 126)]
    paths[1].write_bytes(good)
    report = score()
    assert (report.n_scored, report.damaged, report.n_kept) == (126, [], FILES - 1)
    assert "when it was made, part-1.parquet, row group 1" in report.again[0]


def test_no_part_can_be_read(paths: list[Path], folder: Path) -> None:
    for group in (0, 1):
        spoil_group(paths[1], group)
    with pytest.raises(SourceError, match=r"No row group can be read\. part-1\.parquet, row group 0"):
        score_parts(paths[1:2], folder, PLAN, psms=TASK)
    assert not read_manifest(folder).complete


def test_a_machine_that_does_not_fit_says_so(score: Score, paths: list[Path], folder: Path, tmp_path: Path) -> None:
    score()
    about = read_manifest(folder).about
    with SetParts(paths) as parts:
        task = next(tasks_of(parts, TASK))
    with pytest.raises(BackendError, match=r"the run was begun by 0\.0\.1\. Install the same version"):
        do_task(task, Shared(str(folder), {**about, "version": "0.0.1"}, PLAN))
    for elsewhere in (tmp_path / "elsewhere", folder):
        with pytest.raises(BackendError, match=r"does not see the parts\.json of the run in .*shared file system"):
            do_task(task, Shared(str(elsewhere), {**about, "uuid": "another"}, PLAN))


def test_a_file_that_is_not_seen_is_no_success(score: Score, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PATIENCE", 0.1)
    real = run.do_task

    def lost(task: object, shared: Shared) -> object:
        outcome = real(task, shared)  # type: ignore[arg-type]
        if outcome.task.name == "scores-00001-000000.parquet":
            (folder / outcome.task.name).unlink()
        return outcome

    monkeypatch.setattr(run, "do_task", lost)
    with pytest.raises(BackendError, match=r"scores-00001-000000\.parquet with [\d,]+ bytes, and it is not seen here"):
        score()
    assert not read_manifest(folder).complete


def test_what_comes_back_does_not_grow_with_the_psms(score: Score, paths: list[Path], folder: Path) -> None:
    score()
    about = read_manifest(folder).about
    with SetParts(paths) as parts:
        tasks = [next(tasks_of(parts, n)) for n in (10, 40)]
    sizes = []
    for task in tasks:
        (folder / task.name).unlink()
        sizes.append(len(pickle.dumps(do_task(task, Shared(str(folder), about, PLAN)))))
    assert [task.n_psms for task in tasks] == [10, 40]
    assert abs(sizes[0] - sizes[1]) < 10
    assert sizes[0] < 1500


def test_two_processes_do_not_score_into_one_folder(score: Score, folder: Path) -> None:
    with run._held(folder), pytest.raises(SourceError, match="Another process scores into it"):
        score()


def test_predicted_heights_lie_where_workers_find_them(
    score: Score, paths: list[Path], folder: Path, tmp_path: Path
) -> None:
    table = tmp_path / "p.tsv"
    table.write_text("peptidoform\tcharge\tion\tordinal\tfragment_charge\tintensity\nGGGK\t2\ty\t1\t1\t1.0\n")
    with pytest.raises(SettingsError, match=r"Give the whole path: file:/.*p\.tsv"):
        score(Plan(settings=LossSettings(intensities="file:p.tsv")), engine="ray")
    plan = Plan(settings=LossSettings(intensities=f"file:{table}"))
    report = score(plan)
    assert report.n_uniform == 126
    assert report.notes == score(plan).notes  # counted again from the files
    assert "No PSM has heights from file:" in report.notes[0]
    table.write_text(table.read_text() + "GGGGK\t2\ty\t1\t1\t1.0\n")
    with pytest.raises(SourceError, match="another run: heights is "):
        score(plan)


def test_engines_and_devices_are_checked(score: Score, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="no engine 'spark'"):
        score(engine="spark")
    with pytest.raises(BackendError, match="With Ray scores are computed on the CPU"):
        score(engine="ray", device="cuda")
    assert [path.name for path in tmp_path.iterdir()] == ["parts"]
