"""Ion weights as they are typed into a box, and read from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from peploss.errors import SettingsError


def weights_text(weights: Mapping[str, float], digits: Literal["g", "r"] = "g") -> str:
    """Ion weights as they are typed; the inverse of ``read_weights``.

    Args:
        digits: ``"g"`` for six of them, ``"r"`` for all.

    >>> weights_text({"y1": 1.0, "b1": 0.402})
    'y1 1, b1 0.402'
    """
    return ", ".join(f"{name} {weight if digits == 'r' else format(weight, 'g')}" for name, weight in weights.items())


def read_weights(text: str) -> dict[str, float]:
    """``"b1 0.4, y2 0.3"`` as weights by ion.

    Raises:
        SettingsError: a part is no name and number.

    >>> read_weights("b1 0.4, y2=0.3")
    {'b1': 0.4, 'y2': 0.3}
    """
    out: dict[str, float] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, number = part.replace("=", " ").partition(" ")
        try:
            out[name] = float(number)
        except ValueError as error:
            raise SettingsError(
                f"A weight must be an ion and a number, like y1 0.5, not {part!r}.", remedy="Correct it in the sidebar."
            ) from error
    return out
