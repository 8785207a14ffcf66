"""Tab "Recommendation": settings for a set, in words, with the evidence and the limits they keep to."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from peploss.analysis.prepared_set import PreparedSet
from peploss.analysis.recommend import Recommendation, recommend
from peploss.analysis.set_landscape import SetLandscape
from peploss.analysis.setting_score import Limits, Score
from peploss.explorer import tune_state
from peploss.explorer.figures_landscape import GOOD_ABOVE, Layer
from peploss.explorer.text import escape_markdown
from peploss.explorer.tune_one import heat
from peploss.explorer.tune_set import TuneSet, told
from peploss.settings import LossSettings

SEPARATION = Layer("Separation", "", GOOD_ABOVE, digits=3, span=0.2)
_DEFAULT = Limits()


@st.cache_resource(max_entries=16, show_spinner=False)
def _recommend(
    key: str, settings_toml: str, limits: Limits,
    _landscape: SetLandscape, _prepared: PreparedSet, _settings: LossSettings,
) -> Recommendation:  # fmt: skip
    return recommend(_landscape, _prepared, _settings, limits)


def draw(found: TuneSet, settings: LossSettings) -> None:
    """The tab's content under the choice of the set."""
    if found.landscape is None:
        return
    told(found)
    limits = _limits()
    advice = _recommend(found.picture, settings.to_toml(), limits, found.landscape, found.prepared, settings)
    with st.container(key="tune-advice"):
        left, right = st.columns([1, 1.1], gap="large")
    with left:
        first, *rest = advice.sentences
        st.markdown(f"##### {escape_markdown(first)}")
        if advice.settings is not None:
            with st.container(horizontal=True):
                st.button(
                    "Use these",
                    key="use",
                    type="primary",
                    icon=":material/check:",
                    disabled=not advice.changes,
                    help="Sets σ and h here and on every page." if advice.changes else "They are in force.",
                    on_click=tune_state.use,
                    args=(advice.settings.sigma, advice.settings.sigma_unit, advice.settings.bin_width),
                )
                st.download_button(
                    "Save as TOML", advice.settings.to_toml(), "peploss.toml", "text/plain", on_click="ignore"
                )
        st.markdown("\n".join(f"- {escape_markdown(sentence)}" for sentence in rest))
    with right:
        sigma_unit = found.landscape.axes.sigma_unit
        best = advice.best
        heat(
            found.landscape.axes,
            found.landscape.overall.auc,
            SEPARATION,
            settings,
            "adviceheat",
            best=(best.sigma, best.bin_width) if best is not None and best.sigma_unit == sigma_unit else None,
            regions=(
                ("within the limits", "@muted", advice.allowed),
                ("as good as the best", "@bad", advice.alike & advice.allowed),
            ),
        )
    _evidence(advice)
    if advice.settings is not None:
        st.markdown("**Copy as TOML**")
        st.code(advice.settings.to_toml(), language="toml", height=200)


def _limits() -> Limits:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="limits"):
        artefact = st.number_input(
            "Grid artefact at most",
            min_value=0.0,
            max_value=1.0,
            value=_DEFAULT.max_grid_artefact,
            step=0.005,
            format="%.3f",
            key="maxart",
            bind="query-params",
            help="What the grid may change the loss of nine right peptides in ten.",
        )
        spread = st.number_input(
            "Phase spread at most",
            min_value=0.0,
            max_value=1.0,
            value=_DEFAULT.max_phase_spread,
            step=0.005,
            format="%.3f",
            key="maxspread",
            bind="query-params",
            help="How far the loss of nine in ten may move as the grid is shifted by less than a bin.",
        )
        reach = st.number_input(
            "Reach at least, Th",
            min_value=0.0,
            max_value=10.0,
            value=_DEFAULT.min_reach,
            step=0.05,
            format="%.3f",
            key="minreach",
            bind="query-params",
            help="How far off a fragment may be and still be pulled with 1 % of the strongest pull: about 5 σ.",
        )
    return Limits(max_grid_artefact=artefact, max_phase_spread=spread, min_reach=reach)


def _evidence(advice: Recommendation) -> None:
    columns = {"now": advice.present}
    if advice.best is not None:
        columns["recommended"] = advice.best
    columns["without limits"] = advice.free
    st.markdown("**The evidence**", help="Each computed at exactly that setting, on the same spectra and decoys.")
    st.dataframe(
        pd.DataFrame(
            {"": list(_evidence_of(advice.present)), **{n: _evidence_of(s).values() for n, s in columns.items()}}
        ),
        hide_index=True,
        height="content",
    )


def _evidence_of(found: Score) -> dict[str, str]:
    return {
        "σ": f"{found.sigma:.3g} {found.sigma_unit}",
        "bin width": f"{found.bin_width:.3g} Th",
        "AUC, 95 % interval": f"{found.auc:.3f}  ({found.auc_low:.3f} to {found.auc_high:.3f})",
        "win rate, 95 % interval": f"{found.win_rate:.1%}  ({found.win_low:.1%} to {found.win_high:.1%})",
        "median loss, right peptides": f"{found.target_median:.3f}",
        "median loss, decoys": f"{found.decoy_median:.3f}",
        "grid artefact, 9 in 10 below": f"{found.grid_artefact:.4f}",
        "phase spread, 9 in 10 below": f"{found.phase_spread:.4f}",
        "reach": f"{found.reach:.3g} Th",
    }
