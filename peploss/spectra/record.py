"""A spectrum as its reader found it, before it is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peploss import limits
from peploss.errors import SpectrumError
from peploss.spectra.spectrum import Spectrum

MAX_CHARGE: Final = 50  # a higher "charge" is another column read by mistake
MAX_SCAN: Final = 2**63 - 1  # what a column of a set holds
NO_CHARGE: Final = "The precursor charge is not known: write it behind the peptide, as in PEPTIDE/2."
NO_PRECURSOR: Final = "The precursor m/z is not known: precursor errors cannot be computed."
NOT_MS2: Final = "This is an MS1 survey scan, not a fragment spectrum."
NEGATIVE: Final = (
    "The spectrum was measured in negative mode; the fragments that a loss compares it with are those of positive ions."
)
_NO_PEAKS: Final = np.empty(0)


@dataclass(frozen=True, slots=True)
class Header:
    """One line of a file's table of spectra.

    Args:
        index: 0-based position in the file.
        title, native_id, scan, precursor_mz, precursor_charge, rt, peptide: as in ``Spectrum``.
        n_peaks: number of peaks; 0 where they could not be read.
        ms_level: as the file says; None where it does not.
        problem: why the spectrum cannot be used; None when it can.
        notes: what had to be assumed or left out.
        unread: the one of them that says why the peptide that stands there is not ``peptide``; None where none does.
    """

    index: int
    title: str = ""
    native_id: str = ""
    scan: int | None = None
    precursor_mz: float | None = None
    precursor_charge: int | None = None
    rt: float | None = None
    n_peaks: int = 0
    peptide: str | None = None
    ms_level: int | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()
    unread: str | None = None

    @property
    def usable(self) -> bool:
        """Whether ``read`` gives this spectrum."""
        return self.problem is None

    @property
    def name(self) -> str:
        """What to call it: its title, else its native id, else its place in the file."""
        return self.title or self.native_id or f"spectrum {self.index + 1}"


@dataclass(frozen=True, slots=True)
class Problem:
    """A spectrum that cannot be used: its 0-based place, what it is called, and why not."""

    index: int
    name: str
    reason: str


@dataclass(slots=True)
class Record:
    """One parsed entry of a file; a parser fills in what it finds and says in ``problem`` what it could not read."""

    title: str = ""
    native_id: str = ""
    scan: int | None = None
    precursor_mz: float | None = None
    precursor_charge: int | None = None
    rt: float | None = None
    peptide: str | None = None
    ms_level: int | None = None
    negative: bool = False
    mz: NDArray[np.float64] = field(default_factory=lambda: _NO_PEAKS)
    intensity: NDArray[np.float64] = field(default_factory=lambda: _NO_PEAKS)
    profile: bool | None = None
    problem: str | None = None
    notes: list[str] = field(default_factory=list)
    unread: str | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing but its peaks' values can be wrong: no problem, no MS1, no negative or profile mode."""
        return (
            self.problem is None
            and not self.negative
            and (self.precursor_charge is None or self.precursor_charge >= 0)
            and self.ms_level != 1
            and not self.profile
            and 0 < self.mz.size <= limits.PEAKS.most
            and self.mz.shape == self.intensity.shape
        )

    def header(self, index: int, source: str) -> Header:
        """The line of the table for this entry."""
        try:
            self.spectrum(index, source)
            problem = None
        except SpectrumError as error:
            problem = error.problem
        return Header(
            index=index,
            title=self.title,
            native_id=self.native_id,
            scan=self.scan,
            precursor_mz=self.precursor_mz,
            precursor_charge=self.precursor_charge,
            rt=self.rt,
            n_peaks=int(self.mz.size),
            peptide=self.peptide,
            ms_level=self.ms_level,
            problem=problem,
            notes=tuple(dict.fromkeys(self.notes)),
            unread=self.unread,
        )

    def spectrum(self, index: int, source: str) -> Spectrum:
        """The spectrum itself.

        Raises:
            SpectrumError: it cannot be used; ``problem`` is the reason.
        """
        self._cut_excess()
        self.settle_precursor()
        self._drop_zero_mz()
        problem = self.problem or (NOT_MS2 if self.ms_level == 1 else NEGATIVE if self.negative else None)
        problem = problem or self._peaks_problem()
        if problem:
            raise SpectrumError(problem)
        return Spectrum(
            mz=self.mz,
            intensity=self.intensity,
            precursor_mz=self.precursor_mz,
            precursor_charge=self.precursor_charge,
            title=self.title,
            native_id=self.native_id,
            index=index,
            scan=self.scan,
            rt=self.rt,
            peptide=self.peptide,
            source=source,
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _cut_excess(self) -> None:
        """Keep no more than is read, and say so."""
        if self.mz.size > limits.PEAKS.most:
            self.problem = self.problem or limits.PEAKS.over(self.mz.size)
            self.mz = self.intensity = _NO_PEAKS
        for name in ("title", "native_id", "peptide"):
            text = getattr(self, name) or ""
            if len(text) > limits.TEXT.most:
                self.problem = self.problem or limits.TEXT.over(len(text))
                setattr(self, name, text[:100])

    def settle_precursor(self) -> None:
        """Remove precursor values that are impossible, and note what is missing."""
        if self.rt is not None and not np.isfinite(self.rt):
            self.rt = None
        if self.scan is not None and not 0 <= self.scan <= MAX_SCAN:
            self.notes.append("A scan number that no instrument counts to was left out.")
            self.scan = None
        mz, charge = self.precursor_mz, self.precursor_charge
        if mz is not None and not (np.isfinite(mz) and mz > 0):
            if mz:  # 0 is how files write that there is none
                self.notes.append(f"A precursor m/z of {mz:g} is not plausible and was left out.")
            self.precursor_mz = None
        if charge is not None and charge < 0:
            self.negative, self.precursor_charge = True, None
        elif charge is not None and not 1 <= charge <= MAX_CHARGE:
            if charge:
                self.notes.append(f"A precursor charge of {charge} is not plausible and was left out.")
            self.precursor_charge = None
        if self.ms_level != 1 and not self.negative:
            self.notes += [NO_PRECURSOR] * (self.precursor_mz is None) + [NO_CHARGE] * (self.precursor_charge is None)

    def _drop_zero_mz(self) -> None:
        """Drop peaks at m/z 0, which some converters write as padding."""
        if self.problem or self.mz.shape != self.intensity.shape:
            return
        zero = (self.mz == 0) & np.isfinite(self.intensity) & (self.intensity >= 0)
        count = int(zero.sum())
        if not count:
            return
        if count == self.mz.size:
            self.problem = "The spectrum has no peaks: " + (
                "its only one is at m/z 0." if count == 1 else f"all {count} of them are at m/z 0."
            )
            return
        self.mz, self.intensity = self.mz[~zero], self.intensity[~zero]
        self.notes.append("One peak at m/z 0 was left out." if count == 1 else f"{count} peaks at m/z 0 were left out.")

    def _peaks_problem(self) -> str | None:
        if self.mz.shape != self.intensity.shape:
            return f"There are {self.mz.size} m/z values but {self.intensity.size} intensities."
        if not self.mz.size:
            return "The spectrum has no peaks."
        if not self.intensity.any():
            return f"The intensity of all {self.mz.size} peaks is 0."
        if self.profile is not False and looks_like_profile(self.mz, self.intensity):
            if self.profile:
                return (
                    "The spectrum is in profile mode: every sample of a peak's shape would count as a peak. "
                    "Centroid the file first (msconvert --filter peakPicking, or OpenMS PeakPickerHiRes)."
                )
            self.notes.append("The peaks look like profile-mode samples; the loss takes each of them as a peak.")
        elif self.profile:
            self.notes.append("Declared as profile mode, but its peaks are centroided; they were taken as they are.")
        return None


def looks_like_profile(mz: NDArray[np.float64], intensity: NDArray[np.float64]) -> bool:
    """Whether the highest peaks are sampled shapes: flanks that fall over at least two neighbours on both sides.

    Looks at up to ten of the highest samples; a centroided peak stands alone, a profile one is the top of a
    run of samples no more than 0.1 Th apart. Most must be sampled for the answer to be yes.
    """
    if mz.size < 25:
        return False
    if (mz[1:] < mz[:-1]).any():
        order = np.argsort(mz, kind="stable")
        mz, intensity = mz[order], intensity[order]
    if (mz[4:] - mz[:-4]).min() >= 0.41:  # nowhere five samples as near as asked below: most spectra end here
        return False
    inside = np.arange(2, mz.size - 2)
    tops = inside[(intensity[inside] >= intensity[inside - 1]) & (intensity[inside] >= intensity[inside + 1])]
    tops = tops[intensity[tops] > 0]  # stretches of zeros between the peaks are no peaks
    tops = tops[np.argsort(-intensity[tops], kind="stable")][:10]
    if tops.size < 3:
        return False
    near = (mz[tops + 2] - mz[tops] < 0.2) & (mz[tops] - mz[tops - 2] < 0.2)
    falls = (intensity[tops - 2] < intensity[tops - 1]) & (intensity[tops - 1] < intensity[tops])
    falls &= (intensity[tops + 2] < intensity[tops + 1]) & (intensity[tops + 1] < intensity[tops])
    return bool((near & falls).mean() > 0.5)
