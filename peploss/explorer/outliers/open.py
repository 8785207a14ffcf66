"""From a PSM of the set to Explore: a link to the same spectrum under the same settings, with its fix if asked for."""

from __future__ import annotations

import streamlit as st

from peploss.analysis.causes.counterfactuals.counterfactual import Counterfactual
from peploss.explorer.browser import components
from peploss.explorer.outliers import state as outliers_state
from peploss.explorer.shell import controls, state
from peploss.explorer.shell.boxes import link_of
from peploss.explorer.shell.text import escape_markdown
from peploss.explorer.shell.view import View
from peploss.explorer.sources import set_files
from peploss.explorer.sources.set_files import SetFile
from peploss.settings import LossSettings

_OPENING = "opening"


def button(
    chosen: SetFile, psm: int, settings: LossSettings, fix: Counterfactual | None = None, *, label: str, help: str = ""
) -> None:
    """Draw the link that opens a PSM in Explore; where Explore has no such setting, it cannot be followed and says why.

    Args:
        fix: a change to open it with.
    """
    page = st.Page("pages/views/explore.py", title="Explore", default=True)  # as app.py registers it
    whole = (fix.settings if fix else None) or settings
    if misfits := controls.misfits(whole):
        st.page_link(page, label=label, disabled=True, help=_why_not(psm, misfits))
    else:
        st.page_link(page, label=label, help=help or None, query_params=link(chosen, psm, whole, fix))


def follow(chosen: SetFile, settings: LossSettings) -> None:
    """Go to Explore if a click in a table asks to."""
    asked = outliers_state.asked()
    if asked is None:
        return
    if misfits := controls.misfits(settings):
        outliers_state.asked_no_more()
        st.error(_why_not(asked.psm, misfits), icon=":material/error:")
        return
    with st.container(key=_OPENING):
        button(chosen, asked.psm, settings, label=f"Opening PSM {asked.psm} in Explore")
    components.go(to=_OPENING, token=asked.token, key="go")


def link(
    chosen: SetFile, psm: int, settings: LossSettings, fix: Counterfactual | None = None
) -> dict[str, str | list[str]]:
    """The address in Explore that shows a PSM under these settings."""
    view = View(
        sigma=settings.sigma, unit=settings.sigma_unit, bin=settings.bin_width, shift=fix.shift if fix else None
    )
    place = {"i": str(psm + 1)} if psm else {}  # the first is where Explore starts
    peptide = {state.PEPTIDE: fix.peptide.text} if fix and fix.peptide else {}
    # Explore starts with the first set and leaves it out of its address: named here, it would be one more step back.
    named = {} if chosen.name == set_files.available().sets[0].name else {"psms": chosen.name}
    return {"source": "Set"} | named | link_of(settings) | place | view.link() | peptide


def _why_not(psm: int, misfits: list[str]) -> str:
    told = escape_markdown(", ".join(misfits))
    return (
        f"PSM {psm} cannot be opened as it was scored, with {told}: Explore has no such setting. "
        "Score the set with another."
    )
