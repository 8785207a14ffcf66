"""Tune: which sigma and which bin width?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from peploss.analysis.tuning.psm_set import Psm
from peploss.errors import PeplossError
from peploss.explorer import warm
from peploss.explorer.shell import controls, link
from peploss.explorer.shell.boxes import BOXES
from peploss.explorer.shell.text import sentence
from peploss.explorer.sources import current
from peploss.explorer.sources.sources import Source
from peploss.explorer.tune import advice, chosen_set, one_spectrum, reach, set_landscape
from peploss.explorer.tune import errors as tune_errors
from peploss.explorer.tune import state as tune_state
from peploss.explorer.tune import weights as tune_weights
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

TABS = ("One spectrum", "Reach", "Set", "Recommendation", "Mass errors", "Ion weights")


def page() -> None:
    """The whole page; a problem is told in its own place and the rest stays."""
    link.sync()
    tune_weights.sidebar_is_drawn()
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


@st.fragment(key=tune_state.BODY)
def _body(source: Source, base: LossSettings, home: int) -> None:
    BOXES.again()
    settings = tune_state.sliders().settings(base)
    current.follow(source, settings)
    spectrum = current.spectrum_of(source)
    if not warm.ready():
        _compiling()
        return
    tabs = dict(zip(TABS, st.tabs(TABS, key="part", on_change="rerun", bind="query-params"), strict=True))
    for name, draw in (("One spectrum", one_spectrum.draw), ("Reach", reach.draw)):
        if tabs[name].open:
            with tabs[name]:
                _of_one(source, spectrum, settings, draw)
    for name, draw_set in (
        ("Set", set_landscape.draw),
        ("Recommendation", advice.draw),
        ("Mass errors", tune_errors.draw),
        ("Ion weights", tune_weights.draw),
    ):
        if tabs[name].open:
            with tabs[name]:
                chosen_set.watch(
                    chosen_set.chosen(source, settings, chosen_set.job), partial(draw_set, settings=settings)
                )
    link.write(home, (spectrum.peptide or "") if spectrum else "")


def _of_one(
    source: Source,
    spectrum: Spectrum | None,
    settings: LossSettings,
    draw: Callable[[Psm, LossSettings, str], None],
) -> None:
    """A tab about one spectrum: the line that finds it, and what is drawn of it."""
    text, peptide = current.candidate(source, spectrum, settings)
    if spectrum is None or peptide is None:
        if spectrum is not None and not text:
            st.info("Type a peptide above to see its landscape.", icon=":material/edit:")
        return
    base = settings.replace(sigma=1.0, sigma_unit="Da", bin_width=1.0).to_toml()
    try:
        with st.container(key=current.SHOWN):
            draw(Psm(spectrum, peptide), settings, f"{current.key_of(source)}|{spectrum.index}|{peptide.text}|{base}")
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")


@st.fragment(key="compiling", run_every=0.5)
def _compiling() -> None:
    if warm.ready():
        st.rerun()
    st.info(
        "The landscapes' kernels are being compiled: the first time on a machine, this takes up to half a minute.",
        icon=":material/hourglass_top:",
    )


page()
