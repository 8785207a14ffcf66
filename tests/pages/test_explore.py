from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from peploss.spectra.samples import DEFAULT_PEPTIDE, DEFAULT_TITLE, samples_folder

Open = Callable[..., AppTest]

MGF = """BEGIN IONS
TITLE=one <b>bold</b> [link](http://e.vil)
PEPMASS=400.6872
CHARGE=2+
SEQ=PEPTIDE
98.06 10
227.1026 50
324.1554 20
END IONS
BEGIN IONS
TITLE=nothing in it
PEPMASS=300
END IONS
"""


def said(app: AppTest) -> str:
    """Everything the page says in words."""
    blocks = [*app.markdown, *app.error, *app.info, *app.caption, *app.warning, *app.code]
    return "\n".join([*(block.value for block in blocks), name(app)])


def name(app: AppTest) -> str:
    """Name and facts of the spectrum that is shown, as HTML."""
    return "\n".join(block.proto.body for block in app.get("html") if 'class="pl-name"' in block.proto.body)


def fine(app: AppTest) -> None:
    assert not app.exception


def test_it_opens_on_a_well_explained_spectrum_with_its_peptide(opened: Open) -> None:
    app = opened()
    fine(app)
    assert not app.error
    assert app.text_input(key="peptide").value == DEFAULT_PEPTIDE.partition("/")[0]
    assert f"<b>{DEFAULT_TITLE}</b>" in name(app)
    assert "17 of 109" in said(app)


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
    for name in ("i", "sigma", "h", "mode", "bins", "x"):
        assert app.query_params[name] == link[name]


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


def test_pasted_peaks_open_and_the_page_says_that_the_link_cannot_hold_them(opened: Open) -> None:
    app = opened(tab="Export")
    app.selectbox(key="source").set_value("Paste").run()
    fine(app)
    app.text_area(key="paste").set_value("98.06 10\n227.1026 50\n324.1554 20").run()
    app.number_input(key="paste_mz").set_value(400.6872).run()
    app.number_input(key="paste_z").set_value(2).run()
    app.text_input(key="peptide").set_value("PEPTIDE").run()
    fine(app)
    assert not app.error
    assert "does not carry uploaded or pasted spectra" in said(app)


def test_nonsense_pasted_is_told(opened: Open) -> None:
    app = opened()
    app.selectbox(key="source").set_value("Paste").run()
    app.text_area(key="paste").set_value("hello world").run()
    fine(app)
    assert len(app.error) == 1


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.selectbox(key="source").set_value("Upload").run()
    app.file_uploader(key="upload").set_value((name, content, "application/octet-stream")).run()
    return app


def test_an_upload_opens_and_what_cannot_be_used_is_listed_with_its_reason(opened: Open) -> None:
    app = upload(opened(), "two.mgf", MGF.encode())
    fine(app)
    assert not app.error
    assert app.text_input(key="peptide").value == "PEPTIDE"
    assert "1 of 2 spectra cannot be used" in [e.label for e in app.expander]
    # What the file calls itself is text: neither a link nor bold.
    assert "one &lt;b&gt;bold&lt;/b&gt; [link](http" in name(app)
    assert any("The spectrum has no peaks" in m.value and r"2\: nothing in it" in m.value for m in app.markdown)


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.mzML", b""), ("text.mgf", b"hello"), ("cut.mzML", b"<?xml version='1.0'?><mzML><run>"),
     ("zeros.mgf", bytes(5000)), ("wrong.msp", b"\x89PNG\r\n"), ("bad.mgf.gz", b"\x1f\x8b\x08garbage")],
)  # fmt: skip
def test_a_file_that_cannot_be_opened_is_told_in_one_sentence(opened: Open, name: str, content: bytes) -> None:
    app = upload(opened(), name, content)
    fine(app)
    assert len(app.error) == 1
    assert len(app.error[0].value) > 20


def test_files_of_the_data_folder_are_listed_and_opened(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mgf").write_text(MGF)
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(tmp_path))
    app = opened(source="Folder")
    fine(app)
    assert app.selectbox(key="file").options == ["a.mgf"]
    assert app.text_input(key="peptide").value == "PEPTIDE"


def test_without_a_data_folder_the_page_says_how_to_name_one(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEPLOSS_DATA_DIR", raising=False)
    app = opened(source="Folder")
    fine(app)
    assert "PEPLOSS_DATA_DIR" in said(app)


def test_a_data_folder_that_is_not_there_is_told(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEPLOSS_DATA_DIR", "/no/such/folder")
    app = opened(source="Folder")
    fine(app)
    assert len(app.error) == 1


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


MZML = """<?xml version="1.0"?><mzML xmlns="http://psi.hupo.org/ms/mzml"><run><spectrumList count="4">{}</spectrumList>
</run></mzML>"""


def scan(number: int, level: int) -> str:
    return (
        f'<spectrum index="{number - 1}" id="scan={number}" defaultArrayLength="0">'
        f'<cvParam accession="MS:1000511" name="ms level" value="{level}"/></spectrum>'
    )


def test_a_file_without_a_usable_spectrum_says_so_and_counts_its_survey_scans(opened: Open) -> None:
    levels = (1, 1, 2, 1)
    app = upload(opened(), "x.mzML", MZML.format("".join(scan(n, level) for n, level in enumerate(levels, 1))).encode())
    fine(app)
    (error,) = app.error
    assert error.value == (
        "None of the 4 spectra can be used:\n\n- 3 MS1 survey scans\n- 1 with this: The spectrum has no peaks\\."
    )
    assert "rest of the file" not in said(app)
    assert "MS1 scans have no fragments: 3 of 4 entries" in said(app)
    assert "None of the 4 spectra can be used" in [e.label for e in app.expander]


def test_a_file_of_survey_scans_alone(opened: Open) -> None:
    app = upload(opened(), "x.mzML", MZML.format(scan(1, 1) + scan(2, 1)).encode())
    fine(app)
    assert [e.value for e in app.error] == ["None of the 2 spectra can be used:\n\n- 2 MS1 survey scans"]


def test_an_unusable_spectrum_of_a_good_file_has_its_own_reason(opened: Open) -> None:
    app = upload(opened(), "two.mgf", MGF.encode())
    app.query_params["i"] = "2"
    app.run()
    assert "has no peaks" in app.error[0].value
    assert "rest of the file" in said(app)


def test_the_native_sample_comes_with_its_peptides(opened: Open) -> None:
    app = opened(sample="Phospho HCD as mzML")
    fine(app)
    first = app.text_input(key="peptide").value
    assert first == "KMS[Phospho]DDEDDDEEEYGKEEHEK"
    for _ in range(9):
        app.button(key="next").click().run()
        assert "[Phospho]" in app.text_input(key="peptide").value
    app.button(key="next").click().run()
    assert app.text_input(key="peptide").value == first


@pytest.mark.parametrize("link", [{"source": "Folder", "file": "nope.mgf"}, {"sample": "nope.mgf"}])
def test_a_link_to_a_file_that_is_gone_opens_no_other(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: dict[str, str]
) -> None:
    (tmp_path / "a.mgf").write_text(MGF.replace("nothing in it", "second").replace("PEPMASS=300", "PEPMASS=300\n99 1"))
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(tmp_path))
    app = opened(i="2", peptide="GGGK", **link)
    fine(app)
    assert len(app.error) == 1
    assert r"names nope\.mgf, which is not" in app.error[0].value
    assert not name(app)
    app.run()  # it stays so until one is picked
    assert r"names nope\.mgf" in app.error[0].value
    picker = app.selectbox(key="file" if "file" in link else "sample")
    picker.set_value(picker.options[0]).run()
    fine(app)
    assert not app.error
    # Place and peptide of the link belonged to the other file.
    assert app.text_input(key="peptide").value == ("PEPTIDE" if "file" in link else DEFAULT_PEPTIDE.partition("/")[0])
    assert "i" not in app.query_params


def test_a_link_waits_for_the_file_it_is_about(opened: Open) -> None:
    app = opened(source="Upload", peptide="GGGK")
    app.file_uploader(key="upload").set_value(("two.mgf", MGF.encode(), "application/octet-stream")).run()
    fine(app)
    assert app.text_input(key="peptide").value == "GGGK"


def test_the_name_of_a_file_stays_as_it_is_in_a_sentence(opened: Open) -> None:
    assert upload(opened(), "empty.mzML", b"").error[0].value.startswith(r"empty\.mzML")


def test_the_table_shows_loss_and_peptide_right_after_the_title(opened: Open) -> None:
    app = opened(picker="true")
    app.session_state["picker"] = True
    app.run()
    fine(app)
    table = next(d.value for d in app.dataframe if "title" in d.value)
    assert list(table.columns[:4]) == ["title", "loss", "peptide", "#"]
    assert "not a sort by a column's header" in said(app)


ODD_FILES = Path(__file__).parents[2].parent / "shared" / "odd_files"


def test_odd_files_of_other_projects_open_or_are_told(opened: Open) -> None:
    if not ODD_FILES.is_dir():
        pytest.skip("the odd files of other projects are not there")
    app = opened()
    app.selectbox(key="source").set_value("Upload").run()
    for path in sorted(ODD_FILES.iterdir()):
        app.file_uploader(key="upload").set_value((path.name, path.read_bytes(), "application/octet-stream")).run()
        fine(app)
        shown = "peaks</span>" in name(app)
        awaits = "Add the file of spectra that the table speaks of." in said(app)  # text may be a table of PSMs
        assert shown or app.error or awaits, path.name
        app.file_uploader(key="upload").set_value([]).run()


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
    assert "They are all there already" in said(app)
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
    for _ in range(2):
        if not app.button(key="add-swaps").disabled:
            app.button(key="add-swaps").click().run()
    fine(app)
    assert len(str(app.query_params["also"]).split("\n")) == 7
    assert app.button(key="add-swaps").disabled
    assert app.text_input(key="another").disabled


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
    for name in ("hcd_qe_openms_qc.mgf", "runs/own.mgf"):
        app = opened(tab="Another spectrum", against=f"{name}#QC1.38")
        fine(app)
        assert any("Spectrum loss 0.8752" in m.value for m in app.markdown)
    app = opened(tab="Another spectrum", against="nobody.mgf#1")
    fine(app)
    assert "and there is no other source" in app.error[0].value
