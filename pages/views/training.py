"""Training: what does my model's loss do, and why is it stuck?"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from peploss.analysis.tuning.psm_set import Psm
from peploss.errors import PeplossError
from peploss.explorer.shell import controls, link, state
from peploss.explorer.shell.text import sentence
from peploss.explorer.sources import current
from peploss.explorer.sources.source import Source
from peploss.explorer.training import by_hand, curriculum, curves, descent, sample, samples, sidebar
from peploss.explorer.training.curves import Look
from peploss.explorer.training.shown import STATE, TABS
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum


def page() -> None:
    """The whole page; a problem is told in its own place and the rest stays."""
    link.sync()
    STATE.begin()
    with st.sidebar:
        st.subheader("Run and Sample")
        look = sidebar.choose()
        st.subheader("By hand, Descent, Curriculum")
        source, problem = current.choose_source()
        settings, left_out = controls.choose_settings()
    home = current.settle(source) if source is not None else 0
    if left_out:
        st.warning(left_out, icon=":material/tune:")
    _body(look, source, problem, settings, home)


@st.fragment(key="training-body")
def _body(
    look: Look | None, source: Source | None, problem: PeplossError | None, base: LossSettings, home: int
) -> None:
    STATE.again()
    see = STATE.now().see or TABS[0]
    tabs = dict(zip(TABS, st.tabs(TABS, key=STATE.put("see", see, TABS[0]), on_change="rerun"), strict=True))
    for name, draw in (("Run", _run), ("Sample", sample.draw)):
        if tabs[name].open:
            with tabs[name]:
                _of_run(look, draw)
    settings = state.view().settings(base)
    spectrum = None
    for name, draw_one in (("By hand", by_hand.draw), ("Descent", descent.draw), ("Curriculum", _curriculum)):
        if tabs[name].open:
            with tabs[name]:
                spectrum = _of_one(source, problem, settings, draw_one)
    STATE.end()
    if source is not None:
        link.write(home, (spectrum.peptide or "") if spectrum else "")


def _of_run(look: Look | None, draw: Callable[[Look], None]) -> None:
    if look is None:
        st.info("Choose a run in the sidebar.", icon=":material/arrow_back:")
        return
    try:
        draw(curves.look_at(look.run, look.key))
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")


def _run(look: Look) -> None:
    samples.filter_line(look)
    curves.draw(look)
    samples.draw(look)


def _curriculum(psm: Psm, settings: LossSettings, key: str) -> None:
    curriculum.draw(psm, settings.sigma if settings.sigma_unit == "Da" else LossSettings.sigma)


def _of_one(
    source: Source | None,
    problem: PeplossError | None,
    settings: LossSettings,
    draw: Callable[[Psm, LossSettings, str], None],
) -> Spectrum | None:
    """A tab about one spectrum: the line that finds it, and what is drawn of it. Returns that spectrum."""
    if source is None:
        current.nothing_open(problem)
        return None
    current.follow(source, settings)
    spectrum = current.spectrum_of(source)
    text, peptide = current.candidate(source, spectrum, settings)
    if spectrum is None or peptide is None:
        if spectrum is not None and not text:
            st.info("Type a peptide above.", icon=":material/edit:")
        return spectrum
    try:
        with st.container(key=current.SHOWN):
            draw(Psm(spectrum, peptide), settings, f"{current.key_of(source)}|{spectrum.index}|{peptide.text}")
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
    return spectrum


page()
