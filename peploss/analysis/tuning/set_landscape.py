"""Computes losses of right peptides and decoys of a set over sigma and bin width, refined from a coarse start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.tuning.landscape import Axes, default_axes
from peploss.analysis.tuning.prepared_set import PreparedSet, losses
from peploss.analysis.tuning.separation import Separation, separate
from peploss.kernels.dispatch import device_name
from peploss.kernels.landscape import device_of

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

N_LOOKED_AT = 64
"""Spectra whose grid artefact and phase spread are looked at: they cost several times what a loss does."""
QUANTILE = 0.9
"""Grid artefact and phase spread of a set are what nine spectra in ten stay below."""
COARSE_STEP = 3
CHUNK = 32


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
        device: what the losses were computed on, in words.
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
    device: str = "CPU"

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
            f"grid artefact and change if the grid shifts of {self.n_layers} spectra. Computed on the {self.device}."
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
        layers = start < N_LOOKED_AT
        out = losses(prepared, slice(start, stop), self.axes, layers)
        of_all = out.loss.reshape(stop - start, 1 + prepared.n_decoys, *self.target.shape[1:])
        self.target[start:stop], self.decoy[start:stop] = of_all[:, 0], of_all[:, 1:]
        if layers:
            self.artefact.append(np.abs(of_all[:, 0] - out.continuum))
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
            device=device_name(device_of(len(prepared))),
        )
