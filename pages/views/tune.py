"""Tune: which sigma and which bin width?"""

from __future__ import annotations

from functools import partial

import streamlit as st

from peploss.explorer import warm
from peploss.explorer.shell import link
from peploss.explorer.shell.bound_tabs import bound_tabs
from peploss.explorer.shell.boxes import BOXES
from peploss.explorer.sources import current, frame
from peploss.explorer.sources.source import Source
from peploss.explorer.tune import advice, chosen_set, one_spectrum, reach, set_landscape
from peploss.explorer.tune import errors as tune_errors
from peploss.explorer.tune import state as tune_state
from peploss.explorer.tune import weights as tune_weights
from peploss.settings import LossSettings

TABS = ("One spectrum", "Reach", "Set", "Recommendation", "Mass errors", "Ion weights")


def page() -> None:
    """The whole page; a problem is told in its own place and the rest stays."""
    link.sync()
    tune_weights.sidebar_is_drawn()
    frame.opened(_body)


@st.fragment(key=tune_state.BODY)
def _body(source: Source, base: LossSettings, home: int) -> None:
    BOXES.again()
    settings = tune_state.sliders().settings(base)
    current.follow(source, settings)
    spectrum = current.spectrum_of(source)
    if not warm.ready():
        frame.compiling()
        return
    tabs = bound_tabs(TABS, "part")
    about = settings.replace(sigma=1.0, sigma_unit="Da", bin_width=1.0).to_toml()
    for name, draw in (("One spectrum", one_spectrum.draw), ("Reach", reach.draw)):
        if tabs[name].open:
            with tabs[name]:
                frame.one_spectrum(source, spectrum, settings, draw, to_see="its landscape", about=about)
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


page()
