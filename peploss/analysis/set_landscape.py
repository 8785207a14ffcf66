"""Right peptides and decoys of a whole set over sigma and bin width, coarse at first and refined from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.decoys import shuffled
from peploss.analysis.gradient import REACH
from peploss.analysis.landscape import Axes, default_axes
from peploss.analysis.psm_set import Psm, Side, draw, observed, predicted
from peploss.analysis.separation import Separation, separate
from peploss.errors import SourceError
from peploss.kernels import SigmaUnit
from peploss.kernels.landscape import Landscapes, loss_landscapes
from peploss.settings import LossSettings

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

MAX_SPECTRA = 2000
N_DECOYS = 2
N_LAYERS = 64
"""Spectra whose grid artefact and phase spread are looked at: they cost several times what a loss does."""
QUANTILE = 0.9
"""Grid artefact and phase spread of a set are what nine spectra in ten stay below."""
COARSE_STEP = 3
CHUNK = 32


class LeftOut(NamedTuple):
    """A spectrum of the sample that is not compared, by name, and why."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class PreparedSet:
    """Peaks of a sample of a set, its right peptides and their decoys; N spectra in an order of chance.

    Attributes:
        observed: N peak lists, preprocessed.
        candidates: for each the fragments of its peptide, then those of its decoys.
        groups: (N,) group of each.
        settings: they were prepared for; sigma and bin width play no part.
        n_given: size of the set the sample was drawn from.
        n_decoys: decoys of each.
        seed: of the sample and of the shuffling.
        left_out: spectra of the sample without a decoy.
        typical_mz: median m/z of the right peptides' fragments, in Th.
    """

    observed: tuple[Side, ...]
    candidates: tuple[tuple[Side, ...], ...]
    groups: tuple[str, ...]
    settings: LossSettings
    n_given: int
    n_decoys: int
    seed: int
    left_out: tuple[LeftOut, ...]
    typical_mz: float

    def __len__(self) -> int:
        return len(self.observed)

    def reach(self, sigma: float, unit: SigmaUnit) -> float:
        """Distance in Th within which a peak pulls a fragment with at least 1 % of its strongest pull."""
        return REACH * (sigma if unit == "Da" else sigma * 1e-6 * self.typical_mz)


def prepare(
    psms: Sequence[Psm],
    settings: LossSettings,
    *,
    limit: int = MAX_SPECTRA,
    n_decoys: int = N_DECOYS,
    seed: int = 0,
) -> PreparedSet:
    """Draw a sample, fragment and shuffle.

    Args:
        psms: the set.
        settings: everything but sigma and bin width.
        limit: most spectra to take.
        n_decoys: for each spectrum, at least 1.
        seed: of the sample and of the shuffling. The decoys of a spectrum depend on it and on the spectrum's
            place in the sample only.
    Raises:
        SourceError: no spectrum of the set can be compared.
        ValueError: limit or n_decoys is below 1.
    """
    if n_decoys < 1:
        raise ValueError(f"n_decoys must be at least 1, not {n_decoys}.")
    spectra, candidates, groups, left_out = [], [], [], []
    for place, psm in enumerate(draw(psms, limit, seed)):
        rng = np.random.default_rng([seed, place])
        decoys = [shuffled(psm.peptide, rng) for _ in range(n_decoys)]
        if decoys[0] is None:
            left_out.append(LeftOut(psm.spectrum.name, f"{psm.peptide.sequence} has no other order of its residues."))
            continue
        candidates.append(tuple(predicted(psm, settings, p) for p in (psm.peptide, *decoys)))
        spectra.append(observed(psm, settings))
        groups.append(psm.group)
    if not spectra:
        raise SourceError(
            "No spectrum of this set has a peptide to compare with decoys.",
            remedy="Give spectra with peptides of at least three residues.",
        )
    mz = np.concatenate([of_one[0][0] for of_one in candidates])
    return PreparedSet(
        observed=tuple(spectra),
        candidates=tuple(candidates),
        groups=tuple(groups),
        settings=settings,
        n_given=len(psms),
        n_decoys=n_decoys,
        seed=seed,
        left_out=tuple(left_out),
        typical_mz=float(np.median(mz)) if mz.size else 0.0,
    )


@dataclass(frozen=True, eq=False)
class SetLandscape:
    """What is known so far of a set over sigma (S) and bin width (H).

    Attributes:
        axes: the cells of this picture; coarser in the first pictures.
        overall: targets against decoys of the first ``overall.n`` spectra of the sample.
        groups: the same for each group of at least two spectra, by name.
        grid_artefact: (S, H) absolute difference to the continuum that 90 % of ``n_layers`` targets stay below.
        phase_spread: (S, H) likewise, the loss over shifts of the grid by less than a bin.
        n_layers: how many spectra those two are of.
        n_sampled, n_given: spectra of the sample and of the set it was drawn from.
        target, decoy: (n, S, H) and (n, K, S, H) losses, float32 (to 6e-8).
        progress: share of the work done, in (0, 1].
        coarse: whether a finer picture follows.
    """

    axes: Axes
    overall: Separation
    groups: dict[str, Separation]
    grid_artefact: F64
    phase_spread: F64
    n_layers: int
    n_sampled: int
    n_given: int
    target: F32 = field(repr=False)
    decoy: F32 = field(repr=False)
    progress: float
    coarse: bool

    @property
    def done(self) -> bool:
        """Whether this is the last picture."""
        return self.progress >= 1.0

    def summary(self) -> str:
        """What the picture is of, as a sentence."""
        of = f"{self.overall.n:,} of {self.n_sampled:,} spectra"
        if self.n_sampled < self.n_given:
            of += f", drawn from {self.n_given:,}"
        cells = f"{self.axes.sigmas.size} × {self.axes.bin_widths.size} cells"
        return (
            f"{of}, {self.decoy.shape[1]} decoys each, {cells}; "
            f"grid artefact and phase spread of {self.n_layers} spectra."
        )


def set_landscapes(prepared: PreparedSet, axes: Axes | None = None) -> Iterator[SetLandscape]:
    """Pictures of a set, each better than the one before; to cancel, stop asking for the next.

    First a coarse grid of every third sigma and bin width, of a few spectra and then of all; then all cells, of more
    and more spectra. Between new pictures the last one comes again with its progress brought up to date, so that no
    step takes long. The last picture has all cells and all spectra. Nothing depends on timing.

    Args:
        axes: cells of the last picture; None takes the default ones in the unit of the settings.
    """
    axes = axes or default_axes(prepared.settings.sigma_unit)
    coarse = axes.coarse(COARSE_STEP)
    n = len(prepared)
    share = coarse.sigmas.size * coarse.bin_widths.size / (axes.sigmas.size * axes.bin_widths.size)
    total = (1 + share) * n
    picture: SetLandscape | None = None
    before = 0.0
    for cells, weight, is_coarse in ((coarse, share, True), (axes, 1.0, False)):
        pass_ = _Pass(prepared, cells, is_coarse)
        # Coarse pictures are cheap. Of the fine ones the first is of many spectra: it replaces a good coarse one.
        due = {min(n, 2 * CHUNK), n} if is_coarse else {n} | {d for d in (256, 512, 1024) if d < 0.7 * n}
        while pass_.seen < n:
            pass_.advance()
            progress = min(1.0, (before + weight * pass_.seen) / total)
            if any(pass_.seen >= d > pass_.seen - CHUNK for d in due):
                picture = pass_.picture(progress if is_coarse or pass_.seen < n else 1.0)
            elif picture is not None:
                picture = replace(picture, progress=progress)
            if picture is not None:
                yield picture
        before += weight * n


class _Pass:
    """One way through the sample at one set of cells."""

    def __init__(self, prepared: PreparedSet, axes: Axes, coarse: bool) -> None:
        n, cells = len(prepared), (axes.sigmas.size, axes.bin_widths.size)
        self.prepared, self.axes, self.coarse = prepared, axes, coarse
        self.seen = 0
        self.target = np.empty((n, *cells), dtype=np.float32)
        self.decoy = np.empty((n, prepared.n_decoys, *cells), dtype=np.float32)
        self.artefact, self.spread = [np.empty((0, *cells))], [np.empty((0, *cells))]

    def advance(self) -> None:
        """Compute the next few spectra."""
        prepared, start = self.prepared, self.seen
        stop = min(start + CHUNK, len(prepared))
        layers = start < N_LAYERS
        out = _losses(prepared, slice(start, stop), self.axes, layers)
        losses = out.loss.reshape(stop - start, 1 + prepared.n_decoys, *self.target.shape[1:])
        self.target[start:stop], self.decoy[start:stop] = losses[:, 0], losses[:, 1:]
        if layers:
            self.artefact.append(np.abs(losses[:, 0] - out.continuum))
            self.spread.append(out.highest - out.lowest)
        self.seen = stop

    def picture(self, progress: float) -> SetLandscape:
        """What is known now."""
        n, prepared = self.seen, self.prepared
        target, decoy = self.target[:n], self.decoy[:n]
        names = np.array(prepared.groups[:n])
        groups = {}
        for name in dict.fromkeys(prepared.groups[:n]):
            own = names == name
            if name and 2 <= own.sum() < n:
                groups[name] = separate(target[own], decoy[own])
        artefact, spread = np.concatenate(self.artefact), np.concatenate(self.spread)
        return SetLandscape(
            axes=self.axes,
            overall=separate(target, decoy),
            groups=dict(sorted(groups.items())),
            grid_artefact=np.quantile(artefact, QUANTILE, axis=0),
            phase_spread=np.quantile(spread, QUANTILE, axis=0),
            n_layers=len(artefact),
            n_sampled=len(prepared),
            n_given=prepared.n_given,
            target=target,
            decoy=decoy,
            progress=progress,
            coarse=self.coarse,
        )


def _losses(prepared: PreparedSet, which: slice, axes: Axes, layers: bool) -> Landscapes:
    return loss_landscapes(
        prepared.candidates[which],
        prepared.observed[which],
        sigmas=axes.sigmas,
        sigma_unit=axes.sigma_unit,
        bin_widths=axes.bin_widths,
        max_mz=prepared.settings.max_mz,
        layers=layers,
    )


@dataclass(frozen=True)
class Score:
    """One setting on a set.

    Attributes:
        sigma, sigma_unit, bin_width: the setting.
        n: number of spectra.
        target_median, decoy_median, win_rate, win_low, win_high, auc, auc_low, auc_high: as in ``Separation``.
        grid_artefact, phase_spread: as in ``SetLandscape``.
        reach: as in ``PreparedSet.reach``, in Th.
        target, decoy: (n,) and (n, K) losses.
    """

    sigma: float
    sigma_unit: SigmaUnit
    bin_width: float
    n: int
    target_median: float
    decoy_median: float
    win_rate: float
    win_low: float
    win_high: float
    auc: float
    auc_low: float
    auc_high: float
    grid_artefact: float
    phase_spread: float
    reach: float
    target: F64 = field(repr=False, compare=False)
    decoy: F64 = field(repr=False, compare=False)


def score(prepared: PreparedSet, sigma: float, sigma_unit: SigmaUnit, bin_width: float) -> Score:
    """What one setting does on the whole sample, whether or not it is a cell of a landscape."""
    axes = Axes(np.array([sigma]), sigma_unit, np.array([bin_width]))
    few = slice(0, min(N_LAYERS + -N_LAYERS % CHUNK, len(prepared)))
    layers = _losses(prepared, few, axes, layers=True)
    losses = _losses(prepared, slice(0, len(prepared)), axes, layers=False).loss.reshape(len(prepared), -1)
    target, decoy = losses[:, 0], losses[:, 1:]
    s = separate(target, decoy)
    first = losses[few, 0]
    return Score(
        sigma=float(sigma),
        sigma_unit=sigma_unit,
        bin_width=float(bin_width),
        n=s.n,
        target_median=float(s.target_median),
        decoy_median=float(s.decoy_median),
        win_rate=float(s.win_rate),
        win_low=float(s.win_low),
        win_high=float(s.win_high),
        auc=float(s.auc),
        auc_low=float(s.auc_low),
        auc_high=float(s.auc_high),
        grid_artefact=float(np.quantile(np.abs(first - layers.continuum.ravel()), QUANTILE)),
        phase_spread=float(np.quantile((layers.highest - layers.lowest).ravel(), QUANTILE)),
        reach=prepared.reach(sigma, sigma_unit),
        target=target,
        decoy=decoy,
    )
