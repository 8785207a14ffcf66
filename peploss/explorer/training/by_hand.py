"""Tab "By hand": a model's doubt made with sliders, and what the spectrum loss makes of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from peploss.analysis.tuning.psm_set import Psm
from peploss.explorer.browser import components
from peploss.explorer.figures.training.doubt import reach_of_doubt_figure, treated_figure
from peploss.explorer.figures.training.refinement import probability_figure
from peploss.explorer.shell.facts import Fact, facts
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.training.by_hand.peptide_tokens import peptide_tokens, with_tokens_of
from peploss.training.by_hand.reach_of_doubt import ReachOfDoubt, reach_of_doubt
from peploss.training.by_hand.soft_peptide import Doubt, soft_peptide
from peploss.training.by_hand.treatments import RIGHT, TREATMENTS, treatments, with_padding

SIGMAS = (0.05, 0.2, 0.5, 2.0, 10.0)
CURVE = (*np.linspace(0, 0.95, 20), *np.linspace(0.955, 0.995, 9), 0.998, 0.999, 1.0)
"""Probabilities at which the loss is computed: closely where it falls."""


@st.cache_resource(max_entries=32, show_spinner=False)
def _reach(
    key: str, tokens: tuple[str, ...], sigmas: tuple[float, ...], bin_width: float, _peptide: Peptide,
    _mz: np.ndarray, _intensity: np.ndarray,
) -> ReachOfDoubt:  # fmt: skip
    vocabulary = with_tokens_of([_peptide])
    return reach_of_doubt(
        tokens, _mz, _intensity, sigmas=sigmas, correct=tuple(map(float, CURVE)), bin_width=bin_width,
        vocabulary=vocabulary,
    )  # fmt: skip


def draw(psm: Psm, settings: LossSettings, key: str) -> None:
    """The tab's content under the line that finds the spectrum; ``key`` tells spectra and peptides apart."""
    peaks = preprocess(psm.spectrum, settings)
    vocabulary = with_tokens_of([psm.peptide])
    tokens = tuple(token for token, _ in peptide_tokens(psm.peptide).values())
    doubt, extra, sure = _sliders(tokens)
    probs = with_padding(soft_peptide(tokens, doubt, vocabulary=vocabulary), extra, sure, vocabulary=vocabulary)
    sigma = settings.sigma if settings.sigma_unit == "Da" else 0.05
    at = settings.replace(sigma=sigma, sigma_unit="Da")
    treated = treatments(probs, len(tokens), peaks.mz, peaks.intensity, at, vocabulary=vocabulary)
    with st.container(key="training-by-hand"):
        left, right = st.columns(2, gap="large")
    with left:
        _answer(psm, treated, sigma)
        st.markdown("**The probabilities**")
        target = [vocabulary.id(token) for token in tokens] + [vocabulary.id(vocabulary.pad or "")] * extra
        decoded = probs.argmax(-1).tolist()
        picture = probability_figure(probs.numpy(), vocabulary.tokens, target, decoded)
        components.figure(picture, key="by-hand-probability")
    with right:
        st.markdown("**Where the gradient dies**", help=_DIES)
        sigmas = tuple(sorted({*SIGMAS, sigma}))
        found = _reach(
            f"{key}|{at.replace(sigma=1.0).to_toml()}", tokens, sigmas, at.bin_width, psm.peptide, peaks.mz,
            peaks.intensity,
        )  # fmt: skip
        components.figure(reach_of_doubt_figure(found, doubt.correct), key="by-hand-reach")
        _in_words(found, doubt.correct, sigma)
    st.caption(ADVICE)
    st.markdown("**One right treatment and two known errors**")
    components.figure(treated_figure(treated, peaks.mz, peaks.intensity), key="by-hand-treated")
    right_mass = treated[RIGHT].mass
    st.dataframe(
        pd.DataFrame(
            {
                "treatment": list(treated),
                "spectrum loss": [t.loss for t in treated.values()],
                "gradient": [t.gradient for t in treated.values()],
                "fragments": [len(t.mz) for t in treated.values()],
                "mass off by, Da": [t.mass - right_mass for t in treated.values()],
                "what it does": list(TREATMENTS.values()),
            }
        ),
        hide_index=True,
        column_config={
            "spectrum loss": st.column_config.NumberColumn(format="%.4f"),
            "gradient": st.column_config.NumberColumn(format="%.3g"),
            "mass off by, Da": st.column_config.NumberColumn(format="%+.4f"),
        },
    )


def _sliders(tokens: tuple[str, ...]) -> tuple[Doubt, int, float]:
    """What the sliders say: the doubt, rows of padding, and how sure the model is of them."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="by-hand-sliders"):
        correct = st.slider(
            "Right residue, %", 0.0, 100.0, 90.0, 0.5, key="sure", bind="query-params", width=230,
            help="Probability of the right residue; the rest is spread evenly over all residues.",
        )  # fmt: skip
        temperature = st.slider("Temperature", 0.1, 5.0, 1.0, 0.1, key="temp", bind="query-params", width=180)
        leak = st.slider(
            "On special tokens, %", 0.0, 90.0, 0.0, 1.0, key="leak", bind="query-params", width=200,
            help="Probability that moves to padding, start, end and unknown.",
        )  # fmt: skip
        names = [f"{token} {i + 1}" for i, token in enumerate(tokens)]
        confused = st.multiselect("Confused positions", names, key="confused", width=260)
        confusion = st.slider(
            "Confusion, %", 0.0, 100.0, 100.0, 1.0, key="confusion", bind="query-params", width=180,
            help="Of the right residue's probability, how much goes to the residue nearest in mass.",
        )  # fmt: skip
        extra = st.slider("Rows of padding", 0, 20, 3, key="pads", bind="query-params", width=160)
    places = tuple(sorted(names.index(name) for name in confused if name in names))
    doubt = Doubt(
        correct=correct / 100, confused=places, confusion=confusion / 100, leak=leak / 100, temperature=temperature
    )
    return doubt, int(extra), correct / 100


def _answer(psm: Psm, treated: dict, sigma: float) -> None:
    found = treated[RIGHT]
    facts(
        "This soft peptide",
        [
            Fact("Spectrum loss", f"{found.loss:.4f}", "1 − cosine, as trained.", strong=True),
            Fact("Gradient on the logits", f"{found.gradient:.3g}", "Its norm over all positions and tokens."),
            Fact("Mass off by", f"{found.mass - _fragment_mass(psm.peptide):+.3f} Da", "Expected less right mass."),
            Fact("σ", f"{sigma:g} Th", "From the sidebar's page Tune or Explore; in Da."),
        ],
    )


def _fragment_mass(peptide: Peptide) -> float:
    return peptide.neutral_mass - peptide.labile_mass


def _in_words(found: ReachOfDoubt, correct: float, sigma: float) -> None:
    k = int(np.abs(found.correct - correct).argmin())
    s = int(np.abs(found.sigma - sigma).argmin())
    drift, loss = float(found.drift[k]), float(found.loss[s, k])
    st.caption(
        f"At {100 * found.correct[k]:.3g} % the expected masses drift by up to {drift:.3g} Da, which is "
        f"{drift / sigma:,.0f} σ at σ = {sigma:g} Th: the loss is {loss:.3f}"
        + (" and has no gradient worth the name." if loss > 0.9 else ".")
    )


ADVICE = (
    "In a study of small models (`python -m benchmarks.training_study`), weight 0.15 at σ 0.05 made every training "
    "worse. Weight 0.01, or a gradient scaled to a tenth of the cross-entropy's, did no harm; no variant helped. "
    "Watch this loss as a metric before you train on it."
)
_DIES = """
The loss sees expected masses. Where the right residue has a probability below 1, each expected mass leans towards the
mean residue, and the error adds up along the peptide. Once it is larger than a few σ, no fragment overlaps its peak.
"""
