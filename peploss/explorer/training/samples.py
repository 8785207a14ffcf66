"""Tab "Run", under the curves: which samples, and their table, ordered and paged by the query."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from peploss.dataset.runs.mistakes import MISTAKES, SAME_MASS
from peploss.dataset.runs.samples import COLUMNS
from peploss.explorer.training.curves import Look, words
from peploss.explorer.training.shown import STATE

ROWS: Final = 100
TABLE: Final = "training-table"
ROW_HEIGHT: Final = 35
_ROWS: Final = "_training_rows"
_LOW_FIRST: Final = ("id", "sequence", "part", "cause", "length", "charge")
_CAUSE: Final = (
    f"With the answer at the second checkpoint. Order: the right residues at wrong places. Same mass: other residues "
    f"of the same mass, within {SAME_MASS:g} Da. Special token: one where a residue belongs."
)
WHO: Final[dict[str, str]] = {
    "": "all samples", "improved": "improved", "worse": "got worse", "learned": "became right", "forgot": "forgotten",
}  # fmt: skip
ORDERS: Final[dict[str, str]] = {
    "loss": "loss now", "before": "loss before", "change": "change", "first": "first loss", "best": "best loss",
    "flips": "flips", "length": "length", "charge": "charge", "part": "largest part", "cause": "what is wrong",
    "id": "id", "sequence": "peptide", "right": "right",
}  # fmt: skip


def filter_line(look: Look) -> None:
    """The boxes that say which samples; what they say is in ``look`` already."""
    now = STATE.now()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="training-line"):
        st.text_input(
            "Search", key=STATE.put("find", now.find), placeholder="Peptide or id", icon=":material/search:",
            autocomplete="off", max_chars=200,
        )  # fmt: skip
        STATE.choice("who", "Between the checkpoints", list(WHO), "", format_func=WHO.__getitem__, width=170)
        for name, label in (("long1", "Length from"), ("long2", "to")):
            st.number_input(
                label, min_value=1, max_value=999, step=1, key=STATE.put(name, getattr(now, name)), width=100
            )
        charges = look.run.charges()
        if charges:
            STATE.choice("zz", "Charge", [0, *charges], 0, width=90, format_func=lambda z: f"{z}+" if z else "all")
        STATE.choice(
            "most", "Largest part of the loss", ["", "cross-entropy", "spectrum", "precursor"], "", width=190,
            format_func=lambda part: part or "all",
        )  # fmt: skip
        STATE.choice(
            "cause", "What is wrong", ["", *MISTAKES], "", width=170, format_func=lambda cause: cause or "all",
            help=_CAUSE,
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="training-steps"):
        for name, label, value in (("cp1", "First checkpoint", look.a), ("cp2", "Second checkpoint", look.b)):
            usual = look.run.steps[0 if name == "cp1" else -1]
            key = STATE.put(name, value, usual)
            st.selectbox(label, look.run.steps, key=key, format_func="{:,}".format, width=170)


def draw(look: Look) -> None:
    """The head of the table and its rows; a click on a row looks at that sample."""
    found = look.change()
    n = look.count()
    counts = found.counts
    told = f"**{n:,}** of {look.run.n_samples:,} samples"
    if look.a != look.b:
        told += (
            f". Of {found.n:,} logged at both checkpoints, **{counts['improved']:,}** improved and "
            f"**{counts['worse']:,}** got worse; **{counts['learned']:,}** became right and "
            f"**{counts['forgot']:,}** were forgotten."
        )
    st.markdown(told)
    order, descending = _head(n)
    if not n:
        st.info("No sample matches the filter.", icon=":material/filter_alt_off:")
        return
    page = min(STATE.now().row, -(-n // ROWS))
    rows = look.page(order, descending, ROWS, (page - 1) * ROWS)
    ids = rows["id"].tolist()
    key = f"{look.key}|{look.a}|{look.b}|{look.among}|{order}|{descending}|{page}"
    if st.session_state.get(_ROWS) != key:
        st.session_state[TABLE] = {"selection": {"rows": [], "columns": [], "cells": []}}
        st.session_state[_ROWS] = key

    def selected() -> None:
        selection = st.session_state[TABLE]["selection"]
        if selection["columns"]:
            column = selection["columns"][0]
            if column in COLUMNS and column != order:
                STATE.change(by=column, up=column in _LOW_FIRST)
            st.session_state[_ROWS] = None
        elif selection["cells"]:
            STATE.change(psm_id=ids[selection["cells"][0][0]], see="Sample", at=look.b)

    number = st.column_config.NumberColumn
    st.dataframe(
        _shown(rows, look),
        key=TABLE,
        on_select=selected,
        selection_mode=["single-column", "single-cell"],
        hide_index=True,
        height=38 + ROW_HEIGHT * min(len(rows), 12),
        placeholder="",
        column_config={
            "id": st.column_config.TextColumn(width=150),
            "sequence": st.column_config.TextColumn("right peptide", width=180),
            "decoded": st.column_config.TextColumn("decoded", width=180, help="By the last refinement step."),
            "length": number("tokens", width=56),
            "charge": number("z", width=36),
            "loss": number("now", width=70, format="%.4f", help=f"{words(look.run.loss)} at the second checkpoint"),
            "before": number(width=70, format="%.4f", help=f"{words(look.run.loss)} at the first checkpoint"),
            "change": number(width=70, format="%+.4f"),
            "first": number(width=70, format="%.4f", help="When it was logged first"),
            "best": number(width=70, format="%.4f", help="Lowest of all steps"),
            "flips": number(width=50, help="How often it went from right to wrong or back, from one step to the next"),
            "part": st.column_config.TextColumn("largest part", width=110, help="Of the loss as it was weighted"),
            "cause": st.column_config.TextColumn("what is wrong", width=110, help=_CAUSE),
            "right": st.column_config.CheckboxColumn(width=50, help="All tokens right"),
        },
    )
    st.caption("Click a row to see the sample. Click a column's head to order all samples by it.")


def _head(n: int) -> tuple[str, bool]:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        order = STATE.choice(
            "by", "Order", list(ORDERS), "loss", width=200, label_visibility="collapsed",
            format_func=lambda name: f"by {ORDERS[name]}",
        )  # fmt: skip
        up = STATE.now().up
        st.toggle("Ascending", key=STATE.put("up", up, False))
        pages = max(-(-n // ROWS), 1)
        page = min(STATE.now().row, pages)
        st.space("stretch")
        first = (page - 1) * ROWS
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.markdown(f":gray[{first + 1 if n else 0:,} to {min(first + ROWS, n):,} of {n:,}]", width="content")
            for name, icon, to in (("Back", "left", page - 1), ("More", "right", page + 1)):
                st.button(
                    name, icon=f":material/chevron_{icon}:", key=f"training-to-{icon}", disabled=not 1 <= to <= pages,
                    on_click=STATE.change, kwargs={"row": to},
                )  # fmt: skip
    return order, not up


def _shown(rows: pd.DataFrame, look: Look) -> pd.DataFrame:
    """Without the columns that say nothing."""
    gone = [name for name in rows if rows[name].isna().all()]
    if look.a == look.b:
        gone += ["before", "change"]
    return rows.drop(columns=list(dict.fromkeys(gone)))
