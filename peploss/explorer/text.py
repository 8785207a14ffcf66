"""Text that came from a file or a user, made safe to show."""

from __future__ import annotations

import re

from peploss.errors import PeplossError

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&@/=\"'^])")


def escape_markdown(text: str) -> str:
    """Text as Streamlit's Markdown shows it letter by letter: no links, no formulas, no emoji, one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def sentence(error: PeplossError) -> str:
    """What went wrong and the way out, as Markdown."""
    return escape_markdown(str(error))


def caret(text: str, position: int) -> str:
    """The text with a caret under one of its characters, for a fixed-width font; long texts are cut to the place."""
    start = max(0, position - 60)
    shown = ("…" if start else "") + text[start : position + 30].replace("\n", " ")
    return f"{shown}\n{' ' * (position - start + bool(start))}^"
