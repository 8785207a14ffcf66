"""Links and files that nobody wrote on purpose: the page stays, and says what is wrong where something is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from peploss.dataset.index.build import build_set
from peploss.dataset.schema import KEY
from peploss.dataset.tables import read_psms
from peploss.spectra.folder import ENVIRONMENT
from peploss.spectra.samples import samples_folder

DIGITS = "9" * 5000
NONSENSE = ("", DIGITS, "-1", "1e308", "nan", "\x00", "[](x)", "<b>", "../../etc/passwd")
NAMES = ("i", "sigma", "h", "x", "sel", "off", "cand", "over", "unit", "mode", "peptide", "also", "top_n")


@pytest.mark.parametrize("value", NONSENSE)
def test_a_link_of_nonsense_opens_the_page(opened: Callable[..., AppTest], value: str) -> None:
    app = opened(**dict.fromkeys(NAMES, value))
    assert not app.exception
    assert app.session_state["_view"].sigma > 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one good set, and damaged ones."""
    samples = samples_folder()
    good = tmp_path / "good.parquet"
    build_set([samples / "hcd_qe_openms_qc.mgf"], [read_psms(samples / "psms.tsv")], good, workers=1)
    table = pq.read_table(good)
    pq.write_table(table.replace_schema_metadata({KEY: b'{"kind": "set"}'}), tmp_path / "a-no-uuid.parquet")
    pq.write_table(table.replace_schema_metadata({KEY: b"{"}), tmp_path / "b-no-json.parquet")
    shutil.copy(samples / "psms.tsv", tmp_path / "c-no-parquet.parquet")
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    return tmp_path


def test_one_bad_file_takes_no_page_down(opened: Callable[..., AppTest], folder: Path) -> None:
    app = opened(source="Set")
    assert not app.exception
    assert "good.parquet" in [option for box in app.selectbox for option in box.options]
    app.switch_page("pages/views/outliers.py").run()
    assert not app.exception
    assert any(expander.label == "3 files cannot be used" for expander in app.expander)
    told = " ".join(caption.value for caption in app.caption)
    for name in ("a\\-no\\-uuid\\.parquet", "b\\-no\\-json\\.parquet", "c\\-no\\-parquet\\.parquet"):
        assert name in told
