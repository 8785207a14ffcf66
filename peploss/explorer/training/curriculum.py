"""Tab "Curriculum": its stages as a chart, a spectrum of any step beside a real one, what each part costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
import torch

from peploss.analysis.tuning.psm_set import Psm
from peploss.errors import PeplossError
from peploss.explorer.browser import components
from peploss.explorer.figures.spectra.spectrum import observed_figure
from peploss.explorer.figures.training.curriculum import curriculum_figure, expected_figure
from peploss.explorer.shell.text import sentence
from peploss.explorer.training.by_hand import ADVICE
from peploss.peptides.vocabulary import DEFAULT_VOCABULARY
from peploss.spectra.spectrum import Spectrum
from peploss.training.curriculum import CurriculumV2, Stage
from peploss.training.curriculum_file import curriculum_of_toml, curriculum_toml
from peploss.training.expected_parts import ExpectedParts, expected_parts
from peploss.training.synthetic import synthetic_batch

_GOOD, _TEXT = "_curriculum", "curriculum-toml"


@st.cache_resource(max_entries=32, show_spinner=False)
def _expected(stages: tuple[Stage, ...], accuracy: float, confidence: float, sigma: float) -> ExpectedParts:
    return expected_parts(stages, accuracy=accuracy, confidence=confidence, sigma=sigma)


def draw(psm: Psm | None, sigma: float) -> None:
    """The tab's content; ``psm`` is the real spectrum to draw beside, if there is one."""
    ramp = st.segmented_control("Ramp", ["step", "linear"], default="step", required=True, key="ramp",
                                bind="query-params")  # fmt: skip
    curriculum = _own(CurriculumV2(ramp=ramp or "step"))  # type: ignore[arg-type]
    step = st.slider("Training step", 0, curriculum.n_steps, min(curriculum.n_steps // 2, curriculum.n_steps),
                     max(curriculum.steps_per_stage // 10, 1), key="cstep")  # fmt: skip
    stage = curriculum.at(step)
    with st.container(key="training-curriculum"):
        left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Stages**")
        components.figure(curriculum_figure(curriculum, step), key="curriculum-figure")
        st.dataframe(_table(curriculum), hide_index=True, height=250)
    with right:
        _spectrum(stage, step)
        if psm is not None:
            st.markdown("**The real spectrum of the line above**")
            components.figure(observed_figure(psm.spectrum) | {"height": 200}, key="curriculum-real")
    _cost(curriculum, sigma)


def _own(start: CurriculumV2) -> CurriculumV2:
    """The curriculum in force: the one written in the box, if there is a good one."""
    with st.expander("Stages of your own (TOML)", icon=":material/edit:"):
        text = st.text_area("Stages", value=curriculum_toml(start), height=260, key=_TEXT, label_visibility="collapsed")
        st.caption("One [[stage]] per stage. Missing keys take their defaults.")
    if text.strip() == curriculum_toml(start).strip():
        return start
    try:
        return curriculum_of_toml(text)
    except PeplossError as error:
        st.error(f"{sentence(error)} Curriculum V2 is shown until you fix it.", icon=":material/error:")
        return start


def _spectrum(stage: Stage, step: int) -> None:
    seed = st.number_input("Seed", 0, 9999, 0, key="cseed", width=120)
    drawn = synthetic_batch(1, stage.difficulty, generator=torch.Generator().manual_seed(int(seed)))
    keep = drawn.peak_mask[0]
    tokens = DEFAULT_VOCABULARY.tokens
    text = "".join(tokens[i] for i in drawn.targets[0].tolist() if not tokens[i].startswith("<"))
    kind = "clean" if bool(drawn.clean[0]) else "made difficult"
    made = Spectrum(mz=drawn.observed_masses[0][keep].numpy(), intensity=drawn.observed_intensities[0][keep].numpy(),
                    title=text)  # fmt: skip
    st.markdown(f"**A spectrum of step {step:,}, stage {stage.number}: {text}, {len(made)} peaks, {kind}**")
    components.figure(observed_figure(made) | {"height": 200}, key="curriculum-drawn")


def _cost(curriculum: CurriculumV2, sigma: float) -> None:
    st.markdown("**What each part costs a model of this accuracy**")
    with st.container(horizontal=True, gap="medium"):
        accuracy = st.slider("Tokens right, %", 0, 100, 90, 1, key="cacc", bind="query-params", width=240)
        confidence = st.slider("Probability of its answer, %", 10, 99, 90, 1, key="cconf", bind="query-params",
                               width=240)  # fmt: skip
    found = _expected(curriculum.stages, accuracy / 100, confidence / 100, sigma)
    components.figure(expected_figure(found), key="curriculum-cost")
    share = ", ".join(f"{s:.1%}" for s in found.share)
    st.caption(
        f"Medians of 64 synthetic spectra a stage, at σ = {sigma:g} Th. With the stage's weights, spectrum and "
        f"precursor are this share of the whole loss: {share}."
    )
    st.caption(ADVICE)


def _table(curriculum: CurriculumV2) -> pd.DataFrame:
    rows = [
        {
            "stage": s.number,
            "residues": f"{s.difficulty.min_length}–{s.difficulty.max_length}",
            "clean %": 100 * s.difficulty.clean_share,
            "noise peaks": s.difficulty.noise_peaks,
            "dropout %": 100 * s.difficulty.dropout,
            "ppm": s.difficulty.mass_error_ppm,
            "spectrum weight": s.spectrum_weight,
            "precursor weight": s.precursor_weight,
        }
        for s in curriculum.stages
    ]
    return pd.DataFrame(rows).astype({"stage": np.int64})
