"""Holds the text of one entry against the limits before any of it is parsed."""

from __future__ import annotations

from peploss import limits


def excess(text: bytes, between: bytes = b"") -> str | None:
    """What an entry of a text format has too much of, None where nothing.

    Counts bytes, at memory speed; an entry of a few kB is not looked at.

    Args:
        text: from its first line to its last.
        between: what stands between peaks of one line; empty where a line holds one.

    >>> excess(b"BEGIN IONS\\n100 1\\nEND IONS\\n")
    >>> excess(b"TITLE=" + b"x" * 100_000)[:60]
    'At most 65,536 characters of a title, a parameter or a cell '
    """
    if len(text) <= limits.TEXT.default and len(text) <= limits.TEXT.most:
        return None
    lines = text.count(b"\n") or text.count(b"\r")
    peaks = lines + (text.count(between) if between else 0)
    if peaks > limits.PEAKS.most + limits.FIELDS.most:
        return limits.PEAKS.over(peaks)
    fields = text.count(b"=")
    if fields > limits.FIELDS.most:
        return limits.FIELDS.over(fields)
    longest = max(map(len, text.splitlines()), default=0)
    if longest > limits.TEXT.most and not (between and between in text):
        return limits.TEXT.over(longest)
    return None
