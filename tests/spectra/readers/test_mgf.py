"""MGF in all the shapes that are about."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyteomics import mgf as pyteomics_mgf

from peploss.errors import SourceError, SpectrumError
from peploss.spectra.readers import mgf as reader
from peploss.spectra.readers import open_spectra, source
from peploss.spectra.readers.file import SpectrumFile
from peploss.spectra.readers.mgf_parameters import charges
from peploss.spectra.record import NO_CHARGE, NO_PRECURSOR
from peploss.spectra.samples import sample_files

BLOCK = "BEGIN IONS\nTITLE={title}\nPEPMASS=500.25 12\nCHARGE=2+\n100.5 1\n200.25 2\nEND IONS\n"


def mgf(text: str | bytes, name: str = "run.mgf") -> SpectrumFile:
    return open_spectra(io.BytesIO(text.encode() if isinstance(text, str) else text), name)


def block(*lines: str) -> str:
    return "\n".join(["BEGIN IONS", *lines, "END IONS", ""])


@pytest.mark.parametrize("name", ["hcd_casanovo_mouse", "hcd_qe_openms_qc", "cid_iontrap_openms_bsa1"])
def test_agrees_with_pyteomics_where_that_can_read(samples: Path, name: str) -> None:
    path = samples / f"{name}.mgf"
    with open_spectra(path) as ours, pyteomics_mgf.MGF(str(path)) as theirs:
        theirs = list(theirs)
        assert len(ours) == len(theirs)
        for i, other in enumerate(theirs):
            spectrum = ours.read(i)
            assert spectrum.title == other["params"]["title"]
            assert spectrum.precursor_mz == other["params"]["pepmass"][0]
            assert [spectrum.precursor_charge] == list(other["params"]["charge"])
            np.testing.assert_array_equal(spectrum.mz, other["m/z array"])
            np.testing.assert_array_equal(spectrum.intensity, other["intensity array"])


def test_fields() -> None:
    text = block(
        "TITLE=run.0012.0012.2 <b>&amp;", "PEPMASS=500.25 1e4", "CHARGE=3+", "SCANS=12-15", "RTINSECONDS=61.5",
        "SEQ=PEPT[Phospho]IDE", "200.0 2", "100.0\t1",
    )  # fmt: skip
    spectrum = mgf(text).read(0)
    assert spectrum.title == "run.0012.0012.2 <b>&amp;"  # as the file has it: data, not markup
    assert (spectrum.precursor_mz, spectrum.precursor_charge, spectrum.scan, spectrum.rt) == (500.25, 3, 12, 61.5)
    assert spectrum.peptide == "PEPT[Phospho]IDE"
    assert spectrum.mz.tolist() == [100.0, 200.0]
    assert spectrum.intensity.tolist() == [1.0, 2.0]
    assert spectrum.source == "run.mgf"


@pytest.mark.parametrize(
    ("scans", "title", "scan"),
    [
        ("F1:2478", "", 2478),
        ("", "controllerType=0 controllerNumber=1 scan=25499", 25499),
        ("", 'x.3.3. File:"small.RAW", NativeID:"scan=3"', 3),
        ("", "run.00012.00012.2", 12),
        ("", "run.12.13.2", None),
        ("", "peptide1", None),
    ],
)
def test_scan_number(scans: str, title: str, scan: int | None) -> None:
    assert mgf(block(f"TITLE={title}", f"SCANS={scans}", "100 1")).read(0).scan == scan


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_line_ends_byte_order_mark_and_missing_titles_lose_nothing(newline: str, bom: bytes) -> None:
    text = block("PEPMASS=400", "100 1") + block("PEPMASS=500", "100 1", "200 2") + BLOCK.format(title="third")
    with mgf(bom + text.replace("\n", newline).encode()) as spectra:
        assert spectra.ids == ["spectrum 1", "spectrum 2", "third"]
        assert [spectra.read(i).precursor_mz for i in range(3)] == [400, 500, 500.25]
        assert spectra.problems == []


def test_annotations_in_the_third_column() -> None:
    spectrum = mgf(block("PEPMASS=475.1", "CHARGE=2", "72.04 100 # A+H b1", "138.0 0.013 b1+1=x", "9.5e2 1 2+")).read(0)
    assert spectrum.mz.tolist() == [72.04, 138.0, 950.0]
    assert any("third column" in note for note in spectrum.notes)


@pytest.mark.parametrize(
    ("lines", "charge", "note"),
    [
        (["CHARGE=2+"], 2, None),
        (["CHARGE=+2"], 2, None),
        (["CHARGE=2"], 2, None),
        (["CHARGE=2.0"], 2, None),
        (["CHARGE="], None, NO_CHARGE),
        (["CHARGE=0"], None, NO_CHARGE),
        ([], None, NO_CHARGE),
        (["CHARGE=2+ and 3+"], None, "CHARGE leaves the charge open: 2 or 3."),
        (["CHARGE=2+,3+"], None, "CHARGE leaves the charge open: 2 or 3."),
        (["CHARGE=99"], None, "not plausible"),
        (["CHARGE=999999999999999999999"], None, NO_CHARGE),
        (["PEPMASS=500 12 3+"], 3, None),
        (["PEPMASS=500 12 2+", "CHARGE=3+"], 3, "CHARGE says 3, PEPMASS says 2"),
    ],
)
def test_charge_forms(lines: list[str], charge: int | None, note: str | None) -> None:
    spectra = mgf(block(*lines, "100 1"))
    spectrum = spectra.read(0)
    assert spectrum.precursor_charge == charge
    assert spectra.problems == []
    notes = " ".join(spectrum.notes)
    assert (note in notes) if note else (NO_CHARGE not in notes)


@pytest.mark.parametrize(("head", "charge"), [("CHARGE=2+", 2), ("CHARGE=2+ and 3+", None), ("# CHARGE=2+", None)])
def test_charge_at_the_head_of_the_file_counts_where_the_block_has_none(head: str, charge: int | None) -> None:
    spectra = mgf(f"COM=x\n{head}\n\n" + block("100 1") + block("CHARGE=4+", "100 1"))
    assert [spectra.read(i).precursor_charge for i in range(2)] == [charge, 4]


@pytest.mark.parametrize("line", ["PEPMASS=", "PEPMASS=0", "PEPMASS=abc", "PEPMASS=nan", "PEPMASS=-5", "COM=x"])
def test_no_precursor_is_a_note_and_no_reason_to_refuse(line: str) -> None:
    spectra = mgf(block(line, "100 1"))
    assert spectra.problems == []
    assert spectra.read(0).precursor_mz is None
    assert NO_PRECURSOR in spectra.headers()[0].notes


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "no peaks"),
        (["100 0", "200 0"], "intensity of all 2 peaks is 0"),
        (["100 nan"], "Every intensity must be finite"),
        (["nan 100"], "Every m/z value must be positive and finite"),
        (["100 -1"], "finite and not negative"),
        (["100 inf"], "finite"),
        (["0 5"], "its only one is at m/z 0"),
        (["-1 5"], "positive"),
        (["100"], "Line 4: '100' is neither"),
        (["100 1", "200 x"], "Line 5: '200 x' is neither"),
        (["hello"], "Line 4: 'hello' is neither"),
        (["100,5 12,1"], "decimal commas"),
        (["1_0 5"], "Line 4"),
    ],
)
def test_a_bad_spectrum_is_listed_with_its_reason_and_the_rest_stays_usable(lines: list[str], reason: str) -> None:
    with mgf(block("TITLE=bad", "PEPMASS=400", *lines) + BLOCK.format(title="good")) as spectra:
        assert len(spectra) == 2
        (problem,) = spectra.problems
        assert (problem.index, problem.name) == (0, "bad")
        assert reason in problem.reason
        with pytest.raises(SpectrumError) as raised:
            spectra.read(0)
        assert raised.value.where == "run.mgf, spectrum 1 (bad)"
        assert raised.value.problem == problem.reason
        assert spectra.read(1).title == "good"
        assert [h.usable for h in spectra.headers()] == [False, True]


def test_a_truncated_file_keeps_what_came_before_the_cut() -> None:
    text = BLOCK.format(title="whole") + BLOCK.format(title="cut")
    for end in range(text.rindex("TITLE=cut") + 9, len(text) - 2):
        with mgf(text[:end]) as spectra:
            assert spectra.ids == ["whole", "cut"]
            assert [p.reason for p in spectra.problems] == ["The file ends inside this spectrum (no END IONS)."]
            assert spectra.read(0).title == "whole"
            assert any("cut short" in note for note in spectra.notes)


def test_a_missing_end_line_costs_only_its_own_block() -> None:
    text = "BEGIN IONS\nTITLE=a\n100 1\n" + BLOCK.format(title="b")
    with mgf(text) as spectra:
        assert [(p.name, p.reason) for p in spectra.problems] == [
            ("a", "No END IONS before the next BEGIN IONS at line 4.")
        ]
        assert spectra.read(1).title == "b"


def test_text_between_blocks_is_not_dropped_silently() -> None:
    assert any("line 10" in n for n in mgf(BLOCK.format(title="a") + "\n100 5\n" + BLOCK.format(title="b")).notes)
    assert mgf(BLOCK.format(title="a") + "\n# comment\n\n" + BLOCK.format(title="b")).notes == ()


def test_words_of_the_format_inside_a_title() -> None:
    with mgf(BLOCK.format(title="BEGIN IONS and more IONS") + BLOCK.format(title="next")) as spectra:
        assert spectra.ids == ["BEGIN IONS and more IONS", "next"]
        assert spectra.problems == []


def test_text_without_blocks_says_so() -> None:
    with pytest.raises(SourceError, match="no line says BEGIN IONS"):
        mgf("TITLE=x\nPEPMASS=500\n100.5 1\n")


@given(st.integers(40, 3000), st.integers(1, 200), st.integers(1, 12))
def test_index_does_not_depend_on_where_pieces_are_cut(chunk: int, overlap: int, n: int) -> None:
    text = "COM=head\n" + "\n".join(BLOCK.format(title=f"t{i}") for i in range(n))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "CHUNK", chunk)
        patch.setattr(source, "OVERLAP", overlap + 120)
        with mgf(text) as spectra:
            assert spectra.ids == [f"t{i}" for i in range(n)]
            assert spectra.problems == []
            assert [b.line for b in spectra._blocks] == [2 + 8 * i for i in range(n)]


def test_charges() -> None:
    assert charges("2+ and 3+") == [2, 3]
    assert charges("1-") == [-1]
    assert charges("none") == []
    assert charges("0+") == []


def test_the_quick_way_and_the_careful_way_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [
        b"BEGIN IONS\nTITLE=a\nPEPMASS=500.2\n100.5 1e3\n200.25\t2\nEND IONS\n",
        b"BEGIN IONS\r\nTITLE=b\r\n100.5 1 \r\n  200.25 2\r\nEND IONS\r\n",
        b"BEGIN IONS\nTITLE=no end\n100 1\n200 2\n",
        b"BEGIN IONS\n100 1 2+\n200 3\nEND IONS\n",
        b"BEGIN IONS\n100 1 1\n200\nEND IONS\n",
        b"BEGIN IONS\n100 1\n\n200 3\nSCANS=7\n300 4\nEND IONS\n",
        b"BEGIN IONS\n100 1\n# 200 3\n300 4\nEND IONS\n",
        b"BEGIN IONS\n.5 1\n100 1\nEND IONS\n",
        b"BEGIN IONS\n100 1e\n200 2\nEND IONS\n",
        b"BEGIN IONS\nTITLE=THE END\nEND IONS\n",
    ]
    for sample in sample_files():
        if sample.name.endswith(".mgf"):
            blocks += [b"BEGIN IONS" + b for b in sample.path.read_bytes().split(b"BEGIN IONS")[1:]]
    quick = [reader.parse_block(b) for b in blocks]
    monkeypatch.setattr(reader, "_plain_peaks", lambda text: None)
    for block, a, b in zip(blocks, quick, (reader.parse_block(b) for b in blocks), strict=True):
        assert a.mz.tolist() == b.mz.tolist(), block
        assert a.intensity.tolist() == b.intensity.tolist(), block
        assert (a.title, a.scan, a.problem, a.notes) == (b.title, b.scan, b.problem, b.notes), block
