from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from peploss.spectra.samples import DEFAULT_PEPTIDE

ROOT = Path(__file__).parents[2]
SAMPLES = "All built-in samples"
Open = Callable[..., AppTest]


@pytest.fixture
def tuned(monkeypatch: pytest.MonkeyPatch) -> Open:
    """``tuned(part="Reach")``: the page as a link with these query parameters opens it."""
    monkeypatch.chdir(ROOT)

    def open_page(**query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        for name, value in query.items():
            app.query_params[name] = value
        return app.switch_page("pages/views/tune.py").run()

    return open_page


def finished(app: AppTest) -> AppTest:
    """The page once the set has been looked at."""
    app.session_state["_tune_job"][1].wait(60)
    app.run()
    fine(app)
    return app


def fine(app: AppTest) -> None:
    assert not app.exception


def said(app: AppTest) -> str:
    html = [block.proto.body for block in app.get("html")]
    blocks = [*app.markdown, *app.error, *app.info, *app.caption, *app.warning, *app.code]
    return "\n".join([*(block.value for block in blocks), *html])


def table(app: AppTest):
    return app.dataframe[-1].value


def test_it_opens_on_the_landscape_of_the_spectrum_of_explore(tuned: Open) -> None:
    app = tuned()
    fine(app)
    assert [tab.label for tab in app.tabs] == [
        "One spectrum", "Reach", "Set", "Recommendation", "Mass errors", "Ion weights",
    ]  # fmt: skip
    assert app.text_input(key="peptide").value == DEFAULT_PEPTIDE.partition("/")[0]
    # As Explore and the README have it.
    assert "<dd>0.4683</dd>" in said(app)
    assert not app.query_params


def test_a_link_restores_what_it_shows(tuned: Open) -> None:
    link = {"i": "3", "sigma": "0.2", "h": "0.05", "peptide": "PEPTIDEK/2", "layer": "Change if grid shifts",
            "sample": "E. coli ion-trap CID"}  # fmt: skip
    app = tuned(**link)
    fine(app)
    assert app.text_input(key="peptide").value == "PEPTIDEK/2"
    assert "grid is shifted by less than a bin" in said(app)
    assert "3 of 135" in said(app)
    for name, value in link.items():
        assert app.query_params[name] == value


def test_an_old_link_to_the_change_if_the_grid_shifts_is_understood(tuned: Open) -> None:
    app = tuned(layer="Phase spread")
    fine(app)
    assert app.query_params["layer"] == "Change if grid shifts"
    assert "grid is shifted by less than a bin" in said(app)


def test_widths_spectrum_and_candidate_go_along_to_explore_and_back(tuned: Open) -> None:
    app = tuned(sigma="0.2", h="0.05", i="3", peptide="PEPTIDEK/2")
    app.switch_page("pages/views/explore.py").run()
    fine(app)
    assert app.text_input(key="peptide").value == "PEPTIDEK/2"
    assert {name: app.query_params[name] for name in ("sigma", "h", "i")} == {"sigma": "0.2", "h": "0.05", "i": "3"}
    app.switch_page("pages/views/tune.py").run()
    fine(app)
    assert app.text_input(key="peptide").value == "PEPTIDEK/2"
    assert app.query_params["sigma"] == "0.2"


def test_stepping_brings_the_peptide_along(tuned: Open) -> None:
    app = tuned()
    app.button(key="next").click().run()
    fine(app)
    assert app.query_params["i"] == "18"
    assert app.text_input(key="peptide").value not in ("", DEFAULT_PEPTIDE.partition("/")[0])


def test_a_bad_peptide_and_none_are_told(tuned: Open) -> None:
    app = tuned(peptide="PEM[Oxidatoin]K")
    fine(app)
    assert "Oxidation" in app.error[0].value
    app.text_input(key="peptide").set_value("").run()
    assert "Type a peptide" in said(app)
    app.text_input(key="peptide").set_value("GGGGK").run()
    fine(app)
    app.segmented_control(key="layer").set_value("Decoy margin").run()
    assert "no other order of its residues" in said(app)


# Medians that tests/analysis/test_sample_facts.py computes without the package.
MEDIANS = {
    "0.05": {"Mouse HCD (square-rooted)": 0.640, "Q Exactive HCD": 0.757, "E. coli ion-trap CID": 0.733,
             "BSA ion-trap CID": 0.821},
    "0.2": {"E. coli ion-trap CID": 0.606, "BSA ion-trap CID": 0.701},
}  # fmt: skip


def test_the_samples_show_what_is_true_of_them(tuned: Open) -> None:
    auc = {}
    for sigma, medians in MEDIANS.items():
        app = finished(tuned(part="Set", set=SAMPLES, sigma=sigma))
        rows = table(app).set_index("file")
        for name, median in medians.items():
            assert rows.loc[name, "right peptides"] == pytest.approx(median, abs=0.005)
        auc[sigma] = rows["AUC"]
        assert "409 built-in spectra" in said(app)
        assert "Fewer than 20 spectra say little: LTQ Velos HCD, Phospho HCD" in said(app)
    gain = auc["0.2"] - auc["0.05"]
    assert gain["BSA ion-trap CID"] > 0.005
    for name in ("Mouse HCD (square-rooted)", "Q Exactive HCD"):
        assert abs(gain[name]) < 0.02


def test_a_set_shows_what_is_known_while_it_is_looked_at_and_can_be_cancelled(tuned: Open, monkeypatch) -> None:
    import threading

    from peploss.explorer.tune import chosen_set

    go, real = threading.Event(), chosen_set.set_landscapes

    def slow(*arguments):
        for n, picture in enumerate(real(*arguments)):
            yield picture
            assert n or go.wait(60)

    monkeypatch.setattr(chosen_set, "set_landscapes", slow)
    app = tuned(part="Set", set=SAMPLES)
    job = app.session_state["_tune_job"][1]
    while job.latest is None or job.latest.landscape is None:
        assert job.running
    app.run()
    fine(app)
    assert "64 of 409 spectra" in said(app)
    assert "14 × 14" in said(app)
    next(button for button in app.button if button.label == "Cancel").click().run()
    go.set()
    fine(app)
    assert job.cancelled
    assert "Cancelled at" in said(app)
    assert "64 of 409 spectra" in said(app)  # what was found stays
    monkeypatch.setattr(chosen_set, "set_landscapes", real)
    next(button for button in app.button if button.label == "Start again").click().run()
    assert "409 of 409 spectra" in said(finished(app))


def test_a_change_of_settings_ends_the_old_job(tuned: Open) -> None:
    app = tuned(part="Set")
    first = app.session_state["_tune_job"][1]
    app.toggle(key="sqrt").set_value(True).run()
    second = app.session_state["_tune_job"][1]
    assert second is not first
    assert not first.running
    # Sigma and bin width are what the landscape is over: they begin nothing anew.
    app.query_params["sigma"] = "0.3"
    app.run()
    assert app.session_state["_tune_job"][1] is second
    finished(app)


def test_a_file_without_peptides_says_so_and_another_set_can_be_chosen(tuned: Open, tmp_path, monkeypatch) -> None:
    (tmp_path / "bare.mgf").write_text("BEGIN IONS\nTITLE=a\nPEPMASS=400\nCHARGE=2+\n98.06 10\n227.1 9\nEND IONS\n")
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(tmp_path))
    app = finished(tuned(part="Set", source="Folder"))
    assert "None of 1 entries" in app.error[0].value
    app.segmented_control(key="set").set_value(SAMPLES).run()
    assert not finished(app).error


def test_an_annotated_file_is_a_set_and_what_is_left_out_is_listed(tuned: Open, tmp_path, monkeypatch) -> None:
    block = "BEGIN IONS\nTITLE=s{}\nPEPMASS=400.6872\nCHARGE=2+\nSEQ={}\n98.06 10\n227.1026 50\n324.15 9\nEND IONS\n"
    names = ["PEPTIDEK", "ELVISLIVESK", "GGGGK", "NONSENSE[x]K"]
    (tmp_path / "mine.mgf").write_text("".join(block.format(k, s) for k, s in enumerate(names)))
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(tmp_path))
    app = finished(tuned(part="Set", source="Folder"))
    assert "3 spectra with a peptide" in said(app)
    assert [e.label for e in app.expander if "left out" in e.label] == ["2 spectra are left out"]
    assert "no other order" in " ".join(app.dataframe[0].value["why"])


def test_the_recommendation_is_used_everywhere(tuned: Open) -> None:
    app = finished(tuned(part="Recommendation", sample="BSA ion-trap CID"))
    text = said(app)
    assert "Use sigma 0" in text
    assert "AUC" in text
    assert "limit on grid artefact and the change if the grid shifts" in text
    toml = next(block.value for block in app.code if "sigma =" in block.value)
    app.button(key="use").click().run()
    fine(app)
    assert f"sigma = {app.query_params['sigma']}" in toml
    assert f"bin_width = {app.query_params['h']}" in toml
    assert app.button(key="use").disabled
    assert "Stay with" in said(app)
    sigma = app.query_params["sigma"]
    app.query_params["tab"] = "Export"
    app.switch_page("pages/views/explore.py").run()
    assert any(f"sigma={sigma}" in block.value for block in app.code)


def test_limits_of_the_link_move_the_recommendation(tuned: Open) -> None:
    app = finished(tuned(part="Recommendation", sample="BSA ion-trap CID", minreach="4"))
    evidence = table(app).set_index("")
    assert float(evidence.loc["reach", "recommended"].split()[0]) >= 4
    app.number_input(key="minreach").set_value(9.0).run()
    fine(app)
    assert "limit on reach" in said(app)
    assert "recommended" not in table(app).columns


def test_reach_says_which_basins_are_the_grids(tuned: Open) -> None:
    app = tuned(part="Reach")
    fine(app)
    assert "here σ 0.02 and 0.05, basins are grid artefacts" in said(app)
    rows = table(app).set_index("σ")
    assert list(rows.index) == [0.02, 0.05, 0.1, 0.2, 0.5]
    assert list(rows["whose"]) == ["the grid's, in part"] * 2 + ["the spectrum's"] * 3
    assert rows.loc[0.05, "reach width"] == pytest.approx(0.51, abs=0.02)
    assert "deamidation" not in rows.loc[0.1, "pulled back"]
    fine_bins = tuned(part="Reach", h="0.01")
    assert "grid artefacts" not in said(fine_bins)
    app.selectbox(key="shift").select("y7").run()
    fine(app)
    assert not table(app).set_index("σ")["basin"].equals(rows["basin"])


def test_mass_errors_suggest_a_sigma_that_can_be_used(tuned: Open) -> None:
    app = finished(tuned(part="Mass errors", sample="BSA ion-trap CID"))
    assert "0.112 Da" in said(app)
    app.button(key="use_errors").click().run()
    fine(app)
    assert app.query_params["sigma"] == "0.11"
    both = finished(tuned(part="Mass errors", set=SAMPLES))
    assert "Files differ" in said(both)
    assert "use_errors" not in [button.key for button in both.button]  # of a mixture nothing is suggested
    rows = table(both).set_index("file")
    assert rows.loc["Q Exactive HCD", "suggested σ"].endswith("ppm")
    assert rows.loc["E. coli ion-trap CID", "suggested σ"].endswith("Da")


def test_ion_weights_are_fitted_judged_and_used(tuned: Open) -> None:
    app = finished(tuned(part="Ion weights"))
    assert "<dd>0.757</dd>" in said(app)  # with intensity 1, as the set has it
    app.button(key="fit").click().run()
    app.session_state["_tune_fit"][1].wait(60)
    app.run()
    fine(app)
    rows = table(app).set_index("peptides")
    assert rows.loc["held out", "median loss, fitted"] < rows.loc["held out", "median loss, uniform"]
    assert f"AUC {rows.loc['held out', 'AUC, uniform']:.3f} to {rows.loc['held out', 'AUC, fitted']:.3f}" in said(app)
    app.button(key="use_weights").click().run()
    finished(app)
    assert "y1 1" in app.query_params["iw"]
    assert "With the weights in force" in said(app)
    app.button(key="uniform").click().run()
    finished(app)
    assert "iw" not in app.query_params
    assert "With the weights in force" not in said(app)


@pytest.mark.parametrize(
    "query",
    [{"part": "nope"}, {"set": "nope", "part": "Set"}, {"layer": "nope"}, {"sigma": "nan", "unit": "ppm"},
     {"part": "Reach", "shift": "q9"}, {"part": "Reach", "sigmas_da": "7"}, {"part": "Reach", "range": "9"},
     {"part": "Recommendation", "minreach": "-1"}, {"iw": "q1 5"}, {"iw": "y1"}, {"source": "Upload"},
     {"part": "Set", "group": "nope"}, {"i": "99999"}, {"unit": "ppm", "sigma": "20", "part": "Reach"}],
)  # fmt: skip
def test_a_broken_link_never_breaks_the_page(tuned: Open, query: dict[str, str]) -> None:
    app = tuned(**query)
    fine(app)
    if "_tune_job" in app.session_state:
        finished(app)


def test_while_landscapes_are_compiled_the_page_says_so(tuned: Open, monkeypatch) -> None:
    from peploss.explorer import warm

    monkeypatch.setattr(warm, "ready", lambda: False)
    app = tuned()
    fine(app)
    assert "being compiled" in said(app)
    monkeypatch.setattr(warm, "ready", lambda: True)
    app.run()
    assert "being compiled" not in said(app)
    assert len(app.tabs) == 6


def test_an_uploaded_file_stays_open_on_the_way(tuned: Open) -> None:
    app = tuned()
    app.switch_page("pages/views/explore.py").run()
    app.selectbox(key="source").select("Upload").run()
    mgf = "BEGIN IONS\nTITLE=mine\nPEPMASS=400.6872\nCHARGE=2+\nSEQ=PEPTIDE\n98.06 10\n227.1026 50\nEND IONS\n"
    app.file_uploader(key="upload").set_value(("mine.mgf", mgf.encode(), "text/plain")).run()
    for page in ("tune", "explore"):
        app.switch_page(f"pages/views/{page}.py").run()
        fine(app)
        assert "<b>mine</b>" in said(app)
        assert app.text_input(key="peptide").value == "PEPTIDE"
