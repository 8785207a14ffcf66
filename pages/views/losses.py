"""Losses: would another loss be calmer, and is the claim true?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from peploss.analysis.tuning.psm_set import Psm
from peploss.errors import PeplossError
from peploss.explorer import warm
from peploss.explorer.losses import calm, chosen, claims, one, smooth, whole_set
from peploss.explorer.shell import controls, link
from peploss.explorer.shell.text import sentence
from peploss.explorer.sources import current
from peploss.explorer.sources.sources import Source
from peploss.explorer.tune import state as tune_state
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

TABS = ("One spectrum", "Set", "Variance", "Smoothness", "Claims")


def page() -> None:
    """The whole page; a problem is told in its own place and the rest stays."""
    link.sync()
    with st.sidebar:
        source, problem = current.choose_source()
        settings, left_out = controls.choose_settings()
    if source is None:
        current.nothing_open(problem)
        return
    home = current.settle(source)
    if left_out:
        st.warning(left_out, icon=":material/tune:")
    _body(source, settings, home)


@st.fragment(key=chosen.BODY)
def _body(source: Source, base: LossSettings, home: int) -> None:
    settings = tune_state.sliders().settings(base)
    current.follow(source, settings)
    spectrum = current.spectrum_of(source)
    if not warm.ready():
        _compiling()
        return
    tabs = dict(zip(TABS, st.tabs(TABS, key="see", on_change="rerun", bind="query-params"), strict=True))
    if tabs["One spectrum"].open:
        with tabs["One spectrum"]:
            if _of_one(source, spectrum, settings, one.draw):
                chosen.watch(chosen.chosen(source, settings), one.among)
    if tabs["Set"].open:
        with tabs["Set"]:
            chosen.watch(chosen.chosen(source, settings), whole_set.draw)
    if tabs["Variance"].open:
        with tabs["Variance"]:
            which, stage, size = calm.choose()
            if which == calm.SYNTHETIC:
                calm.of_stage(stage, settings, size)
            else:
                draw = partial(calm.of_set, settings=settings, size=size)
                chosen.watch(chosen.chosen(source, settings), draw)
    if tabs["Smoothness"].open:
        with tabs["Smoothness"]:
            _of_one(source, spectrum, settings, smooth.draw)
    if tabs["Claims"].open:
        with tabs["Claims"]:
            claims.draw()
    link.write(home, (spectrum.peptide or "") if spectrum else "")


def _of_one(
    source: Source,
    spectrum: Spectrum | None,
    settings: LossSettings,
    draw: Callable[[Psm, LossSettings, str], None],
) -> bool:
    """A tab about one spectrum: the line that finds it, and what is drawn of it; whether anything was."""
    text, peptide = current.candidate(source, spectrum, settings)
    if spectrum is None or peptide is None:
        if spectrum is not None and not text:
            st.info("Type a peptide above to see it under every loss.", icon=":material/edit:")
        return False
    try:
        with st.container(key=current.SHOWN):
            draw(Psm(spectrum, peptide), settings, f"{current.key_of(source)}|{spectrum.index}|{peptide.text}")
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
        return False
    return True


@st.fragment(key="compiling", run_every=0.5)
def _compiling() -> None:
    if warm.ready():
        st.rerun()
    st.info(
        "The kernels are being compiled: the first time on a machine, this takes up to half a minute.",
        icon=":material/hourglass_top:",
    )


page()
