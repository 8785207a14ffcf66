"""A few numbers with their meaning, as a quiet list."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import NamedTuple

import streamlit as st


class Fact(NamedTuple):
    """One number: what it is called, its value as text, and what it means, shown when the pointer rests on it."""

    name: str
    value: str
    help: str
    strong: bool = False


def facts(title: str, given: Iterable[Fact]) -> None:
    """Draw them a line each, under a title where there is one."""
    rows = "".join(
        f'<div class="pl-fact{" pl-strong" if f.strong else ""}" title="{html.escape(f.help)}">'
        f"<dt>{html.escape(f.name)}</dt><dd>{html.escape(f.value)}</dd></div>"
        for f in given
    )
    heading = f"<h2>{html.escape(title)}</h2>" if title else ""
    st.html(f'<section class="pl-facts">{heading}<dl>{rows}</dl></section>')
