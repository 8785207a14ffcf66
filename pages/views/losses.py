"""Losses: would another loss be calmer, and is the claim true?"""

from __future__ import annotations

from functools import partial

import streamlit as st

from peploss.explorer import warm
from peploss.explorer.losses import calm, chosen, claims, one, smooth, whole_set
from peploss.explorer.shell import link
from peploss.explorer.shell.bound_tabs import bound_tabs
from peploss.explorer.sources import current, frame
from peploss.explorer.sources.source import Source
from peploss.explorer.tune import state as tune_state
from peploss.settings import LossSettings

TABS = ("One spectrum", "Set", "Variance", "Smoothness", "Claims")


def page() -> None:
    """The whole page; a problem is told in its own place and the rest stays."""
    link.sync()
    frame.opened(_body)


_one = partial(frame.one_spectrum, to_see="it under every loss")


@st.fragment(key=chosen.BODY)
def _body(source: Source, base: LossSettings, home: int) -> None:
    settings = tune_state.sliders().settings(base)
    current.follow(source, settings)
    spectrum = current.spectrum_of(source)
    if not warm.ready():
        frame.compiling()
        return
    tabs = bound_tabs(TABS, "see")
    if tabs["One spectrum"].open:
        with tabs["One spectrum"]:
            if _one(source, spectrum, settings, one.draw):
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
            _one(source, spectrum, settings, smooth.draw)
    if tabs["Claims"].open:
        with tabs["Claims"]:
            claims.draw()
    link.write(home, (spectrum.peptide or "") if spectrum else "")


page()
