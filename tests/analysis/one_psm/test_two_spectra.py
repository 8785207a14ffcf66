from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.analysis.one_psm.mzpaf import UNKNOWN, annotated
from peploss.analysis.one_psm.two_spectra import explain_spectra
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import samples_folder
from peploss.spectra.spectrum import Spectrum


@pytest.fixture(scope="module")
def two() -> tuple[Spectrum, Spectrum]:
    spectra = open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf")
    return spectra.read(spectra.ids.index("QC1.175")), spectra.read(0)


@pytest.mark.parametrize(
    "settings",
    [LossSettings(), LossSettings(sigma=20, sigma_unit="ppm", sqrt=True), LossSettings(top_n=10, ion_types=())],
)
def test_a_spectrum_against_itself_is_exactly_zero(two: tuple[Spectrum, Spectrum], settings: LossSettings) -> None:
    for one in two:
        told = explain_spectra(one, one, settings)
        assert told.loss == 0.0
        assert told.shared == (1.0, 1.0)
        assert [step.value for step in told.steps] == pytest.approx([0.0] * 4, abs=1e-12)


def test_it_is_the_loss_of_the_dense_definition(two: tuple[Spectrum, Spectrum], dense: Callable[..., float]) -> None:
    settings = LossSettings()
    told = explain_spectra(*two, settings)
    first, second = ((s.mz, s.intensity) for s in two)
    assert told.loss == pytest.approx(1 - dense(second, first, settings), abs=1e-9)
    assert told.loss == pytest.approx(explain_spectra(*reversed(two), settings).loss, abs=1e-12)
    assert sum(step.value for step in told.steps) == pytest.approx(told.loss, abs=1e-12)
    assert told.shares.fragment_loss.sum() + told.shares.peak_loss.sum() >= 0


def test_predicted_heights_play_no_part(two: tuple[Spectrum, Spectrum]) -> None:
    plain = explain_spectra(*two, LossSettings()).loss
    assert explain_spectra(*two, LossSettings(intensities="MS2PIP HCD2019")).loss == plain


def test_peaks_are_labelled_by_the_peptide_that_came_with_them(two: tuple[Spectrum, Spectrum]) -> None:
    told = explain_spectra(*two)
    assert len(told.labels[0]) == len(told.first)
    y5 = next(label for label in told.labels[0] if label.startswith("y5/"))
    assert y5.endswith("ppm")
    assert UNKNOWN in told.labels[0]
    bare = Spectrum(mz=np.array([147.1]), intensity=np.ones(1))
    assert annotated(bare, LossSettings()) == [UNKNOWN]
    named = Spectrum(mz=np.array([147.1133]), intensity=np.ones(1), peptide="PEK")
    assert annotated(named, LossSettings()) == ["y1/3.4ppm"]


@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_common_factor_changes_nothing(a: float, b: float) -> None:
    one = Spectrum(mz=np.array([100.05, 200.05]), intensity=a * np.array([1.0, 2.0]))
    other = Spectrum(mz=np.array([100.05, 300.05]), intensity=b * np.array([1.0, 2.0]))
    assert explain_spectra(one, other).loss == pytest.approx(0.8)


def test_nothing_in_common_and_nothing_on_the_grid() -> None:
    one = Spectrum(mz=np.array([100.05]), intensity=np.ones(1))
    far = Spectrum(mz=np.array([5000.0]), intensity=np.ones(1))
    assert explain_spectra(one, far).loss == 1.0
    assert [step.name for step in explain_spectra(one, far).steps] == [
        "intensity",
        "position",
        "missing and unexplained",
    ]
