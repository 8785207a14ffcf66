"""Spectra of other Python packages, there and back: matchms and spectrum_utils."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from peploss.errors import BackendError
from peploss.spectra.spectrum import Spectrum

if TYPE_CHECKING:
    import matchms
    import spectrum_utils.spectrum

_TITLES = ("title", "spectrum_name", "compound_name", "spectrum_id")
_PEPTIDES = ("peptide", "peptide_sequence", "proforma", "seq")


def from_matchms(spectrum: matchms.Spectrum) -> Spectrum:
    """A spectrum of matchms, with what its metadata say of name, precursor, scan, retention time and peptide.

    Args:
        spectrum: its peaks are taken as they stand. A charge of 0, by which matchms says that none is known, is none.
    Raises:
        SpectrumError: it makes no spectrum, for example of a negative intensity.
    """
    data: dict[str, Any] = spectrum.metadata
    return Spectrum(
        mz=np.array(spectrum.peaks.mz, dtype=np.float64),
        intensity=np.array(spectrum.peaks.intensities, dtype=np.float64),
        precursor_mz=_number(data.get("precursor_mz")),
        precursor_charge=_charge(data.get("charge")),
        title=_first(data, _TITLES),
        scan=_charge(data.get("scans", data.get("scan_number"))),
        rt=_number(data.get("retention_time")),
        peptide=_first(data, _PEPTIDES) or None,
        source="matchms",
    )


def to_matchms(spectrum: Spectrum) -> matchms.Spectrum:
    """The spectrum as matchms has it; what is not known is left out.

    Raises:
        BackendError: matchms is not installed.
    """
    try:
        import matchms
    except ImportError as error:
        raise BackendError("matchms is not installed.", remedy="Install it with `pip install matchms`.") from error
    known = {
        "title": spectrum.title or spectrum.native_id,
        "precursor_mz": spectrum.precursor_mz,
        "charge": spectrum.precursor_charge,
        "scans": spectrum.scan,
        "retention_time": spectrum.rt,
        "peptide_sequence": spectrum.peptide,
    }
    metadata = {name: value for name, value in known.items() if value not in (None, "")}
    return matchms.Spectrum(mz=spectrum.mz.copy(), intensities=spectrum.intensity.copy(), metadata=metadata)


def from_spectrum_utils(spectrum: spectrum_utils.spectrum.MsmsSpectrum) -> Spectrum:
    """A spectrum of spectrum_utils; the peptide of its annotation, where it has one, comes along.

    Raises:
        SpectrumError: it makes no spectrum.
    """
    peptide = getattr(spectrum, "proforma", None)
    return Spectrum(
        mz=np.array(spectrum.mz, dtype=np.float64),
        intensity=np.array(spectrum.intensity, dtype=np.float64),
        precursor_mz=_number(spectrum.precursor_mz),
        precursor_charge=_charge(spectrum.precursor_charge),
        title=str(spectrum.identifier or ""),
        rt=_number(spectrum.retention_time),
        peptide=peptide if isinstance(peptide, str) and peptide else None,
        source="spectrum_utils",
    )


def _first(data: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((str(data[name]) for name in names if data.get(name)), "")


def _number(value: Any) -> float | None:
    """A finite, positive number, or None; retention times of 0 are what is written where none is known."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and number > 0 else None


def _charge(value: Any) -> int | None:
    number = _number(value)
    return None if number is None or number != int(number) else int(number)
