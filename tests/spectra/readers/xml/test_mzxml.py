"""mzXML: flat and nested scans, with and without an index."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pyteomics import mzxml as pyteomics_mzxml

from peploss.spectra.readers import open_spectra

Build = Callable[..., bytes]
Element = Callable[..., str]


def test_agrees_with_pyteomics(samples: Path) -> None:
    path = samples / "native" / "test_spectra.mzXML"
    with open_spectra(path) as ours, pyteomics_mzxml.MzXML(str(path)) as theirs:
        assert ours.notes == ()
        for i, other in enumerate(theirs):
            spectrum = ours.read(i)
            assert ours.ids[i] == f"scan={other['num']}"
            assert spectrum.precursor_mz == other["precursorMz"][0]["precursorMz"]
            assert spectrum.precursor_charge == other["precursorMz"][0]["precursorCharge"]
            np.testing.assert_array_equal(spectrum.mz, other["m/z array"])
            np.testing.assert_array_equal(spectrum.intensity, other["intensity array"])


@pytest.mark.parametrize("indexed", [True, False])
def test_nested_scans(mzxml: Build, scan_xml: Element, indexed: bool) -> None:
    inner = scan_xml(2) + "\n" + scan_xml(3, inside=scan_xml(4, level=3))
    data = mzxml([scan_xml(1, level=1, inside=inner), scan_xml(5)], indexed=indexed)
    with open_spectra(io.BytesIO(data), "run.mzXML") as spectra:
        assert spectra.ids == ["scan=1", "scan=2", "scan=3", "scan=4", "scan=5"]
        assert (spectra.not_ms2, spectra.problems) == (1, [])
        assert [h.ms_level for h in spectra.headers()] == [1, 2, 2, 3, 2]
        spectrum = spectra.read(2)
        assert (spectrum.scan, spectrum.precursor_mz, spectrum.precursor_charge, spectrum.rt) == (3, 500.5, 3, 90.0)
        assert spectrum.mz.tolist() == [100.5, 200.25]
        assert bool(spectra.notes) is not indexed


def test_oddities(mzxml: Build, scan_xml: Element) -> None:
    scans = [
        scan_xml(1, peaks=[(0.0, 0.0)]).replace('peaksCount="1"', 'peaksCount="0"'),
        scan_xml(2).replace(' precursorCharge="3" precursorIntensity="1"', ""),
        scan_xml(3).replace("</peaks>", "A</peaks>"),
        scan_xml(4, peaks=[(100.0, -1.0)]),
        scan_xml(5).replace('centroided="1"', 'centroided="0"'),
    ]
    with open_spectra(io.BytesIO(mzxml(scans)), "run.mzXML") as spectra:
        reasons = {p.index: p.reason for p in spectra.problems}
        assert reasons[0] == "The spectrum has no peaks."
        assert "cannot be decoded" in reasons[2]
        assert "not negative" in reasons[3]
        assert sorted(reasons) == [0, 2, 3]
        assert (spectra.read(1).precursor_mz, spectra.read(1).precursor_charge) == (500.5, None)
        assert any("Declared as profile mode" in n for n in spectra.read(4).notes)


def test_truncated(mzxml: Build, scan_xml: Element) -> None:
    data = mzxml([scan_xml(1), scan_xml(2)])
    with open_spectra(io.BytesIO(data[: data.rindex(b"</peaks>")]), "run.mzXML") as spectra:
        assert [(p.index, p.reason) for p in spectra.problems] == [(1, "The file ends inside this spectrum.")]
        assert spectra.read(0).scan == 1
