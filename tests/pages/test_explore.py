"""Explore: the spectrum, its peptide and candidates, links and settings."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from peploss.analysis.loss_comparison import drawn
from peploss.dataset.index.build import build_set
from peploss.dataset.scoring.belief import Belief
from peploss.errors import PeplossError
from peploss.explorer.browser import components
from peploss.explorer.explore import belief, reference
from peploss.explorer.sources import uploads
from peploss.spectra.samples import DEFAULT_PEPTIDE, DEFAULT_TITLE, samples_folder
from tests.pages.explore_page import Open, fine, name, said


def test_it_opens_on_a_well_explained_spectrum_with_its_peptide(opened: Open) -> None:
    app = opened()
    fine(app)
    assert not app.error
    assert app.text_input(key="peptide").value == DEFAULT_PEPTIDE.partition("/")[0]
    assert f"<b>{DEFAULT_TITLE}</b>" in name(app)
    assert "17 of 109" in said(app)


class AtOnce(Executor):
    """Stands for the pool of threads: work is done before anybody can look whether it runs."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*args, **more))
        return done


class Soon(AtOnce):
    """Is not seen to be done at the first look."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        done = super().submit(work, *args, **more)
        looks = iter([False])
        done.done = lambda: next(looks, True)  # type: ignore[method-assign]
        return done


def test_peptides_to_compare_with_that_come_at_once_are_drawn(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    stage = components.stage
    monkeypatch.setattr(
        components, "stage", lambda data, **more: (drawn.append(data["reference"]), stage(data, **more))
    )
    monkeypatch.setattr(reference, "_pool", AtOnce)
    fine(opened())
    assert drawn[0] is None
    assert drawn[-1] is not None


@pytest.mark.parametrize("pool", [AtOnce, Soon])
def test_the_cause_has_its_false_discovery_estimate(
    opened: Open, monkeypatch: pytest.MonkeyPatch, pool: type[Executor]
) -> None:
    monkeypatch.setattr(reference, "_pool", AtOnce)
    monkeypatch.setattr(belief, "_pool", pool)
    monkeypatch.setattr(belief, "AFTER", 0)
    among = belief.belief_among
    monkeypatch.setattr(belief, "belief_among", lambda psms, *rest, **more: among(psms[:6], *rest, **more))
    app = opened()
    fine(app)
    told = re.search(r"Wrong peptides to expect among PSMs named “no fault found”: \*\*\d+ %\*\*.*", said(app))
    assert told is not None
    assert re.search(r"\d of 6 PSMs and \d of 6 decoys are named so\..*spectra of this file", told[0])


def test_of_a_cause_that_was_named_for_no_psm_no_estimate_is_claimed() -> None:
    found = Belief(Counter({"noise": 4}), Counter({"wrong peptide": 3, "residue order": 1}))
    assert "25 %" not in belief.told("residue order", found, "Four.")
    assert "not known; 0 of 4 PSMs and 1 of 4 decoys" in belief.told("residue order", found, "Four.")
    assert "no estimate for this cause; 0 of 4 PSMs and 3 of 4" in belief.told("wrong peptide", found, "Four.")
    assert "**0 %**" in belief.told("noise", found, "Four.")


def test_a_plot_that_cannot_be_drawn_does_not_draw_the_page_for_ever(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[None] = []

    def refused(*_: object, **__: object) -> None:
        tried.append(None)
        assert len(tried) < 10
        raise PeplossError("No other loss can be drawn.")

    monkeypatch.setattr(drawn, "draw", refused)
    monkeypatch.setattr(reference, "_pool", AtOnce)
    app = opened()
    fine(app)
    assert "No other loss can be drawn" in said(app)


def test_next_and_previous_step_and_bring_the_peptide_along(opened: Open) -> None:
    app = opened()
    first = app.text_input(key="peptide").value
    app.button(key="next").click().run()
    fine(app)
    assert app.query_params["i"] == "18"
    assert app.text_input(key="peptide").value not in ("", first)
    app.button(key="prev").click().run()
    assert "i" not in app.query_params
    assert app.text_input(key="peptide").value == first


def test_a_typed_peptide_is_part_of_the_link_and_an_emptied_field_too(opened: Open) -> None:
    app = opened()
    assert "peptide" not in app.query_params
    for text in ("VGEAAASGEIRK", ""):
        app.text_input(key="peptide").set_value(text).run()
        fine(app)
        assert app.query_params["peptide"] == text
    assert opened(peptide="").text_input(key="peptide").value == ""


def test_a_bad_peptide_is_told_with_a_caret_and_the_last_good_view_stays(opened: Open) -> None:
    app = opened()
    tabs = [tab.label for tab in app.tabs]
    app.text_input(key="peptide").set_value("VGEM[Oxidatoin]AAK").run()
    fine(app)
    assert len(app.error) == 1
    assert "Oxidation" in app.error[0].value
    assert "^" in app.error[0].value
    assert "Fragments" in tabs
    assert [tab.label for tab in app.tabs] == tabs


def test_a_link_with_a_bad_peptide_shows_the_spectrum(opened: Open) -> None:
    app = opened(peptide="<script>alert(1)</script>")
    fine(app)
    assert len(app.error) == 1
    assert not app.tabs


def test_without_a_peptide_the_page_asks_for_one(opened: Open) -> None:
    app = opened()
    app.text_input(key="peptide").set_value("").run()
    fine(app)
    assert "Type a peptide" in said(app)


def test_a_link_restores_spectrum_peptide_settings_and_view(opened: Open) -> None:
    link = {"i": "3", "peptide": "PEPTIDEK/3", "sigma": "0.0123", "h": "0.02", "mode": "overlay", "bins": "1",
            "x": "200_400", "tab": "Export", "sqrt": "true", "nl": "H2O", "sample": "E. coli ion-trap CID"}  # fmt: skip
    app = opened(**link)
    fine(app)
    assert app.text_input(key="peptide").value == "PEPTIDEK/3"
    script = next(block.value for block in app.code if "LossSettings(" in block.value)
    for part in ("sigma=0.0123", "bin_width=0.02", "sqrt=True", "neutral_losses=('H2O',)", "'PEPTIDEK/3'"):
        assert part in script
    for key in ("i", "sigma", "h", "mode", "bins", "x"):
        assert app.query_params[key] == link[key]


@pytest.mark.parametrize(
    "query",
    [{"i": "99999"}, {"i": "-1"}, {"i": "x"}, {"sigma": "nan"}, {"h": "1e99"}, {"x": "9_3"}, {"sample": "nope"},
     {"source": "nowhere"}, {"ions": "q"}, {"top": "-3"}, {"lo": "500", "hi": "100"}, {"tab": "nope"}, {"unit": "m"}],
)  # fmt: skip
def test_a_broken_link_never_breaks_the_page(opened: Open, query: dict[str, str]) -> None:
    fine(opened(**query))


def test_contradicting_settings_are_told(opened: Open) -> None:
    app = opened(lo="500", hi="100")
    assert len(app.warning) == 2  # beside the fields, and over the plot, because the fields may be folded away
    assert "**m/z from** (500) is not below **to** (100)" in said(app)


def test_contradicting_settings_leave_all_others_as_they_are(opened: Open) -> None:
    def script(**query: str) -> str:
        return next(b.value for b in opened(tab="Export", **query).code if "LossSettings(" in b.value)

    others = {"sqrt": "true", "ions": "a"}
    assert script(**others, lo="900", hi="200") == script(**others)
    assert "'a'" in script(**others)
    assert "sqrt=True" in script(**others)


def test_no_ion_type_at_all_is_a_loss_of_one_and_no_error(opened: Open) -> None:
    app = opened()
    app.button_group(key="ions").set_value([]).run()
    fine(app)
    assert not app.error


@pytest.mark.parametrize("switch", ["sqrt", "imm", "prec", "iso", "rmprec"])
def test_every_switch_works(opened: Open, switch: str) -> None:
    app = opened()
    app.toggle(key=switch).set_value(True).run()
    fine(app)
    assert not app.error


def test_every_sample_opens(opened: Open) -> None:
    app = opened()
    for title in app.selectbox(key="sample").options:
        app.selectbox(key="sample").set_value(title).run()
        fine(app)
        assert not app.error, title


@pytest.mark.parametrize(
    "tab", ["Why", "Fragments", "Mass errors", "Candidates", "Another spectrum", "Context", "Export"]
)
def test_every_tab_opens_by_link(opened: Open, tab: str) -> None:
    app = opened(tab=tab)
    fine(app)
    assert not app.error


def test_the_snippet_prints_the_loss_on_the_page_to_the_last_digit(
    opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    app = opened(tab="Export", sigma="0.0313", sqrt="true", top="40")
    script = next(block.value for block in app.code if "LossSettings(" in block.value)
    exec(compile(script, "snippet", "exec"), {})
    printed = capsys.readouterr().out.strip()
    assert f"# {printed}" in script


def test_another_notation_is_offered_as_proforma(opened: Open) -> None:
    app = opened()
    app.text_input(key="peptide").set_value("AC+57.021DEM(ox)K").run()
    assert "Did you mean AC[+57.021]DEM[Oxidation]K?" in said(app).replace("\\", "")
    app.button(key="as-proforma").click().run()
    fine(app)
    assert app.text_input(key="peptide").value == "AC[+57.021]DEM[Oxidation]K"
    assert "Still showing" not in said(app)


def test_what_belongs_to_the_last_good_peptide_is_dimmed_and_named(opened: Open) -> None:
    app = opened()
    good = app.text_input(key="peptide").value
    app.text_input(key="peptide").set_value("PEPT!DE").run()
    assert f"Still showing {good}." in said(app).replace("\\", "")
    assert any("st-key-shown" in block.proto.body for block in app.get("html"))
    app.text_input(key="peptide").set_value("PEPTIDE").run()
    assert "Still showing" not in said(app)
    assert not any("st-key-shown" in block.proto.body for block in app.get("html"))


def test_candidates_are_typed_made_and_part_of_the_link(opened: Open) -> None:
    app = opened(tab="Candidates")
    app.text_input(key="another").set_value("VGEAAASGEIRK").run()
    fine(app)
    assert app.query_params["also"] == "VGEAAASGEIRK"
    assert app.text_input(key="another").value == ""
    app.button(key="add-decoys").click().run()
    fine(app)
    assert "3 shuffled decoys" in said(app)
    texts = str(app.query_params["also"]).split("\n")
    assert len(texts) == 4
    assert len(set(texts)) == 4
    app.button(key="add-decoys").click().run()
    assert "All of these are candidates already" in said(app)
    again = opened(tab="Candidates", also="\n".join(texts), cand="3", over="1")
    fine(again)
    assert "**What tells 3 from 1**" in said(again)
    assert "Deciding fragments" in said(again)
    again.button(key="drop-candidate").click().run()
    assert str(again.query_params["also"]).split("\n") == [texts[0], *texts[2:]]
    again.button(key="next").click().run()  # another spectrum has candidates of its own
    fine(again)
    assert not {"also", "cand", "over"} & set(again.query_params)


def test_a_bad_candidate_is_told_and_not_taken(opened: Open) -> None:
    app = opened(tab="Candidates")
    app.text_input(key="another").set_value("VGEB").run()
    fine(app)
    assert "B stands for N or D" in said(app)
    assert "also" not in app.query_params
    assert "Drop all but the first" not in [button.label for button in app.button]


def test_more_candidates_than_there_is_room_for(opened: Open) -> None:
    app = opened(tab="Candidates")
    app.button(key="add-swaps").click().run()
    full = str(app.query_params["also"])
    assert len(full.split("\n")) == 7
    app.button(key="add-decoys").click().run()
    assert "There is room for 8 candidates" in said(app)
    app.text_input(key="another").set_value("SAMPLEPEPTIDEK").run()
    assert "SAMPLEPEPTIDEK was left out" in said(app)
    fine(app)
    assert str(app.query_params["also"]) == full
    # A control that is disabled while it has the focus swallows the keys 1 to 8.
    assert not any(one.disabled for one in [*app.button, *app.text_input])


def test_another_spectrum_is_mirrored_by_the_link(opened: Open) -> None:
    app = opened(tab="Another spectrum", against="QC1.175")
    assert any("Spectrum loss 0.0000" in m.value for m in app.markdown)
    app = opened(tab="Another spectrum", against="QC1.38")
    assert any("Spectrum loss 0.8752" in m.value for m in app.markdown)
    app = opened(tab="Another spectrum", against="nobody")
    assert "no spectrum with the id" in app.error[0].value


def test_another_spectrum_of_another_source_is_mirrored_by_the_link(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").mkdir()
    shutil.copy(samples_folder() / "hcd_qe_openms_qc.mgf", tmp_path / "runs" / "own.mgf")
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(tmp_path))
    for file in ("hcd_qe_openms_qc.mgf", "runs/own.mgf"):
        app = opened(tab="Another spectrum", against=f"{file}#QC1.38")
        fine(app)
        assert any("Spectrum loss 0.8752" in m.value for m in app.markdown)
    app = opened(tab="Another spectrum", against="nobody.mgf#1")
    fine(app)
    assert "and there is no other source" in app.error[0].value


def test_another_spectrum_of_a_set_or_an_upload_is_mirrored_by_the_link(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = samples_folder() / "hcd_qe_openms_qc.mgf"
    build_set([own], [], tmp_path / "own set.parquet", workers=1)
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(tmp_path))
    with own.open("rb") as content:
        uploads.store().keep(uploads.owner(), "sent.mgf", content)
    for other in ("own set.parquet", "sent.mgf"):
        app = opened(tab="Another spectrum", against=f"{other}#QC1.38")
        fine(app)
        assert any("Spectrum loss 0.8752" in m.value for m in app.markdown), other
        app = opened(tab="Another spectrum", against=f"{other}#nobody")
        fine(app)
        assert "nobody" in app.error[0].value
