"""The selection: all that is shown, the top of it or what is ticked; tagged together, and taken away as a file."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from peploss.dataset.query.notes import Notes
from peploss.dataset.query.selections import KINDS, Kind, export
from peploss.explorer.outliers import notes as outliers_notes
from peploss.explorer.outliers import state
from peploss.explorer.outliers.questions import Look
from peploss.explorer.outliers.table import Shown
from peploss.explorer.shell.text import escape_markdown
from peploss.explorer.sources.set_files import SetFile

_TOLD, _AT = "_tagged_told", "tag"
ALL, WORST, TICKED = "All shown", "Top", "Ticked"
MOST_SPECTRA: Final = 100_000  # of an MGF, which is held in memory on its way to the browser
_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "ids": ("Ids", "txt", "One id a line."),
    "tsv": ("TSV", "tsv", "All columns of the set and of its scores, with tags and notes."),
    "parquet": (
        "Parquet",
        "parquet",
        "All columns, typed, in the order of the set; tags and notes stay beside the set.",
    ),
    "mgf": ("MGF", "mgf", "Spectra with their peptides (SEQ=)."),
    "keep": ("Keep list", "json", "For a training loader: the PSMs to keep, by id, file, index, scan and title."),
    "drop": ("Drop list", "json", "As the keep list, but of PSMs to exclude."),
}


@dataclass(frozen=True)
class Selection:
    """PSMs selected: how many, and their ids when they are asked for."""

    n: int
    ids: Callable[[], list[int]]


def draw(look: Look, chosen: SetFile, results: SetFile | None, shown: Shown) -> None:
    """The line under the table."""
    if told := st.session_state.pop(_TOLD, None):
        st.toast(told, icon=":material/label:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="selection"):
        found = _selection(look, chosen, shown)
        st.markdown(f"**{found.n:,}** selected", width="content")
        with st.popover("Tag", icon=":material/label:", width="content", disabled=not found.n):
            _tag(chosen, found)
        with st.popover("Export", icon=":material/download:", width="content", disabled=not found.n):
            _export(chosen, results, found)


def _selection(look: Look, chosen: SetFile, shown: Shown) -> Selection:
    which = st.segmented_control(
        "Selection", [ALL, WORST, TICKED], default=ALL, required=True, key="selected", label_visibility="collapsed"
    )
    if which == TICKED:
        ids = state.ticked(chosen)
        if ids:
            st.button("Untick all", key="untick", type="tertiary", on_click=state.untick, args=(chosen,))
        return Selection(len(ids), lambda: ids)
    if which == WORST:
        k = int(
            st.number_input(
                "How many", min_value=1, value=100, step=100, key="top-k", label_visibility="collapsed", width=130,
                help="Of the table, in its order.",
            )
        )  # fmt: skip
        return Selection(min(k, look.n), lambda: look.ids(order=shown.order, descending=shown.descending, limit=k))
    return Selection(look.n, look.ids)


def _tag(chosen: SetFile, found: Selection) -> None:
    notes = outliers_notes.there(chosen)
    known = sorted(notes.tags()) if notes else []
    tag = st.selectbox(
        "Tag", known, index=None, key="tag-name", accept_new_options=True, placeholder="Choose or type a tag"
    )

    def change(what: Callable[[Notes, list[int], str], None], told: str) -> None:
        if outliers_notes.write(chosen, lambda to: what(to, found.ids(), str(tag)), _AT):
            # Said by the run that follows: what a callback draws would take the place of what stands on the page.
            st.session_state[_TOLD] = f"{escape_markdown(str(tag))}{told} {found.n:,} PSMs"
            st.rerun(state.BODY)  # the choice of tags stands above

    with st.container(horizontal=True):
        st.button(
            f"Tag {found.n:,}", key="tag-on", type="primary", disabled=not tag, on_click=change, args=(Notes.tag, ":")
        )
        off = (Notes.untag, ": removed from")
        st.button("Remove tag", key="tag-off", disabled=tag not in known, on_click=change, args=off)
    st.caption("Saved beside the set. The set itself stays as it is.")
    outliers_notes.told(_AT)


def _export(chosen: SetFile, results: SetFile | None, found: Selection) -> None:
    kind: Kind = st.selectbox("As", KINDS, format_func=lambda k: _WORDS[k][0], key="export-as") or "ids"
    name, ending, about = _WORDS[kind]
    st.caption(about)
    if kind == "mgf" and found.n > MOST_SPECTRA:
        st.info(f"An MGF of more than {MOST_SPECTRA:,} spectra does not go through the browser: select fewer.")
        return

    def content() -> io.BytesIO:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "selection"
            export(kind, found.ids(), out, source=chosen.path, results=results.path if results else None)
            return io.BytesIO(out.read_bytes())

    st.download_button(
        f"Save {found.n:,} PSMs as {name}",
        content,
        f"{Path(chosen.name).stem}.{kind if ending == 'json' else 'selection'}.{ending}",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
