"""Tab "Variance": how calm each loss is from batch to batch, of the set or of synthetic spectra."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import streamlit as st

from peploss.analysis.loss_comparison.every_loss import LOSSES, SPECTRUM
from peploss.analysis.variance.study import Study, study
from peploss.analysis.variance.study_samples import StudySamples, samples_of_curriculum, samples_of_set
from peploss.explorer.browser import components
from peploss.explorer.figures.losses import batches_figure, interval_figure
from peploss.explorer.losses.chosen import BODY, LossSet
from peploss.explorer.shell.follow import follow
from peploss.explorer.shell.jobs import Job, Report
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.tune.chosen_set import bar, start
from peploss.settings import LossSettings
from peploss.training.curriculum import CURRICULUM_V2

THE_SET, SYNTHETIC = "The set", "Synthetic spectra"
N_SYNTHETIC = 1000
_JOB = "_variance_job"


def choose() -> tuple[str, int, int]:
    """Draw the boxes: where the spectra come from, the stage, the size of a batch."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.segmented_control(
            "Spectra", [THE_SET, SYNTHETIC], default=THE_SET, required=True, key="spectra", bind="query-params"
        )
        stage = st.number_input(
            "Stage of the curriculum",
            1,
            10,
            7,
            key="number",
            bind="query-params",
            disabled=which != SYNTHETIC,
            width=180,
        )
        size = st.number_input("Spectra in a batch", 1, 4096, 64, key="batch", bind="query-params", width=180)
    return which or THE_SET, int(stage), int(size)


def of_set(found: LossSet, settings: LossSettings, size: int) -> None:
    """The study of the set's right peptides."""

    def read(progress: Callable[[int, int], None]) -> StudySamples:
        return samples_of_set(found.psms, settings, about=found.about, progress=progress)

    _draw(f"{found.key}|{size}", read, size)


def of_stage(stage: int, settings: LossSettings, size: int) -> None:
    """The study of synthetic spectra."""
    difficulty = CURRICULUM_V2[stage - 1].difficulty
    about = f"{N_SYNTHETIC:,} synthetic spectra of stage {stage}, {difficulty.clean_share:.0%} of them clean."

    def read(progress: Callable[[int, int], None]) -> StudySamples:
        return samples_of_curriculum(N_SYNTHETIC, difficulty, settings, about=about, progress=progress)

    _draw(f"stage {stage}|{settings.to_toml()}|{size}", read, size)


def _job(key: str, read: Callable[[Callable[[int, int], None]], StudySamples], size: int) -> Job[Study]:
    known = st.session_state.get(_JOB)
    if known is not None and known[0] == key:
        return known[1]
    if known is not None:
        known[1].cancel()

    def work(report: Report) -> Iterator[Study]:
        report(0.0, "Evaluating losses and gradients")
        samples = read(lambda done, total: report(0.9 * done / total, "Evaluating losses and gradients"))
        report(0.9, "Drawing batches")
        yield study(samples, batch_size=size)

    new = start(work)
    st.session_state[_JOB] = (key, new)
    return new


def _again() -> None:
    known = st.session_state.pop(_JOB, None)
    if known is not None:
        known[1].cancel()
    st.rerun(BODY)


def _draw(key: str, read: Callable[[Callable[[int, int], None]], StudySamples], size: int) -> None:
    job = _job(key, read, size)

    def now() -> None:
        if job.running:
            bar(job)
        elif job.error is not None:
            st.error(sentence(job.error), icon=":material/error:")
        elif job.cancelled:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown("Cancelled.")
                st.button("Start again", icon=":material/refresh:", on_click=_again, key="study-again")
        if job.latest is not None:
            _result(job.latest)

    follow(lambda: job.running, now, key="studying")


def _result(found: Study) -> None:
    for line in found.verdict():
        st.markdown(escape_markdown(line))
    for line in found.cannot_tell():
        st.info(line, icon=":material/help:")
    calm = found.calm
    names = tuple(c.name for c in calm)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**sd / mean of a batch’s loss**")
        middle, low, high = (np.array([getattr(c, f"variation{end}") for c in calm]) for end in ("", "_low", "_high"))
        components.figure(interval_figure(names, middle, low, high, "sd / mean, 95 %", calm[0].variation), key="cv")
    with right:
        st.markdown("**Signal / noise of a batch’s gradient**")
        middle, low, high = (np.array([getattr(c, f"signal{end}") for c in calm]) for end in ("", "_low", "_high"))
        components.figure(interval_figure(names, middle, low, high, "signal / noise, 95 %", calm[0].signal), key="snr")
    classes = list(found.samples.classes)
    rows = [
        {
            "loss": LOSSES[c.name].title,
            "times the spectrum loss's sd / mean": f"{c.against:.2f} ({c.against_low:.2f} to {c.against_high:.2f})",
            **{f"variance by {name}, %": 100 * c.by_class[name] for name in classes},
            "mean": c.mean,
            "sd": c.sd,
            "unit": LOSSES[c.name].unit,
            "gradient norm": c.gradient,
        }
        for c in calm
    ]
    config = {f"variance by {name}, %": st.column_config.NumberColumn(format="%.0f") for name in classes}
    config |= {name: st.column_config.NumberColumn(format="%.4f") for name in ("mean", "sd", "gradient norm")}
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", column_config=config)
    st.caption(
        f"{found.samples.about} {found.n_batches} batches of {found.batch_size}, seed {found.seed}; intervals by "
        "bootstrap over batches. Losses are those of the right peptides, b and y ions of charge 1; gradients are by "
        f"the bias of a model’s last layer, where the right residue has a probability of {found.samples.certainty:g}. "
        "Variance by a class is its share of the variance between spectra (omega squared)."
    )
    shown = tuple(name for name in (SPECTRUM, "min_distance_loss") if name in names)
    components.figure(batches_figure(found, shown), key="batches")
