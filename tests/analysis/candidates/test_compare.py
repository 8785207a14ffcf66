from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss.analysis.candidates.compare import MOST, compare_candidates
from peploss.analysis.causes.diagnosis import diagnose
from peploss.analysis.one_psm.explanation import explain
from peploss.errors import ArgumentError, PeptideError
from peploss.intensities.from_file import COLUMNS
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import samples_folder
from peploss.spectra.spectrum import Spectrum


@pytest.fixture(scope="module")
def spectrum() -> Spectrum:
    spectra = open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf")
    return spectra.read(spectra.ids.index("QC1.175"))


@pytest.mark.parametrize(
    "settings", [LossSettings(), LossSettings(sigma=30, sigma_unit="ppm", neutral_losses=("H2O",))]
)
def test_every_number_is_the_one_that_explain_and_diagnose_give(spectrum: Spectrum, settings: LossSettings) -> None:
    texts = [str(spectrum.peptide), "VGEAAASGELR", "PEPTIDEK/3"]
    compared = compare_candidates(spectrum, texts, settings)
    for text, one in zip(texts, compared, strict=True):
        told = explain(spectrum, text, settings)
        assert one.loss == pytest.approx(told.loss, abs=1e-12)
        assert one.difference == pytest.approx(one.loss - compared[0].loss, abs=1e-15)
        assert (one.n_matched, one.n_matchable) == (told.n_matched, told.n_matchable)
        assert one.explained == pytest.approx(told.explained_intensity, abs=1e-12)
        assert told.precursor is not None
        assert one.ppm == pytest.approx(told.precursor.ppm)
        decoys = diagnose(spectrum, text, settings).what_if.decoys
        assert (one.n_lower, one.n_decoys) == (int((decoys <= told.loss).sum()), decoys.size)
    assert compared[0].rank_text == "1 of 41"


def test_leucine_for_isoleucine_changes_nothing(spectrum: Spectrum) -> None:
    first, second = compare_candidates(spectrum, ["VGEAAASGELR", "VGEAAASGEIR"])
    assert second.difference == 0.0
    assert first.loss == second.loss


def test_a_candidate_without_a_prediction_takes_the_first_ones(tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = [("PEPTIDEK", 2, "y", k, 1, "", float(k)) for k in range(1, 8)]
    path = tmp_path_factory.mktemp("heights") / "predictions.parquet"
    pq.write_table(pa.table({name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}), path)
    settings = LossSettings(intensities=f"file:{path}")
    spectrum = Spectrum(
        mz=np.array([147.1128, 276.1554]), intensity=np.ones(2), precursor_charge=2, precursor_mz=464.73
    )
    own, other, longer = compare_candidates(spectrum, ["PEPTIDEK", "EPPTIDEK", "PEPTIDDEK"], settings)
    assert own.note is None
    assert other.note is not None
    assert other.note.endswith("Its heights are those of PEPTIDEK, ion by ion.")
    assert np.array_equal(other.fragments.intensity, own.fragments.intensity)
    assert longer.source == "uniform"
    told = explain(spectrum, "EPPTIDEK", settings, like=Peptide.parse("PEPTIDEK"))
    assert told.loss == pytest.approx(other.loss, abs=1e-12)


def test_what_cannot_be_compared(spectrum: Spectrum) -> None:
    with pytest.raises(ArgumentError, match="1 to 8 candidates can be compared, not 0"):
        compare_candidates(spectrum, [])
    with pytest.raises(ArgumentError, match="not 9"):
        compare_candidates(spectrum, ["PEK"] * (MOST + 1))
    with pytest.raises(PeptideError):
        compare_candidates(spectrum, ["PEK", "PEZZ"])


def test_a_peptide_of_one_residue_has_no_decoys(spectrum: Spectrum) -> None:
    (one,) = compare_candidates(spectrum, ["K"])
    assert (one.rank_text, one.loss) == ("no decoys", 1.0)
