"""Local threads and Ray carry the same function with the same result, to the bit; memory does not grow with the set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss.dataset.schema import KEY
from peploss.dataset.scoring import ray as run_ray
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.store import ParquetStore, written_whole
from peploss.errors import BackendError
from peploss.settings import LossSettings

PLAN = Plan(decoys=True, losses=("spectral_angle",))


def repeated(source: Path, out: Path, groups: int) -> Path:
    """The set over and over, a row group each."""
    with ParquetStore(source) as store:
        batch = store.group(0)
        about = json.dumps(store.about)
    with written_whole(out, batch.schema.remove_metadata()) as writer:
        for k in range(groups):
            ids = pa.array(range(k * batch.num_rows, (k + 1) * batch.num_rows), pa.int64())
            writer.write_batch(batch.set_column(0, batch.schema.field(0), ids).replace_schema_metadata(None))
        writer.add_key_value_metadata({KEY.decode(): about})
    return out


def test_workers_change_nothing(sample_set: Path, tmp_path: Path) -> None:
    source = repeated(sample_set, tmp_path / "set.parquet", 6)
    tables = []
    for workers in (1, 3):
        score_set(source, tmp_path / f"{workers}", PLAN, workers=workers)
        tables.append(pq.read_table(tmp_path / f"{workers}"))
    assert tables[0].equals(tables[1])
    assert tables[0]["id"].to_pylist() == list(range(6 * 244))


def test_an_unknown_engine_is_refused(sample_set: Path, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="no engine 'spark'"):
        score_set(sample_set, tmp_path / "r", PLAN, engine="spark")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_memory_does_not_grow_with_the_set(sample_set: Path, tmp_path: Path) -> None:
    """Ten times the row groups may not cost more than a few row groups of memory."""
    code = """
        import resource, sys, threading, time
        from pathlib import Path
        from peploss.dataset.scoring.run import score_set
        from peploss.dataset.scoring.plan import Plan
        score_set(sys.argv[1], sys.argv[3], Plan(), workers=2)
        peak, done = 0, threading.Event()
        def watch():
            global peak
            while not done.wait(0.005):
                peak = max(peak, int(Path("/proc/self/statm").read_text().split()[1]))
        thread = threading.Thread(target=watch); thread.start()
        peaks = []
        for path in sys.argv[1:3]:
            peak = 0
            score_set(path, sys.argv[3], Plan(), workers=2)
            peaks.append(peak * resource.getpagesize() / 1e6)
        done.set(); thread.join()
        print(*peaks)
    """
    if not Path("/proc/self/statm").exists():
        pytest.skip("no /proc to read resident memory from")
    small = repeated(sample_set, tmp_path / "small.parquet", 40)
    large = repeated(sample_set, tmp_path / "large.parquet", 400)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(small), str(large), str(tmp_path / "r")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = map(float, done.stdout.split())
    assert second < 1000
    assert second - first < large.stat().st_size / 1e6 / 2


def test_ray_gives_the_same_bits(cluster: object, sample_set: Path, tmp_path: Path) -> None:
    source = repeated(sample_set, tmp_path / "set.parquet", 5)
    for engine in ("local", "ray"):
        score_set(source, tmp_path / engine, PLAN, engine=engine)  # type: ignore[arg-type]
    assert pq.read_table(tmp_path / "local").equals(pq.read_table(tmp_path / "ray"))


def test_ray_survives_a_worker_that_dies(
    cluster: object, sample_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = repeated(sample_set, tmp_path / "set.parquet", 5)
    died = tmp_path / "died"
    score = run_ray.score_groups

    def dies_once(numbers: pa.Table, path: str, plan: Plan) -> dict[str, object]:
        if 2 in numbers["group"].to_pylist() and not died.exists():
            died.touch()
            os._exit(1)
        return score(numbers, path, plan)

    monkeypatch.setattr(run_ray, "score_groups", dies_once)
    for engine in ("local", "ray"):
        score_set(source, tmp_path / engine, PLAN, engine=engine)  # type: ignore[arg-type]
    assert died.exists()
    assert pq.read_table(tmp_path / "local").equals(pq.read_table(tmp_path / "ray"))


def test_ray_says_what_it_cannot_carry_through(
    cluster: object, sample_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(numbers: pa.Table, path: str, plan: Plan) -> dict[str, object]:
        raise OSError(f"no {path} here")

    monkeypatch.setattr(run_ray, "score_groups", fails)
    with pytest.raises(BackendError, match=r"Ray could not carry the scoring through: OSError: no .*set\.parquet here"):
        score_set(sample_set, tmp_path / "r", PLAN, engine="ray")
    assert not list(tmp_path.iterdir())


def test_a_file_of_predictions_that_fits_nothing_or_little_is_told(sample_set: Path, tmp_path: Path) -> None:
    def told(peptide: str, charge: int) -> list[str]:
        table = tmp_path / "p.tsv"
        table.write_text(
            f"peptidoform\tcharge\tion\tordinal\tfragment_charge\tintensity\n{peptide}\t{charge}\ty\t1\t1\t1.0\n"
        )
        plan = Plan(settings=LossSettings(intensities=f"file:{table}"))
        return score_set(sample_set, tmp_path / "r.parquet", plan).notes

    (note,) = told("GGGGGGK", 2)
    assert note.startswith(
        f"No PSM has heights from file:{tmp_path / 'p.tsv'}: uniform ones were taken. The first: p.tsv"
    )
    (note,) = told("VGEAAASGELRK", 2)
    assert "PSMs have no heights from" in note
    assert not note.startswith("No PSM")
