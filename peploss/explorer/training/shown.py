"""What the page Training shows, as one value. Its boxes, its pictures and its address are all made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, get_args

from peploss.dataset.runs.among import Among, Who
from peploss.dataset.runs.mistakes import MISTAKES
from peploss.explorer.shell.address import whole_number
from peploss.explorer.shell.page_state import PageState

TABS: Final = ("Run", "Sample", "By hand", "Descent", "Curriculum")
_NUMBERS: Final = ("cp1", "cp2", "long1", "long2", "at")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An empty text or None stands for what the page chooses by itself.

    Args:
        run: name of the run.
        see: the tab.
        cp1, cp2: steps of the two checkpoints compared; None for the first and the last.
        find, long1, long2, zz, most, cause, who: which samples, as ``Among`` has them; a charge of 0 is any.
        by, up: column that orders the table, and whether the lowest come first.
        row: page of the table, from 1.
        psm_id: id of the sample looked at.
        at: step that it is looked at; None for ``cp2``.
    """

    run: str = ""
    see: str = ""
    cp1: int | None = None
    cp2: int | None = None
    find: str = ""
    long1: int | None = None
    long2: int | None = None
    zz: int = 0
    most: str = ""
    cause: str = ""
    who: str = ""
    by: str = ""
    up: bool = False
    row: int = 1
    psm_id: str = ""
    at: int | None = None

    @classmethod
    def of(cls, link: Mapping[str, str]) -> Shown:
        """From the parameters of an address; a value that makes no sense takes its default."""
        values: dict[str, Any] = {name: link.get(name, "") for name in ("run", "find", "most", "by", "psm_id")}
        values |= {name: whole_number(link.get(name)) for name in _NUMBERS}
        return cls(
            **values,
            see=link["see"] if link.get("see") in TABS else "",
            who=link["who"] if link.get("who") in get_args(Who) else "",
            zz=whole_number(link.get("zz")) or 0,
            cause=link["cause"] if link.get("cause") in MISTAKES else "",
            up=link.get("up") == "1",
            row=max(whole_number(link.get("row")) or 1, 1),
        )

    def link(self) -> dict[str, str]:
        """As the parameters of an address; what is at its default is left out."""
        start = Shown()
        out = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != getattr(start, field.name) and value is not None:
                out[field.name] = "1" if value is True else str(value)
        return out

    def changed(self, **values: Any) -> Shown:
        """The same with other values. Another run drops what is about the old one; others begin at the first page."""
        new = replace(self, **values)
        if new.run != self.run:
            return Shown(run=new.run, see=new.see)
        if (new.among, new.cp1, new.cp2, new.by, new.up) != (self.among, self.cp1, self.cp2, self.by, self.up):
            new = replace(new, row=values.get("row", 1))
        return new

    @property
    def among(self) -> Among:
        """Which samples."""
        return Among(
            search=self.find.strip(),
            low=self.long1,
            high=self.long2,
            charge=self.zz or None,
            part=self.most,
            cause=self.cause,
            who=self.who or "all",  # type: ignore[arg-type]
        )


STATE: Final = PageState("training", Shown(), [field.name for field in fields(Shown)], prefix="training-")
"""Of this session's page."""
