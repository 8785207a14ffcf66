"""Tab "Set": right peptides and decoys of many spectra over sigma and bin width."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from peploss.analysis.tuning.prepared_set import PreparedSet
from peploss.analysis.tuning.recommendation.group_scores import by_group
from peploss.analysis.tuning.recommendation.setting_score import Score, score
from peploss.explorer.browser import components
from peploss.explorer.figures.tuning.landscape import BAD_ABOVE, GOOD_ABOVE, GOOD_BELOW, Layer, cut_figure
from peploss.explorer.shell.facts import Fact, facts
from peploss.explorer.shell.text import escape_markdown
from peploss.explorer.tune.chosen_set import TuneSet, told
from peploss.explorer.tune.one_spectrum import SHIFTED, heat, layer_switch
from peploss.settings import LossSettings

LAYERS = {
    "auc": Layer(
        "Separation",
        "The chance that a right peptide of any spectrum costs less than a decoy of any spectrum.",
        GOOD_ABOVE,
        digits=3,
        span=0.2,
    ),
    "wins": Layer(
        "Win rate",
        "How often a right peptide costs less than its own spectrum's decoy.",
        GOOD_ABOVE,
        digits=3,
        span=0.2,
    ),
    "targets": Layer("Right peptides", "Median loss of right peptides.", GOOD_BELOW, digits=3),
    "decoys": Layer("Decoys", "Median loss of shuffled decoys.", GOOD_BELOW, digits=3),
    "artefact": Layer(
        "Grid artefact",
        "What nine spectra in ten stay below: the loss against that without a grid, whatever its sign.",
        BAD_ABOVE,
        "low",
        digits=3,
    ),
    "spread": Layer(
        SHIFTED,
        "What nine spectra in ten stay below: how far the loss moves as the grid is shifted by less than a bin.",
        BAD_ABOVE,
        "low",
        digits=3,
    ),
}
ALL = "All"


def draw(found: TuneSet, settings: LossSettings) -> None:
    """The tab's content under the choice of the set."""
    picture = found.landscape
    if picture is None:
        return
    told(found)
    with st.container(horizontal=True, vertical_alignment="center"):
        layer = layer_switch(LAYERS, "setlayer", "Layer of the set's landscape")
        group = ALL
        if picture.groups:
            group = st.selectbox(
                "Group",
                [ALL, *picture.groups],
                key="group",
                bind="query-params",
                label_visibility="collapsed",
                width=230,
            )
    of = picture.groups.get(group, picture.overall)
    values = {
        "auc": of.auc,
        "wins": of.win_rate,
        "targets": of.target_median,
        "decoys": of.decoy_median,
        "artefact": picture.grid_artefact,
        "spread": picture.phase_spread,
    }[layer]
    now = _score(found.whole, settings.sigma, settings.sigma_unit, settings.bin_width, found.prepared)
    each = by_group(now, found.prepared.groups)
    with st.container(key="tune-set"):
        left, right = st.columns([1.25, 1], gap="large")
    with left:
        heat(picture.axes, values, LAYERS[layer], settings, "setheat")
        whole = " Of the whole set." if layer in ("artefact", "spread") and group != ALL else ""
        st.caption(f"{LAYERS[layer].about}{whole} Click a cell to set σ and h, here and on every page.")
    with right:
        shown = each.get(group, now)
        facts(
            f"At this setting, {shown.n:,} spectra",
            [
                Fact("Separation, AUC", f"{shown.auc:.3f}", _AUC, strong=True),
                Fact("95 % interval", f"{shown.auc_low:.3f} to {shown.auc_high:.3f}", _AUC_CI),
                Fact(
                    "Win rate over own decoys",
                    f"{shown.win_rate:.1%} ({shown.win_low:.1%} to {shown.win_high:.1%})",
                    "How often a right peptide costs less than its own spectrum's decoy; 95 % interval (Wilson).",
                ),
                Fact("Median loss, right peptides", f"{shown.target_median:.3f}", "Half of them cost more."),
                Fact("Median loss, decoys", f"{shown.decoy_median:.3f}", "Shuffled, the last residue in its place."),
            ],
        )
        column = picture.axes.nearest(settings.sigma, settings.bin_width)[1]
        curves = {"right peptides": of.target_median[:, column], "decoys": of.decoy_median[:, column]}
        st.markdown(f"**Medians along σ, at bins of {picture.axes.bin_widths[column]:.3g} Th**")
        sigma = settings.sigma if settings.sigma_unit == picture.axes.sigma_unit else None
        components.figure(cut_figure(picture.axes, curves, sigma, title="median loss"), key="setcut")
    if each:
        st.markdown("**By file, at this setting**", help="A dash: one spectrum is too few.")
        _groups(each)


_AUC = "1: every right peptide costs less than every decoy. 0.5: the loss cannot tell them apart."
_AUC_CI = "DeLong's method, by spectrum: a spectrum's peptide and decoys meet the same peaks. On the logit scale."


@st.cache_resource(max_entries=32, show_spinner=False)
def _score(key: str, sigma: float, unit: str, bin_width: float, _prepared: PreparedSet) -> Score:
    return score(_prepared, sigma, unit, bin_width)  # type: ignore[arg-type]


def _groups(each: dict) -> None:
    rows = pd.DataFrame(
        {
            "file": list(each),
            "spectra": [s.n for s in each.values()],
            "right peptides": [float(s.target_median) for s in each.values()],
            "decoys": [float(s.decoy_median) for s in each.values()],
            "AUC": [float(s.auc) for s in each.values()],
            "AUC 95 %": [f"{float(s.auc_low):.3f} to {float(s.auc_high):.3f}" for s in each.values()],
            "win rate": [100 * float(s.win_rate) for s in each.values()],
            "win rate 95 %": [f"{float(s.win_low):.1%} to {float(s.win_high):.1%}" for s in each.values()],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config={
            "right peptides": number("median loss, right", format="%.3f"),
            "decoys": number("median loss, decoys", format="%.3f"),
            "AUC": number(format="%.3f"),
            "win rate": number(format="%.1f %%"),
        },
    )
    st.caption("Decoys are shuffled with a fixed seed; another shuffling moves an AUC by about its interval.")
    few = [name for name, s in each.items() if s.n < 20]
    if few:
        st.caption(f"Fewer than 20 spectra say little: {', '.join(map(escape_markdown, few))}.")
