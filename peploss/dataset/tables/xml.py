"""XML of identifications, element by element: what the readers of mzIdentML, pepXML and idXML share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from peploss.errors import SourceError


def elements(path: Path, *wanted: str, of: str) -> Iterator[tuple[str, Any]]:
    """Elements of these names, each when it is whole, in the order of their ends; then it is emptied.

    Args:
        wanted: names without namespace. An element within a wanted one is its own as well.
        of: the format, for errors.
    Raises:
        SourceError: the file is not XML from here on, with how much of it was read.
    """
    n = 0
    try:
        context = etree.iterparse(
            str(path), events=("end",), tag=[f"{{*}}{w}" for w in wanted], huge_tree=True, resolve_entities=False,
            no_network=True, load_dtd=False,
        )  # fmt: skip
        for _, element in context:
            n += 1
            yield etree.QName(element).localname, element
            element.clear()
            while element.getprevious() is not None and element.getparent() is not None:
                del element.getparent()[0]
    except (etree.XMLSyntaxError, OSError) as error:
        what = " ".join(str(error).split())[:300]
        raise SourceError(f"This is not whole {of}: {what}", where=str(path)) from error


def children(element: Any, *names: str) -> list[Any]:
    """Children of these names, whatever their namespace."""
    return [c for c in element if isinstance(c.tag, str) and etree.QName(c).localname in names]


def parameters(element: Any) -> dict[str, str]:
    """Its cvParams and userParams: name, and accession, -> value."""
    found: dict[str, str] = {}
    for child in children(element, "cvParam", "userParam", "UserParam"):
        for key in (child.get("name"), child.get("accession")):
            if key:
                found.setdefault(key, child.get("value") or "")
    return found
