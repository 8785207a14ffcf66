"""The command, as a script uses it: exit codes, what goes to which stream, JSON."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from click.testing import CliRunner, Result

from peploss.cli import main
from peploss.cli.common import progress_bar, told
from peploss.dataset.query.results import Results
from peploss.dataset.schema import KEY
from peploss.dataset.store import ParquetStore, written_whole
from peploss.settings import LossSettings
from peploss.spectra.samples import samples_folder
from peploss.version import __version__

ROOT = Path(__file__).resolve().parents[2]
QE = samples_folder() / "hcd_qe_openms_qc.mgf"


def peploss(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def a_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "set.parquet"
    done = peploss("index", QE, "-o", out, "--workers", 1)
    assert done.exit_code == 0, done.output
    return out


def test_index_says_what_joined(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("wer\twas\nQC1.2\tPEPTIDEK\nnobody\tPEPTIDEK\n", encoding="utf-8")
    arguments = ("index", QE, table, "-o", tmp_path / "s.parquet", "--column", "title=wer", "--column", "peptide=was")
    done = peploss(*arguments, "--json", "--left-out", tmp_path / "lost.tsv", "--strict")
    assert done.exit_code == 3
    told = json.loads(done.stdout)
    assert (told["n_psms"], told["n_not_joined"]) == (109, 1)
    assert told["joined"] == [
        {"table": str(table), "file": QE.name, "by": "title", "psms": 1},
        {"table": "its own annotation", "file": QE.name, "by": "annotation", "psms": 108},
    ]
    assert "There is no fragment spectrum with title 'nobody'" in (tmp_path / "lost.tsv").read_text(encoding="utf-8")
    done = peploss(*arguments)
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "1 joined by title" in done.stderr


def test_index_puts_fixed_modifications_on(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("title\tpeptide\nQC1.2\tPEPCIDEK\n", encoding="utf-8")
    arguments = ("index", QE, table, "-o", tmp_path / "s.parquet", "--fixed", "C=Carbamidomethyl")
    told = json.loads(peploss(*arguments, "--json").stdout)
    assert told["notes"] == ["t.tsv: Fixed modifications as asked for: C Carbamidomethyl."]
    assert told["notes"][0] in peploss(*arguments).stderr
    with ParquetStore(tmp_path / "s.parquet") as store:
        assert store.row(0)["peptide"] == "PEPC[Carbamidomethyl]IDEK"


def test_score_takes_every_setting(a_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.parquet"
    done = peploss(
        "score", a_set, "-o", out, "--sigma", 20, "--sigma-unit", "ppm", "--ion-types", "a,b,y", "--top-n", 60,
        "--neutral-losses", "H2O", "--ion-weights", "y=1,b=0.5", "--sqrt", "--loss", "spectral_angle", "--decoys",
        "--worst", 3, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["n_scored"], told["n_causes"]) == (109, 3)
    assert sum(one["n"] for one in told["belief"].values()) == 3
    with Results(out) as results:
        assert LossSettings.from_dict(results.about["settings"]) == LossSettings(
            sigma=20, sigma_unit="ppm", ion_types=("a", "b", "y"), top_n=60, neutral_losses=("H2O",),
            ion_weights={"y": 1, "b": 0.5}, sqrt=True,
        )  # fmt: skip
        assert {"spectral_angle", "decoy_loss", "cause"} <= set(results.columns)
        assert results.count("cause IS NOT NULL") == 3


def test_score_says_on_what_device_and_refuses_one_that_is_not_there(
    a_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device in ("auto", "cpu"):
        done = peploss("score", a_set, "-o", tmp_path / device, "--device", device, "--causes", "none")
        assert "109 PSMs scored on CPU into" in done.output
    done = peploss("score", a_set, "-o", tmp_path / "r", "--device", "cuda")
    assert done.exit_code == 1
    assert "torch sees no CUDA device" in done.output
    assert not (tmp_path / "r").exists()


def test_every_setting_is_an_option() -> None:
    text = peploss("score", "--help").output
    for name in LossSettings().to_dict(defaults=True):
        assert "--" + name.replace("_", "-") in text, name


def test_settings_come_from_toml_and_options_count_before_them(a_set: Path, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(LossSettings(sigma=0.3, top_n=7).to_toml(), encoding="utf-8")
    out = tmp_path / "r.parquet"
    done = peploss("score", a_set, "-o", out, "--settings", tmp_path / "s.toml", "--sigma", 0.2, "--causes", "none")
    assert done.exit_code == 0, done.output
    with ParquetStore(out, "results") as store:
        assert store.about["settings"] == {"sigma": 0.2, "top_n": 7}


def test_explain_is_the_number_in_the_results(a_set: Path, tmp_path: Path) -> None:
    peploss("score", a_set, "-o", tmp_path / "r.parquet", "--causes", "none")
    done = peploss("explain", a_set, "QC1.38", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    with Results(tmp_path / "r.parquet") as results:
        row = results.page(["loss", "id"], where="title = 'QC1.38'").to_pylist()[0]
    assert told["loss"] == pytest.approx(row["loss"], abs=1e-7)  # intensities are kept in float32
    assert told["cause"]
    told_in_words = peploss("explain", a_set, row["id"]).stdout
    assert f"spectrum loss {row['loss']:.4f}" in told_in_words


def test_explain_compares_candidates(a_set: Path) -> None:
    done = peploss("explain", a_set, "QC1.175", "-c", "VGEAAASGELR", "--candidates", "decoys", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    first, *others = told["candidates"]
    assert first["peptide"].startswith(told["peptide"])
    assert first["loss"] == pytest.approx(told["loss"], abs=1e-12)
    assert len(others) == 4
    assert all(one["difference"] == pytest.approx(one["loss"] - first["loss"]) for one in others)
    assert first["deciding"]["found"]
    in_words = peploss("explain", a_set, "QC1.175", "--candidates", "swaps", "--candidates", "sites").stdout
    assert "The best 7 of " in in_words
    assert "0 placements of the modifications." in in_words
    assert f"1  {first['peptide']}: loss {first['loss']:.4f} (+0.0000)" in in_words
    assert "Deciding fragments: " in in_words
    bad = peploss("explain", a_set, "QC1.175", "-c", "VGEB")
    assert bad.exit_code == 1
    assert "B stands for N or D" in bad.output


def test_explain_mirrors_two_observed_spectra(a_set: Path) -> None:
    told = json.loads(peploss("explain", a_set, "QC1.175", "--against", "QC1.175", "--json").stdout)["against"]
    assert told["loss"] == 0.0
    assert told["shared"] == [1.0, 1.0]
    assert sum(pair["share_of_cosine"] for pair in told["pairs"]) == pytest.approx(1.0)
    other = json.loads(peploss("explain", a_set, "QC1.175", "--against", "QC1.2", "--json").stdout)["against"]
    assert 0 < other["loss"] <= 1
    assert sum(step["loss"] for step in other["steps"]) == pytest.approx(other["loss"])
    in_words = peploss("explain", a_set, "QC1.175", "--against", "QC1.2").stdout
    assert f"against QC1.2 ({other['peptide']}): spectrum loss {other['loss']:.4f}" in in_words
    none = peploss("explain", a_set, "QC1.175", "--against", "nobody")
    assert (none.exit_code, "nobody" in none.output) == (1, True)


def test_explain_finds_the_other_ranks_in_the_set(tmp_path: Path) -> None:
    table = tmp_path / "ranks.tsv"
    lines = ("title\tpeptide\trank", "QC1.175\tVGEAAASGELR\t2", "QC1.175\tGVEAAASGELRK\t1", "QC1.2\tPEPTIDEK\t1")
    table.write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "ranks.parquet"
    assert peploss("index", QE, table, "-o", out, "--workers", 1).exit_code == 0
    with ParquetStore(out) as store:
        (psm,) = (r["id"] for r in store.rows(range(store.n_rows)) if r["peptide"] == "GVEAAASGELRK")
    told = json.loads(peploss("explain", out, psm, "--candidates", "ranks", "--json").stdout)
    assert [one["peptide"].split("/")[0] for one in told["candidates"]] == ["GVEAAASGELRK", "VGEAAASGELR"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["index", QE], 2, "Missing option '-o'"),
        (["index", samples_folder() / "psms.tsv", "-o", "x"], 2, "named like spectra"),
        (["index", QE, "-o", "x", "--column", "peptide"], 2, "WHAT=NAME"),
        (["index", QE, "-o", "x", "--fixed", "C="], 2, "RESIDUE=MODIFICATION"),
        (["index", QE, samples_folder() / "psms.tsv", "-o", "x", "--fixed", "C=Xy"], 1, "has no mass"),
        (["index", QE, samples_folder() / "psms.tsv", "-o", "x", "--format", "excel"], 1, "The formats are"),
        (["score", "nowhere.parquet", "-o", "x"], 2, "does not exist"),
        (["score", QE, "-o", "x.parquet"], 1, "cannot be read as Parquet"),
        (["score", QE, "-o", "x.parquet", "--sigma", "-1"], 2, "sigma must be a positive finite number"),
        (["score", QE, "-o", "x.parquet", "--ion-weights", "y"], 2, "written as y=0.5"),
    ],
)
def test_mistakes_are_told_and_leave_nothing(
    arguments: list[object], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = peploss(*arguments)
    assert done.exit_code == code, done.output
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_read_or_written_is_told_in_one_line(a_set: Path, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_bytes(b"\xff\xfe")
    done = peploss("score", a_set, "-o", tmp_path / "r", "--settings", tmp_path / "s.toml")
    assert done.exit_code == 2
    assert "not text in UTF-8" in done.stderr
    (tmp_path / "file").touch()
    arguments = [
        ["index", QE, "-o", tmp_path / "set", "--left-out", tmp_path / "file" / "lost.tsv"],
        ["index", QE, "-o", tmp_path / "file" / "set"],
        ["score", a_set, "-o", tmp_path / "file" / "r", "--causes", "none"],
    ]
    for each in arguments:
        done = peploss(*each)
        assert done.exit_code == 1, done.output
        assert done.stderr.count("\n") == 1
        assert str(tmp_path / "file") in done.stderr
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    done = peploss("score", a_set, "-o", fifo, "--causes", "none")
    assert done.exit_code == 1
    assert "is no file" in done.stderr
    assert fifo.is_fifo()


def test_a_table_of_headings_only(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("scan\tpeptide\n", encoding="utf-8")
    done = peploss("index", QE, tmp_path / "t.tsv", "-o", tmp_path / "set")
    assert done.exit_code == 1
    assert "There is no PSM in this table" in done.stderr


def test_an_unknown_psm(a_set: Path) -> None:
    for psm in ("nobody", "109", "²"):
        done = peploss("explain", a_set, psm)
        assert done.exit_code == 1
        assert "Error:" in done.stderr


def test_as_a_program(a_set: Path, tmp_path: Path) -> None:
    """No bar and no colour where no one looks; the module and the entry point are one."""
    command = [sys.executable, "-m", "peploss"]
    done = subprocess.run(
        [*command, "score", str(a_set), "-o", str(tmp_path / "r"), "--causes", "none", "--json"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert json.loads(done.stdout)["n_problems"] == 0
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == f"peploss, version {__version__}"
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts == {"peploss": "peploss.cli:entry"}


COPIES = 200
"""Of a set, so that its causes take minutes: a machine that is busy may come back to the test late."""


@pytest.mark.parametrize("causes", ["all", "worst"])
def test_ctrl_c_leaves_no_half_file(a_set: Path, tmp_path: Path, causes: str) -> None:
    with ParquetStore(a_set) as store:
        batch, about = store.group(0), json.dumps(store.about)
    source, out = tmp_path / "set.parquet", tmp_path / "r.parquet"
    with written_whole(source, batch.schema.remove_metadata()) as writer:
        for k in range(COPIES):
            ids = pa.array(range(k * batch.num_rows, (k + 1) * batch.num_rows), pa.int64())
            writer.write_batch(batch.set_column(0, batch.schema.field(0), ids).replace_schema_metadata(None))
        writer.add_key_value_metadata({KEY.decode(): about})
    arguments = ["score", str(source), "-o", str(out), "--causes", causes, "--worst", "20000"]
    # Where pytest itself was started with SIGINT ignored (in the background of a script), a child would ignore it, too.
    code = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "runpy.run_module('peploss', run_name='__main__')"
    )
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while not [p for p in tmp_path.iterdir() if p != source]:  # it has begun to write
        time.sleep(0.05)
        assert process.poll() is None
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=300)  # a hang, and no measure of speed
    assert (process.returncode, error) == (130, "Stopped.\n")
    assert {p.name for p in tmp_path.iterdir()} <= {"set.parquet", "r.parquet"}
    if out.exists():  # whole, without the causes
        with Results(out) as results:
            assert results.count() == COPIES * 109


def test_the_library_stays_light() -> None:
    heavy = ["duckdb", "pyarrow", "psm_utils", "click", "pydantic", "ray", "filelock.asyncio", "tqdm.auto"]
    code = (
        "import sys, torch; before = set(sys.modules); import peploss; "
        f"print([m for m in {heavy!r} if m in set(sys.modules) - before])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_an_interrupt_that_a_callback_swallowed_ends_the_command_at_its_next_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @told
    def command() -> None:
        with progress_bar("Working", "steps") as progress:
            with contextlib.suppress(KeyboardInterrupt):  # as a callback of compiled code does
                signal.raise_signal(signal.SIGINT)
            progress(1, 2)
            raise AssertionError("it went on")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(SystemExit) as ended:
            command()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.value.code == 130
    assert capsys.readouterr().err == "Stopped.\n"
