"""Writes spectra as text that other programs read."""

from __future__ import annotations

from peploss.spectra.spectrum import Spectrum


def to_mgf(spectrum: Spectrum) -> str:
    """One MGF block; numbers are written so that reading them back gives the same float64, to the last digit.

    Line breaks inside a title become blanks; MGF cannot hold them. What the spectrum does not know is left out.

    >>> import numpy as np
    >>> print(to_mgf(Spectrum(mz=np.array([175.119]), intensity=np.array([1.0]), title="y1", precursor_charge=2)))
    BEGIN IONS
    TITLE=y1
    CHARGE=2+
    175.119 1.0
    END IONS
    <BLANKLINE>
    """
    lines = ["BEGIN IONS"]
    for key, value in (
        ("TITLE", _one_line(spectrum.title or spectrum.native_id)),
        ("PEPMASS", spectrum.precursor_mz),
        ("CHARGE", f"{spectrum.precursor_charge}+" if spectrum.precursor_charge else None),
        ("SCANS", spectrum.scan),
        ("RTINSECONDS", spectrum.rt),
        ("SEQ", _one_line(spectrum.peptide or "")),
    ):
        if value is not None and value != "":
            lines.append(f"{key}={float(value)!r}" if isinstance(value, float) else f"{key}={value}")
    lines += [f"{mz!r} {y!r}" for mz, y in zip(spectrum.mz.tolist(), spectrum.intensity.tolist(), strict=True)]
    return "\n".join([*lines, "END IONS", ""])


def _one_line(text: str) -> str:
    return " ".join(text.split())
