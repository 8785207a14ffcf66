"""One real comparison for the figures."""

from __future__ import annotations

import pytest

from peploss.analysis.one_psm.explanation import Explanation, explain
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import DEFAULT_FILE, DEFAULT_PEPTIDE, DEFAULT_TITLE, samples_folder
from peploss.spectra.spectrum import Spectrum


@pytest.fixture(scope="session")
def spectrum() -> Spectrum:
    with open_spectra(samples_folder() / DEFAULT_FILE) as spectra:
        return spectra.read(spectra.ids.index(DEFAULT_TITLE))


@pytest.fixture(scope="session")
def explained(spectrum: Spectrum) -> Explanation:
    return explain(spectrum, Peptide.parse(DEFAULT_PEPTIDE), LossSettings())
