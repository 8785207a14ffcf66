"""What is made from results: comparisons, exports, tags and notes, causes of the worst."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from peploss.analysis.causes.diagnosis import diagnose
from peploss.dataset.query.compare import compare, summary
from peploss.dataset.query.notes import Notes
from peploss.dataset.query.results import Results
from peploss.dataset.query.selections import export, exported_ids
from peploss.dataset.scoring.causes import psm_of
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.scoring.runs import runs_of
from peploss.dataset.scoring.worst import add_causes
from peploss.dataset.store import ParquetStore
from peploss.errors import SettingsError, SourceError
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra


def test_who_moved(sample_set: Path, sample_results: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.parquet"
    score_set(sample_set, other, Plan(settings=LossSettings(sigma=0.1)))
    found = compare(sample_results, other)
    a, b = (np.array(pq.read_table(p)["loss"]) for p in (sample_results, other))
    change = b - a
    assert (found.n_both, found.n_lower, found.n_higher) == (244, (change < 0).sum(), (change > 0).sum())
    assert found.median_change == pytest.approx(float(np.median(change)))
    assert found.moved["id"].to_pylist()[0] == np.abs(change).argmax()
    assert found.moved["change"].to_pylist()[0] == change[np.abs(change).argmax()]
    assert found.settings == {"sigma": (0.05, 0.1)}
    assert summary(found).startswith("Of 244 PSMs in both")


def test_results_of_different_sets_do_not_compare(sample_results: Path, tmp_path: Path) -> None:
    about = json.loads(pq.ParquetFile(sample_results).metadata.metadata[b"peploss"])
    about["set"]["uuid"] = "another"
    table = pq.read_table(sample_results).replace_schema_metadata({"peploss": json.dumps(about)})
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(SourceError, match="two different sets"):
        compare(sample_results, tmp_path / "x.parquet")
    with pytest.raises(SettingsError, match="no column 'peptide' of numbers"):
        compare(sample_results, sample_results, "peptide")


@pytest.mark.parametrize("kind", ["tsv", "drop"])
def test_tags_and_notes_go_with_what_is_exported(
    sample_set: Path, sample_results: Path, tmp_path: Path, kind: str
) -> None:
    own = tmp_path / "set.parquet"
    own.write_bytes(sample_set.read_bytes())
    notes = Notes(own)
    notes.tag([12, 3], "odd")
    notes.tag([12], "bad")
    notes.note(200, "two\tcells\nand two lines")
    out = tmp_path / "out"
    assert export(kind, [12, 3, 200], out, source=own, results=sample_results) == 3  # type: ignore[arg-type]
    if kind == "tsv":
        rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
        expected = pq.read_table(sample_results).take([12, 3, 200])
        assert [float(r["loss"]) for r in rows] == expected["loss"].to_pylist()
        assert [r["title"] for r in rows] == expected["title"].to_pylist()
    else:
        rows = json.loads(out.read_text(encoding="utf-8"))["drop"]
    assert [r["tags"] or "" for r in rows] == ["bad, odd", "odd", ""]
    assert [r["note"] or "" for r in rows] == ["", "", "two cells and two lines"]
    assert exported_ids(out) == [12, 3, 200]


@pytest.mark.parametrize("kind", ["ids", "tsv", "parquet", "keep", "drop"])
def test_exports_come_back(sample_set: Path, sample_results: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    assert export(kind, [12, 3, 200], out, source=sample_set, results=sample_results) == 3  # type: ignore[arg-type]
    assert sorted(exported_ids(out)) == [3, 12, 200]


@pytest.mark.parametrize("text", ['{"keep": [{"id": 1e999}]}', '{"keep": 3}', '{"keep": [[1]]}', "1\nx\n", "[" * 9])
def test_a_list_of_ids_that_nobody_exported_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "ids").write_text(text)
    with pytest.raises(SourceError, match="No ids can be read from this"):
        exported_ids(tmp_path / "ids")


def test_exported_spectra_read_back(sample_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mgf"
    export("mgf", [12, 3], out, source=sample_set)
    with open_spectra(out) as file, ParquetStore(sample_set) as store:
        for at, row in enumerate(store.rows([12, 3])):
            spectrum = file.read(at)
            assert spectrum.mz.tolist() == row["mz"].tolist()
            assert (spectrum.title, spectrum.peptide) == (row["title"], row["peptide"])


def test_exports_refuse_what_is_not_there(sample_set: Path, tmp_path: Path) -> None:
    for kind in ("tsv", "parquet", "mgf"):
        with pytest.raises(SourceError, match="PSM"):
            export(kind, [3, 5000], tmp_path / "out", source=sample_set)  # type: ignore[arg-type]
        assert not list(tmp_path.iterdir())
    with pytest.raises(SettingsError, match="no export"):
        export("xlsx", [1], tmp_path / "out", source=sample_set)  # type: ignore[arg-type]


def test_tags_and_notes(sample_set: Path) -> None:
    notes = Notes(sample_set)
    assert notes.path.stat().st_mode & 0o077 == 0 or os.name == "nt"
    notes.tag([3, 4], "odd")
    notes.tag([4, 5], "odd")
    notes.note(3, "look again")
    notes.note(3, "looked")
    notes.untag([5], "odd")
    again = Notes(sample_set)
    assert (again.tags(), again.tagged("odd")) == ({"odd": 2}, [3, 4])
    tags, note = again.of(3)
    assert tags == ["odd"]
    assert note is not None
    assert note.text == "looked"
    assert [n.psm for n in again.all_notes()] == [3]
    notes.note(3, "")
    assert again.of(3)[1] is None
    with pytest.raises(SettingsError, match="no PSM 999"):
        notes.tag([999], "odd")
    with pytest.raises(SettingsError, match="1 to 100 characters"):
        notes.tag([1], "  ")


def test_two_processes_tag_one_set(sample_set: Path) -> None:
    code = f"""
        import sys
        from peploss.dataset.query.notes import Notes
        notes = Notes({str(sample_set)!r})
        for psm in range(int(sys.argv[1]), 100, 2):
            notes.tag([psm], "both")
            notes.note(psm, "by " + sys.argv[1])
    """
    processes = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), str(k)], stderr=subprocess.PIPE) for k in (0, 1)
    ]
    for process in processes:
        _, error = process.communicate()
        assert process.returncode == 0, error.decode()
    notes = Notes(sample_set)
    assert notes.tagged("both") == list(range(100))
    assert {n.text for n in notes.all_notes()} == {"by 0", "by 1"}


def test_causes_of_chosen_psms(sample_set: Path, sample_results: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.parquet"
    out.write_bytes(sample_results.read_bytes())
    assert add_causes(sample_set, out, [7, 3, 7], workers=1) == 2
    with Results(out) as results:
        assert results.page(["id"], where="cause IS NOT NULL", order="id", descending=False)["id"].to_pylist() == [3, 7]
        n = results.n_rows
    with pytest.raises(SourceError, match=f"hold PSMs 0 to {n - 1}, not {n}"):
        add_causes(sample_set, out, [0, n], workers=1)


def test_causes_of_the_worst(sample_set: Path, sample_results: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.parquet"
    out.write_bytes(sample_results.read_bytes())
    assert add_causes(sample_set, out, 5, workers=1) == 5
    losses = np.array(pq.read_table(sample_results)["loss"])
    worst = np.sort(np.argsort(-losses, kind="stable")[:5])
    with Results(out) as results, ParquetStore(sample_set) as store:
        assert results.about["n_causes"] == 5
        rows = results.page(["id", "cause", "cause_text"], where="cause IS NOT NULL", order="id", descending=False)
        assert rows["id"].to_pylist() == worst.tolist()
        runs = runs_of(store, LossSettings(), 0)
        for row in rows.to_pylist():
            psm = store.row(row["id"])
            found = diagnose(*psm_of(psm), LossSettings(), run=runs.get(psm["file"]))
            assert (row["cause"], row["cause_text"]) == (found.cause, found.text)
    assert pq.read_table(out)["loss"].to_pylist() == losses.tolist()
