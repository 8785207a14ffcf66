"""A calibration error: a shift of all peaks of a spectrum, and its removal."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.spectra.spectrum import Spectrum

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """A shift of all peaks against all ions.

    Attributes:
        unit: ``"Da"`` or ``"ppm"``.
        value: how far the peaks lie above the ions.

    >>> Shift.parse("-12.5ppm"), str(Shift("Da", 0.3))
    (Shift(unit='ppm', value=-12.5), '0.3Da')
    """

    unit: str
    value: float

    @classmethod
    def parse(cls, text: str) -> Shift:
        """Inverse of ``str``.

        Raises:
            ValueError: it is no number with one of the units behind it, or would move peaks to m/z 0 or below.
        """
        found = re.fullmatch(r"\s*([^\sDap]+)\s*(Da|ppm)\s*", text)
        value = float(found[1]) if found else math.nan
        if not found or not (abs(value) <= (100 if found[2] == "Da" else 1e5)):
            raise ValueError(f"A shift is at most 100 Da or 100000 ppm, as in -12.5ppm, not {text!r}.")
        return cls(found[2], value)

    def __str__(self) -> str:
        return f"{self.value:.9g}{self.unit}"

    def at(self, mz: float) -> float:
        """How far a peak at ``mz`` lies off, in Th."""
        return self.value if self.unit == "Da" else self.value * 1e-6 * mz

    def undo(self, mz: F64) -> F64:
        """Observed m/z brought back."""
        return mz - self.value if self.unit == "Da" else mz / (1.0 + self.value * 1e-6)

    def undone(self, spectrum: Spectrum) -> Spectrum:
        """The spectrum with its peaks brought back; those that would come to lie at or below m/z 0 are left out, which
        its notes say. The precursor stays: it is measured in another scan."""
        mz = self.undo(spectrum.mz)
        keep = mz > 0
        notes = (
            (*spectrum.notes, f"{(~keep).sum()} peaks are left out: moved, they have no m/z.")
            if not keep.all()
            else spectrum.notes
        )
        return dataclasses.replace(spectrum, mz=mz[keep], intensity=spectrum.intensity[keep], notes=notes)
