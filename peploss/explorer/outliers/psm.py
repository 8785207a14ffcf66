"""One PSM beside the table: its numbers, its cause, what would undo it, its tags and its note."""

from __future__ import annotations

import html
from typing import Any

import streamlit as st

from peploss.analysis.causes.diagnosis import Diagnosis, diagnose
from peploss.analysis.causes.run import Run
from peploss.dataset.psm_row import psm_of
from peploss.dataset.query.notes import LONGEST, Notes
from peploss.dataset.scoring.runs import runs_of
from peploss.dataset.store import ParquetStore
from peploss.errors import PeplossError
from peploss.explorer.explore import cause
from peploss.explorer.outliers import notes as outliers_notes
from peploss.explorer.outliers import open as outliers_open
from peploss.explorer.outliers import state
from peploss.explorer.outliers.columns import label
from peploss.explorer.outliers.questions import Look
from peploss.explorer.shell.facts import Fact, facts
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.sources.set_files import SetFile
from peploss.settings import LossSettings

_NUMBERS = {
    "loss": ".4f", "decoy_loss": ".4f", "explained": ".3f", "isotope_ppm": "+.1f", "n_peaks": ",d",
    "engine_score": ".4g", "q_value": ".3g", "mass_difference": "+.4f",
}  # fmt: skip
_TAGS, _NOTE = "psm-tags", "psm-note"


def draw(
    look: Look, chosen: SetFile, settings: LossSettings, seed: int, notes: Notes | None, first: int | None
) -> None:
    """The PSM whose cell was clicked, else the first of the table."""
    clicked = state.STATE.now().psm
    psm = first if clicked is None else clicked
    if psm is None:
        return
    found = look.whole.rows([psm], list(look.whole.columns)).to_pylist()
    if not found:
        st.info(f"There is no PSM {psm} in this file.")
        return
    row = found[0]
    title = html.escape(str(row.get("title") or row.get("native_id") or f"PSM {psm}"))
    peptide = html.escape(f"{row.get('peptide')}/{row['charge']}" if row.get("charge") else str(row.get("peptide")))
    about = html.escape(f"PSM {psm} · {row.get('file')}")
    st.html(f'<div class="pl-psm"><b>{title}</b><code>{peptide}</code><span>{about}</span></div>')
    why = _why(chosen, psm, settings, seed)
    facts("", [_fact(row, n, f) for n, f in _NUMBERS.items() if row.get(n) is not None])
    if row.get("notes"):
        st.caption(escape_markdown(row["notes"]))
    _cause(why)
    with st.container(horizontal=True, gap="small"):
        outliers_open.button(chosen, psm, settings, label="Open in Explore")
        if isinstance(why, Diagnosis) and why.fix is not None and cause.applicable(why.fix):
            told = escape_markdown(cause.gain(why.fix))
            outliers_open.button(chosen, psm, settings, why.fix, label="Open with the fix", help=told)
    _noted(chosen, psm, notes)
    if clicked is None:
        st.caption(
            "The first of the table. Click another row or a point above to show that PSM; tick rows to select them."
        )


def _fact(row: dict[str, Any], name: str, form: str) -> Fact:
    return Fact(label(name), format(row[name], form), "", strong=name == "loss")


@st.cache_resource(max_entries=200, show_spinner=False)
def _judged(path: str, mtime_ns: int, size: int, psm: int, toml: str, seed: int, _settings: LossSettings) -> Diagnosis:
    with ParquetStore(path) as store:
        spectrum, peptide = psm_of(store.row(psm))
    run = _run(path, mtime_ns, size, spectrum.source, toml, seed, _settings)
    return diagnose(spectrum, peptide, _settings, seed=seed, run=run)


@st.cache_resource(max_entries=50, show_spinner=False)
def _run(path: str, mtime_ns: int, size: int, file: str, toml: str, seed: int, _settings: LossSettings) -> Run | None:
    with ParquetStore(path) as store:
        return runs_of(store, _settings, seed, only=file).get(file)


def diagnosis(chosen: SetFile, psm: int, settings: LossSettings, seed: int) -> Diagnosis:
    """The cause of one PSM.

    Raises:
        PeplossError: it cannot be judged.
    """
    return _judged(*chosen.stamp, psm, settings.to_toml(), seed, settings)


def _why(chosen: SetFile, psm: int, settings: LossSettings, seed: int) -> Diagnosis | PeplossError:
    try:
        return diagnosis(chosen, psm, settings, seed)
    except PeplossError as error:
        return error


def _cause(why: Diagnosis | PeplossError) -> None:
    if isinstance(why, PeplossError):
        st.caption(f"Its cause cannot be looked for: {sentence(why)}")
    else:
        fix = f"  \nFix: {escape_markdown(cause.gain(why.fix))}." if why.fix is not None else ""
        st.markdown(cause.told(why) + fix, help=f"When this cause is named: {escape_markdown(why.rule)}")


def _noted(chosen: SetFile, psm: int, notes: Notes | None) -> None:
    try:
        known = sorted(notes.tags()) if notes else []
        tags, note = notes.of(psm) if notes else ([], None)
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    at = f"{chosen.uuid}-{psm}"
    tags_key, note_key = f"{_TAGS}-{at}", f"{_NOTE}-{at}"

    def retag() -> None:
        now = set(st.session_state[tags_key])

        def change(to: Notes) -> None:
            before = set(to.of(psm)[0])
            for tag in now - before:
                to.tag([psm], tag)
            for tag in before - now:
                to.untag([psm], tag)

        if outliers_notes.write(chosen, change, at):
            st.rerun(state.BODY)  # the choice of tags stands above

    def renote() -> None:
        outliers_notes.write(chosen, lambda to: to.note(psm, st.session_state[note_key]), at)

    st.multiselect(
        "Tags", known, default=tags, key=tags_key, on_change=retag, accept_new_options=True, placeholder="Tag it",
        label_visibility="collapsed",
    )  # fmt: skip
    st.text_area(
        "Note", note.text if note else "", key=note_key, on_change=renote, placeholder="A note", height=70,
        label_visibility="collapsed", max_chars=LONGEST,
    )  # fmt: skip
    outliers_notes.told(at)
