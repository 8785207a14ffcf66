"""Boxes that the pages share, as one value: what is open, the settings of fragments and peaks, the unit of errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from peploss.explorer.shell.address import Link
from peploss.explorer.shell.page_state import PageState
from peploss.explorer.shell.weights_text import weights_text
from peploss.settings import EXTRA_IONS, ION_TYPES, NEUTRAL_LOSSES, LossSettings

KINDS: Final = ("Samples", "Upload", "Folder", "Set", "Paste")
"""Where spectra come from."""
DEFAULT: Final = LossSettings()
WEIGHTS: Final = "iw"
AUTO: Final = "auto"
MOST_CHARGE: Final = 5
MZ_ENDS: Final = (100.0, 10_000.0)  # of the grid, in Th
MOST_DROPPED: Final = 99.0  # % of the highest peak
LEAST_SCALE, LEAST_TOLERANCE = 1.0, 0.001  # ppm, Th
MOST_WEIGHT: Final = 100.0
CHARGES: Final = (AUTO, *map(str, range(1, MOST_CHARGE + 1)))


@dataclass(frozen=True)
class Box:
    """What one box holds at first, and what it can hold.

    Args:
        start: a text, a truth, a number, a tuple of texts, or None for an empty number.
        among: the texts it can hold; empty for any.
        low, high: ends of a number.
        whole: whether a number is one without a fraction.
    """

    start: Any
    among: tuple[str, ...] = ()
    low: float = 0.0
    high: float = math.inf
    whole: bool = False

    def read(self, said: str | Sequence[str]) -> Any:
        """From a link; what makes no sense is as at first."""
        if isinstance(self.start, tuple):
            texts = (said,) if isinstance(said, str) else said
            found = tuple(text for text in self.among if text in texts)
            return found if found or not any(texts) else self.start
        text = said if isinstance(said, str) else said[-1]
        if isinstance(self.start, bool):
            return {"true": True, "1": True, "false": False, "0": False}.get(text, self.start)
        if isinstance(self.start, str):
            return text if not self.among or text in self.among else self.start
        try:
            number = int(text) if self.whole else float(text)
        except ValueError:
            return self.start
        return number if self.low <= number <= self.high and math.isfinite(number) else self.start

    def texts(self, value: Any) -> str | list[str]:
        """For a link."""
        if isinstance(value, tuple):
            return list(value) or [""]
        if value is None:
            return []
        return str(value).lower() if isinstance(value, bool) else str(value).removesuffix(".0")


def _any(*names: str) -> dict[str, Box]:
    return {name: Box("") for name in names}


def _off(*names: str) -> dict[str, Box]:
    return {name: Box(False) for name in names}


TABLE: Final[dict[str, Box]] = {
    "source": Box(KINDS[0], KINDS),
    **_any("sample", "file", "psms", "uploaded"),
    "ions": Box(DEFAULT.ion_types, ION_TYPES),
    "nl": Box(DEFAULT.neutral_losses, NEUTRAL_LOSSES),
    "zmax": Box(AUTO, CHARGES),
    "from": Box(DEFAULT.intensities),
    **_off("rootp", "imm", "prec", "iso"),
    WEIGHTS: Box(""),
    **_off("sqrt", "rmprec"),
    "tol": Box(DEFAULT.precursor_tolerance, low=LEAST_TOLERANCE),
    "top": Box(None, low=1, whole=True),
    "rel": Box(0.0, high=MOST_DROPPED),
    "lo": Box(None),
    "hi": Box(None),
    "maxmz": Box(DEFAULT.max_mz, low=MZ_ENDS[0], high=MZ_ENDS[1]),
    "scale": Box(DEFAULT.precursor_scale, low=LEAST_SCALE),
    **{f"w_{name}": Box(1.0, high=MOST_WEIGHT) for name in (*ION_TYPES, *EXTRA_IONS)},
    "errors": Box("ppm", ("ppm", "Da")),
}
"""Every box, by its name in a link and the key of its widget."""


@dataclass(frozen=True)
class Boxes:
    """What the boxes hold.

    Args:
        values: by name; what is missing is as at first.
    """

    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name, TABLE[name].start)

    @classmethod
    def of(cls, link: Mapping[str, Any]) -> Boxes:
        """From the parameters of a link; what makes no sense is as at first."""
        return cls({}).changed(**{name: box.read(link[name]) for name, box in TABLE.items() if name in link})

    def link(self) -> Link:
        """As parameters of a link, without what is as at first."""
        return {name: TABLE[name].texts(value) for name, value in self.values.items()}

    def changed(self, **values: Any) -> Boxes:
        """The same with other values; an empty text is as at first."""
        new = {**self.values}
        for name, value in values.items():
            held = tuple(one for one in TABLE[name].among if one in value) if isinstance(value, list | tuple) else value
            new.pop(name, None)
            if held not in ("", TABLE[name].start):
                new[name] = held
        return Boxes({name: new[name] for name in TABLE if name in new})


BOXES: Final = PageState("boxes", Boxes({}), TABLE, many=("ions", "nl"))
"""Of this session."""


def box(name: str) -> str:
    """Before the widget of a box is drawn: give it what the box holds. Returns the widget's key."""
    value = BOXES.now()[name]
    return BOXES.put(name, list(value) if isinstance(value, tuple) else value, TABLE[name].start)


def values_of(settings: LossSettings) -> dict[str, Any]:
    """What the boxes hold for these settings; none of them is for sigma and bin width."""
    s = settings
    return {
        "ions": s.ion_types, "nl": s.neutral_losses, "imm": s.immonium,
        "zmax": AUTO if s.max_fragment_charge is None else str(s.max_fragment_charge),
        "prec": s.precursor, "iso": bool(s.isotopes), WEIGHTS: weights_text(s.ion_weights, "r"), "sqrt": s.sqrt,
        "from": s.intensities, "rootp": s.sqrt_predicted,
        "rmprec": s.remove_precursor, "tol": s.precursor_tolerance, "top": s.top_n, "rel": 100 * s.relative_threshold,
        "lo": s.min_peak_mz, "hi": s.max_peak_mz, "maxmz": s.max_mz, "scale": s.precursor_scale,
        **{f"w_{name}": 1.0 for name in (*ION_TYPES, *EXTRA_IONS)},
    }  # fmt: skip


def link_of(settings: LossSettings) -> Link:
    """The same as parameters of a link; see ``controls.misfits`` for what it cannot say."""
    return Boxes({}).changed(**values_of(settings)).link()
