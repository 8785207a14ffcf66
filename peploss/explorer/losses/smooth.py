"""Tab "Smoothness": every loss and its slope along a path of the fragments, with the kinks counted."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from peploss.analysis.loss_comparison.every_loss import LOSSES
from peploss.analysis.loss_comparison.smoothness import Along, Path, along, residue_path, shift_path
from peploss.analysis.tuning.psm_set import Psm
from peploss.constants import RESIDUE_MASSES
from peploss.explorer.browser import components
from peploss.explorer.figures.losses import path_figure
from peploss.settings import LossSettings

SHIFT, RESIDUE = "All fragments shifted", "A residue moved to another letter"


@st.cache_resource(max_entries=16, show_spinner="Following every loss along the path…")
def _along(key: str, _path: Path, _settings: LossSettings) -> tuple[Along, ...]:
    return along(_path, _settings)


def draw(psm: Psm, settings: LossSettings, key: str) -> None:
    """The tab's content under the line that finds the spectrum."""
    path = _choose(psm, settings)
    found = _along(f"{key}|{settings.to_toml()}|{path.title}", path, settings)
    titles = {LOSSES[x.name].title: x for x in found}
    rows = [
        {
            "loss": LOSSES[x.name].title,
            "kinks": x.kinks.size,
            "largest jump of the slope, % of its range": 100 * x.largest_jump,
            "no slope on, % of the path": 100 * x.flat,
        }
        for x in found
    ]
    left, right = st.columns([1, 1], gap="large")
    with left:
        one = st.column_config.NumberColumn(format="%.1f")
        config = {"largest jump of the slope, % of its range": one, "no slope on, % of the path": one}
        st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", column_config=config)
        st.caption(
            "A kink is a place where the slope jumps: by 2 % of its range or more, within a thousandth of a step. A "
            "slope below a millionth of the largest counts as none."
        )
    with right:
        shown = titles[str(st.selectbox("Loss", list(titles), key="along", bind="query-params"))]
        components.figure(path_figure(path, shown, slope=False), key="path-loss")
        components.figure(path_figure(path, shown, slope=True), key="path-slope")


def _choose(psm: Psm, settings: LossSettings) -> Path:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Path", [SHIFT, RESIDUE], default=SHIFT, required=True, key="path", bind="query-params"
        )
        if kind != RESIDUE:
            return shift_path(psm, settings)
        peptide = psm.peptide
        position = st.number_input(
            "Residue", 1, len(peptide), min(3, len(peptide)), key="residue", bind="query-params", width=140
        )
        letters = sorted(RESIDUE_MASSES)
        to = st.selectbox("To", letters, index=letters.index("A"), key="to", bind="query-params", width=120)
    place = int(position) - 1
    delta = RESIDUE_MASSES[str(to)] - float(peptide.residue_masses[place])
    return residue_path(psm, settings, position=place, delta=delta, to=str(to))
