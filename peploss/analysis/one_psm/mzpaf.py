"""Names peaks by the fragments they match, as mzPAF writes it."""

from __future__ import annotations

from peploss.analysis.one_psm.explained import on_grid
from peploss.analysis.one_psm.matching import Matches, match
from peploss.peptides.fragments import Fragments, fragments
from peploss.peptides.peptide import Peptide, charge_in_force
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

UNKNOWN = "?"
"""What mzPAF writes for a peak that nothing explains."""


def peak_labels(ions: Fragments, matches: Matches, n_peaks: int) -> list[str]:
    """(P,) mzPAF of each peak: ``y5^2/-1.3ppm``, or ``?`` where no fragment matches.

    The error is observed less predicted m/z, as mzPAF has it.

    Source:
        mzPAF, HUPO-PSI peak annotation format 1.0.
    """
    out = [UNKNOWN] * n_peaks
    for fragment, peak, ppm in zip(
        matches.fragment.tolist(), matches.peak.tolist(), matches.error_ppm.tolist(), strict=True
    ):
        out[peak] = f"{ions.plain_label[fragment]}/{ppm + 0.0:.1f}ppm"
    return out


def annotated(spectrum: Spectrum, settings: LossSettings) -> list[str]:
    """(P,) mzPAF of the peaks of a spectrum as it stands, by the peptide that came with it; all ``?`` without one.

    Raises:
        PeptideError: its peptide cannot be read.
    """
    if not spectrum.peptide:
        return [UNKNOWN] * len(spectrum)
    peptide = Peptide.parse(spectrum.peptide)
    ions = fragments(peptide, settings, charge_in_force(peptide.charge, spectrum.precursor_charge))
    sides = on_grid((ions.mz, ions.intensity), settings), on_grid((spectrum.mz, spectrum.intensity), settings)
    return peak_labels(ions, match(*sides[0], *sides[1], settings), len(spectrum))
