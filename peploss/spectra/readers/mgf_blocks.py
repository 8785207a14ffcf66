"""Reads the peaks of many plain MGF blocks at once; separate from ``mgf``, which needs no Arrow."""

from __future__ import annotations

from collections.abc import Sequence

from peploss.spectra.readers.number_lines import Floats, number_lines


def plain_peaks(bodies: Sequence[bytes]) -> list[tuple[Floats, Floats] | None]:
    """m/z and intensities of each block; None for a block that must be parsed line by line.

    Args:
        bodies: for each block its lines of peaks, made of nothing but digits, points, exponents, signs and blanks.

    >>> plain_peaks([b"100.5 1\\n200\\t3\\n", b"100 1 2\\n"])
    [(array([100.5, 200. ]), array([1., 3.])), None]
    """
    found: list[tuple[Floats, Floats] | None] = [None] * len(bodies)
    texts = [body.replace(b"\r\n", b"\n") if b"\r" in body else body for body in bodies]
    counts = [text.count(b"\n") for text in texts]
    # one separator a line and a line's end at the end is what Arrow takes; it refuses what only looks like it
    plain = [
        i
        for i, (text, n) in enumerate(zip(texts, counts, strict=True))
        if text.endswith(b"\n") and text.count(b" ") + text.count(b"\t") == n and b"\r" not in text
    ]
    _parse(texts, counts, plain, found)
    return found


def _parse(texts: list[bytes], counts: list[int], which: list[int], found: list[tuple[Floats, Floats] | None]) -> None:
    if not which:
        return
    sizes = [counts[i] for i in which]
    joined = b"".join([texts[i] for i in which])
    numbers = number_lines(joined.replace(b"\t", b" "), sum(sizes))
    if numbers is None:
        half = len(which) // 2
        if half:  # only the faulty block is lost
            _parse(texts, counts, which[:half], found)
            _parse(texts, counts, which[half:], found)
        return
    mz, intensity = numbers
    end = 0
    for i, size in zip(which, sizes, strict=True):
        start, end = end, end + size
        found[i] = mz[start:end], intensity[start:end]
