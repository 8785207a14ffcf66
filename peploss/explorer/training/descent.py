"""Tab "Descent": logits optimised under several losses side by side, from a start that is partly wrong."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from peploss.analysis.tuning.psm_set import Psm
from peploss.explorer.browser import components
from peploss.explorer.figures.training.curriculum import descent_figure
from peploss.explorer.shell.follow import follow
from peploss.explorer.shell.jobs import Job, Report
from peploss.explorer.shell.text import sentence
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.training.descent.run import CROSS_ENTROPY, OBJECTIVES, PRECURSOR, SPECTRUM, Descent, Trajectory, descend
from peploss.training.descent.starts import Start, peptide_start, synthetic_starts

_JOB: Final = "_descent"
WORDS: Final = {CROSS_ENTROPY: "cross-entropy", SPECTRUM: "spectrum", PRECURSOR: "precursor"}
ANNEALED: Final = "spectrum, σ annealed"
BOTH: Final = "cross-entropy + 0.1 × spectrum"
ONE, FIFTY = "This spectrum", "50 synthetic ones"


@dataclass(frozen=True)
class Asked:
    """A descent that was asked for; equal ones give the same answer."""

    key: str
    losses: tuple[str, ...]
    steps: int
    learning_rate: float
    sigma: float
    wide: float
    bin_width: float
    correct: float
    share: float
    seed: int


@st.cache_resource
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="descent")


def choices() -> dict[str, str]:
    """Every loss and sum of losses that can be descended, with what it is called."""
    single = {name: WORDS.get(name, name.replace("_", " ")) for name in OBJECTIVES}
    return single | {ANNEALED: ANNEALED, BOTH: BOTH}


def draw(psm: Psm, settings: LossSettings, key: str) -> None:
    """The tab's content under the line that finds the spectrum."""
    sigma = settings.sigma if settings.sigma_unit == "Da" else 0.05
    named = choices()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="descent-line"):
        which = st.segmented_control("On", [ONE, FIFTY], default=ONE, required=True, key="dset", bind="query-params")
        losses = st.multiselect("Losses", list(named), [CROSS_ENTROPY, SPECTRUM, ANNEALED, BOTH], key="dloss",
                                format_func=named.__getitem__, width=460)  # fmt: skip
        steps = st.number_input("Steps", 10, 2000, 200, 50, key="dsteps", width=110)
        rate = st.number_input("Learning rate", 0.001, 2.0, 0.1, 0.05, format="%.3f", key="drate", width=130)
        wide = st.number_input("Annealed from σ, Th", 0.05, 50.0, 5.0, 0.5, key="dwide", width=150)
        correct = st.slider("Right residue, %", 0.0, 100.0, 60.0, 1.0, key="dsure", width=180,
                            help="At the start, at positions that are not swapped.")  # fmt: skip
        share = st.slider("Swapped, %", 0.0, 100.0, 20.0, 5.0, key="dswap", width=150,
                          help="Positions that start as another residue.")  # fmt: skip
        seed = st.number_input("Seed", 0, 9999, 0, key="dseed", width=90)
    asked = Asked(
        f"{key if which == ONE else FIFTY}", tuple(losses), int(steps), float(rate), sigma, float(wide),
        settings.bin_width, correct / 100, share / 100, int(seed),
    )  # fmt: skip
    start = (
        peptide_start(psm.peptide, preprocess(psm.spectrum, settings), correct=asked.correct, swapped=asked.share,
                      seed=asked.seed)
        if which == ONE
        else None
    )  # fmt: skip
    if not losses:
        st.info("Choose at least one loss.")
        return
    held: tuple[Asked, Job] | None = st.session_state.get(_JOB)
    if st.button("Descend", type="primary", icon=":material/south_east:", key="descend"):
        if held is not None:
            held[1].cancel()
        held = (asked, Job(lambda report: _work(report, asked, start)).start(_pool()))
        st.session_state[_JOB] = held
    if held is None:
        st.caption("From how far does each loss find back? A few hundred steps take some seconds.")
        return
    _watch(*held, now=asked)


def _watch(asked: Asked, job: Job[dict[str, Trajectory]], now: Asked) -> None:
    def progress() -> None:
        if job.running:
            st.progress(min(job.progress, 1.0), job.words or "waiting for its turn")
            st.button("Cancel", key="descent-cancel", icon=":material/close:", on_click=job.cancel)

    follow(lambda: job.running, progress, key="descent-job")
    if job.error is not None:
        st.error(sentence(job.error), icon=":material/error:")
    if job.cancelled:
        st.info("The descent was cancelled. The results so far are shown.")
    found = job.latest
    if not found:
        return
    if asked != now:
        st.caption("The settings above have changed since; press Descend to follow them.")
    with st.container(key="training-descent"):
        left, right = st.columns(2, gap="large")
    for column, whats in ((left, ("accuracy", "loss")), (right, ("ppm", "gradient"))):
        with column:
            for what in whats:
                components.figure(descent_figure(found, what), key=f"descent-{what}")
    st.dataframe(_table(found), hide_index=True)
    st.caption("Medians over the spectra. Bands: the middle half. Spectrum losses alone have no end of a peptide to "
               "hold on to: swapped residues of like mass can stay.")  # fmt: skip


def _work(report: Report, asked: Asked, start: Start | None) -> Iterator[dict[str, Trajectory]]:
    named = choices()
    begin = start or synthetic_starts(50, correct=asked.correct, swapped=asked.share, seed=asked.seed)
    done: dict[str, Trajectory] = {}
    for k, loss in enumerate(asked.losses):

        def advance(step: int, of: int, k: int = k, loss: str = loss) -> None:
            report((k + step / of) / len(asked.losses) * 0.999, f"{named[loss]}, step {step} of {of}")

        weights = {CROSS_ENTROPY: 1.0, SPECTRUM: 0.1} if loss == BOTH else {SPECTRUM if loss == ANNEALED else loss: 1.0}
        how = Descent(
            weights=weights, steps=asked.steps, learning_rate=asked.learning_rate, bin_width=asked.bin_width,
            sigma=(asked.wide if loss == ANNEALED else asked.sigma, asked.sigma),
        )  # fmt: skip
        done = done | {
            named[loss]: descend(
                begin.probs, begin.targets, begin.mask, begin.observed, how, vocabulary=begin.vocabulary,
                progress=advance,
            )
        }  # fmt: skip
        yield done


def _table(found: dict[str, Trajectory]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "loss": list(found),
            "residues right, start": [f"{np.median(t.accuracy[0]):.0%}" for t in found.values()],
            "residues right, end": [f"{np.median(t.accuracy[-1]):.0%}" for t in found.values()],
            "spectra all right": [f"{np.mean(t.accuracy[-1] == 1):.0%}" for t in found.values()],
            "|ppm| at the end": [f"{np.median(np.abs(t.ppm[-1])):,.0f}" for t in found.values()],
        }
    )
