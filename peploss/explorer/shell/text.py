"""Text that came from a file or a user, made safe to show."""

from __future__ import annotations

import re

from peploss.errors import PeplossError, PeptideError

_IN_WORDS = ("at character", "pasted list")  # places that are no file name and may start a sentence
_JOINER = "\u2060"  # takes no room, and no line is broken at it
_LIVE = re.compile(r"https?:(?=//)|www(?=\.)|(?<=[\w+.-])@(?=[-\w]+\.)", re.I)
"""Beginnings of addresses that browsers are given as links even where every sign of Markdown is escaped: the pages'
Markdown looks for them in the text that comes of it. A joiner behind them leaves text."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&@/=\"'^])")


def escape_markdown(text: str) -> str:
    """Text as Streamlit's Markdown shows it letter by letter: no links, no formulas, no emoji, one line."""
    return _MARKDOWN.sub(r"\\\1", _LIVE.sub(rf"\g<0>{_JOINER}", " ".join(text.split())))


def sentence(error: PeplossError) -> str:
    """What went wrong and the way out, as Markdown."""
    text = str(error)
    named = error.where is not None and not error.where.startswith(_IN_WORDS)
    if not named and "_" not in text.split(" ", 1)[0]:  # names of files and settings stay as they are
        text = text[:1].upper() + text[1:]
    return escape_markdown(text)


def pointed(error: PeptideError) -> str:
    """The sentence, and under it the text with a caret at the place, as Markdown; a long text is cut to the place."""
    if error.position is None:
        return sentence(error)
    start = max(0, error.position - 60)
    shown = ("…" if start else "") + error.text[start : error.position + 30]
    shown = "".join(c if c.isprintable() else " " for c in shown)
    fence = "`" * (3 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{sentence(error)}\n{fence}\n{shown}\n{' ' * (error.position - start + bool(start))}^\n{fence}"


def bytes_text(n: int) -> str:
    """A size of a file in words.

    >>> bytes_text(200_000_000), bytes_text(1_500_000_000), bytes_text(900)
    ('200 MB', '1.5 GB', '900 bytes')
    """
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if n >= size:
            return f"{n / size:.3g} {unit}"
    return f"{n} bytes"
