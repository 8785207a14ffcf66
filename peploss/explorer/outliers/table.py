"""The table of PSMs: ordered and paged by the query, ticked for the selection, opened by a button."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from peploss.analysis.causes.rules import cause_label
from peploss.dataset.query.notes import Notes
from peploss.explorer.outliers import state
from peploss.explorer.outliers.columns import first_of, label, numbers
from peploss.explorer.outliers.questions import Look
from peploss.explorer.sources.set_files import SetFile

ROWS = 100
TABLE = "psms-table"
_OPEN, _ROWS = "psms-open", "_psms_rows"
ROW_HEIGHT = 35
_SHOWN = (
    "id", "peptide", "charge", "loss", "cause", "fixed_loss", "explained", "isotope_ppm", "title", "label",
    "q_value", "mass_difference", "notes",
)  # fmt: skip
_WORDS = ("peptide", "title", "cause", "label")  # columns of text that the table can be ordered by
_LOW_FIRST = ("explained", "q_value", *_WORDS)  # by a click on their head; of other numbers the highest


@dataclass(frozen=True)
class Shown:
    """What the table shows: the order's column, whether the highest come first, and the PSM on top, if any."""

    order: str
    descending: bool
    first: int | None


def draw(look: Look, chosen: SetFile, notes: Notes | None) -> Shown:
    """Its head and its rows."""
    order, descending = _head(look)
    n = look.n
    if not n:
        st.info("No PSM is left by the filter.", icon=":material/filter_alt_off:")
        return Shown(order, descending, None)
    page = min(state.STATE.now().page, -(-n // ROWS))
    columns = list(dict.fromkeys([c for c in (*_SHOWN, order) if c in look.results.columns]))
    found = look.page(tuple(columns), order, descending, ROWS, (page - 1) * ROWS)
    rows = _shown(found, notes)
    ids = found["id"].tolist()
    on = set(state.ticked(chosen))
    told = f"{look.key}|{order}|{descending}|{page}"
    if st.session_state.get(_ROWS) != told:
        # One table lives on from page to page, which is faster than a new one; its ticks are those of the rows.
        ticks = [k for k, psm in enumerate(ids) if psm in on]
        st.session_state[TABLE] = {"selection": {"rows": ticks, "columns": [], "cells": []}}
        st.session_state[_ROWS] = told

    def selected() -> None:
        selection = st.session_state[TABLE]["selection"]
        if selection["columns"]:  # a click on a head: the browser itself would order this page alone
            _order_by(selection["columns"][0], _orders(look), order)
            return
        state.tick(chosen, ids, [ids[k] for k in selection["rows"]])
        if selection["cells"]:
            state.show(ids[selection["cells"][0][0]])

    def opened() -> None:
        click = st.session_state.get(_OPEN)
        if click is not None:
            state.ask_to_open(ids[click["row"]])

    number = st.column_config.NumberColumn
    st.dataframe(
        rows,
        key=TABLE,
        on_select=selected,
        selection_mode=["multi-row", "single-column", "single-cell"],
        hide_index=True,
        height=38 + ROW_HEIGHT * min(len(rows), 12),
        placeholder="",
        column_config={
            "open": st.column_config.ButtonColumn(
                "", width=62, type="tertiary", on_click=opened, key=_OPEN, help="Open in Explore"
            ),
            "id": number(width=66),
            "peptide": st.column_config.TextColumn(width=190),
            "charge": number("z", width=36),
            "loss": number(width=64, format="%.4f", help="Spectrum loss"),
            "cause": st.column_config.TextColumn(width=150),
            "fixed_loss": number("after fix", width=70, format="%.4f", help="Loss after the fix"),
            "explained": number(width=78, format="%.3f", help="Share of the intensity near a predicted ion"),
            "isotope_ppm": number("ppm", width=70, format="%.1f", help="Precursor error against the best isotope"),
            "title": st.column_config.TextColumn(width=120),
            "tags": st.column_config.ListColumn(width=110),
            "q_value": number("q", width=60, format="%.3g"),
            "mass_difference": number("mass diff.", width=84, format="%+.4f", help=label("mass_difference")),
            "notes": st.column_config.TextColumn(width=220),
        },
    )
    return Shown(order, descending, ids[0])


def _head(look: Look) -> tuple[str, bool]:
    """Order and pages; returns the order's column, and whether the highest come first."""
    n = look.n
    options = _orders(look)
    usual = first_of(("loss", "n_peaks"), options)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        order = state.STATE.choice(
            "order", "Order", options, usual, label_visibility="collapsed", required=True,
            format_func=lambda name: f"by {label(name)}", width=220,
        )  # fmt: skip
        up = state.STATE.now().up
        st.toggle("Ascending", key=state.STATE.put("up", up, False))
        pages = max(-(-n // ROWS), 1)
        page = min(state.STATE.now().page, pages)
        st.space("stretch")
        first = (page - 1) * ROWS
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.markdown(f":gray[{first + 1 if n else 0:,} to {min(first + ROWS, n):,} of {n:,}]", width="content")
            for name, icon, to in (("Back", "left", page - 1), ("More", "right", page + 1)):
                st.button(
                    name,
                    icon=f":material/chevron_{icon}:",
                    key=f"to-{icon}",
                    disabled=not 1 <= to <= pages,
                    on_click=state.STATE.change,
                    kwargs={"page": to},
                )
    return order, not up


def _orders(look: Look) -> list[str]:
    """What the table can be ordered by."""
    return ["id", *numbers(look.results.columns), *(name for name in _WORDS if name in look.results.columns)]


def _order_by(column: str, options: list[str], now: str) -> None:
    """From a callback: order all PSMs by a column, and take its mark off again.

    The way round is not turned by a second click: until the mark is off, the browser sends it again with whatever is
    clicked next, so that the same must change nothing.
    """
    if column in options and column != now:
        state.STATE.change(order=column, up=column in _LOW_FIRST)
    st.session_state[_ROWS] = None


def _shown(found: pd.DataFrame, notes: Notes | None) -> pd.DataFrame:
    """The rows with their tags and a button; columns without any value are left out."""
    rows = found.dropna(axis="columns", how="all").copy()
    if notes is not None:
        tags = notes.tags_of(found["id"].tolist())
        if tags:
            rows["tags"] = [tags.get(psm, []) for psm in found["id"].tolist()]
    if "cause" in rows:
        rows["cause"] = rows["cause"].map(cause_label, na_action="ignore")
    rows.insert(0, "open", "Open")
    return rows
