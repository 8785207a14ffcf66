"""An observed spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.errors import SpectrumError
from peploss.peptides.precursor_mass import neutral_mass


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Spectrum:
    """Centroided peaks with what is known of their precursor.

    Args:
        mz: (P,) m/z in Th, finite and positive; float64. Sorted here if it is not.
        intensity: (P,) finite and not negative; float64.
        precursor_mz: in Th, positive, or None.
        precursor_charge: at least 1, or None.
        title, native_id: as the file has them; ``""`` where it has none.
        index: 0-based position in its file. Index, scan and title are three different things.
        scan: scan number, or None.
        rt: retention time in seconds, or None.
        peptide: the candidate that came with the spectrum, as ProForma, or None.
        source: name of the file, ``"pasted"`` for a pasted list.
        notes: what a reader had to assume or leave out, one sentence each.
    Raises:
        SpectrumError: lengths differ, or a value is not finite, negative, or not positive where it must be.
    """

    mz: NDArray[np.float64]
    intensity: NDArray[np.float64]
    precursor_mz: float | None = None
    precursor_charge: int | None = None
    title: str = ""
    native_id: str = ""
    index: int = 0
    scan: int | None = None
    rt: float | None = None
    peptide: str | None = None
    source: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        mz = np.ascontiguousarray(self.mz, dtype=np.float64)
        intensity = np.ascontiguousarray(self.intensity, dtype=np.float64)
        if mz.ndim != 1 or mz.shape != intensity.shape:
            raise SpectrumError(
                f"m/z and intensity must be equally long lists; they have shapes {mz.shape} and {intensity.shape}."
            )
        for name, bad in (
            ("m/z value", ~(np.isfinite(mz) & (mz > 0))),
            ("intensity", ~(np.isfinite(intensity) & (intensity >= 0))),
        ):
            if bad.any():
                at = int(np.flatnonzero(bad)[0])
                value = (mz if name == "m/z value" else intensity)[at]
                need = "positive and finite" if name == "m/z value" else "finite and not negative"
                raise SpectrumError(f"Every {name} must be {need}; peak {at + 1} of {mz.size} has {value}.")
        if self.precursor_mz is not None and not (np.isfinite(self.precursor_mz) and self.precursor_mz > 0):
            raise SpectrumError(f"The precursor m/z must be positive and finite, not {self.precursor_mz}.")
        if self.precursor_charge is not None and self.precursor_charge < 1:
            raise SpectrumError(f"The precursor charge must be at least 1, not {self.precursor_charge}.")
        if mz.size > 1 and (np.diff(mz) < 0).any():
            order = np.argsort(mz, kind="stable")
            mz, intensity = mz[order], intensity[order]
        mz.flags.writeable = False
        intensity.flags.writeable = False
        object.__setattr__(self, "mz", mz)
        object.__setattr__(self, "intensity", intensity)

    def __len__(self) -> int:
        return int(self.mz.size)

    def __repr__(self) -> str:
        told = [f"{len(self):,} peaks" + (f", m/z {self.mz[0]:.2f} to {self.mz[-1]:.2f}" if len(self) else "")]
        if self.precursor_mz is not None:
            charge = "" if self.precursor_charge is None else f" {self.precursor_charge}+"
            told.append(f"precursor {self.precursor_mz:.4f}{charge}")
        if self.peptide:
            told.append(_short(self.peptide))
        return f"<Spectrum {_short(self.name)}: {', '.join(told)}>"

    @property
    def neutral_mass(self) -> float | None:
        """Mass of the uncharged precursor in Da; None where its m/z or charge is not known."""
        if self.precursor_mz is None or self.precursor_charge is None:
            return None
        return neutral_mass(self.precursor_mz, float(self.precursor_charge))

    @property
    def name(self) -> str:
        """What to call it: its title, else its native id, else its place in the file."""
        return self.title or self.native_id or f"spectrum {self.index + 1}"


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
