"""Tab "Ion weights": what uniform intensities cost, and weights fitted on the set."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import streamlit as st
import tomli_w

from peploss.analysis.tuning.ion_weights import (
    HELD_OUT,
    STEPS,
    Floor,
    IonWeights,
    SplitLoss,
    fit_ion_weights,
    loss_floor,
)
from peploss.analysis.tuning.psm_set import Psm
from peploss.explorer.browser import components
from peploss.explorer.figures.tuning.tuning import descent_figure, weights_figure
from peploss.explorer.shell.boxes import BOXES, WEIGHTS
from peploss.explorer.shell.facts import Fact, facts
from peploss.explorer.shell.follow import follow
from peploss.explorer.shell.jobs import Job, Report
from peploss.explorer.shell.text import sentence
from peploss.explorer.shell.weights_text import weights_text
from peploss.explorer.tune.chosen_set import TuneSet, start
from peploss.settings import LossSettings

_FIT, _SIDEBAR_WAITS = "_tune_fit", "_sidebar_waits"


@st.cache_resource(max_entries=8, show_spinner="Looking for the floor of the loss…")
def _floor(key: str, settings_toml: str, _psms: tuple[Psm, ...], _settings: LossSettings) -> Floor:
    return loss_floor(_psms, _settings)


def draw(found: TuneSet, settings: LossSettings) -> None:
    """The tab's content under the choice of the set."""
    _follow()
    st.caption(f"{found.about} At σ {settings.sigma:g} {settings.sigma_unit} and bins of {settings.bin_width:g} Th.")
    floor = _floor(found.spectra, settings.to_toml(), found.psms, settings)
    uniform, given, best = (float(np.median(x)) for x in (floor.uniform, floor.given, floor.best))
    with st.container(key="tune-weights"):
        left, right = st.columns([1, 1], gap="large")
    with left:
        rows = [
            Fact("Every fragment of intensity 1", f"{uniform:.3f}", "Median loss of right peptides as it is defined."),
            Fact("Best intensities there can be", f"{best:.3f}", "Chosen for each spectrum by itself: what remains is "
                 "peaks no fragment explains, and fragments off their peaks."),
            Fact("Share that uniform intensities cost", f"{floor.share_of_uniform:.0%}", "Of the median loss.",
                 strong=True),
        ]  # fmt: skip
        if settings.ion_weights:
            rows.insert(1, Fact("With the weights in force", f"{given:.3f}", "Median loss with the settings' weights."))
        facts("The floor of the loss, median of right peptides", rows)
    with right:
        st.markdown("**Weights by ion type and charge**")
        st.caption(
            f"Fitted by {STEPS} steps of gradient descent through the loss itself, on {1 - HELD_OUT:.0%} of the "
            "peptides. The others are kept apart, to be judged on."
        )
        key = f"{found.spectra}|{settings.replace(ion_weights={}).to_toml()}"
        fit = _fit_job(key)
        with st.container(horizontal=True):
            if fit is None or not fit.running:
                st.button(
                    "Fit weights" if fit is None else "Fit again",
                    key="fit",
                    type="primary" if fit is None else "secondary",
                    icon=":material/tune:",
                    on_click=_begin,
                    args=(key, found.psms, settings),
                )
            if settings.ion_weights:
                st.button("Back to uniform", key="uniform", icon=":material/undo:", on_click=_use, args=({},))
    if fit is not None:
        _watch(fit)


def _fit_job(key: str) -> Job[IonWeights] | None:
    known = st.session_state.get(_FIT)
    return known[1] if known is not None and known[0] == key else None


def _begin(key: str, psms: tuple[Psm, ...], settings: LossSettings) -> None:
    def work(report: Report) -> Iterator[IonWeights]:
        report(0.1, "Fitting")
        yield fit_ion_weights(psms, settings)

    known = st.session_state.get(_FIT)
    if known is not None:
        known[1].cancel()
    st.session_state[_FIT] = (key, start(work))


def _watch(fit: Job[IonWeights]) -> None:
    def draw() -> None:
        _follow()
        if fit.running:
            st.progress(fit.progress, "Fitting …")
        elif fit.error is not None:
            st.error(sentence(fit.error), icon=":material/error:")
        elif fit.latest is not None:
            _result(fit.latest)

    follow(lambda: fit.running, draw, key="fitting")


def _result(found: IonWeights) -> None:
    with st.container(key="tune-fitted"):
        left, right = st.columns([1, 1], gap="large")
    with left:
        components.figure(weights_figure(found), key="weights")
    with right:
        components.figure(descent_figure(found), key="descent")
    st.dataframe(
        pd.DataFrame([_row("held out", found.held_out), _row("fitted to", found.train)]),
        hide_index=True,
        height="content",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f")
            for name in ("median loss, uniform", "median loss, fitted", "AUC, uniform", "AUC, fitted")
        },
    )
    st.caption(_verdict(found.held_out))
    with st.container(horizontal=True):
        st.button(
            "Use these weights",
            key="use_weights",
            type="primary",
            icon=":material/check:",
            on_click=_use,
            args=(found.weights,),
        )
        st.download_button(
            "Save as TOML",
            found.settings.to_toml(),
            "peploss.toml",
            "text/plain",
            on_click="ignore",
            key="save_weights",
        )
    st.code(tomli_w.dumps({"ion_weights": found.weights}), language="toml")


def _row(name: str, split: SplitLoss) -> dict[str, object]:
    uniform, fitted = split.medians
    return {
        "peptides": name,
        "spectra": split.n,
        "median loss, uniform": uniform,
        "median loss, fitted": fitted,
        "AUC, uniform": split.auc_uniform,
        "AUC, fitted": split.auc_fitted,
    }


def _verdict(split: SplitLoss) -> str:
    """Whether a lower loss also separates better: it need not."""
    uniform, fitted = split.medians
    told = f"On held-out peptides the median loss goes from {uniform:.3f} to {fitted:.3f}"
    if split.auc_uniform is None or split.auc_fitted is None:
        return f"{told}. Separation cannot be judged, because these peptides have no decoys."
    change = split.auc_fitted - split.auc_uniform
    word = "improved" if change > 0.005 else "got worse" if change < -0.005 else "did not improve"
    return f"{told}. Separation from decoys {word} (AUC {split.auc_uniform:.3f} to {split.auc_fitted:.3f})."


def _use(weights: dict[str, float]) -> None:
    BOXES.set(**{WEIGHTS: weights_text(weights)})
    st.session_state[_SIDEBAR_WAITS] = True


def sidebar_is_drawn() -> None:
    """The page runs as a whole: weights that were chosen are in force."""
    st.session_state.pop(_SIDEBAR_WAITS, None)


def _follow() -> None:
    """Weights go into the sidebar, which lies outside of what a click here runs again."""
    if st.session_state.get(_SIDEBAR_WAITS):
        st.rerun()
