"""The page Outliers, run without a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from peploss.dataset.index.build import build_set
from peploss.dataset.query.notes import Notes
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.scoring.worst import add_causes
from peploss.dataset.tables import read_psms
from peploss.explorer.outliers.sets import jobs
from peploss.settings import LossSettings
from peploss.spectra.samples import samples_folder

ROOT = Path(__file__).parents[2]
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a set, two files of results of it, spectra and tables."""
    out, samples = tmp_path_factory.mktemp("data"), samples_folder()
    for name in ("hcd_qe_openms_qc.mgf", "psms.tsv"):
        shutil.copy(samples / name, out / name)
    build_set([out / "hcd_qe_openms_qc.mgf"], [read_psms(out / "psms.tsv")], out / "qc.parquet", workers=1)
    score_set(out / "qc.parquet", out / "wide.parquet", Plan(settings=LossSettings(sigma=0.1)))
    score_set(out / "qc.parquet", out / "scores.parquet", Plan(decoys=True))
    add_causes(out / "qc.parquet", out / "scores.parquet", 40, workers=1)
    return out


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "data", copy_function=shutil.copy2)
    return tmp_path / "data"


@pytest.fixture
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """``opened(cause="noise")``: the page as a link with these query parameters opens it."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder.parent / "home"))

    def open_page(**query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page("pages/views/outliers.py").run()
        assert not app.exception
        return app

    yield open_page
    st.cache_resource.clear()


def said(app: AppTest) -> str:
    html = [block.proto.body for block in app.get("html")]
    blocks = [*app.markdown, *app.error, *app.info, *app.caption, *app.warning, *app.code, *app.success]
    return "\n".join([*(block.value for block in blocks), *html])


def rows(app: AppTest) -> Any:
    return app.dataframe[0].value


def test_it_opens_on_the_set_and_its_newest_scores(opened: Open) -> None:
    app = opened()
    assert app.selectbox(key="data").value == "qc.parquet"
    assert app.selectbox(key="res").value == "scores.parquet"
    assert "**109** PSMs" in said(app)
    losses = rows(app)["loss"].tolist()
    assert losses == sorted(losses, reverse=True)
    assert len(losses) == 100
    # The first of the table is told beside it, with its cause.
    assert rows(app)["title"][0] in said(app)
    assert "confidence" in said(app)


def test_the_filter_of_a_link(opened: Open) -> None:
    app = opened(cause="noise", range="loss:0.9_1", find="qc", where="charge = 2")
    found = rows(app)
    assert set(found["cause"]) == {"noise"}
    assert set(found["charge"]) == {2}
    assert found["loss"].min() >= 0.9
    assert f"**{len(found)}** of 109 PSMs" in said(app)
    assert {b.key for b in app.button if b.key and b.key.startswith("chip-")} == {"chip-cause", "chip-range:loss"}
    app.button(key="chip-cause").click().run()
    assert "cause" not in app.query_params
    app.button(key="clear").click().run()
    assert "**109** PSMs" in said(app)
    assert app.text_input(key="where").value == ""


def test_a_condition_that_is_none_is_told_and_left_out(opened: Open) -> None:
    app = opened(where="loss > (SELECT 1)", find="QC1")
    assert "A subquery cannot be part of a filter" in said(app)
    assert len(rows(app)) > 10
    app.text_input(key="where").set_value("loss > 0.5").run()
    assert "subquery" not in said(app)


def test_nothing_left_is_said(opened: Open) -> None:
    told = said(opened(find="nothing of that name"))
    assert "No PSM is left by the filter" in told
    assert "40 of the set have" in told  # and not that no cause was looked for


def test_a_part_of_the_filter_that_these_scores_do_not_have_is_told(opened: Open) -> None:
    app = opened(range="decoy_loss:0_0.5~peptide:1_2", res="wide.parquet", find="x" * 9000)
    assert "loss of a decoy, peptide: not in these scores" in said(app).replace("\\", "")
    app.text_input(key="find").set_value("").run()
    assert len(rows(app)) == 100


def test_what_was_refused_of_one_psm_is_not_told_of_another(opened: Open, folder: Path) -> None:
    (folder / "qc.parquet.notes.sqlite").mkdir()
    app = opened(psm="3")
    app.text_area[0].set_value("a note").run()
    assert "The notes cannot be used" in said(app)
    app.query_params["psm"] = "4"
    app.run()
    assert "PSM 4" in said(app)
    assert "The notes cannot be used" not in said(app)


def test_how_far_causes_can_be_believed_is_told_beside_them(opened: Open) -> None:
    told = next(line.value for line in opened().caption if "estimated from decoys" in line.value)
    assert re.search(r"no fault found \d+ %", told)
    assert "wrong peptide " not in told  # decoys are wrong peptides


def test_pages_and_order(opened: Open) -> None:
    app = opened()
    first = rows(app)["id"].tolist()
    app.button(key="to-right").click().run()
    second = rows(app)["id"].tolist()
    assert len(second) == 9
    assert not {*first} & {*second}
    app.selectbox(key="order").set_value("n_peaks").run()
    app.toggle(key="up").set_value(True).run()
    peaks = rows(app)["n_peaks"].tolist()
    assert peaks == sorted(peaks)
    assert len(peaks) == 100  # from the first page on


def test_other_scores_of_the_set_compared(opened: Open) -> None:
    app = opened(see="Compare")
    told = said(app)
    assert "Of 109 PSMs in both" in told
    assert "sigma: 0.05 in scores" in told.replace("\\", "")
    moved = app.dataframe[0].value
    assert (moved["change"].abs().diff().dropna() <= 0).all()


def test_about(opened: Open) -> None:
    told = said(opened(see="About"))
    assert "109 PSMs, by peploss" in told
    assert "sigma = 0.05" in told


def test_about_tells_what_was_left_out_and_saves_the_set(opened: Open, folder: Path, tmp_path: Path) -> None:
    mgf = tmp_path / "run.mgf"
    entries = [("one", 400.0, "100 1\n200 2\n"), ("bad", 400.0, "100 -1\n")]
    mgf.write_text(
        "".join(
            f"BEGIN IONS\nTITLE={title}\nPEPMASS={mz}\nCHARGE=2+\n{peaks}END IONS\n" for title, mz, peaks in entries
        )
    )
    table = tmp_path / "psms.tsv"
    table.write_text("title\tpeptide\none\tPEPTIDEK\nabsent\tPEPTIDEK\n")
    build_set([mgf], [read_psms(table)], folder / "left_out.parquet")
    app = opened(see="About", data="left_out.parquet")
    told = said(app)
    assert "Why PSMs are not in the set" in told
    assert "Why spectra cannot be used" in told
    reasons = [frame.value for frame in app.dataframe if "reason" in frame.value]
    assert [frame["first"][0] for frame in reasons] == ["psms.tsv, line 3", "run.mgf, spectrum 2"]
    assert next(button.proto.label for button in app.get("download_button")) == "Save the set"


def test_a_tag_of_all_that_is_selected(opened: Open, folder: Path) -> None:
    notes = Notes(folder / "qc.parquet")
    notes.tag([7], "look again")
    app = opened(cause="noise")
    ids = rows(app)["id"].tolist()
    app.selectbox(key="tag-name").set_value("look again").run()
    app.button(key="tag-on").click().run()
    assert not app.exception
    assert notes.tagged("look again") == sorted({*ids, 7})
    app = opened(tag="look again")
    assert sorted(rows(app)["id"].tolist()) == sorted({*ids, 7})
    assert rows(app)["tags"].tolist() == [["look again"]] * len({*ids, 7})
    app.selectbox(key="tag-name").set_value("look again").run()
    app.button(key="tag-off").click().run()
    assert notes.tags() == {}


def test_what_cannot_be_written_is_told(opened: Open, folder: Path) -> None:
    (folder / "qc.parquet.notes.sqlite").mkdir()
    app = opened(psm="3")
    app.text_area[0].set_value("a note").run()
    assert "The notes cannot be used" in said(app)


def test_a_note_is_kept_beside_the_set(opened: Open, folder: Path) -> None:
    app = opened(psm="3")
    app.text_area[0].set_value("half the peaks are of another").run()
    _, note = Notes(folder / "qc.parquet").of(3)
    assert note is not None
    assert note.text == "half the peaks are of another"
    assert opened(psm="3").text_area[0].value == note.text


def test_a_set_without_scores(opened: Open, folder: Path) -> None:
    for name in ("scores.parquet", "wide.parquet"):
        (folder / name).unlink()
    app = opened()
    assert "None has been looked for" in said(app)
    assert len(rows(app)) == 100


def test_a_damaged_file_leaves_the_rest(opened: Open, folder: Path) -> None:
    (folder / "broken.parquet").write_bytes(b"PAR1 nothing")
    assert "broken" in said(opened())


def test_a_table_of_something_else_is_passed_over(opened: Open, folder: Path) -> None:
    pq.write_table(pa.table({"Precursor.Id": ["PEPTIDE2"]}), folder / "report.parquet")
    app = opened()
    assert "report" not in said(app)
    assert "cannot be used" not in "".join(e.label for e in app.expander)


def test_scores_that_come_are_what_is_looked_at(opened: Open, folder: Path) -> None:
    kept = {name: (folder / name).read_bytes() for name in ("scores.parquet", "wide.parquet")}
    for name in kept:
        (folder / name).unlink()
    app = opened()
    assert app.selectbox(key="dist").value == "n_peaks"
    (folder / "scores.parquet").write_bytes(kept["scores.parquet"])
    app.run()
    assert [app.selectbox(key=k).value for k in ("dist", "dx", "dy", "order")] == ["loss", "loss", "explained", "loss"]
    losses = rows(app)["loss"].tolist()
    assert losses == sorted(losses, reverse=True)
    app.selectbox(key="order").set_value("n_peaks").run()
    assert app.selectbox(key="order").value == "n_peaks"


@pytest.mark.parametrize("button", ["to-right", None])
def test_scores_replaced_or_deleted_under_the_page(opened: Open, folder: Path, button: str | None) -> None:
    def act(app: AppTest) -> None:
        app.button(key=button).click().run() if button else app.text_input(key="find").set_value("QC1").run()
        assert not app.exception
        assert not app.error

    app = opened()
    n = 2 if button else 1
    wide = (folder / "wide.parquet").read_bytes()
    (folder / "again.parquet").write_bytes(wide)
    (folder / "again.parquet").replace(folder / "scores.parquet")
    act(app)
    assert "decoy_loss" not in said(app)  # of the file that is there now
    assert app.query_params.get("page", ["1"])[0] == str(n)
    (folder / "scores.parquet").unlink()
    app.text_input(key="find").set_value("").run()
    assert not app.exception
    assert app.selectbox(key="res").value == "wide.parquet"


def test_an_unknown_set_is_told_and_no_other_is_shown_under_its_name(opened: Open) -> None:
    app = opened(data="gone.parquet", psm="3")
    assert "There is no set gone" in said(app)
    assert app.selectbox(key="data").value is None
    assert "PSM 3" not in said(app)
    app.selectbox(key="data").set_value("qc.parquet").run()
    assert "There is no set gone" not in said(app)
    assert "**109** PSMs" in said(app)
    assert dict(app.query_params) == {}


def test_the_built_in_set_is_made_where_there_is_none(opened: Open, folder: Path) -> None:
    for name in ("scores.parquet", "wide.parquet", "qc.parquet"):
        (folder / name).unlink()
    app = opened()
    assert "is being made" in said(app)
    task = jobs.tasks().all()[-1]
    task.job.wait(300)
    assert task.job.error is None
    app.run()
    assert "**514** PSMs" in said(app)


def test_scores_that_explore_cannot_show_do_not_open_as_others(opened: Open, folder: Path) -> None:
    score_set(folder / "qc.parquet", folder / "very wide.parquet", Plan(settings=LossSettings(sigma=1.5)))
    app = opened(res="very wide.parquet")
    links = [link.proto for link in app.get("page_link") if link.proto.label == "Open in Explore"]
    assert [link.disabled for link in links] == [True]
    assert "cannot be opened as it was scored, with sigma 1.5 Da" in links[0].help.replace("\\", "")


def test_a_link_to_explore_says_everything(opened: Open, folder: Path) -> None:
    other = LossSettings(sigma=0.02, sqrt=True, neutral_losses=("H2O",), ion_types=("b", "y", "a"), max_mz=1500)
    score_set(folder / "qc.parquet", folder / "other.parquet", Plan(settings=other))
    app = opened(res="other.parquet", psm="7")
    link = next(link.proto for link in app.get("page_link") if link.proto.label == "Open in Explore")
    assert parse_qs(link.query_string) == {
        "source": ["Set"], "i": ["8"], "sigma": ["0.02"], "sqrt": ["true"], "nl": ["H2O"],
        "ions": ["a", "b", "y"], "maxmz": ["1500"],
    }  # fmt: skip


def test_a_link_to_explore_names_a_set_that_explore_would_not_start_with(opened: Open, folder: Path) -> None:
    shutil.copy2(folder / "qc.parquet", folder / "a.parquet")
    app = opened(data="qc.parquet", psm="7")
    link = next(link.proto for link in app.get("page_link") if link.proto.label == "Open in Explore")
    assert parse_qs(link.query_string)["psms"] == ["qc.parquet"]


def test_what_this_session_began_is_told_even_if_it_was_over_at_once(opened: Open, folder: Path) -> None:
    task = jobs.tasks().begin("Making x.parquet", folder / "x.parquet", lambda report: iter([["made"]]))
    task.job.wait(60)
    app = opened()
    assert "Making x.parquet is done" not in [e.label.replace("\\", "") for e in app.expander]  # another one's
    app.session_state[jobs.BEGUN] = [task]
    app.run()
    assert "Making x.parquet is done" in [e.label.replace("\\", "") for e in app.expander]
    app.button(key="dismiss-0").click().run()
    assert "Making x.parquet is done" not in [e.label.replace("\\", "") for e in app.expander]


def test_notes_of_a_spectrum_stand_in_the_table_and_beside_it(opened: Open, folder: Path) -> None:
    mgf = folder / "noted.mgf"
    mgf.write_text(
        "BEGIN IONS\nTITLE=a\nPEPMASS=464.7\nCHARGE=2+ and 3+\nSEQ=PEPTIDEK\n175.119 10\n288.203 20\nEND IONS\n"
    )
    build_set([mgf], [], folder / "noted.parquet", workers=1)
    app = opened(data="noted.parquet")
    note = rows(app)["notes"][0]
    assert note
    assert note in said(app).replace("\\", "")
