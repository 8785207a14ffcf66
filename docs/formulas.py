"""Turns the formulas of a page into MathML while the page is built, so that no script has to be fetched to read it."""

from __future__ import annotations

import html
import re
from typing import Any

from latex2mathml.converter import convert

FORMULA = re.compile(r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<tex>.*?)\\[)\]]</(?P=tag)>', re.DOTALL)


def on_page_content(html_of_page: str, **_: Any) -> str:
    """The page's HTML with every formula converted; MkDocs calls this for each page."""
    return FORMULA.sub(_mathml, html_of_page)


def _mathml(found: re.Match[str]) -> str:
    block = found["tag"] == "div"
    formula = convert(html.unescape(found["tex"]).strip(), display="block" if block else "inline")
    return f'<{found["tag"]} class="formula">{formula}</{found["tag"]}>'
