"""What the plot shows of a spectrum, as one value: read from loose values of a browser or a link, and written back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from peploss.settings import LossSettings
from peploss.spectra.shift import Shift

MOST_CANDIDATES: Final = 8
LONGEST_NAME: Final = 60  # characters of a selected point's name
WIDTHS: Final = (0.001, 1.0)  # Da
WIDTHS_PPM: Final = (1.0, 2000.0)
LINK: Final = ("sigma", "unit", "h", "mode", "bins", "grad", "strip", "labels", "x", "sel", "off", "cand", "over")
"""Its names in a link."""


@dataclass(frozen=True, kw_only=True)
class View:
    """The plot's own state.

    Args:
        sigma, unit: width of a peak, in Da or ppm.
        bin: bin width in Th.
        mode: ``"mirror"`` or ``"overlay"``.
        bins, grad, strip, labels: whether the panel of bin contributions, of gradients, of mass errors, and the
            labels are on.
        x: m/z range, or None for all of it.
        sel: name of the selected fragment or peak, ``""`` for none.
        shift: how far the observed peaks are taken to lie too high, and brought back; None as they were read.
        cand: number of the candidate that is shown, from 1.
        over: number of the candidate that is drawn below it, 0 for none.
    """

    sigma: float = LossSettings.sigma
    unit: str = "Da"
    bin: float = LossSettings.bin_width
    mode: str = "mirror"
    bins: bool = False
    grad: bool = False
    strip: bool = False
    labels: bool = True
    x: tuple[float, float] | None = None
    sel: str = ""
    shift: Shift | None = None
    cand: int = 1
    over: int = 0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> View:
        """A view from loose values, of a browser or a link; what makes no sense takes its default."""
        unit = "ppm" if values.get("unit") == "ppm" else "Da"
        start = cls()
        return cls(
            sigma=_within(values.get("sigma"), WIDTHS if unit == "Da" else WIDTHS_PPM)
            or (start.sigma if unit == "Da" else 100.0),
            unit=unit,
            bin=_within(values.get("bin"), WIDTHS) or start.bin,
            mode="overlay" if values.get("mode") == "overlay" else "mirror",
            bins=_truth(values.get("bins"), start.bins),
            grad=_truth(values.get("grad"), start.grad),
            strip=_truth(values.get("strip"), start.strip),
            labels=_truth(values.get("labels"), start.labels),
            x=_range(values.get("x")),
            sel=str(values.get("sel") or "")[:LONGEST_NAME],
            shift=_shift(values.get("shift")),
            cand=_candidate(values.get("cand"), start.cand),
            over=_candidate(values.get("over"), start.over),
        )

    def settings(self, base: LossSettings) -> LossSettings:
        """``base`` with the widths of this view."""
        return base.replace(sigma=self.sigma, sigma_unit=self.unit, bin_width=self.bin)

    def link(self) -> dict[str, str]:
        """What of it differs from the defaults, as query parameters."""
        start = View()
        out = {}
        if (self.sigma, self.unit) != (start.sigma, start.unit):
            out["sigma"] = repr(self.sigma)
        if self.unit != start.unit:
            out["unit"] = self.unit
        if self.bin != start.bin:
            out["h"] = repr(self.bin)
        if self.mode != start.mode:
            out["mode"] = self.mode
        for name in ("bins", "grad", "strip", "labels"):
            if getattr(self, name) != getattr(start, name):
                out[name] = "1" if getattr(self, name) else "0"
        if self.x:
            out["x"] = f"{self.x[0]:.8g}_{self.x[1]:.8g}"
        if self.sel:
            out["sel"] = self.sel
        if self.shift:
            out["off"] = str(self.shift)
        for name in ("cand", "over"):
            if getattr(self, name) != getattr(start, name):
                out[name] = str(getattr(self, name))
        return out

    @classmethod
    def of_link(cls, link: Mapping[str, Any]) -> View:
        """From the parameters of a link."""
        x = str(link.get("x", "")).split("_")
        return cls.of({**link, "bin": link.get("h"), "shift": link.get("off"), "x": x if len(x) == 2 else None})

    def payload(self) -> dict[str, Any]:
        """As the browser keeps it."""
        return asdict(self) | {"shift": str(self.shift or "")}


def _candidate(value: object, default: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        return default
    return number if default <= number <= MOST_CANDIDATES else default


def _within(value: object, limits: tuple[float, float]) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if limits[0] <= number <= limits[1] else None


def _truth(value: object, default: bool) -> bool:
    return default if value is None else value in (True, 1, "1", "true")


def _shift(value: object) -> Shift | None:
    try:
        return Shift.parse(str(value)) if value else None
    except ValueError:
        return None


def _range(value: object) -> tuple[float, float] | None:
    if not (isinstance(value, (list, tuple)) and len(value) == 2):
        return None
    try:
        low, high = float(value[0]), float(value[1])
    except (TypeError, ValueError):
        return None
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None
