"""Tab "One spectrum": its value under every loss, on a common footing, what moves each, and where each pulls."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from peploss.analysis.loss_comparison.every_loss import LOSSES
from peploss.analysis.loss_comparison.one_spectrum import OneSpectrum, one_spectrum
from peploss.analysis.tuning.psm_set import Psm
from peploss.explorer.browser import components
from peploss.explorer.figures.losses import arrows_figure
from peploss.explorer.losses.chosen import LossSet
from peploss.settings import LossSettings


@st.cache_resource(max_entries=32, show_spinner=False)
def _of(key: str, _psm: Psm, _settings: LossSettings) -> OneSpectrum:
    return one_spectrum(_psm, _settings)


def draw(psm: Psm, settings: LossSettings, key: str) -> None:
    """What needs no other spectrum: the values, and the arrows.

    Args:
        key: the same text for the same spectrum, peptide and settings.
    """
    found = _of(f"{key}|{settings.to_toml()}", psm, settings)
    st.session_state["_losses_one"] = found
    st.markdown("**Where each loss pulls the fragments**")
    components.figure(arrows_figure(found), key="arrows")
    st.caption(
        "An arrow points where descent moves a fragment; its size is the slope over the largest of its row. No arrow: "
        "no slope. Behind them, the observed peaks."
    )


def among(found: LossSet) -> None:
    """The spectrum among the right peptides and decoys of the set: its places, and how far each change moves it."""
    one: OneSpectrum | None = st.session_state.get("_losses_one")
    if one is None:
        return
    right, decoys = one.places(found.compared)
    moves = 100 * one.moves(found.compared)
    rows = []
    for k, name in enumerate(one.names):
        loss = LOSSES[name]
        row: dict[str, object] = {
            "loss": loss.title,
            "value": f"{one.loss[k]:.4g} {loss.unit}".rstrip(),
            "right peptides below, %": 100 * right[k],
            "decoys below, %": 100 * decoys[k],
        }
        rows.append(row | {change.title: moves[c, k] for c, change in enumerate(one.changes)})
    st.markdown("**On a common footing: among the right peptides of the set, and what one change does to its place**")
    number = st.column_config.NumberColumn
    config = {
        "right peptides below, %": number("right, %", format="%.0f", help="Right peptides of the set that cost less."),
        "decoys below, %": number("decoys, %", format="%.0f", help="Decoys of the set that cost less."),
        **{c.title: number(c.head, format="%+.1f", help=c.title) for c in one.changes},
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", column_config=config)
    st.caption(
        f"{found.about} Values of different losses do not compare; places do. A change's column says by how many per "
        "cent of the right peptides the spectrum rises (+, worse) or falls (−, better) under each loss. "
        "Their heads in full: " + "; ".join(f"{c.head}, {c.title}" for c in one.changes if c.head != c.title) + "."
    )
    steady = int(np.abs(moves).max(axis=0).argmin()) if moves.size else 0
    if moves.size:
        st.caption(f"The changes move it least under {LOSSES[one.names[steady]].title}.")
