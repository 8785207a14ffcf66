"""A run whose parts hold something else than they must is told as damaged, and takes nothing down."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss.errors import SettingsError, SourceError
from peploss.spectra.samples import samples_folder
from peploss.training.curriculum_file import curriculum_of_toml
from peploss.training.logged_run import LoggedRun

RUN = samples_folder() / "training_run"
PART = "part-000000.parquet"


def values(n: int) -> dict[str, pa.Array]:
    """Columns of other kinds than they must be."""
    return {
        "step": pa.array([[1.0]] * n),
        "id": pa.array([{"a": 1.0}] * n),
        "decoded": pa.array(["["] * n),
        "spectrum_loss": pa.array([{"a": 1.0}] * n),
        "logits": pa.array([b"123"] * n),
        "top_token": pa.array([[0.5]] * n),
    }


@pytest.mark.parametrize("name", ["step", "id", "decoded", "spectrum_loss", "logits", "top_token"])
def test_a_column_of_another_kind_is_told(name: str, tmp_path: Path) -> None:
    run = Path(shutil.copytree(RUN, tmp_path / "run"))
    table = pq.read_table(run / PART)
    whole = LoggedRun(RUN)
    step, sample = whole.steps[0], table["id"][0].as_py()
    other = values(table.num_rows)[name]
    pq.write_table(table.set_column(table.schema.get_field_index(name), name, [other]), run / PART)

    def everything() -> None:
        logged = LoggedRun(run)
        assert logged.steps
        logged.curve("spectrum_loss")
        logged.sample(step, sample)

    with pytest.raises(SourceError, match=r"damaged|has no"):
        everything()


@pytest.mark.parametrize("text", ["steps_per_stage = " + "9" * 5000, "a = " + "[" * 5000])
def test_a_curriculum_that_nobody_wrote_is_refused_in_words(text: str) -> None:
    with pytest.raises(SettingsError, match="This is no TOML"):
        curriculum_of_toml(text)


@pytest.mark.parametrize("value", ["9" * 400, "inf", "nan", "-1"])
def test_a_weight_that_is_no_number_of_this_world_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="stage 1: spectrum_weight must be finite and not negative"):
        curriculum_of_toml(f"[[stage]]\nspectrum_weight = {value}\n")


@pytest.mark.parametrize("told", ["1e999", "[]", '"x"', "{}", "null"])
def test_a_log_of_no_format_is_damaged(tmp_path: Path, told: str) -> None:
    run = Path(shutil.copytree(RUN, tmp_path / "run"))
    about = json.loads((run / "log.json").read_text())
    (run / "log.json").write_text(json.dumps(about | {"format": "FORMAT"}).replace('"FORMAT"', told))
    with pytest.raises(SourceError, match=r"log\.json is damaged"):
        LoggedRun(run)
