"""XML of identifications, element by element: what the readers of mzIdentML, pepXML, idXML and X!Tandem share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from peploss.dataset.tables.psm import Psm, PsmTable, Refused
from peploss.errors import SourceError

Hit = Callable[[int], Psm]
"""Makes the PSM of one hit, given its place in the file from 1 on; raises ``ValueError`` where it cannot be read."""


def read_hits(table: PsmTable, wanted: Iterable[str], of: str, hits: Callable[[str, Any], Iterable[Hit]]) -> PsmTable:
    """Fill a table with the hits of its file. A hit that cannot be read costs itself, a file that breaks off its rest.

    Args:
        table: empty; its path is read.
        wanted: names of the elements that ``hits`` is to see, each when it is whole, and its name.
        of: the format, for errors.
        hits: what the elements hold, in order; it keeps what later ones refer to.
    Raises:
        SourceError: it is no such file, or there is no PSM in it.
    """
    line = 0
    try:
        for kind, element in elements(Path(table.path), *wanted, of=of):
            for hit in hits(kind, element):
                line += 1
                try:
                    table.add(hit(line))
                except (ValueError, OverflowError) as error:
                    table.refused.append(Refused(line, str(error)))
    except SourceError as error:
        if not table.psms:
            raise
        table.refused.append(Refused(line + 1, f"The file cannot be read from here on: {error.problem}"))
    return table.with_psms()


def elements(path: Path, *wanted: str, of: str) -> Iterator[tuple[str, Any]]:
    """Elements of these names, each when it is whole, in the order of their ends; then it is emptied.

    Args:
        wanted: names without namespace. An element within a wanted one is its own as well.
        of: the format, for errors.
    Raises:
        SourceError: the file is not XML from here on, with how much of it was read.
    """
    try:
        context = etree.iterparse(
            str(path), events=("end",), tag=[f"{{*}}{w}" for w in wanted], huge_tree=True, resolve_entities=False,
            no_network=True, load_dtd=False,
        )  # fmt: skip
        for _, element in context:
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
