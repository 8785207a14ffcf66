"""From a PSM of the set to Explore: the same spectrum under the same settings, with its fix where asked for."""

from __future__ import annotations

import streamlit as st

from peploss.errors import PeplossError
from peploss.explorer.outliers import psm as outliers_psm
from peploss.explorer.outliers import state as outliers_state
from peploss.explorer.shell import controls, state
from peploss.explorer.shell.set_files import SetFile
from peploss.explorer.shell.text import escape_markdown
from peploss.settings import LossSettings
from peploss.spectra.shift import Shift

EXPLORE = "pages/views/explore.py"


def follow(chosen: SetFile, settings: LossSettings, seed: int) -> None:
    """Go to Explore if a PSM is to be opened there."""
    asked = outliers_state.asked()
    if asked is None:
        return
    peptide, shift = None, None
    if asked.fixed:
        try:
            fix = outliers_psm.diagnosis(chosen, asked.psm, settings, seed).fix
        except PeplossError:
            fix = None  # said where it was asked for; the PSM opens as it is
        if fix is not None:
            settings, shift = fix.settings or settings, fix.shift
            peptide = fix.peptide.text if fix.peptide else None
    if misfits := controls.misfits(settings):
        outliers_state.asked_no_more()
        told = escape_markdown(", ".join(misfits))
        st.error(
            f"PSM {asked.psm} cannot be opened as it was scored, with {told}: Explore has no such setting. "
            "Score the set with another.",
            icon=":material/error:",
        )
        return
    sidebar = controls.carried(settings) | {"source": ("Set", ["Set"]), "psms": (chosen.name, [chosen.name])}
    state.carry(sidebar)
    st.switch_page(EXPLORE, query_params=link(asked.psm, settings, peptide, shift))


def link(psm: int, settings: LossSettings, peptide: str | None = None, shift: Shift | None = None) -> dict[str, str]:
    """Where Explore shows a PSM; what belongs to the sidebar goes along by itself."""
    view = state.View(sigma=settings.sigma, unit=settings.sigma_unit, bin=settings.bin_width, shift=shift)
    return {"i": str(psm + 1)} | view.link() | ({state.PEPTIDE: peptide} if peptide else {})
