"""The loss in one call is the loss that is taken apart."""

from __future__ import annotations

import pytest

from peploss import LossSettings, Peptide, PeptideError, diagnose, explain, loss_of, open_spectra
from peploss.spectra.samples import sample_files

SETTINGS = (
    LossSettings(),
    LossSettings(sigma=20.0, sigma_unit="ppm", ion_types=("a", "b", "y"), sqrt=True, top_n=30, remove_precursor=True),
)


@pytest.mark.parametrize("settings", SETTINGS)
def test_it_is_what_explain_and_diagnose_say(settings: LossSettings) -> None:
    with open_spectra(sample_files()[0].path) as spectra:
        for index in range(0, 40, 8):
            spectrum = spectra[index]
            peptide = Peptide.parse(str(spectrum.peptide))
            loss = loss_of(spectrum, peptide, settings)
            assert loss == explain(spectrum, peptide, settings).loss
            assert loss == pytest.approx(diagnose(spectrum, peptide, settings).loss, abs=1e-12)


def test_text_and_defaults() -> None:
    with open_spectra(sample_files()[0].path) as spectra:
        spectrum = spectra["QC1.175"]
    loss = loss_of(spectrum, Peptide.parse("VGEAAASGELRK"), LossSettings())
    assert loss == loss_of(spectrum, "VGEAAASGELRK") == explain(spectrum, "VGEAAASGELRK").loss
    assert diagnose(spectrum, "VGEAAASGELRK").loss == pytest.approx(loss, abs=1e-12)
    with pytest.raises(PeptideError, match="B stands for N or D"):
        loss_of(spectrum, "PEPTIDB")


def test_the_charge_of_the_candidate_counts_first() -> None:
    with open_spectra(sample_files()[0].path) as spectra:
        spectrum = spectra["QC1.175"]
    assert spectrum.precursor_charge == 2
    assert loss_of(spectrum, "VGEAAASGELRK/2") == loss_of(spectrum, "VGEAAASGELRK")
    assert loss_of(spectrum, "VGEAAASGELRK/3") > loss_of(spectrum, "VGEAAASGELRK")  # more fragments, none of them there
