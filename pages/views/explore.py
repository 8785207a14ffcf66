"""Explore: why is this loss what it is?"""

from __future__ import annotations

from typing import Final

import streamlit as st

from peploss.analysis.loss_comparison.drawn import draw
from peploss.analysis.one_psm.explanation import Explanation, explain
from peploss.analysis.tuning.psm_set import Psm
from peploss.errors import PeplossError
from peploss.explorer.browser import components
from peploss.explorer.explore import candidates, details, other_loss, payload, reference
from peploss.explorer.explore.candidates import Candidates
from peploss.explorer.figures.spectra import spectrum as figures
from peploss.explorer.shell import controls, frame, link, state
from peploss.explorer.shell.boxes import BOXES
from peploss.explorer.shell.text import sentence
from peploss.explorer.sources import current
from peploss.explorer.sources.source import Source
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

FOLLOW: Final = ("stage", "details")  # parts of the page that are drawn again by themselves


def page() -> None:
    """The whole page, top to bottom; a problem is told in its own place and the rest stays."""
    link.sync()
    with st.sidebar:
        source, problem = current.choose_source()
        settings, left_out = controls.choose_settings(follow_heights=FOLLOW)
        other = other_loss.choose()
    if source is None:
        current.nothing_open(problem)
        return
    home = current.settle(source)
    current.follow(source, settings)
    spectrum = current.spectrum_of(source)
    own = (spectrum.peptide or "") if spectrum else ""
    if spectrum is not None:
        frame.spectrum(spectrum.name, "Explore")
    text, peptide = current.candidate(source, spectrum, settings, left_out)
    if spectrum is None:
        return
    if peptide is None:
        _without_candidate(spectrum, text)
    else:
        with st.container(key=current.SHOWN):
            _stage(source, spectrum, peptide, settings, other)
            _details(source, spectrum, peptide, settings, home)
    link.write(home, own)


def _without_candidate(spectrum: Spectrum, text: str) -> None:
    components.figure(figures.observed_figure(spectrum), key="observed")
    if not text:
        st.info("Type a peptide above to see its fragments and its loss.", icon=":material/edit:")


@st.cache_resource(max_entries=24, show_spinner=False)
def _explained(
    source: str,
    place: int,
    peptide: str,
    like: str,
    settings_toml: str,
    _spectrum: Spectrum,
    _peptide: Peptide,
    _like: Peptide,
    _settings: LossSettings,
) -> Explanation:
    return explain(_spectrum, _peptide, _settings, like=_like)


def _explain(source: Source, spectrum: Spectrum, these: Candidates, base: LossSettings, at: int) -> Explanation:
    settings, peptide, first = state.view().settings(base), these.peptides[at], these.peptides[0]
    return _explained(
        current.key_of(source), spectrum.index, peptide.proforma, first.proforma, settings.to_toml(),
        spectrum, peptide, first, settings,
    )  # fmt: skip


def _settled() -> None:
    """The hand rests: the tabs and the link follow. A move that came in
    meanwhile shares this run, so the stage is in it, too."""
    st.rerun(FOLLOW)


@st.fragment(key="stage")
def _stage(source: Source, spectrum: Spectrum, peptide: Peptide, base: LossSettings, other: str) -> None:
    base = controls.with_heights(base)
    these = candidates.chosen(peptide, spectrum)
    right = reference.known(source, base)
    try:
        ex = _explain(source, spectrum, these, base, these.shown)
        beside = payload.ONE
        if len(these.peptides) > 1:
            found = candidates.compared(source, spectrum, these, ex.settings)
            beside = payload.Beside(candidates.rows(these, found, ex.settings))
            if these.below is not None:
                below = _explain(source, spectrum, these, base, these.below)
                alone = candidates.pair_of(these, found, ex.settings)
                beside = payload.Beside(beside.rows, below, alone, (these.shown + 1, these.below + 1))
        sure = candidates.confidence(source, spectrum, these.peptide)
        drawn = draw(ex, other)
    except PeplossError as error:
        st.error(sentence(error))
        reference.note_drawn(source, base, right is not None)
        return
    components.stage(
        payload.stage(
            ex,
            state.view(),
            source=current.key_of(source),
            reference=reference.payload(right, ex.settings, ex.loss),
            beside=beside,
            confidence=sure,
            other=drawn,
        ),
        key=state.STAGE,
        on_settled=_settled,
    )
    reference.note_drawn(source, base, right is not None)


@st.fragment(key="details")
def _details(source: Source, spectrum: Spectrum, peptide: Peptide, base: LossSettings, home: int) -> None:
    BOXES.again()
    base = controls.with_heights(base)
    link.write(home, spectrum.peptide or "")
    these = candidates.chosen(peptide, spectrum)
    try:
        ex = _explain(source, spectrum, these, base, these.shown)
    except PeplossError:
        return  # said above the plot
    details.tabs(
        ex, source, reference.known(source, base), lambda: candidates.tab(ex, source, spectrum, these, ex.settings)
    )
    reference.follow(source, base, Psm(spectrum, peptide))


page()
