"""Prepares padded observed peaks as the settings ask, on the device they are on."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from peploss.errors import SettingsError
from peploss.settings import LossSettings


def check_padded(settings: LossSettings) -> None:
    """Raises SettingsError where the settings ask for what padded peaks alone cannot give."""
    if settings.remove_precursor:
        raise SettingsError(
            "remove_precursor needs the m/z and charge of each precursor, which a batch of peaks does not carry.",
            remedy="Use peploss.preprocess on the spectra beforehand, and settings.replace(remove_precursor=False).",
        )


def kept_padded(mz: Tensor, intensity: Tensor, mask: Tensor, settings: LossSettings) -> tuple[Tensor, Tensor]:
    """The peaks that settings keep, as ``peploss.preprocess`` does it spectrum by spectrum, without a wait.

    Args:
        mz, intensity: (B, P), m/z in Th.
        mask: (B, P) bool.
    Returns:
        Intensity (B, P), its square root where asked, and the mask (B, P) of what is left.
    """
    s = settings
    keep = mask
    if s.min_peak_mz is not None:
        keep = keep & (mz >= s.min_peak_mz)
    if s.max_peak_mz is not None:
        keep = keep & (mz <= s.max_peak_mz)
    if s.relative_threshold > 0 and mz.shape[1]:
        top = torch.where(keep, intensity, 0.0).amax(1, keepdim=True)
        keep = keep & (intensity >= s.relative_threshold * top)
    if s.top_n is not None and s.top_n < mz.shape[1]:
        # By m/z first, and stable from there: of equally intense peaks those of lower m/z stay.
        by_mz = torch.where(keep, mz, math.inf).argsort(dim=1, stable=True)
        shown = torch.where(keep, intensity, -math.inf).gather(1, by_mz)
        order = by_mz.gather(1, shown.argsort(dim=1, descending=True, stable=True))
        rank = torch.empty_like(order).scatter_(1, order, torch.arange(mz.shape[1], device=mz.device).expand_as(order))
        keep = keep & (rank < s.top_n)
    if s.sqrt:
        # Kept finite where it is hidden, so that its gradient is 0 and not NaN.
        intensity = torch.where(keep, intensity, 1.0).sqrt()
    return intensity, keep
