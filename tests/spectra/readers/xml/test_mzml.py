"""mzML: values, oddities, and that one spectrum of a large file costs one spectrum."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pyteomics import mzml as pyteomics_mzml

from peploss.errors import SourceError, SpectrumError
from peploss.spectra.readers import open_spectra
from peploss.spectra.readers.file import SpectrumFile
from peploss.spectra.readers.xml import element_file
from peploss.spectra.record import NO_CHARGE, NO_PRECURSOR

Build = Callable[..., bytes]
Element = Callable[..., str]


def opened(data: bytes, name: str = "run.mzML") -> SpectrumFile:
    return open_spectra(io.BytesIO(data), name)


def test_agrees_with_pyteomics(samples: Path) -> None:
    path = samples / "native" / "test_spectra.mzML"
    with open_spectra(path) as ours, pyteomics_mzml.MzML(str(path)) as theirs:
        for i, other in enumerate(theirs):
            spectrum = ours.read(i)
            assert ours.ids[i] == spectrum.native_id == other["id"]
            np.testing.assert_array_equal(spectrum.mz, other["m/z array"])
            np.testing.assert_array_equal(spectrum.intensity, other["intensity array"])
            assert spectrum.rt == pytest.approx(float(other["scanList"]["scan"][0]["scan start time"]) * 60)


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("dtype", ["<f8", "<f4"])
def test_fields(mzml: Build, spectrum_xml: Element, compress: bool, dtype: str) -> None:
    element = spectrum_xml(7, [200.25, 100.5], [2, 1], title="a &lt;b&gt;", charge=3, compress=compress, dtype=dtype)
    spectrum = opened(mzml([element], indexed=False)).read(0)
    assert (spectrum.mz.tolist(), spectrum.intensity.tolist()) == ([100.5, 200.25], [1, 2])
    assert spectrum.mz.dtype == np.float64
    assert (spectrum.title, spectrum.native_id, spectrum.scan) == ("a <b>", "controllerType=0 scan=7", 7)
    assert (spectrum.precursor_mz, spectrum.precursor_charge, spectrum.rt) == (500.5, 3, 90.0)


def test_survey_scans_are_counted_and_not_called_broken(mzml: Build, spectrum_xml: Element) -> None:
    spectra = opened(mzml([spectrum_xml(1, level=1), spectrum_xml(2), spectrum_xml(3, level=1)]))
    assert (len(spectra), spectra.not_ms2, spectra.problems) == (3, 2, [])
    assert [h.usable for h in spectra.headers()] == [False, True, False]
    with pytest.raises(SpectrumError, match="MS1 survey scan"):
        spectra.read(0)


def test_survey_level_from_a_param_group(mzml: Build, spectrum_xml: Element) -> None:
    group = (
        '|<referenceableParamGroupList count="1"><referenceableParamGroup id="g">'
        '<cvParam cvRef="MS" accession="MS:1000511" name="ms level" value="1"/>'
        "</referenceableParamGroup></referenceableParamGroupList>"
    )
    element = spectrum_xml(1, level=None, extra='<referenceableParamGroupRef ref="g"/>')
    assert opened(mzml([element], head=group)).not_ms2 == 1
    (problem,) = opened(mzml([element])).problems  # the group is not there
    assert "cannot be decoded" in problem.reason


@pytest.mark.parametrize(
    ("changes", "note"),
    [({"charge": None}, NO_CHARGE), ({"charge": 0}, NO_CHARGE), ({"precursor": None}, NO_PRECURSOR)],
)
def test_no_charge_or_precursor_is_a_note(mzml: Build, spectrum_xml: Element, changes: dict, note: str) -> None:
    spectra = opened(mzml([spectrum_xml(1, **changes)]))
    assert spectra.problems == []
    assert note in spectra.read(0).notes


def test_isolation_window_stands_in_for_the_selected_ion(mzml: Build, spectrum_xml: Element) -> None:
    element = spectrum_xml(1, precursor=None).replace(
        "<precursor>",
        '<precursor><isolationWindow><cvParam cvRef="MS" accession="MS:1000827" name="isolation window target m/z" '
        'value="512.5"/></isolationWindow>',
    )
    spectrum = opened(mzml([element])).read(0)
    assert spectrum.precursor_mz == 512.5
    assert any("isolation window" in note for note in spectrum.notes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mz": [], "intensity": []}, "The spectrum has no peaks."),
        ({"intensity": [1, np.nan]}, "Every intensity must be finite"),
        ({"intensity": [1, -2]}, "not negative"),
        ({"mz": [-1, 5]}, "positive"),
        ({"intensity": [1, 2, 3]}, "There are 2 m/z values but 3 intensities."),
        ({"arrays": ""}, "The m/z array is missing."),
        ({"extra": "<cvParam"}, "cannot be decoded (XMLSyntaxError"),
        ({"extra": "&lol;"}, "cannot be decoded (XMLSyntaxError"),
    ],
)
def test_a_bad_spectrum_is_listed_and_the_rest_stays_usable(
    mzml: Build, spectrum_xml: Element, changes: dict, reason: str
) -> None:
    spectra = opened(mzml([spectrum_xml(1), spectrum_xml(2, **changes), spectrum_xml(3)]))
    (problem,) = spectra.problems
    assert problem.index == 1
    assert reason in problem.reason
    with pytest.raises(SpectrumError, match=r"run\.mzML, spectrum 2"):
        spectra.read(1)
    assert [spectra.read(i).scan for i in (0, 2)] == [1, 3]


def test_damaged_base64_and_zlib_are_problems_and_not_other_peaks(mzml: Build, spectrum_xml: Element) -> None:
    whole = spectrum_xml(1, np.arange(1, 200.0), np.ones(199), compress=True)
    start = whole.index("<binary>") + 8
    for damaged in (
        whole[: start + 40] + "*" + whole[start + 41 :],
        whole[: start + 40] + whole[start + 44 :],
        whole[: start + 40] + whole[whole.index("</binary>") :],
    ):
        (problem,) = opened(mzml([damaged])).problems
        assert problem.reason.startswith("The spectrum cannot be decoded")


def test_an_array_that_unpacks_without_end_is_refused(
    mzml: Build, spectrum_xml: Element, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEPLOSS_MAX_PEAKS", "6000")
    element = spectrum_xml(1, np.ones(20_000), np.ones(20_000), compress=True)
    (problem,) = opened(mzml([element])).problems
    assert "At most 6,000 peaks of a spectrum are read" in problem.reason
    assert "PEPLOSS_MAX_PEAKS" in problem.reason


def profile(n_peaks: int = 6) -> tuple[np.ndarray, np.ndarray]:
    centres = np.linspace(200, 900, n_peaks)
    offsets = np.arange(-4, 5) * 0.01
    mz = (centres[:, None] + offsets).ravel()
    return mz, np.tile(np.exp(-0.5 * (offsets / 0.015) ** 2), n_peaks)


def test_profile_mode_is_refused_where_it_is_declared_and_true(mzml: Build, spectrum_xml: Element) -> None:
    mz, intensity = profile()
    spectra = opened(
        mzml(
            [
                spectrum_xml(1, mz, intensity, mode="profile spectrum"),
                spectrum_xml(2, mode="profile spectrum"),
                spectrum_xml(3, mz, intensity, mode=""),
                spectrum_xml(4, mz, intensity),
            ]
        )
    )
    (problem,) = spectra.problems
    assert problem.index == 0
    assert "profile mode" in problem.reason
    notes = [" ".join(h.notes) for h in spectra.headers()]
    assert "Declared as profile mode, but its peaks are centroided" in notes[1]
    assert "look like profile-mode samples" in notes[2]
    assert notes[3] == ""


def test_entities_never_expand_and_nothing_is_fetched(mzml: Build, spectrum_xml: Element, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    bomb = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    doctype = f'<!DOCTYPE mzML [<!ENTITY l0 "lol">{bomb}<!ENTITY file SYSTEM "{secret.as_uri()}">]>|'
    spectra = opened(
        mzml([spectrum_xml(1, title="&l11;"), spectrum_xml(2, title="&file;"), spectrum_xml(3)], head=doctype)
    )
    assert [p.index for p in spectra.problems] == [0, 1]
    assert "secret" not in repr(spectra.headers())
    assert spectra.read(2).scan == 3


def test_one_spectrum_of_a_large_file_is_read_without_the_others(mzml: Build, spectrum_xml: Element) -> None:
    peaks = np.linspace(100, 1900, 1500)
    data = mzml([spectrum_xml(i, peaks, peaks) for i in range(1, 301)])
    assert len(data) > 9_000_000
    with opened(data) as spectra:
        assert len(spectra) == 300
        assert spectra.notes == ()
        assert spectra.bytes_read < 0.02 * len(data)
        before = spectra.bytes_read
        assert spectra.read(150).scan == 151
        assert spectra.bytes_read - before < 0.005 * len(data)


def test_a_spectrum_larger_than_a_piece(mzml: Build, spectrum_xml: Element, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(element_file, "_PIECE", 37)
    with opened(mzml([spectrum_xml(1), spectrum_xml(2)])) as spectra:
        assert spectra.problems == []
        assert spectra.read(1).scan == 2


@pytest.mark.parametrize("indexed", [True, False])
def test_a_truncated_file_keeps_the_spectra_before_the_cut(mzml: Build, spectrum_xml: Element, indexed: bool) -> None:
    data = mzml([spectrum_xml(i) for i in (1, 2, 3)], indexed=indexed)
    third = data.index(b'index="2"')
    for cut in (third + 60, data.index(b"<binary>", third) + 10, data.rindex(b"</spectrum>") + 5):
        with opened(data[:cut]) as spectra:
            assert [p.index for p in spectra.problems] == [2]
            assert spectra.problems[0].reason == "The file ends inside this spectrum."
            assert [spectra.read(i).scan for i in (0, 1)] == [1, 2]
            assert any("cut short" in n for n in spectra.notes)
            assert any("no index" in n for n in spectra.notes)


def test_no_spectra(mzml: Build) -> None:
    with pytest.raises(SourceError, match="mzML but holds no spectra"):
        opened(mzml([], indexed=False))


def test_latin_1_text(mzml: Build, spectrum_xml: Element) -> None:
    data = mzml([spectrum_xml(1, title="Zürich")]).decode().replace('encoding="utf-8"', 'encoding="ISO-8859-1"')
    assert opened(data.encode("latin-1")).read(0).title == "Zürich"
