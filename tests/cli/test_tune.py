from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from peploss.analysis.tuning.landscape import default_axes
from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.recommendation.recommend import recommend
from peploss.analysis.tuning.recommendation.setting_score import Limits
from peploss.analysis.tuning.set_landscape import set_landscapes
from peploss.cli.tune import tune
from peploss.settings import LossSettings
from peploss.spectra.samples import samples_folder

TRAP = str(samples_folder() / "cid_iontrap_pyascore_velos_phospho.mgf")
HCD = str(samples_folder() / "hcd_qe_pyascore_phospho.mgf")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(tune, arguments)


@pytest.fixture(scope="module")
def told() -> dict:
    result = run(TRAP, HCD, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_json_holds_what_the_library_says(told) -> None:
    from peploss.analysis.tuning.file_psms import file_psms
    from peploss.spectra.readers import open_spectra

    psms = []
    for path in (TRAP, HCD):
        with open_spectra(path) as file:
            psms += file_psms(file).psms
    prepared = prepare(psms, LossSettings())
    *_, last = set_landscapes(prepared, default_axes())
    want = recommend(last, prepared, LossSettings())
    assert told["settings"]["sigma"] == want.settings.sigma
    assert told["settings"]["bin_width"] == want.settings.bin_width
    assert told["now"]["auc"] == want.present.auc
    assert told["auc_gain"] == [want.gain, want.gain_low, want.gain_high]
    assert Limits(**told["limits"]) == Limits()  # the options' defaults are those of the library
    assert told["sentences"] == list(want.sentences)
    assert told["spectra"] == len(prepared) == sum(s["spectra"] for s in told["by_file"].values())
    assert set(told["by_file"]) == {Path(TRAP).name, Path(HCD).name}


def test_toml_is_a_settings_file(told) -> None:
    result = run(TRAP, HCD, "--toml")
    found = LossSettings.from_toml(result.stdout)
    assert found == LossSettings(sigma=told["settings"]["sigma"], bin_width=told["settings"]["bin_width"])


def test_words_come_with_the_evidence(told) -> None:
    text = run(TRAP, HCD).stdout
    assert told["sentences"][0] in text
    assert f"{told['now']['auc']:.3f} ({told['now']['auc_low']:.3f} to {told['now']['auc_high']:.3f})" in text
    assert "without limits" in text
    assert Path(HCD).name in text
    assert "Seed 0." in text


def test_settings_limits_and_sample_are_taken(tmp_path) -> None:
    start = tmp_path / "now.toml"
    start.write_text(LossSettings(sigma=0.2, top_n=50).to_toml())
    arguments = [TRAP, "--settings", str(start), "--bin-width", "0.05", "--limit", "10", "--min-reach", "2.0", "--json"]
    told = json.loads(run(*arguments).stdout)
    assert (told["now"]["sigma"], told["now"]["bin_width"], told["spectra"]) == (0.2, 0.05, 10)
    assert told["settings"]["top_n"] == 50
    assert told["limits"]["min_reach"] == 2.0
    assert told["recommended"]["reach"] >= 2.0
    assert "drawn at random from 30 entries" in told["notes"][0]


def test_limits_that_nothing_keeps_to_are_told() -> None:
    arguments = [HCD, "--min-reach", "100"]
    assert "limit on reach" in run(*arguments).stdout
    none = run(*arguments, "--toml")
    assert none.exit_code == 1
    assert "limit on reach" in none.output
    assert json.loads(run(*arguments, "--json").stdout)["settings"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["nowhere.mgf"], "does not exist"),
        ([HCD, "--json", "--toml"], "Choose one"),
        ([HCD, "--sigma", "-1"], "sigma must be a positive"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, said) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert said in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_file_without_peptides_names_the_way_out(tmp_path) -> None:
    path = tmp_path / "bare.mgf"
    path.write_text("BEGIN IONS\nTITLE=a\nPEPMASS=400\n98.06 10\nEND IONS\n")
    result = run(str(path))
    assert result.exit_code == 1
    assert "SEQ=" in result.output
