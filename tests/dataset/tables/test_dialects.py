"""True PSMs come back from every dialect: same peptide, place of each modification, scan and charge."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.dialects.files import files_of
from benchmarks.dialects.outcome import outcome
from benchmarks.dialects.psms import true_psms
from benchmarks.dialects.tables import DIALECTS

PSMS = true_psms(150, seed=7)
NAMES = [*DIALECTS, "pepXML", "pepXML, static", "mzIdentML", "X!Tandem", "mzTab", "mzTab of Casanovo", "idXML",
         "Sage .parquet", "InstaNovo .parquet", "quantms .parquet", "plain .parquet"]  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return dict(files_of(PSMS, tmp_path_factory.mktemp("dialects")))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read(files: dict[str, Path], name: str) -> None:
    right, refused, wrong = outcome(files[name], PSMS)
    assert not wrong
    assert right + refused == len(PSMS)
    assert right > 0.95 * len(PSMS)


def test_every_dialect_is_tried(files: dict[str, Path]) -> None:
    assert set(files) == set(NAMES)


def test_a_wrong_reading_is_counted(files: dict[str, Path]) -> None:
    text = files["Casanovo"].read_text(encoding="utf-8").replace("+15.995", "+16.995")
    path = files["Casanovo"].with_name("broken.tsv")
    path.write_text(text, encoding="utf-8")
    assert outcome(path, PSMS)[2]
