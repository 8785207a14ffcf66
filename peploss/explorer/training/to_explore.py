"""From a logged sample to Explore: its spectrum as an upload of this session, the decoded peptide as the candidate."""

from __future__ import annotations

import io
import re

import streamlit as st

from peploss.errors import PeplossError, SpectrumError
from peploss.explorer.shell.text import sentence
from peploss.explorer.sources import uploads
from peploss.peptides.peptide import Peptide
from peploss.spectra.spectrum import Spectrum
from peploss.spectra.writers import to_mgf
from peploss.training.logged_run import LoggedSample, LoggedSpectrum


def button(sample: LoggedSample, tokens: tuple[str, ...], spectrum: LoggedSpectrum | None) -> None:
    """Draw the link; it cannot be followed where the run holds no peaks or the answer is no peptide, and says why."""
    page = st.Page("pages/views/explore.py", title="Explore", default=True)  # as app.py registers it
    try:
        decoded = _peptide(sample.decoded[-1], tokens)
        target = _peptide(sample.target, tokens) if len(sample.target) else decoded
        name = _kept(sample, target, spectrum)
    except PeplossError as error:
        st.page_link(page, label="Open in Explore", disabled=True, help=sentence(error))
        return
    query = {"source": "Upload", "uploaded": name, "peptide": decoded}
    told = "The decoded peptide on this spectrum; the right one is the spectrum's own."
    st.page_link(page, label="Open in Explore", icon=":material/open_in_new:", query_params=query, help=told)


def _peptide(ids: object, tokens: tuple[str, ...]) -> str:
    """Tokens as ProForma, special ones left out.

    Raises:
        PeptideError: they are no peptide.
    """
    text = "".join(tokens[int(i)] for i in ids if not tokens[int(i)].startswith("<"))  # type: ignore[attr-defined]
    return Peptide.parse(text).proforma


def _kept(sample: LoggedSample, target: str, spectrum: LoggedSpectrum | None) -> str:
    """Keep the spectrum as an upload of this session; returns its name."""
    if spectrum is None or not len(spectrum.mz):
        raise SpectrumError("The run holds no peaks of this sample.", remedy="Log them with log.add(peaks=...).")
    made = Spectrum(
        mz=spectrum.mz, intensity=spectrum.intensity, precursor_mz=spectrum.precursor_mz,
        precursor_charge=spectrum.charge, title=sample.id, peptide=target,
    )  # fmt: skip
    name = f"{re.sub(r'[^A-Za-z0-9._-]+', '_', sample.id)[:80]}.mgf"
    uploads.store().keep(uploads.owner(), name, io.BytesIO(to_mgf(made).encode()))
    return name
