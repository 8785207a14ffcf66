"""A loss along a path of the fragments, its slope, and the kinks in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.loss_comparison.every_loss import chosen_losses, loss_slopes
from peploss.analysis.tuning.psm_set import Psm, Side, observed
from peploss.errors import ArgumentError
from peploss.peptides.fragments import fragments
from peploss.peptides.ions import C_TERMINAL, N_TERMINAL
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

STEPS = 1001
NOTABLE = 0.02  # of the slope's range: smaller jumps are no kinks
ZOOMS, PARTS = 3, 10  # how often a suspicious step is looked at more closely, in how many parts
KEPT = 0.8  # share of a jump that one part of ten must keep each time: a smooth slope's falls to a tenth


@dataclass(frozen=True, eq=False)
class Path:
    """Where the fragments go: ``mz + t * direction``.

    Attributes:
        title: in words.
        unit: of t.
        t: (T,) ascending.
        mz, height, direction: (F,) in Th, of the fragments, and Th for each unit of t.
        peaks: observed.
        shift: observed minus predicted precursor m/z in Th, of the modified cosine; the same all along.
    """

    title: str
    unit: str
    t: F64
    mz: F64
    height: F64
    direction: F64
    peaks: Side
    shift: float


@dataclass(frozen=True, eq=False)
class Along:
    """One loss on a path.

    Attributes:
        name: of the loss.
        loss, slope: (T,); the slope is by t.
        kinks: (K,) places where the slope jumps, in t.
        largest_jump: of them, over the slope's range; 0 without a kink.
        flat: share of the path on which the slope is below a millionth of its largest.
    """

    name: str
    loss: F64
    slope: F64
    kinks: F64
    largest_jump: float
    flat: float


def shift_path(psm: Psm, settings: LossSettings, *, reach: float = 0.5, fragment: int | None = None) -> Path:
    """All fragments, or one of them by number, shifted by -reach to reach Th."""
    ions = fragments(psm.peptide, settings, psm.charge)
    direction = np.ones(len(ions)) if fragment is None else np.zeros(len(ions))
    what = "all fragments"
    if fragment is not None:
        direction[fragment] = 1.0
        what = ions.label[fragment]
    return Path(
        f"{what} shifted", "Th", np.linspace(-reach, reach, STEPS), ions.mz, ions.intensity, direction,
        observed(psm, settings), psm.shift,
    )  # fmt: skip


def residue_path(psm: Psm, settings: LossSettings, *, position: int, delta: float, to: str = "another residue") -> Path:
    """A residue's probability moved from its letter to another: t from 0, the right one, to 1.

    Args:
        position: of the residue, counted from 0.
        delta: mass of the other letter less its own, in Da.
        to: what the other letter is called.
    Raises:
        ArgumentError: there is no such residue.
    """
    peptide, ions = psm.peptide, fragments(psm.peptide, settings, psm.charge)
    if not 0 <= position < len(peptide):
        raise ArgumentError(f"There is no residue {position + 1}; {peptide.text} has {len(peptide)}.")
    direction = np.zeros(len(ions))
    for kinds, inside in (
        (N_TERMINAL, ions.ordinal > position),
        (C_TERMINAL, ions.ordinal >= len(peptide) - position),
    ):
        of = np.isin(ions.ion_type, list(kinds)) & inside
        direction[of] = delta / ions.charge[of]
    title = f"residue {position + 1}, {peptide.sequence[position]}, to {to}"
    return Path(
        title, "probability", np.linspace(0.0, 1.0, STEPS), ions.mz, ions.intensity, direction,
        observed(psm, settings), psm.shift,
    )  # fmt: skip


def along(path: Path, settings: LossSettings, names: Sequence[str] | None = None) -> tuple[Along, ...]:
    """Every loss on a path.

    Raises:
        SettingsError: there is no such loss.
    """
    return tuple(_along(name, path, settings) for name in chosen_losses(names))


def _at(name: str, path: Path, t: F64, settings: LossSettings) -> tuple[F64, F64]:
    mz = path.mz[None, :] + t[:, None] * path.direction[None, :]
    values, slopes = loss_slopes(name, mz, path.height, [path.peaks] * t.size, settings, path.shift)
    return values, slopes @ path.direction


def _along(name: str, path: Path, settings: LossSettings) -> Along:
    loss, slope = _at(name, path, path.t, settings)
    scale = float(np.ptp(slope))
    jumps = np.abs(np.diff(slope))
    places = np.flatnonzero(jumps > NOTABLE * scale) if scale > 0 else np.zeros(0, np.int64)
    low, high, size = path.t[places], path.t[places + 1], jumps[places]
    for _ in range(ZOOMS):
        if not low.size:
            break
        t = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, PARTS + 1)
        inner = np.abs(np.diff(_at(name, path, t.ravel(), settings)[1].reshape(t.shape), axis=1))
        part = inner.argmax(axis=1)
        rows = np.arange(low.size)
        keep = inner[rows, part] >= KEPT * size
        low, high, size = t[rows, part][keep], t[rows, part + 1][keep], inner[rows, part][keep]
    steepest = float(np.abs(slope).max(initial=0.0))
    return Along(
        name=name,
        loss=loss,
        slope=slope,
        kinks=(low + high) / 2,
        largest_jump=float(size.max() / scale) if size.size else 0.0,
        flat=float((np.abs(slope) <= 1e-6 * steepest).mean()),
    )
