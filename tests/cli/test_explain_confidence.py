"""``peploss explain`` tells a model's confidence beside the ions' evidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from peploss.cli import main
from peploss.spectra.samples import samples_folder

QC = samples_folder() / "hcd_qe_openms_qc.mgf"


def test_explain_lists_the_scores_and_bonds_without_ions(tmp_path: Path) -> None:
    table, out = tmp_path / "p.csv", tmp_path / "set.parquet"
    scores = "[-3.0, -0.01, -0.01, -0.02, -0.01, -0.01, -0.01, -0.01, -0.01, -0.01, -0.01, -0.01]"
    table.write_text(f'title,predictions,token_log_probs\nQC1.175,VGEAAASGELRK,"{scores}"\n')
    run = CliRunner()
    assert run.invoke(main, ["index", str(QC), str(table), "-o", str(out), "--workers", "1"]).exit_code == 0
    done = run.invoke(main, ["explain", str(out), "QC1.175", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["model_confidence"]
    assert told["residues"][:2] == pytest.approx([0.0498, 0.990], abs=1e-3)
    assert told["n_term"] is None
    assert told["sure_without_ions"] == []
    # Another peptide, of which no ion proves a bond.
    table.write_text(f'title,predictions,token_log_probs\nQC1.175,WWWWWWWWWWWW,"{scores}"\n')
    assert run.invoke(main, ["index", str(QC), str(table), "-o", str(out), "--workers", "1"]).exit_code == 0
    said = run.invoke(main, ["explain", str(out), "QC1.175"]).output
    assert "the model's confidence: W 0.05, W 0.99" in said
    assert "no ion proves these bonds, though the model is sure of both residues: W2|W3" in said
