"""Explains one spectrum and one candidate: everything that a page shows of them, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from peploss import limits
from peploss.analysis.one_psm.curves import Curves, render_curves
from peploss.analysis.one_psm.explained import explained_share, on_grid
from peploss.analysis.one_psm.gradient import Gradient, loss_and_gradient
from peploss.analysis.one_psm.grid_effects import (
    PhaseSpread,
    guard,
    in_range,
    is_rendered,
    phase_spread,
    sigma_per_bin,
)
from peploss.analysis.one_psm.ladder import Bond, ladder
from peploss.analysis.one_psm.matching import Matches, match
from peploss.analysis.one_psm.notices import charge_notice, no_fragments, no_peaks, side_notices
from peploss.analysis.one_psm.shares import Decomposition, decompose
from peploss.analysis.one_psm.waterfall import Step, waterfall
from peploss.constants import PROTON
from peploss.errors import LimitError
from peploss.intensities.heights import fragments_with_heights
from peploss.kernels import Peaks
from peploss.losses.baselines import min_distance_loss
from peploss.losses.precursor import PrecursorError, precursor_error
from peploss.peptides.fragments import Fragments
from peploss.peptides.peptide import Peptide, as_peptide, charge_in_force
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.spectrum import Spectrum

Bools = NDArray[np.bool_]


STATES = (
    "no weight",
    "beyond the grid",
    "matched, between bins",
    "between bins",
    "matched",
    "out of reach",
    "missing",
)
"""What a fragment can be: not seen by the loss (the first four), matched, or not, without or within a peak's reach."""


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """One comparison taken apart. F fragments, P observed peaks after preprocessing; no array holds a NaN.

    Attributes:
        spectrum, peptide, settings: what was compared.
        charge: precursor charge the fragments were made for: the candidate's own (``/2``) where it has one, else the
            spectrum's, None where neither is known.
        observed: the spectrum after preprocessing.
        fragments: predicted fragments.
        fragment_in_range, peak_in_range: (F,), (P,) whether it lies in the grid's m/z range.
        fragment_rendered, peak_rendered: (F,), (P,) whether the loss sees it: in range and not between bins.
        loss: the spectrum loss, ``1 - cosine``, in [0, 1].
        phases: the loss over shifts of the grid by less than a bin.
        sigma_per_bin: least and greatest sigma over bin width; they differ only in ppm.
        guard: warning where sigma is less than a bin, else None.
        notices: sentences on what the loss cannot see, why it is 1 where a side is empty, and on a charge of the
            candidate that is not the spectrum's.
        intensity_source: where the fragments' heights come from, in words.
        precursor: mass error of the candidate and its loss; None where precursor m/z or charge is not known.
        min_distance_loss: the min-distance Huber loss on the same peaks; None where a side has no intensity, since
            there is no distance to anything.
        matches: mutual nearest pairs within 3 sigma, of what is in range: an agreement of m/z and no matter of bins,
            so a pair counts also where a side of it falls between bins and adds nothing to the cosine.
        bonds: (L - 1,) which backbone bonds the matched fragments prove.
        shares: additive shares in the cosine and in the loss.
        gradient: slope of the loss by each fragment's m/z, and which fragments no peak pulls.
        steps: bars from 0 to the loss: intensity, position, missing, unexplained.
    """

    spectrum: Spectrum
    peptide: Peptide
    settings: LossSettings
    charge: int | None
    observed: Spectrum
    fragments: Fragments
    fragment_in_range: Bools
    peak_in_range: Bools
    fragment_rendered: Bools
    peak_rendered: Bools
    loss: float
    phases: PhaseSpread
    sigma_per_bin: tuple[float, float]
    guard: str | None
    notices: tuple[str, ...]
    intensity_source: str
    precursor: PrecursorError | None
    min_distance_loss: float | None
    matches: Matches
    bonds: tuple[Bond, ...]
    shares: Decomposition
    gradient: Gradient
    steps: tuple[Step, ...]

    def __repr__(self) -> str:
        return (
            f"<Explanation of {self.peptide.proforma} on {self.spectrum.name}: loss {self.loss:.4f}, "
            f"{self.n_matched:,} of {len(self.fragments):,} fragments matched>"
        )

    @property
    def cosine(self) -> float:
        """Cosine similarity of the two rendered spectra, in [0, 1]."""
        return 1.0 - self.loss

    @property
    def continuum_loss(self) -> float:
        """The loss for infinitely narrow bins, of the peaks in range."""
        return self.gradient.continuum_loss

    @property
    def grid_artefact(self) -> float:
        """What sampling on the grid adds to the continuum loss; negative if the grid hides some loss."""
        return self.loss - self.continuum_loss

    @property
    def n_matched(self) -> int:
        """Number of matched fragments, whether or not the loss sees the pair (``n_matched_unseen``)."""
        return len(self.matches)

    @property
    def n_matched_unseen(self) -> int:
        """Number of matched pairs of which one side falls between bins: matched, but no part of the cosine."""
        m = self.matches
        return int((~(self.fragment_rendered[m.fragment] & self.peak_rendered[m.peak])).sum())

    @cached_property
    def fragment_state(self) -> NDArray[np.str_]:
        """(F,) one of ``STATES`` for each fragment; states that the loss does not see win over matched."""
        f = self.fragments
        matched = self.matches.peak_of_fragment >= 0
        return np.select(
            [
                f.intensity <= 0,
                ~self.fragment_in_range,
                ~self.fragment_rendered & matched,
                ~self.fragment_rendered,
                matched,
                self.gradient.out_of_reach,
            ],
            list(STATES[:-1]),
            STATES[-1],
        )

    @property
    def n_matchable(self) -> int:
        """Number of fragments that weigh anything and lie in the grid's m/z range."""
        return int((self.fragment_in_range & (self.fragments.intensity > 0)).sum())

    @cached_property
    def explained_intensity(self) -> float:
        """Share of the observed intensity (preprocessed, in the grid's m/z range) in matched peaks; 0 of nothing."""
        seen = np.where(self.peak_in_range, self.observed.intensity, 0.0)
        return explained_share(seen, self.matches.fragment_of_peak >= 0)

    @property
    def n_bonds_covered(self) -> int:
        """Number of backbone bonds with a matched fragment on either side."""
        return sum(bond.covered for bond in self.bonds)

    @cached_property
    def curves(self) -> Curves:
        """Both rendered curves and each bin's part of the cosine. Computed on first use, because only this cost grows
        with the number of bins that a peak covers."""
        return render_curves(
            (self.fragments.mz, self.fragments.intensity), (self.observed.mz, self.observed.intensity), self.settings
        )


def explain(
    spectrum: Spectrum,
    peptide: Peptide | str,
    settings: LossSettings | None = None,
    *,
    like: Peptide | None = None,
) -> Explanation:
    """Compare a spectrum with a candidate and take the loss apart.

    Every case has an answer: without a peak, a fragment, or any intensity on the grid the loss is exactly 1, its
    gradient and all shares in the cosine are exactly 0.

    Args:
        spectrum: as read; preprocessed here, as the settings say.
        peptide: the candidate, parsed or in ProForma.
        settings: what "the loss" means; None for the defaults.
        like: a peptide whose predicted heights serve where the candidate has none, as in ``fragments_with_heights``.
    Raises:
        PeptideError: the text cannot be read.
        LimitError: more peaks are left by preprocessing than ``limits.EXPLAINED``.
        Peploss errors of preprocessing and fragmentation, where the settings ask for what the input cannot give.
    """
    settings = settings or LossSettings()
    peptide = as_peptide(peptide)
    charge = charge_in_force(peptide.charge, spectrum.precursor_charge)
    observed = preprocess(spectrum, settings)
    if len(observed) > limits.EXPLAINED.most:
        raise LimitError(
            f"At most {limits.EXPLAINED.most:,} peaks are compared pair by pair; this spectrum has {len(observed):,}.",
            where=spectrum.name,
            remedy="Keep the highest (top_n), or drop the lowest (relative_threshold). " + limits.EXPLAINED.remedy,
        )
    (heights,) = fragments_with_heights([peptide], settings, [charge], like=like)
    predicted = heights.fragments
    pred, obs = (predicted.mz, predicted.intensity), (observed.mz, observed.intensity)

    pred_in, obs_in = in_range(pred[0], settings), in_range(obs[0], settings)
    pred_seen, obs_seen = is_rendered(pred[0], settings), is_rendered(obs[0], settings)
    loss, gradient = loss_and_gradient(pred, obs, pred_seen & (pred[1] > 0), obs_seen & (obs[1] > 0), settings)
    phases = phase_spread(pred, obs, settings)
    ratio = sigma_per_bin(np.concatenate([pred[0][pred_in], obs[0][obs_in]]), settings)
    matches = match(*on_grid(pred, settings), *on_grid(obs, settings), settings)
    notices = (
        *filter(None, [charge_notice(peptide.charge, spectrum.precursor_charge), heights.note]),
        *side_notices("observed peak", obs[1], obs_in, obs_seen, settings, none=no_peaks(len(spectrum))),
        *side_notices("fragment", pred[1], pred_in, pred_seen, settings, none=no_fragments(len(peptide), settings)),
    )
    return Explanation(
        spectrum=spectrum,
        peptide=peptide,
        settings=settings,
        charge=charge,
        observed=observed,
        fragments=predicted,
        fragment_in_range=pred_in,
        peak_in_range=obs_in,
        fragment_rendered=pred_seen,
        peak_rendered=obs_seen,
        loss=loss,
        phases=phases,
        sigma_per_bin=ratio,
        guard=guard(ratio, phases, int((pred_in & ~pred_seen).sum()), int((obs_in & ~obs_seen).sum())),
        notices=notices,
        intensity_source=heights.source,
        precursor=_precursor(spectrum, peptide, charge, settings),
        min_distance_loss=(
            float(min_distance_loss(Peaks.from_arrays(*pred), Peaks.from_arrays(*obs))[0])
            if pred[1].any() and obs[1].any()
            else None
        ),
        matches=matches,
        bonds=ladder(len(peptide), predicted, matches.peak_of_fragment >= 0),
        shares=decompose(pred, obs, settings),
        gradient=gradient,
        steps=waterfall(loss, *pred, *obs, matches, settings),
    )


def _precursor(
    spectrum: Spectrum, peptide: Peptide, charge: int | None, settings: LossSettings
) -> PrecursorError | None:
    # Below the proton's own m/z there is no neutral mass to compare with.
    if spectrum.precursor_mz is None or charge is None or spectrum.precursor_mz <= PROTON:
        return None
    return precursor_error(peptide.neutral_mass, spectrum.precursor_mz, charge, scale=settings.precursor_scale)
