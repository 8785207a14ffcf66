"""Compares several candidates on one spectrum: the loss of each, how far it stands from the first, and its decoys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.causes.counterfactuals.counterfactual import ppm_error
from peploss.analysis.causes.counterfactuals.row_batch import RowBatch
from peploss.analysis.one_psm.explained import explained_share, on_grid
from peploss.analysis.one_psm.matching import Matches, match
from peploss.errors import ArgumentError
from peploss.intensities.heights import fragments_with_heights, table_with_heights
from peploss.peptides.decoys import decoy_orders
from peploss.peptides.fragments import Fragments
from peploss.peptides.ion_table import Candidates
from peploss.peptides.peptide import Peptide, as_peptide, charge_in_force
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.spectrum import Spectrum

MOST = 8
"""Candidates that are compared at a time."""
N_DECOYS = 40
"""Decoys of each candidate that its loss is ranked among."""


@dataclass(frozen=True, eq=False, repr=False)
class Compared:
    """One of several candidates on a spectrum. F fragments, P observed peaks after preprocessing.

    Attributes:
        peptide, charge: the candidate, and the precursor charge its fragments are made for.
        loss: as ``explain`` has it.
        difference: its loss less that of the first candidate.
        ppm: signed precursor error; None where precursor m/z or charge is not known.
        n_matched, n_matchable: matched fragments, of those that weigh anything and lie on the grid.
        explained: share of the observed intensity in matched peaks, in [0, 1].
        n_lower, n_decoys: how many of its own decoys have a loss no higher than its own, of how many.
        source: where its fragments' heights come from, in words.
        note: why these heights are not its own, else None.
        fragments, matches: as in ``Explanation``.
        observed: the spectrum after preprocessing; the same for all.
    """

    peptide: Peptide
    charge: int | None
    loss: float
    difference: float
    ppm: float | None
    n_matched: int
    n_matchable: int
    explained: float
    n_lower: int
    n_decoys: int
    source: str
    note: str | None
    fragments: Fragments
    matches: Matches
    observed: Spectrum

    def __repr__(self) -> str:
        return f"<Compared: {self.peptide.proforma}, loss {self.loss:.4f} ({self.difference:+.4f}), {self.rank_text}>"

    @property
    def rank_text(self) -> str:
        """Its place among itself and its decoys: ``"1 of 41"`` is before all of them."""
        return f"{self.n_lower + 1} of {self.n_decoys + 1}" if self.n_decoys else "no decoys"


def compare_candidates(
    spectrum: Spectrum,
    candidates: Sequence[Peptide | str],
    settings: LossSettings | None = None,
    *,
    seed: int = 0,
) -> list[Compared]:
    """Compare candidates on one spectrum, all with the same settings.

    Where the settings ask for predicted heights and a candidate has none of its own, it takes those of the first, ion
    by ion, if it is as long: the two then differ in the places of their fragments alone.

    Args:
        spectrum: as read; preprocessed here, as the settings say.
        candidates: 1 to 8, parsed or in ProForma; the first is what the others are compared with.
        settings: what "the loss" means; None for the defaults.
        seed: of the decoys, which are those of ``diagnose``.
    Returns:
        In the order given.
    Raises:
        ArgumentError: there is none, or more than 8.
        PeptideError: a text cannot be read.
        Peploss errors of preprocessing and fragmentation, where the settings ask for what the input cannot give.

    >>> observed = Spectrum(mz=np.array([115.05, 147.11, 276.16]), intensity=np.ones(3))
    >>> [round(one.difference, 3) for one in compare_candidates(observed, ["NEK", "GGEK"])]
    [0.0, 0.163]
    """
    settings = settings or LossSettings()
    peptides = [as_peptide(candidate) for candidate in candidates]
    if not 1 <= len(peptides) <= MOST:
        raise ArgumentError(f"1 to {MOST} candidates can be compared, not {len(peptides)}.")
    observed = preprocess(spectrum, settings)
    obs = (observed.mz, observed.intensity)
    charges = [charge_in_force(peptide.charge, spectrum.precursor_charge) for peptide in peptides]
    heights = fragments_with_heights(peptides, settings, charges, like=peptides[0])
    batch = RowBatch(settings)
    own, shuffled = [], []
    for peptide, charge, with_heights in zip(peptides, charges, heights, strict=True):
        ions = with_heights.fragments
        own.append(batch.add((ions.mz, ions.intensity), obs))
        table = table_with_heights(peptide, settings, charge, with_heights.prediction)
        orders = decoy_orders(peptide.residue_masses, N_DECOYS, seed)
        decoys = Candidates.of(peptide).with_residues(peptide.residue_masses[orders])
        shuffled.append(batch.add(table.ions(decoys), obs) if len(orders) else slice(0, 0))
    losses = batch.losses()
    peaks = on_grid(obs, settings)
    out = []
    for i, (peptide, charge, with_heights) in enumerate(zip(peptides, charges, heights, strict=True)):
        ions = with_heights.fragments
        side = on_grid((ions.mz, ions.intensity), settings)
        matches = match(*side, *peaks, settings)
        loss, of_decoys = float(losses[own[i]][0]), losses[shuffled[i]]
        out.append(
            Compared(
                peptide=peptide,
                charge=charge,
                loss=loss,
                difference=loss - float(losses[own[0]][0]),
                ppm=ppm_error(peptide.neutral_mass, spectrum.precursor_mz, charge),
                n_matched=len(matches),
                n_matchable=int((side[1] > 0).sum()),
                explained=explained_share(peaks[1], matches.fragment_of_peak >= 0),
                n_lower=int((of_decoys <= loss).sum()),
                n_decoys=int(of_decoys.size),
                source=with_heights.source,
                note=with_heights.note,
                fragments=ions,
                matches=matches,
                observed=observed,
            )
        )
    return out


def losses_of(spectrum: Spectrum, peptides: Sequence[Peptide], settings: LossSettings) -> NDArray[np.float64]:
    """(N,) loss of each of many peptides, with the heights that ``compare_candidates`` gives them; the first is the
    one whose heights serve where there are no others."""
    observed = preprocess(spectrum, settings)
    charges = [charge_in_force(peptide.charge, spectrum.precursor_charge) for peptide in peptides]
    batch = RowBatch(settings)
    for heights in fragments_with_heights(peptides, settings, charges, like=peptides[0] if peptides else None):
        ions = heights.fragments
        batch.add((ions.mz, ions.intensity), (observed.mz, observed.intensity))
    return batch.losses() if len(batch) else np.empty(0)
