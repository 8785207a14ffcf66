"""What the pages about a set and one of its spectra share: opening the source, waiting for the kernels, and a tab about
one spectrum."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from peploss.analysis.tuning.psm_set import Psm
from peploss.errors import PeplossError
from peploss.explorer import warm
from peploss.explorer.shell import controls
from peploss.explorer.shell.text import sentence
from peploss.explorer.sources import current
from peploss.explorer.sources.source import Source
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

Body = Callable[[Source, LossSettings, int], None]
DrawOne = Callable[[Psm, LossSettings, str], None]
"""From a spectrum with its peptide, settings, and a text that is the same for the same of both: what is drawn."""


def opened(body: Body) -> None:
    """The sidebar, then ``body`` with what is open there, or why nothing is."""
    with st.sidebar:
        source, problem = current.choose_source()
        settings, left_out = controls.choose_settings()
    if source is None:
        current.nothing_open(problem)
        return
    home = current.settle(source)
    if left_out:
        st.warning(left_out, icon=":material/tune:")
    body(source, settings, home)


def one_spectrum(
    source: Source, spectrum: Spectrum | None, settings: LossSettings, draw: DrawOne, *, to_see: str, about: str = ""
) -> bool:
    """A tab about one spectrum: the line that finds it, and what is drawn of it; whether anything was.

    Args:
        to_see: what a peptide is typed for: "Type a peptide above to see ...".
        about: of what else the drawing is made, for caches.
    """
    text, peptide = current.candidate(source, spectrum, settings)
    if spectrum is None or peptide is None:
        if spectrum is not None and not text:
            st.info(f"Type a peptide above to see {to_see}.", icon=":material/edit:")
        return False
    key = f"{current.key_of(source)}|{spectrum.index}|{peptide.text}|{about}"
    try:
        with st.container(key=current.SHOWN):
            draw(Psm(spectrum, peptide), settings, key)
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
        return False
    return True


@st.fragment(key="compiling", run_every=0.5)
def compiling() -> None:
    """Drawn while the kernels are compiled; the page comes by itself when they are."""
    if warm.ready():
        st.rerun()
    st.info(
        "The kernels are being compiled: the first time on a machine, this takes up to half a minute.",
        icon=":material/hourglass_top:",
    )
