"""Runs one XML element through expat, for the readers of plain elements."""

from __future__ import annotations

from typing import Protocol
from xml.parsers import expat

from peploss.spectra.readers.xml.unpack import DAMAGE

NOT_READ = (expat.ExpatError, *DAMAGE)
"""What reading a damaged element, or one that is not plain, raises."""


class NotPlainError(ValueError):
    """The element has something that its plain reader does not know."""


class Handler(Protocol):
    """Takes the tags and the text of an element."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A start tag."""

    def end(self, tag: str) -> None:
        """An end tag."""

    def text(self, text: str) -> None:
        """Text between tags."""


def feed(element: bytes, encoding: bytes, handler: Handler) -> None:
    """Hand an element to ``handler``, tag by tag.

    Args:
        element: from its start tag to its end tag.
        encoding: of its file.
    Raises:
        Those of ``NOT_READ``.
    """
    parser = expat.ParserCreate(namespace_separator=" ")  # with namespaces, as lxml: a prefix must be declared
    parser.buffer_text, parser.buffer_size = True, max(len(element), 1)
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.text
    parser.Parse(b'<?xml version="1.0" encoding="' + encoding + b'"?>', False)
    parser.Parse(element, True)
