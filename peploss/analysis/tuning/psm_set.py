"""Spectra with peptides believed to be right, on which settings are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.errors import ArgumentError
from peploss.intensities.heights import predictions, shuffled_with_heights
from peploss.peptides.peptide import Peptide, charge_in_force
from peploss.peptides.precursor_mass import precursor_shift
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import sample_files, sample_labels
from peploss.spectra.spectrum import Spectrum

F64 = NDArray[np.float64]
Side = tuple[F64, F64]
"""m/z in Th and intensity of one side of a comparison."""


@dataclass(frozen=True, eq=False)
class Psm:
    """A spectrum and its peptide.

    Args:
        spectrum: as read.
        peptide: what it is believed to be.
        group: what it is told apart by: its file, its instrument.
        place: where it stands in what it was read from, from 0: the row of a set, the spectrum of a file.
    """

    spectrum: Spectrum
    peptide: Peptide
    group: str = ""
    place: int = 0

    @property
    def charge(self) -> int | None:
        """The peptide's charge where it has one, else the spectrum's."""
        return charge_in_force(self.peptide.charge, self.spectrum.precursor_charge)

    @property
    def shift(self) -> float:
        """Observed minus the peptide's precursor m/z in Th; 0 where m/z or charge is not known."""
        if self.spectrum.precursor_mz is None or not self.charge:
            return 0.0
        return float(precursor_shift(self.peptide.neutral_mass, self.spectrum.precursor_mz, self.charge))


def predicted(psm: Psm, settings: LossSettings, peptide: Peptide | None = None) -> Side:
    """Fragments of the peptide, or of a decoy in its place, at the charge of the PSM."""
    ions = shuffled_with_heights(peptide or psm.peptide, settings, psm.charge, of=psm.peptide)
    return ions.mz, ions.intensity


def predict_ahead(psms: Sequence[Psm], settings: LossSettings) -> None:
    """Ask for the heights of all of them at once, where the settings want predicted ones: one by one takes long."""
    predictions([psm.peptide for psm in psms], settings, [psm.charge for psm in psms])


def observed(psm: Psm, settings: LossSettings) -> Side:
    """The peaks the settings keep."""
    peaks = preprocess(psm.spectrum, settings)
    return peaks.mz, peaks.intensity


def sample_psms(names: Sequence[str] | None = None, labels: Sequence[str] = ("good",)) -> tuple[Psm, ...]:
    """The built-in spectra with their peptides, grouped by the title of their file.

    Args:
        names: file names as in ``SampleFile.name``; None takes every MGF (the mzML holds spectra of one of them).
        labels: which to take of those that have one; spectra of a file without labels are all taken.
    Raises:
        SourceError: the samples are not there.
    """
    out = []
    for sample in sample_files():
        if sample.name not in names if names is not None else not sample.name.endswith(".mgf"):
            continue
        known = sample_labels(sample.name)
        with open_spectra(sample.path) as file:
            for index in range(len(file)):
                spectrum = file.read(index)
                label = known.get(spectrum.title)
                text = label.proforma if label else spectrum.peptide
                if text is None or (known and (label is None or label.label not in labels)):
                    continue
                charge = label.charge if label else spectrum.precursor_charge
                out.append(Psm(spectrum, Peptide.parse(text, charge), sample.title, index))
    return tuple(out)


def draw(psms: Sequence[Psm], limit: int, seed: int) -> tuple[Psm, ...]:
    """At most ``limit`` of them in an order of chance, so that any number from the front is a fair sample.

    Raises:
        ArgumentError: limit is below 1.
    """
    if limit < 1:
        raise ArgumentError(f"limit must be at least 1, not {limit}.")
    order = np.random.default_rng(seed).permutation(len(psms))[:limit]
    return tuple(psms[i] for i in order)
