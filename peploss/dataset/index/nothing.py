"""Why there is no PSM for a set, in words that are true of these files."""

from __future__ import annotations

from typing import Final

from peploss.dataset.index.join import OF_SPECTRUM
from peploss.dataset.index.report import IndexReport
from peploss.errors import SourceError

OF_PEPTIDE: Final = "Its peptide cannot be used: "
"""How the reason starts where a PSM was joined, and its peptide is none."""
_NO_TABLE: Final = "Give a table of PSMs, or spectra that carry their peptides (SEQ= in MGF, or MSP)."
_REMEDY: Final = (
    "Check that the table speaks of these spectra, or say what joins them (--join scan, index, title, native id)."
)


def nothing(report: IndexReport) -> SourceError:
    """The error for a report without PSMs."""
    if report.reasons:
        _, n, first = report.reasons[0]
        often = f"Most often ({n:,} times): {first.reason}"
        if all(r.startswith((OF_SPECTRUM, OF_PEPTIDE)) for r, *_ in report.reasons):
            return SourceError(f"No PSM can be used. {often}")
        return SourceError(f"No PSM could be joined to a spectrum. {often}", remedy=_REMEDY)
    if not report.n_spectra:
        return SourceError("The files hold only survey scans (MS1), which have no fragments.")
    lost, usable = "", report.n_spectra - report.n_unusable
    if report.n_unusable:
        reason, n, _ = report.why_unusable[0]
        lost = (
            f"Of {report.n_spectra:,} spectra {report.n_unusable:,} cannot be used, most often ({n:,} times): {reason}"
        )
    if not usable:
        return SourceError(lost)
    none = f"None of the {usable:,} spectra that can be used has a peptide."
    return SourceError(f"{none} {lost}".strip(), remedy=_NO_TABLE)
