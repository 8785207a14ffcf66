"""Explore opens what it is given: uploads, pasted peaks, the data folder; and says what it cannot use."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from peploss.spectra.samples import DEFAULT_PEPTIDE
from tests.pages.explore_page import MGF, Open, fine, name, said


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
    end = time.monotonic() + 60
    table = pd.DataFrame()
    while "loss" not in table and time.monotonic() < end:  # the losses follow the table
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
