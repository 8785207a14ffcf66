"""Why a comparison has its loss, as one cause in words, and the change that would undo it one click away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from peploss.analysis.causes.counterfactuals.counterfactual import Counterfactual
from peploss.analysis.causes.diagnosis import Diagnosis, diagnose
from peploss.analysis.causes.find_run import run_of
from peploss.analysis.causes.rules import Cause, cause_label
from peploss.analysis.causes.run import Run
from peploss.analysis.one_psm.explanation import Explanation
from peploss.analysis.tuning.file_psms import Readable
from peploss.analysis.tuning.psm_set import Psm
from peploss.errors import PeplossError
from peploss.explorer.shell import controls, state
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.sources.source import Source
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.shift import Shift

LEAST_GAIN = 0.0005  # what changes the loss by less than it is written with is not offered


LOOKED_AT = 60
"""Spectra of a file that are looked at for how its run scatters."""


def draw(ex: Explanation, source: Source, key: str, believed: Callable[[Cause], None]) -> None:
    """The cause of what is shown.

    Args:
        source: of the spectrum; the rest of its run tells how peaks scatter.
        key: the same text for the same spectrum as it is shown.
        believed: draws how far the cause can be believed.
    """
    try:
        same = ex.settings.replace(sigma=LossSettings.sigma, bin_width=LossSettings.bin_width)  # they play no part
        run = _run(source.key, ex.spectrum.source, same.to_toml(), source.spectra, same)
        why = _judged(key, ex.spectrum.index, ex.peptide.text, ex.settings.to_toml(), ex, run)
    except PeplossError as error:
        st.caption(f"No cause can be named: {sentence(error)}")
        return
    with st.container(key="cause"):
        st.markdown(told(why), help=f"When this cause is named: {escape_markdown(why.rule)}")
        for note in run.notes(ex.settings) if run is not None else ():
            st.caption(escape_markdown(note))
        believed(why.cause)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if why.fix is not None and applicable(why.fix) and why.fix.gain > LEAST_GAIN:
                st.button(
                    f"Try it: {escape_markdown(gain(why.fix))}",
                    key="apply-fix",
                    icon=":material/auto_fix_high:",
                    help="Shows the spectrum with this change. Undo it in the box that it changes.",
                    on_click=apply,
                    args=(why.fix,),
                )
            tried = st.popover("What was tried", key="tried", on_change="rerun", width="content", type="tertiary")
            if tried.open:
                with tried:
                    _tried(why)


def told(why: Diagnosis) -> str:
    """The cause and what was found, as Markdown."""
    name = cause_label(why.cause).capitalize()
    return f"**{name}** :gray[(confidence {why.confidence:.2f})] · {escape_markdown(why.text)}"


def gain(fix: Counterfactual) -> str:
    """A change and what it does to the loss, in words."""
    return f"{fix.text} (loss {fix.loss:.4f})"


def applicable(fix: Counterfactual) -> bool:
    """Whether Explore can show the fix: another isotope of the precursor changes nothing that it draws, and its sliders
    and fields have ends."""
    if fix.settings is not None and controls.misfits(fix.settings):
        return False
    return fix.settings is not None or fix.peptide is not None or fix.shift is not None


def apply(fix: Counterfactual) -> None:
    """Callback: show the comparison with the change."""
    if fix.settings is not None:
        controls.use(fix.settings)
    if fix.peptide is not None:
        st.session_state[state.PEPTIDE] = fix.peptide.text
    if fix.shift is not None:
        before = state.view().shift
        same = before is not None and before.unit == fix.shift.unit
        state.set_shift(Shift(fix.shift.unit, fix.shift.value + (before.value if before and same else 0.0)))
    st.rerun()  # the button lies in a small part of the page


@st.cache_resource(max_entries=64, show_spinner=False)
def _judged(key: str, place: int, peptide: str, settings_toml: str, _ex: Explanation, _run: Run | None) -> Diagnosis:
    return diagnose(_ex.spectrum, _ex.peptide, _ex.settings, run=_run)


@st.cache_resource(max_entries=16, show_spinner=False)
def _run(key: str, file: str, settings_toml: str, _spectra: Readable, _settings: LossSettings) -> Run | None:
    """What is known of the run, from some of its spectra that name a peptide."""
    psms = []
    n = len(_spectra)
    for place in np.unique(np.linspace(0, n - 1, min(n, LOOKED_AT)).astype(int)).tolist():
        try:
            spectrum = _spectra.read(place)
            if spectrum.source == file and spectrum.peptide:
                psms.append(Psm(spectrum, Peptide.parse(spectrum.peptide, spectrum.precursor_charge)))
        except PeplossError:  # told where the file's spectra are listed
            continue
    return run_of(psms, _settings)


def _tried(why: Diagnosis) -> None:
    rows = pd.DataFrame(
        {
            "change": [c.text for c in why.counterfactuals],
            "loss": [c.loss for c in why.counterfactuals],
            "gain": [c.gain for c in why.counterfactuals],
            "ppm": [c.ppm for c in why.counterfactuals],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        rows,
        hide_index=True,
        height=360,
        placeholder="",
        column_config={
            "change": st.column_config.TextColumn(width=300),
            "loss": number(width=74, format="%.4f"),
            "gain": number(width=74, format="%+.4f", help="How far the change lowers the loss"),
            "ppm": number(width=74, format="%.1f", help="Precursor error under the change"),
        },
    )
    st.caption(f"Each is the best of its kind, scored as the loss is, which is {why.loss:.4f}.")
