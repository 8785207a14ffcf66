"""Tab "Mass errors": the sigma that the data itself suggests."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from peploss.analysis.tuning.calibration import WINDOW, Calibration, calibrate
from peploss.analysis.tuning.psm_set import Psm
from peploss.explorer.browser import components
from peploss.explorer.figures.digits import signed
from peploss.explorer.figures.tuning.tuning import mass_errors_figure
from peploss.explorer.shell import controls
from peploss.explorer.shell.facts import Fact, facts
from peploss.explorer.shell.view import WIDTHS, WIDTHS_PPM
from peploss.explorer.tune import state as tune_state
from peploss.explorer.tune.chosen_set import TuneSet
from peploss.settings import LossSettings

ALL = "All"


@st.cache_resource(max_entries=4, show_spinner="Matching fragments…")
def _calibrate(key: str, _psms: tuple[Psm, ...], _settings: LossSettings) -> Calibration:
    return calibrate(_psms, _settings)


def draw(found: TuneSet, settings: LossSettings) -> None:
    """The tab's content under the choice of the set."""
    whole = _calibrate(found.whole, found.psms, found.prepared.settings)
    st.caption(f"{found.about} Mutual nearest pairs of fragment and peak within {WINDOW:g} Th; σ plays no part.")
    names = sorted(set(whole.group.tolist()))
    with st.container(horizontal=True, vertical_alignment="center"):
        unit = controls.choose_error_unit()
        group = ALL
        if len(names) > 1:
            group = st.selectbox(
                "Group", [ALL, *names], key="group", bind="query-params", label_visibility="collapsed", width=230
            )
    of = whole if group == ALL or group not in names else whole.of_group(group)
    spread = of.da if unit == "Da" else of.ppm
    if spread is None:
        st.info(f"{of.error_da.size} fragments are matched: too few to say how they spread. A larger set would tell.")
        return
    with st.container(key="tune-errors"):
        left, right = st.columns([1.3, 1], gap="large")
    with left:
        components.figure(mass_errors_figure(of, unit), key="masserrors")
    with right:
        suggested = of.suggested_sigma
        kept = of.overlap_kept(settings.sigma, settings.sigma_unit)
        facts(
            "What the errors say",
            [
                Fact(
                    "Suggested σ",
                    "none" if suggested is None else f"{suggested:.3g} {of.unit}",
                    "The spread of the errors, in the unit in which it is more alike at low and at high m/z.",
                    strong=True,
                ),
                Fact(f"Spread, {unit}", f"{spread.sigma:.3g}", "1.4826 times the median absolute deviation."),
                Fact(f"Offset, {unit}", signed(spread.offset, ".3g"), "Median: an offset is a matter of calibration."),
                Fact("Fragments", f"{spread.n:,} of {of.error_da.size:,}", "Within 4 spreads of the offset; the rest "
                     "are taken for chance matches."),
                Fact("Overlap kept at σ in force", "–" if kept is None else f"{kept:.0%}",
                     "Mean overlap of a matched pair, over that of a pair without an error."),
            ],
        )  # fmt: skip
        if suggested is not None and (group != ALL or len(names) < 2):
            rounded = float(f"{suggested:.2g}")
            low, high = WIDTHS if of.unit == "Da" else WIDTHS_PPM
            if low <= rounded <= high:
                st.button(
                    f"Use σ {rounded:g} {of.unit}",
                    icon=":material/check:",
                    key="use_errors",
                    on_click=tune_state.use,
                    args=(rounded, of.unit, settings.bin_width),
                )
    st.caption(
        "This is the width of the instrument's errors, the narrowest σ that makes sense. A σ that tells right from "
        "wrong well may be wider: see Recommendation."
        + (" Files differ: look at one at a time." if len(names) > 1 and group == ALL else "")
    )
    if len(names) > 1:
        _groups(whole, names)


def _groups(whole: Calibration, names: list[str]) -> None:
    rows = []
    for name in names:
        of = whole.of_group(name)
        rows.append(
            {
                "file": name,
                "fragments": of.error_da.size,
                "spread ppm": of.ppm.sigma if of.ppm else None,
                "offset ppm": of.ppm.offset if of.ppm else None,
                "spread Da": of.da.sigma if of.da else None,
                "offset Da": of.da.offset if of.da else None,
                "suggested σ": f"{of.suggested_sigma:.2g} {of.unit}" if of.suggested_sigma else "–",
            }
        )
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config={
            "spread ppm": number(format="%.2f"),
            "offset ppm": number(format="%+.2f"),
            "spread Da": number(format="%.4f"),
            "offset Da": number(format="%+.4f"),
        },
    )
