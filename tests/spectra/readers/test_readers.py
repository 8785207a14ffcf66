"""Opening any file: told by content, clear about what it is not, shared between threads, never a stray exception."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peploss.errors import PeplossError, SourceError, SpectrumError
from peploss.spectra.readers import open_spectra

Build = Callable[..., bytes]
Element = Callable[..., str]
MGF = b"BEGIN IONS\nTITLE=a\nPEPMASS=500\nCHARGE=2+\n100 1\n200 2\nEND IONS\n" * 3


def test_the_content_decides_and_the_difference_is_said(tmp_path: Path, mzml: Build, spectrum_xml: Element) -> None:
    path = tmp_path / "run.mgf"
    path.write_bytes(mzml([spectrum_xml(1)]))
    with open_spectra(path) as spectra:
        assert (spectra.format, spectra.path, spectra.name) == ("mzML", str(path), "run.mgf")
        assert spectra.notes == ("The file is named .mgf, but its content is mzML and was read as that.",)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(SourceError, match=r"run\.mgf: This is a PNG picture"):
        open_spectra(path)


def test_gzipped_mzml(tmp_path: Path, mzml: Build, spectrum_xml: Element) -> None:
    path = tmp_path / "run.mzML.gz"
    path.write_bytes(gzip.compress(mzml([spectrum_xml(1), spectrum_xml(2)])))
    with open_spectra(path) as spectra:
        assert [spectra.read(i).scan for i in (1, 0)] == [2, 1]
        assert len(spectra.notes) == 1
        assert "temporary file" in spectra.notes[0]


def test_candidates_from_elsewhere_fill_in_where_the_file_has_none() -> None:
    own = MGF.replace(b"TITLE=a", b"TITLE=b\nSEQ=ACDEK")
    with open_spectra(io.BytesIO(MGF + own), "a.mgf", peptides={"a": "PEPTIDE/2", "b": "GGG"}) as spectra:
        assert [spectra.read(i).peptide for i in range(6)] == ["PEPTIDE/2"] * 3 + ["ACDEK"] * 3
        assert [h.peptide for h in spectra.headers()] == ["PEPTIDE/2"] * 3 + ["ACDEK"] * 3


def test_ids_are_there_at_once_and_headers_in_one_pass() -> None:
    with open_spectra(io.BytesIO(MGF), "a.mgf") as spectra:
        assert spectra.ids == ["a", "a", "a"]
        calls: list[tuple[int, int]] = []
        headers = spectra.headers(lambda done, total: calls.append((done, total)))
        assert calls[-1] == (3, 3)
        read = spectra.bytes_read
        assert spectra.headers() == headers
        assert spectra.bytes_read == read
        assert [(h.index, h.name, h.n_peaks) for h in headers] == [(0, "a", 2), (1, "a", 2), (2, "a", 2)]


@pytest.mark.parametrize("index", [-1, 3, 10**9])
def test_an_index_that_is_not_there(index: int) -> None:
    with pytest.raises(SpectrumError, match="the file has 3"):
        open_spectra(io.BytesIO(MGF), "a.mgf").read(index)


def test_reading_after_close(tmp_path: Path) -> None:
    (tmp_path / "a.mgf").write_bytes(MGF)
    spectra = open_spectra(tmp_path / "a.mgf")
    spectra.close()
    with pytest.raises(SourceError, match="was closed"):
        spectra.read(0)


def test_many_threads_read_one_file(samples: Path) -> None:
    with open_spectra(samples / "native" / "test_spectra.mzML") as spectra:
        expected = [spectra.read(i).mz.sum() for i in range(len(spectra))]
        wrong: list[object] = []

        def work(seed: int) -> None:
            order = np.random.default_rng(seed).integers(0, len(spectra), 30).tolist()
            wrong.extend(i for i in order if spectra.read(i).mz.sum() != expected[i])
            if len(spectra.headers()) != len(expected):
                wrong.append("headers")

        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


CORRUPTIBLE: dict[str, Callable[[Build, Element, Build, Element], bytes]] = {
    "mgf": lambda *_: MGF,
    "msp": lambda *_: b"Name: ACDEK/2\nComment: Parent=300.1 Mods=1/1,C,CAM\nNum peaks: 2\n100 1\n200 2\n\n" * 2,
    "mzML": lambda mzml, element, *_: mzml([element(1, compress=True), element(2, dtype="<f4")]),
    "mzXML": lambda _, __, mzxml, scan: mzxml([scan(1, level=1, inside=scan(2)), scan(3)], indexed=True),
}


@pytest.mark.parametrize("kind", CORRUPTIBLE)
@settings(max_examples=150)
@given(data=st.data())
def test_damage_of_any_kind_is_a_peploss_error_or_a_listed_problem(
    kind: str, data: st.DataObject, request: pytest.FixtureRequest
) -> None:
    conftest = [request.getfixturevalue(name) for name in ("mzml", "spectrum_xml", "mzxml", "scan_xml")]
    damaged = bytearray(CORRUPTIBLE[kind](*conftest))
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255)), max_size=8)):
        damaged[at] = byte
    start = data.draw(st.integers(0, len(damaged)))
    gone = data.draw(st.integers(0, 40))
    del damaged[start : start + gone]
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))] if data.draw(st.booleans()) else damaged
    try:
        spectra = open_spectra(io.BytesIO(bytes(damaged)), f"x.{kind}")
    except SourceError:
        return
    usable = {h.index for h in spectra.headers() if h.usable}
    assert len(usable) + len(spectra.problems) + spectra.not_ms2 == len(spectra)
    for index in range(len(spectra)):
        if index in usable:
            assert len(spectra.read(index)) > 0
        else:
            with pytest.raises(SpectrumError):
                spectra.read(index)


@given(st.binary(max_size=400))
def test_any_bytes_at_all(data: bytes) -> None:
    try:
        open_spectra(io.BytesIO(data), "x").headers()
    except PeplossError:
        return


EXPECTED = {  # usable, unusable, MS1; or words of the refusal
    "FTMS_HCD_20_annotated_2019-11-12_filtered.msp": (82, 0, 0),
    "FileConverter_24_output.mzML": (6, 0, 4),
    "IndexedmzMLFile_2_broken.mzML": "holds no spectra",
    "MzMLFile_3_invalid.mzML": (1, 0, 3),
    "MzMLFile_6_compressed.mzML": (0, 0, 4),
    "easy_test.mgf": (1, 0, 0),
    "empty.mzML": "empty (0 bytes)",
    "empty_XML.mzML": (0, 1, 0),
    "fragpipe.psm.tsv": "PSM table",
    "hard_test.mgf": (1, 0, 0),
    "hard_test2.mgf": (1, 0, 0),
    "hard_test_ETD.mgf": (1, 0, 0),
    "no_charge_small.mgf": (34, 0, 0),
    "peprec.csv": "PSM table",
    "peprec_invalid.csv": "PSM table",
    "results.sage.tsv": "PSM table",
    "test.mgf": (2, 0, 0),
    "test.mzid": "PSM table",
    "test.mztab": "PSM table",
    "test.pep.xml": "PSM table",
    "test.t.xml": "PSM table",
    "test_annotated.mgf": (2, 0, 0),
    "test_in.idXML": "PSM table",
    "test_msms.txt": "PSM table",
    "test_pepmass.mgf": (3, 0, 0),
    "tiny.pwiz.1.1.mzML": (1, 0, 3),
    "withEmptySpectra.mgf": (1, 1, 0),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_odd_files_of_other_projects(odd_files: Path, name: str) -> None:
    expected = EXPECTED[name]
    if isinstance(expected, str):
        with pytest.raises(SourceError) as raised:
            open_spectra(odd_files / name)
        assert expected in raised.value.problem
        assert raised.value.where == name
        return
    with open_spectra(odd_files / name) as spectra:
        usable = sum(h.usable for h in spectra.headers())
        assert (usable, len(spectra.problems), spectra.not_ms2) == expected


def test_no_odd_file_is_left_out(odd_files: Path) -> None:
    assert {p.name for p in odd_files.iterdir()} - {"README.md"} == set(EXPECTED)


def test_text_formats_do_not_load_the_xml_readers() -> None:
    code = (
        "import io, sys; from peploss.spectra.readers import open_spectra; "
        f"open_spectra(io.BytesIO({MGF!r}), 'a.mgf').headers(); "
        "sys.exit(any(m in ('pyteomics.xml', 'lxml.etree', 'psims') for m in sys.modules))"
    )
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
