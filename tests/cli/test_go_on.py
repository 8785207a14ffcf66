"""``peploss score`` after one that was killed: what was interrupted is told, and taken up by ``--go-on``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from peploss.cli import main
from peploss.dataset.index.build import build_set
from peploss.dataset.query.results import Results
from peploss.dataset.tables import read_psms
from peploss.lifeline import owner
from peploss.spectra.samples import samples_folder


def peploss(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def a_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out, samples = tmp_path_factory.mktemp("cli") / "set.parquet", samples_folder()
    build_set([samples / "hcd_qe_openms_qc.mgf"], [read_psms(samples / "psms.tsv")], out, workers=1)
    return out


def kill_at_work(*arguments: object) -> None:
    """The command, killed in the middle of its scores; SIGKILL leaves it no time for anything."""
    code = (
        "import os, signal, sys\nfrom peploss.dataset.scoring import run\n"
        "run._engine = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from peploss.cli import main\nmain(sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


def test_the_next_start_tells_and_takes_up_what_was_asked_for(a_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    kill_at_work("score", a_set, "-o", out, "--sigma", 0.03, "--decoys", "--seed", 4, "--worst", 2, "--loss", "soft_f1")
    note = tmp_path / ".scores.parquet.job"
    assert note.exists()
    assert not out.exists()
    other = peploss("score", a_set, "-o", tmp_path / "other.parquet", "--causes", "none")
    assert other.exit_code == 0, other.output
    assert (
        f"Scoring set.parquet was interrupted. It was to be scores.parquet: peploss score {a_set} -o " in other.stderr
    )
    assert note.exists()
    done = peploss("score", a_set, "-o", out, "--go-on", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["n_causes"] == 2
    assert not note.exists()
    with Results(out) as found:
        about = found.about
    assert (about["settings"]["sigma"], about["seed"], about["losses"], about["decoys"]) == (0.03, 4, ["soft_f1"], True)
    again = peploss("score", a_set, "-o", out, "--causes", "none")
    assert "interrupted" not in again.stderr


def test_all_causes_are_taken_up_as_all(a_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    kill_at_work("score", a_set, "-o", out, "--causes", "all")
    asked = json.loads((tmp_path / ".scores.parquet.job").read_text())
    assert (asked["worst"], asked["begun"]) == (2**31 - 1, "command")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--sigma", 0.1), "leave --sigma out"),
        (("--decoys",), "leave --decoys out"),
        (("--loss", "soft_f1"), "leave --loss out"),
    ],
)
def test_it_takes_no_other_settings(a_set: Path, tmp_path: Path, more: tuple[object, ...], told: str) -> None:
    out = tmp_path / "scores.parquet"
    nothing = peploss("score", a_set, "-o", out, "--go-on")
    assert nothing.exit_code == 2
    assert "was interrupted. Leave --go-on out." in nothing.stderr
    over = subprocess.Popen([sys.executable, "-c", ""])
    over.wait()
    asked = {"title": "Scoring set.parquet", "target": out.name, "work": "score", "spectra": [str(a_set)], "tables": []}
    asked |= {"losses": [], "settings": {}, "begun": "command"}
    by = f"{over.pid}-{owner().partition('-')[2]}"
    (tmp_path / ".scores.parquet.job").write_text(json.dumps({"owner": by, **asked}))
    done = peploss("score", a_set, "-o", out, "--go-on", *more)
    assert done.exit_code == 2
    assert told in done.stderr
    (tmp_path / ".scores.parquet.job").write_text(json.dumps({"owner": by, **asked, "spectra": ["/elsewhere.parquet"]}))
    assert "was of /elsewhere.parquet" in peploss("score", a_set, "-o", out, "--go-on").stderr
