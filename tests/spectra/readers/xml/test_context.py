"""Survey scan, isolation window and ion current come from the file as they were written, and no more of it is read."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import numpy as np
import pytest

from peploss.errors import SpectrumError
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import samples_folder
from peploss.spectra.survey import LOOK_BACK, centroided

MS1 = (np.array([500.0, 500.25, 500.5016, 501.0033]), np.array([5.0, 50.0, 40.0, 20.0]))
MS2 = (np.array([147.1128, 276.1554]), np.array([1.0, 2.0]))


def packed(values: np.ndarray, bits: int = 64) -> str:  # type: ignore[type-arg]
    kind = "<f8" if bits == 64 else "<f4"
    return base64.b64encode(zlib.compress(values.astype(kind).tobytes())).decode()


def mzml_spectrum(number: int, level: int, peaks: tuple[np.ndarray, np.ndarray], rt: float, *, ref: str = "",  # type: ignore[type-arg]
                  window: float | None = 1.0, tic: float | None = 1e6, unit: str = "minute") -> str:  # fmt: skip
    arrays = "".join(
        f'<binaryDataArray encodedLength="0"><cvParam accession="MS:1000523" name="64-bit float"/>'
        f'<cvParam accession="MS:1000574" name="zlib compression"/><cvParam accession="{acc}" name="{name}"/>'
        f"<binary>{packed(values)}</binary></binaryDataArray>"
        for values, acc, name in zip(peaks, ("MS:1000514", "MS:1000515"), ("m/z array", "intensity array"), strict=True)
    )
    offsets = "" if window is None else (
        f'<isolationWindow><cvParam accession="MS:1000827" name="isolation window target m/z" value="500.5"/>'
        f'<cvParam accession="MS:1000828" name="isolation window lower offset" value="{window}"/>'
        f'<cvParam accession="MS:1000829" name="isolation window upper offset" value="{window}"/></isolationWindow>'
    )  # fmt: skip
    named = f' spectrumRef="{ref}"' if ref else ""
    precursor = "" if level == 1 else (
        f'<precursorList count="1"><precursor{named}>{offsets}<selectedIonList count="1"><selectedIon>'
        '<cvParam accession="MS:1000744" name="selected ion m/z" value="500.25"/>'
        '<cvParam accession="MS:1000041" name="charge state" value="2"/></selectedIon></selectedIonList>'
        "<activation/></precursor></precursorList>"
    )  # fmt: skip
    current = "" if tic is None else f'<cvParam accession="MS:1000285" name="total ion current" value="{tic}"/>'
    code = {"minute": "UO:0000031", "second": "UO:0000010"}[unit]
    return (
        f'<spectrum index="{number - 1}" id="scan={number}" defaultArrayLength="{peaks[0].size}">'
        f'<cvParam accession="MS:1000511" name="ms level" value="{level}"/>'
        f'<cvParam accession="MS:1000127" name="centroid spectrum" value=""/>{current}'
        f'<scanList count="1"><scan><cvParam accession="MS:1000016" name="scan start time" value="{rt}" '
        f'unitAccession="{code}" unitName="{unit}"/></scan></scanList>{precursor}'
        f'<binaryDataArrayList count="2">{arrays}</binaryDataArrayList></spectrum>'
    )


def mzml(path: Path, spectra: list[str]) -> Path:
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?><mzML xmlns="http://psi.hupo.org/ms/mzml" version="1.1.0"><run>'
        f'<spectrumList count="{len(spectra)}">{"".join(spectra)}</spectrumList></run></mzML>'
    )
    return path


def mzxml_scan(number: int, level: int, peaks: tuple[np.ndarray, np.ndarray], rt: float, ref: int | None = None) -> str:  # type: ignore[type-arg]
    pairs = base64.b64encode(np.stack(peaks, axis=1).astype(">f4").tobytes()).decode()
    seen = "" if ref is None else f' precursorScanNum="{ref}"'
    of = "" if level == 1 else f'<precursorMz{seen} precursorCharge="2" windowWideness="2.0">500.25</precursorMz>'
    return (
        f'<scan num="{number}" msLevel="{level}" peaksCount="{peaks[0].size}" polarity="+" centroided="1" '
        f'retentionTime="PT{rt}S" totIonCurrent="{1000 * number}">{of}<peaks precision="32" byteOrder="network" '
        f'contentType="m/z-int">{pairs}</peaks></scan>'
    )


def mzxml(path: Path, scans: list[str]) -> Path:
    path.write_text(f'<?xml version="1.0"?><mzXML><msRun scanCount="{len(scans)}">{"".join(scans)}</msRun></mzXML>')
    return path


@pytest.fixture(params=["mzML", "mzXML"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    other = (MS1[0] + 10, MS1[1])
    if request.param == "mzML":
        return mzml(tmp_path / "run.mzML", [
            mzml_spectrum(1, 1, MS1, 1.0), mzml_spectrum(2, 1, other, 2.0, tic=2e6),
            mzml_spectrum(3, 2, MS2, 2.1, ref="scan=1"), mzml_spectrum(4, 2, MS2, 2.2, window=None),
        ])  # fmt: skip
    scans = [
        mzxml_scan(1, 1, MS1, 60.0), mzxml_scan(2, 1, other, 120.0), mzxml_scan(3, 2, MS2, 126.0, ref=1),
        mzxml_scan(4, 2, MS2, 132.0),
    ]  # fmt: skip
    return mzxml(tmp_path / "run.mzXML", scans)


def test_the_named_survey_scan_and_the_last_one_before(run: Path) -> None:
    with open_spectra(run) as file:
        named, last = file.context(2), file.context(3)
        assert named is not None and named.survey is not None  # noqa: PT018
        np.testing.assert_allclose(named.survey.mz, MS1[0], atol=1e-4)
        np.testing.assert_allclose(named.survey.intensity, MS1[1])
        assert named.survey.named
        assert last is not None and last.survey is not None  # noqa: PT018
        assert not last.survey.named
        assert last.survey.mz[0] == pytest.approx(510.0)
        assert last.survey.rt == pytest.approx(120.0)


def test_the_isolation_window_is_the_files(run: Path) -> None:
    with open_spectra(run) as file:
        found = file.context(2)
        assert found is not None and found.isolation is not None  # noqa: PT018
        centre = 500.5 if run.suffix == ".mzML" else 500.25
        assert (found.isolation.low, found.isolation.high) == pytest.approx((centre - 1, centre + 1))
        if run.suffix == ".mzML":
            other = file.context(3)
            assert other is not None
            assert other.isolation is None


def test_the_ion_current_is_that_of_survey_scans_in_seconds(run: Path) -> None:
    with open_spectra(run) as file:
        current = file.ion_current()
    assert current is not None
    assert current.rt.tolist() == pytest.approx([60.0, 120.0])
    assert current.current.tolist() == ([1e6, 2e6] if run.suffix == ".mzML" else [1000.0, 2000.0])
    assert current.n_looked_at == 4


def test_a_file_without_survey_scans_says_none() -> None:
    with open_spectra(samples_folder() / "native" / "test_spectra.mzML") as file:
        found = file.context(3)
        assert found is not None
        assert found.survey is None
        assert found.isolation is not None
        assert file.ion_current() is None
    with open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf") as file:
        assert file.context(0) is None
        assert file.ion_current() is None


def test_no_more_is_read_than_so_many_entries_back(tmp_path: Path) -> None:
    spectra = [mzml_spectrum(1, 1, MS1, 1.0), *(mzml_spectrum(i, 2, MS2, 1.0 + i) for i in range(2, LOOK_BACK + 20))]
    with open_spectra(mzml(tmp_path / "long.mzML", spectra)) as file:
        near, far = file.context(LOOK_BACK - 1), file.context(LOOK_BACK + 10)
        assert near is not None and near.survey is not None  # noqa: PT018
        assert far is not None
        assert far.survey is None


def test_a_damaged_survey_scan_is_told(tmp_path: Path) -> None:
    bad = mzml_spectrum(1, 1, MS1, 1.0).replace("<binary>", "<binary>AAAA", 1)
    with open_spectra(mzml(tmp_path / "bad.mzML", [bad, mzml_spectrum(2, 2, MS2, 1.1)])) as file:
        with pytest.raises(SpectrumError, match="survey scan cannot be"):
            file.context(1)
        assert len(file.read(1)) == 2  # the spectrum itself is fine


def test_of_a_profile_each_peak_gives_one_sample() -> None:
    mz = np.arange(500.0, 501.0, 0.004)
    shape = sum(h * np.exp(-((mz - c) ** 2) / (2 * 0.008**2)) for c, h in ((500.2, 5.0), (500.7, 2.0), (500.5, 1.0)))
    peak, height = centroided(mz, np.asarray(shape))
    strong = height > 0.5
    np.testing.assert_allclose(peak[strong], [500.2, 500.5, 500.7], atol=0.003)
    same = centroided(*MS1)
    assert same[0].tolist() == MS1[0].tolist()
