from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.tuning.calibration import MAD_TO_SIGMA, calibrate, robust_spread
from peploss.analysis.tuning.psm_set import Psm, predicted, sample_psms
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

TEXTS = ["VGEAAASGELRK/2", "LAMTLAEAERTK/2", "HTLNQIDSVK/2", "EREESIEEMHHADK/2", "AEFVEVTKLVTDLTK/2"] * 6


def psms(unit: str, offset: float, sigma: float, noise: int = 20, seed: int = 0, seen: float = 1.0) -> list[Psm]:
    rng = np.random.default_rng(seed)
    out = []
    for text in TEXTS:
        peptide = Peptide.parse(text)
        ions = predicted(Psm(Spectrum(mz=np.ones(1), intensity=np.ones(1)), peptide), LossSettings())[0]
        error = rng.normal(offset, sigma, ions.size) * (1 if unit == "Da" else ions * 1e-6)
        there = rng.random(ions.size) < seen
        mz = np.concatenate([(ions + error)[there], rng.uniform(100, 1500, noise)])
        out.append(Psm(Spectrum(mz=mz, intensity=rng.gamma(1, 1, mz.size)), peptide, text[0]))
    return out


@pytest.mark.parametrize(("unit", "offset", "sigma"), [("Da", 0.03, 0.08), ("Da", 0.0, 0.01), ("ppm", 2.0, 5.0)])
def test_finds_the_offset_and_spread_that_were_put_in(unit, offset, sigma) -> None:
    found = calibrate(psms(unit, offset, sigma), LossSettings())
    spread = found.spread
    assert found.unit == unit == spread.unit
    assert spread.offset == pytest.approx(offset, abs=0.15 * sigma)
    assert spread.sigma == pytest.approx(sigma, rel=0.15)
    assert found.suggested_sigma == spread.sigma
    assert found.n_spectra == 30
    assert spread.low <= spread.offset <= spread.high
    kept = np.sqrt(2 * sigma**2 / (2 * sigma**2 + sigma**2))  # of a normal distribution at sigma itself
    if offset == 0:
        assert found.overlap_kept(sigma, unit) == pytest.approx(kept, abs=0.03)
    assert found.overlap_kept(10 * sigma, unit) > 0.98


def test_chance_matches_do_not_widen_it() -> None:
    few, many = (calibrate(psms("ppm", 1.0, 5.0, noise, seen=0.6), LossSettings()) for noise in (5, 400))
    assert many.ppm.sigma == pytest.approx(few.ppm.sigma, rel=0.25)
    assert many.error_da.size > 1.1 * few.error_da.size


def test_errors_are_those_of_mutual_nearest_pairs() -> None:
    peptide = Peptide.parse("PEPTIDEK/2")
    ions = predicted(Psm(Spectrum(mz=np.ones(1), intensity=np.ones(1)), peptide), LossSettings())[0]
    moved = Psm(Spectrum(mz=ions + 0.02, intensity=np.arange(1.0, 15.0)), peptide)
    found = calibrate([moved], LossSettings(sigma=0.001))  # sigma plays no part
    np.testing.assert_allclose(found.error_da, 0.02, atol=1e-9)
    np.testing.assert_allclose(found.error_ppm, 0.02 / (found.mz - 0.02) * 1e6)
    assert found.intensity.max() == 1
    assert found.spread is None
    assert found.suggested_sigma is None
    assert found.overlap_kept(0.1, "Da") is None
    assert calibrate([moved], LossSettings(), window=0.01).error_da.size == 0


def test_mad_is_that_of_a_normal_distribution() -> None:
    error = np.random.default_rng(0).normal(0.5, 2.0, 200_000)
    spread = robust_spread(error, "Da")
    assert spread.sigma == pytest.approx(2.0, rel=0.01)
    assert spread.offset == pytest.approx(0.5, abs=0.02)
    assert pytest.approx(1 / 0.674489750196082, rel=1e-12) == MAD_TO_SIGMA


def test_errors_all_alike_suggest_nothing() -> None:
    assert robust_spread(np.full(30, 0.1), "Da").sigma == 0
    assert robust_spread(np.zeros(3), "Da") is None


def test_histogram_and_groups() -> None:
    found = calibrate(psms("Da", 0.0, 0.05), LossSettings())
    edges, counts = found.histogram("Da", bins=40)
    assert edges.shape == (41,)
    assert counts.sum() <= found.error_da.size
    assert edges[0] < found.da.low
    assert edges[-1] > found.da.high
    own = found.of_group("H")
    assert own.error_da.size == (found.group == "H").sum() > 0
    assert own.da.sigma == pytest.approx(found.da.sigma, rel=0.4)


def test_no_spectra_and_bad_windows() -> None:
    found = calibrate([], LossSettings())
    assert found.error_da.size == found.histogram("ppm")[1].sum() == 0
    with pytest.raises(ValueError, match="window"):
        calibrate([], LossSettings(), window=0.0)


def test_built_in_instruments_are_what_they_are() -> None:
    hcd = calibrate(sample_psms(["hcd_qe_openms_qc.mgf"]), LossSettings())
    trap = calibrate(sample_psms(["cid_iontrap_openms_ecoli.mgf"]), LossSettings())
    assert (hcd.unit, trap.unit) == ("ppm", "Da")
    assert 1 < hcd.suggested_sigma < 5
    assert 0.05 < trap.suggested_sigma < 0.2
