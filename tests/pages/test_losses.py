from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from peploss.analysis.loss_comparison.claims import CLAIMS

ROOT = Path(__file__).parents[2]
BSA = "BSA ion-trap CID"
Open = Callable[..., AppTest]


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> Open:
    """``losses(see="Set")``: the page as a link with these query parameters opens it, its work done."""
    monkeypatch.chdir(ROOT)

    def open_page(**query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page("pages/views/losses.py").run()
        for job in ("_losses_job", "_variance_job"):
            if job in app.session_state:
                app.session_state[job][1].wait(90)
                app.run()
        assert not app.exception
        assert not app.error
        return app

    return open_page


def said(app: AppTest) -> str:
    return "\n".join(x.value for x in (*app.markdown, *app.caption, *app.info))


def test_one_spectrum_stands_among_the_right_peptides(losses: Open) -> None:
    app = losses(sample=BSA, i="3")
    assert [tab.label for tab in app.tabs] == ["One spectrum", "Set", "Variance", "Smoothness", "Claims"]
    table = app.dataframe[0].value
    assert table["loss"][0] == "Spectrum loss"
    assert len(table) == 15
    assert ((table["right peptides below, %"] >= 0) & (table["right peptides below, %"] <= 100)).all()
    assert "σ × 1.5" in table.columns
    assert "On a common footing" in said(app)


def test_a_set_with_its_disagreement_opens_in_explore(losses: Open) -> None:
    app = losses(see="Set", sample=BSA, second="Min-distance Huber")
    assert "76 of them are compared, each with 2 decoys" in said(app)
    assert "outliers (worst twentieth) under Spectrum loss" in said(app)
    table = app.dataframe[0].value
    assert table["less the spectrum loss's"][0] == ""
    app.selectbox(key="second").set_value("Spectrum loss").run()
    assert "Choose two different losses" in said(app)


def test_variance_of_synthetic_spectra(losses: Open) -> None:
    app = losses(see="Variance", spectra="Synthetic spectra", number="3", batch="32")
    assert "1,000 synthetic spectra of stage 3, 100% of them clean. 200 batches of 32" in said(app)
    assert "All spectra are of one clean or noisy (clean)" in said(app)
    assert app.query_params["number"] == "3"


def test_kinks_along_a_residue(losses: Open) -> None:
    app = losses(see="Smoothness", path="A residue moved to another letter", to="W", sample=BSA)
    table = app.dataframe[0].value.set_index("loss")
    assert table["kinks"]["Min-distance Huber"] > table["kinks"]["Spectrum loss"] == 0


def test_claims_are_those_of_the_readme(losses: Open) -> None:
    app = losses(see="Claims")
    assert app.table[0].value.index.tolist() == [c.claim for c in CLAIMS]


def test_an_outlier_opens_in_explore_with_that_loss_drawn(losses: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = losses(see="Set", sample=BSA, first="Spectrum loss", second="Min-distance Huber")
    links = [x for x in app.get("page_link") if x.proto.label == "Open in Explore"]
    assert "loss=Min-distance+Huber" in links[0].proto.query_string
    explore = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    explore.query_params["loss"] = "Min-distance Huber"
    explore.run()
    assert not explore.exception
    assert explore.selectbox(key="loss").value == "Min-distance Huber"
    assert explore.query_params["loss"] == "Min-distance Huber"
    explore.selectbox(key="loss").set_value("None").run()
    assert not explore.exception
    assert explore.selectbox(key="loss").value == "None"
