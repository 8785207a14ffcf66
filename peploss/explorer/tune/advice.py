"""Tab "Recommendation": settings for a set, in words, with the evidence and the limits they keep to."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from peploss.analysis.tuning.prepared_set import PreparedSet
from peploss.analysis.tuning.recommendation.recommend import Recommendation, recommend
from peploss.analysis.tuning.recommendation.setting_score import Limits
from peploss.analysis.tuning.set_landscape import SetLandscape
from peploss.explorer.figures.tuning.landscape import GOOD_ABOVE, Layer
from peploss.explorer.shell.text import escape_markdown
from peploss.explorer.tune import state
from peploss.explorer.tune.chosen_set import TuneSet, told
from peploss.explorer.tune.one_spectrum import heat
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
        st.markdown(f"## {escape_markdown(first)}")
        if advice.settings is not None:
            with st.container(horizontal=True):
                st.button(
                    "Use these",
                    key="use",
                    type="primary",
                    icon=":material/check:",
                    disabled=not advice.changes,
                    help="Sets σ and h here and on every page." if advice.changes else "They are in force.",
                    on_click=state.use,
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
        st.code(advice.settings.to_toml(), language="toml")


def _limits() -> Limits:
    def limit(label: str, key: str, start: float, most: float, step: float, help: str) -> float:
        return st.number_input(
            label, min_value=0.0, max_value=most, value=start, step=step, format="%.3f", key=key, bind="query-params",
            help=help,
        )  # fmt: skip

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="limits"):
        artefact = limit(
            "Grid artefact at most", "maxart", _DEFAULT.max_grid_artefact, 1.0, 0.005,
            "What the grid may change the loss of nine right peptides in ten.",
        )  # fmt: skip
        spread = limit(
            "Change if grid shifts, at most", "maxspread", _DEFAULT.max_phase_spread, 1.0, 0.005,
            "How far the loss of nine in ten may move as the grid is shifted by less than a bin.",
        )  # fmt: skip
        reach = limit(
            "Reach at least, Th", "minreach", _DEFAULT.min_reach, 10.0, 0.05,
            "How far off a fragment may be and still be pulled with 1 % of the strongest pull: about 5 σ.",
        )  # fmt: skip
    return Limits(max_grid_artefact=artefact, max_phase_spread=spread, min_reach=reach)


def _evidence(advice: Recommendation) -> None:
    columns = advice.evidence()
    st.markdown("**The evidence**", help="Each computed at exactly that setting, on the same spectra and decoys.")
    st.dataframe(
        pd.DataFrame({"": list(columns["now"]), **{name: values.values() for name, values in columns.items()}}),
        hide_index=True,
        height="content",
    )
