"""A peptidoform as it is written: residues, brackets and their places, nothing looked up."""

from __future__ import annotations

from typing import NamedTuple


class Tag(NamedTuple):
    """The content of one bracket, and the index in the text where it begins."""

    text: str
    position: int


class FixedRule(NamedTuple):
    """``<[tag]@targets>``; a target is ("" or "n_term" or "c_term", residue or "")."""

    tag: Tag
    targets: tuple[tuple[str, str], ...]


class Notation(NamedTuple):
    """A linear peptidoform as it was written: residues with their places, tags unresolved."""

    residues: tuple[str, ...]
    positions: tuple[int, ...]
    tags: tuple[tuple[Tag, ...], ...]
    n_term: tuple[Tag, ...]
    c_term: tuple[Tag, ...]
    labile: tuple[Tag, ...]
    fixed: tuple[FixedRule, ...]
    charge: int | None
    isotopes: tuple[str, ...] = ()


def without_brackets(inside: Tag) -> tuple[str, list[Tag]]:
    """A stretch of text without its square brackets, and what stands in those."""
    out: list[str] = []
    tags: list[Tag] = []
    depth = opened = 0
    for i, c in enumerate(inside.text):
        depth += c == "["
        opened = i + 1 if c == "[" and depth == 1 else opened
        if not depth:
            out.append(c)
        depth -= c == "]"
        if c == "]" and depth == 0:
            tags.append(Tag(inside.text[opened:i], inside.position + opened))
    return "".join(out), tags
