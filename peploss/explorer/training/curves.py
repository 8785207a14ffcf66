"""Tab "Run": the curves of every part of the loss, and the comparison of two checkpoints."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from peploss.dataset.runs.among import Among
from peploss.dataset.runs.samples import Change, RunSamples
from peploss.dataset.runs.scalars import Row, as_csv, as_json, scalars
from peploss.dataset.runs.sorted_metric import Curve
from peploss.explorer.browser import components
from peploss.explorer.figures.training.training import change_figure, curve_figure
from peploss.explorer.training.shown import STATE

MAIN = ("total_loss", "ce_final", "spectrum_loss", "precursor_loss", "accuracy")
WORDS = {
    "total_loss": "total loss",
    "ce_final": "cross-entropy, last step",
    "spectrum_loss": "spectrum loss",
    "precursor_loss": "precursor loss",
    "accuracy": "share of tokens right",
    "special_token_probability": "probability on special tokens",
    "ppm_error": "precursor error, ppm",
    "mass_error_da": "precursor error, Da",
    "predicted_peptide_mass": "predicted mass, Da",
    "precursor_known": "precursor known",
    "answer_loss": "−log probability of its own answer",
    "score": "score of the table",
}


@dataclass(frozen=True, eq=False)
class Look:
    """What is asked of a run.

    Attributes:
        run: the run.
        key: the same text for the same content of it.
        a, b: steps of the checkpoints compared, a before b.
        among: which samples.
    """

    run: RunSamples
    key: str
    a: int
    b: int
    among: Among

    def curve(self, metric: str) -> Curve:
        """A metric over training."""
        return _curve(self.key, metric, self.among, self.a, self.b, self.run)

    def change(self) -> Change:
        """Between the checkpoints."""
        return _change(self.key, replace(self.among, who="all"), self.a, self.b, self.run)

    def count(self) -> int:
        """How many samples."""
        return _count(self.key, self.among, self.a, self.b, self.run)

    def page(self, order: str, descending: bool, limit: int, offset: int) -> pd.DataFrame:
        """Rows of the table with what the model says at b; not to be changed."""
        return _page(self.key, self.among, self.a, self.b, order, descending, limit, offset, self.run)


@st.cache_resource(max_entries=200, show_spinner=False)
def _curve(key: str, metric: str, among: Among, a: int, b: int, _run: RunSamples) -> Curve:
    return _run.curve(metric, among, a, b)


@st.cache_resource(max_entries=100, show_spinner=False)
def _change(key: str, among: Among, a: int, b: int, _run: RunSamples) -> Change:
    return _run.change(among, a, b)


@st.cache_resource(max_entries=200, show_spinner=False)
def _count(key: str, among: Among, a: int, b: int, _run: RunSamples) -> int:
    return _run.count(among, a, b)


@st.cache_resource(max_entries=60, show_spinner=False)
def _page(
    key: str, among: Among, a: int, b: int, order: str, descending: bool, limit: int, offset: int, _run: RunSamples
) -> pd.DataFrame:
    found = _run.page(among, a, b, order=order, descending=descending, limit=limit, offset=offset).to_pandas()
    decoded = _run.decoded(found["id"].tolist(), b)
    found.insert(2, "decoded", [decoded.get(name) for name in found["id"]])
    return found


def words(metric: str) -> str:
    """A metric in words."""
    if metric.startswith("ce_step_") and metric[8:].isdecimal():
        return f"cross-entropy, step {int(metric[8:]) + 1}"
    return WORDS.get(metric, metric.replace("_", " "))


def look_at(run: RunSamples, key: str) -> Look:
    """The run as the state asks for it; a step that was not logged gives way to the nearest that was."""
    now = STATE.now()
    steps = np.array(run.steps)
    a = int(steps[0] if now.cp1 is None else steps[np.abs(steps - now.cp1).argmin()])
    b = int(steps[-1] if now.cp2 is None else steps[np.abs(steps - now.cp2).argmin()])
    return Look(run, key, min(a, b), max(a, b), now.among)


def draw(look: Look) -> None:
    """The parts of the loss and the share of right tokens, and the change beside them; other metrics on demand."""
    main = [metric for metric in look.run.metrics if metric in MAIN] or look.run.metrics[:2]
    others = [metric for metric in look.run.metrics if metric not in main]
    more: list[str] = []
    if others:
        more = st.multiselect("More metrics", others, key="training-more", format_func=words, width=420)
    with st.container(key="training-curves"):
        cells: list[str | None] = [*main, None, *more]
        for start in range(0, len(cells), 3):
            for column, metric in zip(st.columns(3, gap="medium"), cells[start : start + 3], strict=False):
                with column:
                    if metric is None:
                        _changed(look)
                    else:
                        _one(look, metric)
    st.caption(
        "Line: median. Bands: the middle half and the middle 90 % of the samples. Dotted: mean. "
        "Drag over steps to compare the first with the last of them; click a point to compare with it."
    )
    with st.container(horizontal=True, gap="small"):
        for ending, write in (("csv", as_csv), ("json", as_json)):
            st.download_button(
                f"Curves as {ending.upper()}",
                partial(_written, look, write),
                f"curves.{ending}",
                key=f"training-{ending}",
                icon=":material/download:",
                on_click="ignore",
                help="Of the samples that the filter leaves.",
            )


def _written(look: Look, write: Callable[[list[Row]], str]) -> str:
    return write(scalars(look.run, look.among, look.a, look.b))


def _one(look: Look, metric: str) -> None:
    st.markdown(f"**{words(metric)[:1].upper()}{words(metric)[1:]}**")
    found = look.curve(metric)
    if not len(found.step):
        st.caption("No sample has a number here.")
        return
    key = f"training-curve-{metric}"
    figure = curve_figure(found, words(metric), look.a, look.b)
    components.picks(
        _marked(figure, look, metric), key=key, on_pick=partial(_picked, key), on_range=partial(_ranged, key, look.run)
    )


def _changed(look: Look) -> None:
    st.markdown(f"**From step {look.a:,} to {look.b:,}**")
    if look.a == look.b:
        st.caption("The run has one step. A comparison needs two.")
        return
    found = look.change()
    if not found.n:
        st.caption("No sample was logged at both.")
        return
    components.figure(change_figure(found, words(look.run.loss)), key="training-change")


def _marked(figure: dict[str, Any], look: Look, *more: str) -> dict[str, Any]:
    told = repr((look.key, look.a, look.b, look.among, more))
    return figure | {"revision": hashlib.blake2b(told.encode(), digest_size=8).hexdigest()}


def _picked(key: str) -> None:
    """Callback: the step that was clicked is the second checkpoint."""
    step = (st.session_state.get(key) or {}).get("pick")
    if step is not None:
        STATE.change(cp2=int(step), at=None)


def _ranged(key: str, run: RunSamples) -> None:
    """Callback: the first and the last step that were dragged over are compared."""
    ends = ((st.session_state.get(key) or {}).get("range") or {}).get("x")
    if ends:
        inside = [step for step in run.steps if min(ends) <= step <= max(ends)]
        if len(inside) > 1:
            STATE.change(cp1=inside[0], cp2=inside[-1], at=None)
