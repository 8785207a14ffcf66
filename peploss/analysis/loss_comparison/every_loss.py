"""All losses of peaks under one name each, the spectrum loss first, with their values and slopes as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from peploss.analysis.tuning.psm_set import Side
from peploss.errors import SettingsError
from peploss.kernels import Peaks
from peploss.losses.baselines import BASELINES, Baseline
from peploss.losses.names import current_name
from peploss.losses.spectrum import spectrum_loss
from peploss.settings import LossSettings

F64 = NDArray[np.float64]

SPECTRUM: Final = "spectrum_loss"

LOSSES: Final[Mapping[str, Baseline]] = MappingProxyType(
    {
        SPECTRUM: Baseline(
            title="Spectrum loss",
            formula="1 - cos(S_pred, S_obs)",
            range=(0.0, 1.0),
            unit="",
            source="cosine of Gaussian-rendered spectra",
            function=spectrum_loss,
        ),
        **BASELINES,
    }
)
"""Every loss of peaks by the name of its function."""


def chosen_losses(names: Sequence[str] | None) -> tuple[str, ...]:
    """The names as they are today, the spectrum loss first, each once; None: all.

    Raises:
        SettingsError: there is no such loss.
    """
    if names is None:
        return tuple(LOSSES)
    wanted = [current_name(name) for name in names]
    for name in wanted:
        if name not in LOSSES:
            raise SettingsError(f"There is no loss {name!r}.", remedy=f"The losses are {', '.join(LOSSES)}.")
    return tuple(dict.fromkeys([SPECTRUM, *wanted]))


def loss_values(
    names: Sequence[str], pred: Sequence[Side], obs: Sequence[Side], settings: LossSettings, shifts: Sequence[float]
) -> F64:
    """(B, L) losses of B predicted against B observed peak lists, each preprocessed, at sigma and grid of settings.

    Args:
        shifts: (B,) observed minus predicted precursor m/z in Th, of the modified cosine; 0 where not known.
    """
    sides, shift = (Peaks.from_list(pred), Peaks.from_list(obs)), torch.tensor(shifts, dtype=torch.float64)
    with torch.no_grad():
        return np.stack([LOSSES[name](*sides, settings, shift=shift).numpy() for name in names], axis=1)


def loss_slopes(
    name: str, pred: F64, intensity: F64, obs: Sequence[Side], settings: LossSettings, shift: float
) -> tuple[F64, F64]:
    """One loss of (B, F) fragments of the same heights (F,), each row against its observed peaks.

    Args:
        shift: of all rows, as in ``loss_values``.
    Returns:
        values (B,), slopes (B, F) by each fragment's m/z, per Th.
    """
    mz = torch.tensor(pred, dtype=torch.float64, requires_grad=True)
    heights = torch.tensor(intensity, dtype=torch.float64).expand_as(mz)
    values = LOSSES[name](Peaks.from_padded(mz, heights), Peaks.from_list(obs), settings, shift=shift)
    (slopes,) = torch.autograd.grad(values.sum(), mz)
    return values.detach().numpy(), slopes.numpy()
