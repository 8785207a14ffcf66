"""The m/z grid the loss is defined on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peploss.errors import SettingsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_BINS = 50_000_000
LEAST_TH, MOST_TH = 1e-9, 1e9  # of a bin and of a grid: beyond what floats tell apart at an m/z of 1000


def shown(value: object) -> str:
    """A value for a message: cut short, and of a whole number too long for Python to write only that it is one."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "a whole number of more than 60 digits"
    try:
        text = repr(value)
    except ValueError:  # such a number within a list
        return f"a {type(value).__name__} with a number too long to be shown"
    return text if len(text) <= 100 else text[:99] + "…"


@dataclass(frozen=True)
class MzGrid:
    """Equal bins from m/z 0: bin k covers ``[k h, (k + 1) h)`` and is sampled at its centre ``(k + 1/2) h``.

    Args:
        max_mz: end of the grid in Th; finite and positive. The last bin ends at ``n_bins * bin_width``,
            which is ``max_mz`` to within half a bin.
        bin_width: h in Th; finite and positive.
    Raises:
        SettingsError: a value is not positive and finite, or the grid would have no bin or more than 50
            million.

    >>> MzGrid().n_bins, MzGrid(max_mz=0.3, bin_width=0.1).n_bins
    (20000, 3)
    """

    max_mz: float = 2000.0
    bin_width: float = 0.1

    def __post_init__(self) -> None:
        for name in ("max_mz", "bin_width"):
            value = getattr(self, name)
            if not (isinstance(value, (int, float)) and LEAST_TH <= value <= MOST_TH):
                raise SettingsError(
                    f"{name} must be a positive finite number of Th, not {shown(value)}.",
                    remedy=f"Give {LEAST_TH:g} to {MOST_TH:g}; the defaults are max_mz=2000 and bin_width=0.1.",
                )
        # A ratio, so that neither a huge range nor a tiny bin overflows before it is judged.
        if not 0.5 < self.max_mz / self.bin_width <= MAX_BINS:
            raise SettingsError(
                f"A grid of max_mz={self.max_mz} and bin_width={self.bin_width} has "
                f"{self.max_mz / self.bin_width:.3g} bins; 1 to {MAX_BINS:,} are possible.",
                remedy="Widen the bins or lower max_mz.",
            )

    @property
    def n_bins(self) -> int:
        """Number of bins; ``round``, because ``int(0.3 / 0.1)`` is 2."""
        return max(1, round(self.max_mz / self.bin_width))

    @property
    def centers(self) -> NDArray[np.float64]:
        """(n_bins,) bin centres in Th."""
        import numpy as np  # here, so that settings load without it

        return (np.arange(self.n_bins, dtype=np.float64) + 0.5) * self.bin_width
