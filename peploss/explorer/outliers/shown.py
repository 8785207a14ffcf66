"""What the page Outliers shows, as one value. Its boxes, its pictures and its address are all made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from peploss.explorer.outliers.filters import Filter
from peploss.explorer.shell.address import whole_number

TABS: Final = ("PSMs", "Compare", "About")
_FILTER: Final = {"find": "search", "where": "sql", "tag": "tag"}
"""Boxes of the filter, with the field of ``Filter`` that each one is."""
_TEXTS: Final = ("data", "res", "dist", "by", "dx", "dy", "order", "other", "moved")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An empty text stands for what the page chooses by itself, such as the newest scores.

    Args:
        data: name of the set.
        res: name of its scores.
        filter: which PSMs of the set.
        dist, by: column of the distribution, and the column it is grouped by.
        dx, dy: columns across and up of the density.
        order, up: column that orders the table, and whether the lowest come first.
        page: page of the table, from 1.
        psm: the PSM beside the table; None for the first of the table.
        see: the tab below the pictures.
        other, moved: scores to compare with, and the column compared.
    """

    data: str = ""
    res: str = ""
    filter: Filter = field(default_factory=Filter)
    dist: str = ""
    by: str = ""
    dx: str = ""
    dy: str = ""
    order: str = ""
    up: bool = False
    page: int = 1
    psm: int | None = None
    see: str = TABS[0]
    other: str = ""
    moved: str = ""

    @classmethod
    def of(cls, link: Mapping[str, str]) -> Shown:
        """From the parameters of an address; a value that makes no sense takes its default."""
        texts = {name: link.get(name, "") for name in _TEXTS}
        return cls(
            **texts,
            filter=Filter.of(link),
            up=link.get("up") in ("1", "true"),
            page=max(whole_number(link.get("page")) or 1, 1),
            psm=whole_number(link.get("psm")),
            see=link["see"] if link.get("see") in TABS else TABS[0],
        )

    def link(self) -> dict[str, str]:
        """As the parameters of an address; what is at its default is left out."""
        out = {name: getattr(self, name) for name in _TEXTS}
        out |= self.filter.link()
        out["up"] = "1" if self.up else ""
        out["page"] = str(self.page) if self.page > 1 else ""
        out["psm"] = "" if self.psm is None else str(self.psm)
        out["see"] = self.see if self.see != TABS[0] else ""
        return {name: value for name, value in out.items() if value}

    def changed(self, **values: Any) -> Shown:
        """The same with other values: fields of this, and those of the filter by the names of their boxes.

        Another set keeps the columns drawn, and drops what is about PSMs or scores of the old one. Another filter,
        order or scores begin at the first page of the table.
        """
        typed = {field: values.pop(name).strip() for name, field in _FILTER.items() if name in values}
        new = replace(self, **values)
        new = replace(new, filter=replace(new.filter, **typed))
        if new.data != self.data:
            kept = {name: getattr(new, name) for name in ("data", "dist", "by", "dx", "dy", "order", "up", "see")}
            new = Shown(**kept, **({"res": values["res"]} if "res" in values else {}))
        if (new.filter, new.order, new.up, new.res) != (self.filter, self.order, self.up, self.res):
            new = replace(new, page=values.get("page", 1))
        return new
