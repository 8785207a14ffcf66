"""``peploss score --parts`` and ``peploss join``, as a script uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from peploss.cli import main
from peploss.spectra.samples import samples_folder


def peploss(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, samples = tmp_path_factory.mktemp("sets"), samples_folder()
    files = {"a": ["hcd_qe_openms_qc.mgf"], "b": ["cid_iontrap_openms_ecoli.mgf", "psms.tsv"]}
    for name, given in files.items():
        done = peploss("index", *(samples / g for g in given), "-o", folder / f"{name}.parquet", "--workers", 1)
        assert done.exit_code == 0, done.output
    return folder


def test_a_folder_of_sets_becomes_one_file_of_results(sets: Path, tmp_path: Path) -> None:
    scores, joined, whole = tmp_path / "scores", tmp_path / "joined.parquet", tmp_path / "whole.parquet"
    done = peploss("score", sets, "--parts", scores, "--decoys", "--device", "cpu", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["n_scored"], told["n_files"], told["n_kept"], told["results"]) == (244, 2, 0, str(scores))
    again = peploss("score", sets / "a.parquet", sets / "b.parquet", "--parts", scores, "--decoys", "--device", "cpu")
    assert "244 PSMs scored on CPU into 2 files (2 were there)" in again.stderr
    assert f"peploss join {scores} -o RESULTS" in again.stderr
    done = peploss("join", scores, "-o", joined, "--json")
    assert json.loads(done.stdout) == {"results": str(joined), "n_psms": 244}
    done = peploss("join", sets, "-o", tmp_path / "set.parquet")
    assert done.stderr == f"244 PSMs in {tmp_path / 'set.parquet'}, a set.\n"
    peploss("score", tmp_path / "set.parquet", "-o", whole, "--decoys", "--causes", "none", "--device", "cpu")
    assert pq.read_table(joined).equals(pq.read_table(whole))


def test_what_does_not_go_together_is_refused(sets: Path, tmp_path: Path) -> None:
    out, parts = tmp_path / "r.parquet", tmp_path / "scores"
    for more, told in (
        ((), "Give -o FILE for one file of results, or --parts FOLDER"),
        (("-o", out, "--parts", parts), "Give -o FILE for one file of results, or --parts FOLDER"),
        (("-o", out), "-o takes one set"),
        (("--parts", parts, "--go-on"), "the same command goes on by itself"),
        (("--parts", parts, "--causes", "worst"), "causes are none or all"),
        (("--parts", parts, "--worst", 5), "causes are none or all"),
    ):
        done = peploss("score", sets, *more)
        assert done.exit_code == 2
        assert told in " ".join(done.stderr.split())
    assert not list(tmp_path.iterdir())
    assert peploss("score", sets, "--parts", parts, "--seed", 1).exit_code == 0
    done = peploss("score", sets, "--parts", parts, "--seed", 2)
    assert (done.exit_code, "seed is 1 there and 2 here" in done.stderr) == (1, True)
    assert peploss("join", parts, sets, "-o", out).exit_code == 2
    (next(parts.glob("scores-*"))).unlink()
    done = peploss("join", parts, "-o", out)
    assert (done.exit_code, "Run the same `peploss score" in done.stderr) == (1, True)
