"""``peploss losses`` and ``peploss variance``."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from peploss.cli import main

BSA = str(Path(__file__).parents[2] / "sample_spectra" / "hcd_casanovo_mouse.mgf")


def run(*arguments: str):
    return CliRunner().invoke(main, list(arguments))


def test_losses_as_a_table_and_as_json() -> None:
    done = run("losses", BSA, "--limit", "20", "--loss", "min_distance", "--loss", "pearson_distance")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines[1:4]] == ["Spectrum loss", "Min-distance Huber", "Pearson distance"]
    assert "20 spectra, 2 decoys each. Seed 0." in done.stdout
    found = json.loads(run("losses", BSA, "--limit", "20", "--loss", "min_distance", "--json").stdout)
    assert list(found["losses"]) == ["spectrum_loss", "min_distance_loss"]
    assert found["spectra"] == 20
    assert found["losses"]["spectrum_loss"]["auc_gain"] == [0.0, 0.0, 0.0]
    assert found["losses"]["min_distance_loss"]["auc"][0] < found["losses"]["spectrum_loss"]["auc"][0]


def test_variance_of_a_set_and_of_a_stage() -> None:
    few = ("--samples", "40", "--batch", "8", "--batches", "20", "--loss", "min_distance_loss")
    done = run("variance", BSA, *few)
    assert done.exit_code == 0, done.output
    assert "From batch to batch the spectrum loss is" in done.stdout
    assert "20 batches of 8." in done.stdout
    found = json.loads(run("variance", "--stage", "7", "--clean", "0.5", *few, "--json").stdout)
    assert found["about"] == "40 synthetic spectra of stage 7, 50% of them clean."
    assert set(found["losses"]) == {"spectrum_loss", "min_distance_loss"}
    assert "clean or noisy" in found["losses"]["spectrum_loss"]["by_class"]


def test_what_cannot_be_asked() -> None:
    assert "Give SETs, or --stage" in run("variance").output
    assert "--clean goes with --stage" in run("variance", BSA, "--clean", "0.5").output
    assert "There is no loss 'cosine'" in run("losses", BSA, "--loss", "cosine").output
