"""Two results of the same set: how a number changed, and who moved most."""

from __future__ import annotations

import streamlit as st

from peploss.dataset.query.compare import Comparison, compare, summary
from peploss.errors import PeplossError
from peploss.explorer.browser import components
from peploss.explorer.figures.outliers import moved_figure
from peploss.explorer.outliers.columns import label, numbers
from peploss.explorer.outliers.questions import Look
from peploss.explorer.outliers.state import STATE, ask_to_open
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.sources.set_files import SetFile

MOST = 500


def draw(look: Look, results: SetFile | None, others: list[SetFile]) -> None:
    """The tab's content; ``others`` are the set's other results."""
    if results is None or not others:
        st.info(
            "Score the set twice, with different settings (in the sidebar), and the two can be compared here.",
            icon=":material/compare_arrows:",
        )
        return
    by_name = {one.name: one for one in others}
    options = [name for name in numbers(look.whole.columns) if name not in _SAME]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"From **{escape_markdown(results.name)}** to", width="content")
        other = by_name[
            STATE.choice(
                "other",
                "Other results",
                list(by_name),
                others[0].name,
                label_visibility="collapsed",
                required=True,
                width=280,
            )
        ]
        column = STATE.choice(
            "moved",
            "Number",
            options,
            options[0],
            label_visibility="collapsed",
            required=True,
            format_func=label,
            width=220,
        )
    try:
        found = _compared(results.stamp, other.stamp, column)
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    st.markdown(escape_markdown(summary(found, (results.name, other.name))))
    for note in found.notes:
        st.caption(escape_markdown(note))
    if not found.n_lower and not found.n_higher:
        st.info("No PSM has moved." if found.n_both else "No PSM has a value in both.", icon=":material/drag_handle:")
        return
    with st.container(key="outliers-compare"):
        left, right = st.columns([1, 1.2], gap="medium")
    with left:
        components.figure(moved_figure(found, label(column)), key="moved-figure")
        beyond = f" The outermost {found.n_beyond:,} are not drawn." if found.n_beyond else ""
        st.caption(f"Change of the {found.n_both:,} PSMs with a value in both.{beyond}")
    with right:
        _table(found)


_SAME = (
    "n_peaks",
    "length",
    "charge",
    "spectrum_charge",
    "precursor_mz",
    "mass",
    "rt",
    "engine_score",
    "q_value",
    "rank",
    "mass_difference",
)
"""Columns of the set, which are the same in all its results."""


@st.cache_resource(max_entries=8, show_spinner="Comparing…")
def _compared(a: tuple[str, int, int], b: tuple[str, int, int], column: str) -> Comparison:
    return compare(a[0], b[0], column, limit=MOST)


def _table(found: Comparison) -> None:
    rows = found.moved.to_pandas()
    ids = rows["id"].tolist()
    rows.insert(0, "open", "Open")

    def opened() -> None:
        click = st.session_state.get("moved-open")
        if click is not None:
            ask_to_open(ids[click["row"]])

    number = st.column_config.NumberColumn
    st.dataframe(
        rows,
        hide_index=True,
        height=360,
        key="moved-table",
        column_config={
            "open": st.column_config.ButtonColumn("", width=62, type="tertiary", on_click=opened, key="moved-open"),
            "id": number(width=70),
            "peptide": st.column_config.TextColumn(width=200),
            "title": st.column_config.TextColumn(width=110),
            "a": number("before", width=72, format="%.4f"),
            "b": number("after", width=72, format="%.4f"),
            "change": number(width=76, format="%+.4f"),
        },
    )
    if len(rows) == MOST:
        st.caption(f"The {MOST:,} that moved most.")
