"""Tab "Sample": one sample through the refinement steps of the model, and on to Explore."""

from __future__ import annotations

import numpy as np
import streamlit as st

from peploss.errors import PeplossError, SourceError
from peploss.explorer.browser import components
from peploss.explorer.figures.training.refinement import drift_figure, gradient_figure, probability_figure, step_figure
from peploss.explorer.shell.facts import Fact, facts
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.training import to_explore
from peploss.explorer.training.curves import Look, words
from peploss.explorer.training.shown import STATE
from peploss.training.descent.objective import Objective
from peploss.training.logged_run import LoggedSample, LoggedSpectrum
from peploss.training.one_sample import Refinement, refinement

SAME = 1e-6
"""How far a loss computed again may lie from the one that was logged."""


@st.cache_resource(max_entries=64, show_spinner=False)
def _sample(key: str, step: int, name: str, _look: Look) -> tuple[LoggedSample, LoggedSpectrum | None]:
    return _look.run.run.sample(step, name), _look.run.run.spectrum(name)


@st.cache_resource(max_entries=64, show_spinner=False)
def _refined(
    key: str, step: int, name: str, _look: Look, _sample: LoggedSample, _spectrum: LoggedSpectrum | None
) -> Refinement:
    return refinement(_sample, _spectrum, _look.run.run.objective or Objective(), _look.run.run.vocabulary)


def draw(look: Look) -> None:
    """The tab's content; without a choice the worst sample of the second checkpoint."""
    name = STATE.now().psm_id
    if not name:
        worst = look.page("loss", True, 1, 0)
        if worst.empty:
            st.info("No sample matches the filter of the tab Run.", icon=":material/filter_alt_off:")
            return
        name = str(worst["id"].iloc[0])
    steps = look.run.steps_of(name)
    if not steps:
        st.error(f"The run has no sample {escape_markdown(name)}. Choose one in the tab Run.", icon=":material/error:")
        return
    at = _head(name, steps, look)
    sample, spectrum = _sample(look.key, at, name, look)
    tokens = look.run.run.vocabulary.tokens
    _peptides(sample, tokens, spectrum)
    try:
        found = _refined(look.key, at, name, look, sample, spectrum)
    except SourceError as error:
        _without_logits(sample, tokens, error)
        return
    with st.container(key="training-told"):
        left, right = st.columns(2, gap="large")
    with left:
        _told(look, sample, spectrum, found)
    with right:
        _over_steps(found)
    t = _which(len(found.ce))
    with st.container(key="training-sample"):
        left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**Probability of each token, refinement step {t + 1}**")
        changed = found.edits[t]
        picture = probability_figure(found.probs[t], tokens, found.target, found.decoded[t], changed)
        components.figure(picture, key="training-probability")
        n = int(changed.sum())
        st.caption(
            "Square: right token. Dot: decoded token"
            + (f"; in another colour where the step changed it ({n} of {len(changed)})." if t else ".")
        )
    with right:
        st.markdown(f"**Expected fragments against their right places, refinement step {t + 1}**")
        sigma = (look.run.run.objective or Objective()).with_weights(sample.weights).width(found.right)
        components.figure(drift_figure(found.fragment, found.drift, found.observed, sigma, t), key="training-drift")
        st.caption("Grey: the other refinement steps. A fragment outside the band overlaps no right peak.")
        st.markdown("**Gradient on the logits of this step, by position**")
        parts = {part: values[t] for part, values in found.gradient.items()}
        components.figure(gradient_figure(parts, [tokens[i] for i in found.target]), key="training-gradient")
        st.caption("Norm, with the weights of the loss. Spectrum and precursor see the last refinement step only.")


def _over_steps(found: Refinement) -> None:
    if len(found.ce) < 2:
        return
    st.markdown("**Over the refinement steps**")
    components.figure(_steps(found), key="training-steps-figure")
    weights = ", ".join(f"{w:.3g}" for w in found.ce_weight)
    st.caption(
        f"Spectrum and precursor loss as if the step were the last. Weight of each step's cross-entropy: {weights}."
    )


def _steps(found: Refinement) -> dict:
    values = {"cross-entropy": found.ce, "spectrum loss": found.spectrum, "precursor loss": found.precursor}
    values |= {"total": found.total, "on special tokens": found.special[:, found.residue].mean(1)}
    return step_figure({name: v for name, v in values.items() if np.isfinite(v).any()}, "loss, probability")


def _head(name: str, steps: list[int], look: Look) -> int:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.markdown(f"## {escape_markdown(name)}", width="content")
        usual = look.b if look.b in steps else steps[-1]
        at = STATE.choice("at", "Checkpoint", steps, usual, format_func="{:,}".format, width=150)
        st.space("stretch")
        st.button(
            "Back to the run", icon=":material/arrow_back:", key="training-back", type="tertiary",
            on_click=STATE.change, kwargs={"see": "Run"},
        )  # fmt: skip
    return int(at)


def _which(n: int) -> int:
    """The refinement step that the pictures show."""
    if n == 1:
        return 0
    picked = st.segmented_control(
        "Refinement step", list(range(1, n + 1)), default=n, required=True, key="refine", bind="query-params"
    )
    return int(picked or n) - 1


def _peptides(sample: LoggedSample, tokens: tuple[str, ...], spectrum: LoggedSpectrum | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if len(sample.target):
            st.markdown(f"Right: `{_text(sample.target, tokens)}`", width="content")
        st.markdown(f"Decoded: `{_text(sample.decoded[-1], tokens)}`", width="content")
        to_explore.button(sample, tokens, spectrum)


def _text(ids: np.ndarray, tokens: tuple[str, ...]) -> str:
    return "".join(tokens[i] if not tokens[i].startswith("<") else f" {tokens[i]} " for i in ids).strip()


def _told(look: Look, sample: LoggedSample, spectrum: LoggedSpectrum | None, found: Refinement) -> None:
    logged = sample.numbers.get("total_loss")
    total = float(found.total[-1])
    rows = [Fact("Total loss, computed again", f"{total:.6f}", "From the logged logits and spectrum.", strong=True)]
    if logged is not None:
        rows.append(Fact("Total loss, as logged", f"{logged:.6f}", "What the training loop handed over."))
    for label, values in (("Spectrum loss", found.spectrum), ("Precursor loss", found.precursor)):
        if np.isfinite(values[-1]):
            rows.append(Fact(label, f"{values[-1]:.6f}", "Of the last refinement step, before its weight."))
    rows.append(Fact("Cross-entropy, last step", f"{found.ce[-1]:.6f}", "In nats, the mean over the tokens."))
    if np.isfinite(found.ppm[-1]):
        rows.append(Fact("Precursor", f"{found.ppm[-1]:+,.1f} ppm", "Observed less expected mass."))
    share = float(found.special[-1][found.residue].mean()) if found.residue.any() else 0.0
    rows.append(Fact("On special tokens", f"{share:.2%}", "Mean probability over the residues."))
    facts("At this checkpoint", rows)
    if logged is not None and abs(logged - total) > SAME * max(1.0, abs(logged)):
        st.warning(
            f"The loss computed again differs from the logged one by {total - logged:+.2g}: {_why(look, spectrum)}",
            icon=":material/rule:",
        )


def _why(look: Look, spectrum: LoggedSpectrum | None) -> str:
    if look.run.run.objective is None:
        return "the log does not hold the settings of the loss. Give them with SampleLog(loss=...)."
    if spectrum is None or not len(spectrum.mz):
        return "the log does not hold the spectrum. Give it with log.add(peaks=...)."
    return "the spectrum that is kept is the first of its id, or the loss was reduced over the batch."


def _without_logits(sample: LoggedSample, tokens: tuple[str, ...], error: PeplossError) -> None:
    """What can be shown of the most probable tokens alone."""
    st.info(sentence(error), icon=":material/info:")
    probs = np.zeros((len(sample.top_token), len(tokens)))
    known = np.isfinite(sample.top_probability)
    np.put_along_axis(probs, sample.top_token, np.where(known, sample.top_probability, 0.0), axis=1)
    st.markdown("**Probability of the most probable tokens, last refinement step**")
    figure = probability_figure(probs, tokens, sample.target, sample.decoded[-1])
    components.figure(figure, key="training-probability")
    if sample.numbers:
        facts(
            "Logged",
            [Fact(words(name), f"{value:.6g}", "As logged.") for name, value in sorted(sample.numbers.items())],
        )
