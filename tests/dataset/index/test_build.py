"""A set is built whole or not at all, once, and says what it left out."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from peploss.dataset.index import build, parts
from peploss.dataset.index.build import OWN, build_set
from peploss.dataset.index.report import describe
from peploss.dataset.psm_row import psm_of
from peploss.dataset.store import ParquetStore
from peploss.dataset.tables import read_psms
from peploss.errors import SourceError
from peploss.peptides.peptide import Peptide
from peploss.spectra.readers import mgf as reader
from peploss.spectra.readers import open_spectra
from peploss.spectra.readers.source import ByteSource
from peploss.spectra.samples import sample_labels, samples_folder


def mgf(path: Path, n: int = 12, first: int = 0) -> Path:
    blocks = [
        f"BEGIN IONS\nTITLE=s{i}\nPEPMASS={400 + i}.25\nCHARGE=2+\nSEQ=PEPTM[Oxidation]DEK\n"
        f"100.5 1\n{200 + i}.25 3\nEND IONS\n"
        for i in range(first, first + n)
    ]
    path.write_text("".join(blocks), encoding="utf-8")
    return path


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "CHUNK", 5)


def test_what_is_stored_is_what_was_read(sample_set: Path) -> None:
    labels = sample_labels("hcd_qe_openms_qc.mgf")
    with open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf") as file, ParquetStore(sample_set) as store:
        assert store.n_rows == 109 + 135
        for at in (0, 50, 108):
            spectrum, row = file.read(at), store.row(at)
            peptide = Peptide.parse(labels[spectrum.title].proforma)
            assert row["title"] == spectrum.title
            assert row["mz"].tolist() == spectrum.mz.tolist()
            assert row["intensity"].tolist() == spectrum.intensity.astype(np.float32).tolist()
            assert row["residue_masses"].tolist() == peptide.residue_masses.tolist()
            assert (row["mass"], row["sequence"]) == (peptide.neutral_mass, peptide.sequence)
            assert (row["id"], row["index"], row["file"]) == (at, at, "hcd_qe_openms_qc.mgf")


def test_annotated_spectra_need_no_table(tmp_path: Path) -> None:
    report = build_set([mgf(tmp_path / "a.mgf")], [], tmp_path / "set.parquet")
    assert report.joined == [(OWN, "a.mgf", "annotation", 12)]
    assert not list(tmp_path.glob("*.parts"))
    with ParquetStore(tmp_path / "set.parquet") as store:
        assert store.row(3)["modifications"] == "M[Oxidation]"
        assert store.about["version"]
        assert store.about["spectra"][0]["path"] == str(tmp_path / "a.mgf")


def test_candidates_keep_their_ranks_and_the_lost_their_reasons(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("title,peptide\ns1,PEPTIDEK\ns1,PEPTIDKE\nnone,AK\ns2,PEPTIDX\n", encoding="utf-8")
    report = build_set([mgf(tmp_path / "a.mgf")], [read_psms(table)], tmp_path / "set.parquet")
    # Ten spectra of which the table says nothing bring peptides of their own.
    assert (report.n_psms, report.n_spectra, report.n_without) == (12, 12, 0)
    assert report.joined[1:] == [(OWN, "a.mgf", "annotation", 10)]
    assert [x.reason for x in report.not_joined] == [
        "There is no fragment spectrum with title 'none' in a.mgf.",
        "Its peptide cannot be used: at character 7: X has no mass of its own. Write the residue it is, or a gap of "
        "known mass as X[+113.084].",
    ]
    with ParquetStore(tmp_path / "set.parquet") as store:
        rows = list(store.rows([1, 2]))
        assert [(r["title"], r["peptide"], r["rank"], r["charge"]) for r in rows] == [
            ("s1", "PEPTIDEK", 1, 2), ("s1", "PEPTIDKE", 2, 2)
        ]  # fmt: skip
        assert store.about["report"]["n_not_joined"] == 2
    assert any("1 not in the set (t.csv, line 4, none)" in line for line in describe(report, tmp_path / "set.parquet"))


def test_nothing_joined_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("title,peptide\nnone,AK\n", encoding="utf-8")
    with pytest.raises(SourceError, match="No PSM could be joined"):
        build_set([mgf(tmp_path / "a.mgf")], [read_psms(table)], tmp_path / "set.parquet")
    assert not (tmp_path / "set.parquet").exists()


class Stop(Exception):
    """As a cancelled job raises it."""


@pytest.mark.usefixtures("small_parts")
def test_an_interrupted_index_leaves_no_set_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = mgf(tmp_path / "a.mgf"), tmp_path / "set.parquet"

    def stop(done: int, total: int) -> None:
        if done >= 5:
            raise Stop

    with pytest.raises(Stop):
        build_set([source], [], out, workers=1, progress=stop)
    assert not out.exists()
    assert [p.name for p in sorted((tmp_path / "set.parquet.parts").glob("*.arrow"))] == ["00000-000000000.arrow"]

    read: list[tuple[int, int]] = []
    write = parts.write_part

    def spied(path: Path, part: parts.Part, opened: ByteSource) -> None:
        read.append((part.start, part.stop))
        write(path, part, opened)

    with monkeypatch.context() as patch:
        patch.setattr(parts, "write_part", spied)
        patch.setattr(parts, "open_spectra", lambda path: pytest.fail("the file was searched again"))
        report = build_set([source], [], out, workers=1)
    assert read == [(5, 10), (10, 12)]
    assert (report.n_parts_kept, report.n_psms) == (1, 12)
    whole = tmp_path / "whole.parquet"
    build_set([source], [], whole, workers=1)
    with ParquetStore(out) as a, ParquetStore(whole) as b:
        assert a.group(0).equals(b.group(0))


@pytest.mark.usefixtures("small_parts")
def test_parts_of_a_changed_file_are_read_again(tmp_path: Path) -> None:
    source, out = mgf(tmp_path / "a.mgf"), tmp_path / "set.parquet"

    def stop(done: int, total: int) -> None:
        if done >= 10:
            raise Stop

    with pytest.raises(Stop):
        build_set([source], [], out, workers=1, progress=stop)
    mgf(source, n=11, first=100)
    report = build_set([source], [], out, workers=1)
    assert (report.n_parts_kept, report.n_psms) == (0, 11)
    with ParquetStore(out) as store:
        assert store.row(0)["title"] == "s100"


def test_a_killed_process_leaves_no_set(tmp_path: Path) -> None:
    source, out = mgf(tmp_path / "a.mgf"), tmp_path / "set.parquet"
    code = f"""
        import os, signal
        from peploss.dataset.index import build, parts
        parts.CHUNK = 5
        build._write = lambda *a: os.kill(os.getpid(), signal.SIGKILL)
        build.build_set([{str(source)!r}], [], {str(out)!r}, workers=1)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr.decode()
    assert not out.exists()
    assert build_set([source], [], out, workers=1).n_psms == 12  # the lock of the dead process holds nobody up


@pytest.mark.usefixtures("small_parts")
def test_two_processes_read_what_one_reads(tmp_path: Path) -> None:
    files = [mgf(tmp_path / "a.mgf"), mgf(tmp_path / "b.mgf", n=7, first=50)]
    for workers in (1, 2):
        build_set(files, [], tmp_path / f"{workers}.parquet", workers=workers)
    with ParquetStore(tmp_path / "1.parquet") as a, ParquetStore(tmp_path / "2.parquet") as b:
        assert a.n_rows == 19
        assert a.group(0).equals(b.group(0))


def test_two_processes_do_not_build_one_set(tmp_path: Path) -> None:
    out = tmp_path / "set.parquet"
    code = f"""
        from filelock import FileLock
        with FileLock({str(tmp_path / ".set.parquet.lock")!r}):
            print("held", flush=True)
            input()
    """
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(SourceError, match="Another process is building this set"):
            build_set([mgf(tmp_path / "a.mgf")], [], out)
    finally:
        holder.communicate("go\n")
    assert build_set([tmp_path / "a.mgf"], [], out).n_psms == 12


def test_rich_spectra_make_small_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = mgf(tmp_path / "a.mgf", n=30)
    build_set([source], [], tmp_path / "whole.parquet", workers=1)
    monkeypatch.setattr(reader, "_TOGETHER", 300)
    monkeypatch.setattr(build, "BYTES", 2000)
    build_set([source], [], tmp_path / "set.parquet", workers=1)
    with ParquetStore(tmp_path / "whole.parquet") as whole, ParquetStore(tmp_path / "set.parquet") as store:
        assert (whole.n_groups, store.n_rows) == (1, 30)
        assert store.n_groups > 3
        ids = list(range(30))
        assert [r["title"] for r in store.rows(ids)] == [r["title"] for r in whole.rows(ids)]
        assert [r["mz"].tolist() for r in store.rows(ids)] == [r["mz"].tolist() for r in whole.rows(ids)]


def test_huge_intensities_are_scaled_and_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.mgf"
    path.write_text("BEGIN IONS\nSEQ=PEPTIDEK\n100 1e300\n200 5e299\nEND IONS\n", encoding="utf-8")
    build_set([path], [], tmp_path / "set.parquet")
    with ParquetStore(tmp_path / "set.parquet") as store:
        assert store.row(0)["intensity"].tolist() == [1.0, 0.5]


def test_notes_on_spectra_reach_the_set_and_the_report(tmp_path: Path) -> None:
    path = mgf(tmp_path / "a.mgf", 3)
    text = path.read_text(encoding="utf-8")
    text = text.replace("100.5 1\n201.25", "0 7\n100.5 1\n201.25").replace("CHARGE=2+\n", "", 1)
    path.write_text(text, encoding="utf-8")
    report = build_set([path], [], tmp_path / "set.parquet")
    with ParquetStore(tmp_path / "set.parquet") as store:
        notes = [row["notes"] for row in store.rows([0, 1, 2])]
        spectrum, _ = psm_of(store.row(1))
    assert notes == [None, "One peak at m/z 0 was left out.", None]  # a charge that is not given is a null
    assert spectrum.notes == ("One peak at m/z 0 was left out.",)
    assert dict(report.notes) == {"One peak at m/z … was left out.": 1}
    assert "1 PSMs have a note: One peak at m/z … was left out." in describe(report, tmp_path / "set.parquet")
