"""The built-in spectra are all there, readable, labelled, free to pass on, and small."""

from __future__ import annotations

import re

import numpy as np
import pytest

from peploss.spectra import samples
from peploss.spectra.readers import open_spectra


@pytest.mark.parametrize("sample", samples.sample_files(), ids=lambda s: s.name)
def test_every_spectrum_is_usable_and_labels_agree_with_the_file(sample: samples.SampleFile) -> None:
    labels = samples.sample_labels(sample.name)
    with open_spectra(sample.path, peptides={title: label.proforma for title, label in labels.items()}) as spectra:
        headers = spectra.headers()
        assert len(spectra) == sample.n_spectra
        assert spectra.problems == []
    assert all(h.precursor_charge and h.precursor_mz for h in headers)
    if labels:
        assert {h.name: (h.peptide, h.precursor_charge) for h in headers} == {
            title: (label.proforma, label.charge) for title, label in labels.items()
        }


def test_the_numbers_sources_md_states() -> None:
    mgfs = [s for s in samples.sample_files() if s.name.endswith(".mgf")]
    labels = [label for s in mgfs for label in samples.sample_labels(s.name).values()]
    assert (len(mgfs), sum(s.n_spectra for s in mgfs), len(labels)) == (7, 514, 386)
    assert sum(label.label == "decoy" for label in labels) == 22
    with open_spectra(samples.samples_folder() / "hcd_casanovo_mouse.mgf") as spectra:
        assert sum("profile" in " ".join(h.notes) for h in spectra.headers()) == 13
        assert all(np.linalg.norm(spectra.read(i).intensity) == pytest.approx(1, abs=1e-6) for i in range(5))


def test_origin_and_licence_lie_beside_the_spectra_and_all_is_small() -> None:
    folder = samples.samples_folder()
    text = (folder / "SOURCES.md").read_text()
    for sample in samples.sample_files():
        assert sample.name in text
    assert {p.name for p in (folder / "licences").iterdir()} >= {
        "casanovo-Apache-2.0.txt",
        "openms-BSD-3-Clause.txt",
        "pyascore-MIT.txt",
    }
    assert sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) < 3_000_000


def test_the_first_spectrum_is_a_good_one() -> None:
    label = samples.sample_labels(samples.DEFAULT_FILE)[samples.DEFAULT_TITLE]
    assert f"{label.proforma}/{label.charge}" == samples.DEFAULT_PEPTIDE
    assert label.label == "good"
    assert label.bond_coverage == 1
    assert abs(label.ppm) < 1
    assert samples.sample_files()[0].name == samples.DEFAULT_FILE


def test_the_native_mzml_has_the_peptides_of_the_search_beside_it() -> None:
    from pyteomics import pepxml

    native = samples.sample_labels("native/test_spectra.mzML")
    text = samples.sample_labels("hcd_qe_pyascore_phospho.mgf")
    with pepxml.read(str(samples.samples_folder() / "native" / "test_psms.pep.xml")) as search:
        found = {q["start_scan"]: (q["search_hit"][0]["peptide"], q["assumed_charge"]) for q in search}
    assert len(native) == len(found) == 10
    for title, label in native.items():
        scan = int(title.rpartition("scan=")[2])
        assert (re.sub(r"\[.*?\]", "", label.proforma), label.charge) == found[scan]
        assert label == text[f"QE.{scan}"]


def test_the_native_files_hold_the_same_spectra_as_the_mgf() -> None:
    folder = samples.samples_folder()
    with (
        open_spectra(folder / "hcd_qe_pyascore_phospho.mgf") as mgf,
        open_spectra(folder / "native" / "test_spectra.mzML") as mzml,
        open_spectra(folder / "native" / "test_spectra.mzXML") as mzxml,
    ):
        by_scan = {int(title.split(".")[-1]): i for i, title in enumerate(mgf.ids)}
        for i in range(len(mzml)):
            native, other = mzml.read(i), mzxml.read(i)
            text = mgf.read(by_scan[native.scan])
            assert native.scan == other.scan
            assert native.precursor_charge == other.precursor_charge == text.precursor_charge
            assert native.rt == pytest.approx(other.rt, abs=0.1)
            assert native.precursor_mz == pytest.approx(other.precursor_mz, abs=1e-6)
            np.testing.assert_allclose(native.mz, text.mz, atol=6e-6)
            np.testing.assert_allclose(native.mz, other.mz, rtol=1e-12)
            np.testing.assert_allclose(native.intensity, other.intensity, rtol=1e-6)
