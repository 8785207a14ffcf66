"""Tab "Reach": how far a spectrum pulls fragments that are not in their place."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from peploss.analysis.tuning.psm_set import Psm
from peploss.analysis.tuning.reach import FARTHEST, STEP, Reach, reach_curves
from peploss.errors import PeplossError
from peploss.explorer.browser import components
from peploss.explorer.figures.tuning.reach import reach_figure
from peploss.explorer.shell.text import sentence
from peploss.peptides.fragments import fragments
from peploss.settings import LossSettings

CHOICES = {"Da": (0.01, 0.02, 0.05, 0.1, 0.2, 0.5), "ppm": (5.0, 10.0, 20.0, 50.0, 100.0, 200.0)}
DEFAULT = {"Da": [0.02, 0.05, 0.1, 0.2, 0.5], "ppm": [10.0, 20.0, 50.0, 100.0, 200.0]}
RANGES = {"2": 2.0, "0.5": 0.5, "0.1": 0.1}
POINTS = 400  # on either side of 0
ALL = "all fragments"


@st.cache_resource(max_entries=32, show_spinner=False)
def _reach(
    key: str, bin_width: float, sigmas: tuple[float, ...], fragment: int | None, far: float, step: float,
    _psm: Psm, _settings: LossSettings,
) -> Reach:  # fmt: skip
    return reach_curves(_psm, _settings, sigmas, fragment=fragment, farthest=far, step=step)


def draw(psm: Psm, settings: LossSettings, key: str) -> None:
    """The tab's content under the line that finds the spectrum; ``key`` as for the landscape of one."""
    unit = settings.sigma_unit
    try:
        names = list(fragments(psm.peptide, settings, psm.charge).plain_label)
    except PeplossError as error:
        st.error(sentence(error))
        return
    if not names or not len(psm.spectrum):
        st.info("There is nothing to shift: no fragment of the chosen ion types, or no peak.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        picked = st.pills(
            f"σ, {unit}, beside the one in force",
            CHOICES[unit],
            selection_mode="multi",
            default=DEFAULT[unit],
            format_func=lambda sigma: f"{sigma:g}",
            key=f"sigmas_{unit.lower()}",
            bind="query-params",
        )
        which = st.selectbox("Shift", [ALL, *names], key="shift", bind="query-params", width=170)
        far = st.segmented_control(
            "Range, ± Th", list(RANGES), default="2", required=True, key="range", bind="query-params"
        )
    sigmas = tuple(sorted({*picked, settings.sigma}))
    fragment = names.index(which) if which in names else None
    step = max(min(STEP, sigmas[0]), 0.001)
    wide = _reach(f"{key}|{unit}", settings.bin_width, sigmas, fragment, FARTHEST, step, psm, settings)
    end = RANGES[far or "2"]
    found = wide
    if end != FARTHEST:
        found = _reach(f"{key}|{unit}", settings.bin_width, sigmas, fragment, end, end / POINTS, psm, settings)
    components.figure(reach_figure(found, wide, settings.bin_width), key="reach")
    if told := grid_words(sigmas, settings):
        st.info(told, icon=":material/grid_on:")
    st.markdown(
        "**What each σ pulls back**",
        help="Basin: descent from inside it ends at the bottom. Reach: the part of it where the slope has not yet "
        "fallen under 1 % of its peak; from outside it, descent takes too long to be useful.",
    )
    st.dataframe(_table(wide, settings), hide_index=True, height="content", column_config=_COLUMNS)


def grid_words(sigmas: tuple[float, ...], settings: LossSettings) -> str:
    """That a basin is the grid's own, for which of these sigmas."""
    h = settings.bin_width
    if settings.sigma_unit != "Da":
        return ""
    below = [f"{sigma:g}" for sigma in sigmas if sigma < h]
    if not below:
        return ""
    named = " and ".join([", ".join(below[:-1]), below[-1]] if len(below) > 1 else below)
    return (
        f"Where σ lies below a bin ({h:g} Th), here σ {named}, basins are grid artefacts, wholly or in part: a "
        "fragment's own height changes with its place in the bin, so the grid pulls it without a peak in sight."
    )


def _table(found: Reach, settings: LossSettings) -> pd.DataFrame:
    rows = []
    for curve in found.curves:
        own = settings.sigma_unit == "Da" and (curve.sigma or 0) < settings.bin_width
        low, high = curve.reach or (0.0, 0.0)
        back = [mark.text.split(",")[0] for mark in found.marks if low <= -mark.shift and mark.shift <= high]
        rows.append(
            {
                "σ": curve.sigma,
                "bottom": curve.minimum,
                "basin": f"{curve.basin[0]:+.3f} to {curve.basin[1]:+.3f}",
                "basin width": curve.basin_width,
                "reach": f"{low:+.3f} to {high:+.3f}" if curve.reach else "nothing pulls",
                "reach width": curve.reach_width,
                "pulled back": ", ".join(back) or "none of the marks",
                "whose": "the grid's, in part" if own else "the spectrum's",
            }
        )
    return pd.DataFrame(rows)


_COLUMNS = {
    "σ": st.column_config.NumberColumn(format="%g", width=60),
    "bottom": st.column_config.NumberColumn("bottom, Th", format="%+.3f", width=80),
    "basin": st.column_config.TextColumn("basin, Th", width=130),
    "basin width": st.column_config.NumberColumn("width", format="%.3f", width=60),
    "reach": st.column_config.TextColumn("reach, Th", width=130),
    "reach width": st.column_config.NumberColumn("width", format="%.3f", width=60),
    "pulled back": st.column_config.TextColumn("within reach on both sides", width=220),
    "whose": st.column_config.TextColumn("whose basin", width=120),
}
