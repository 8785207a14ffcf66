"""A batch for CombinedLoss: logits that lean to three peptides, and spectra near theirs."""

from __future__ import annotations

from typing import NamedTuple

import torch
from pyteomics import mass
from torch import Tensor

from peploss.losses.combined import CombinedLoss
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.peptides.vocabulary import Vocabulary
from peploss.settings import LossSettings

PEPTIDES = ["PEPTIDE", "GAS", "LLYWKR"]


class Batch(NamedTuple):
    """The arguments of one call."""

    logits: Tensor
    targets: Tensor
    mask: Tensor
    mz: Tensor
    intensity: Tensor
    peak_mask: Tensor
    precursor: Tensor


def batch(dtype: torch.dtype = torch.float64, sharpness: float = 5.0) -> Batch:
    """Two steps of logits that lean to three peptides of different lengths, and spectra near theirs."""
    targets, mask = Vocabulary().encode(PEPTIDES)
    g = torch.Generator().manual_seed(0)
    lean = sharpness * torch.nn.functional.one_hot(targets, 24).double()
    logits = lean + 0.5 * torch.randn(2, *lean.shape, generator=g, dtype=torch.float64)
    mz, peak_mask = torch.zeros(3, 20, dtype=torch.float64), torch.zeros(3, 20, dtype=torch.bool)
    for b, text in enumerate(PEPTIDES):
        f = torch.from_numpy(fragments(Peptide.parse(text), LossSettings(), 2).mz)
        mz[b, : len(f)], peak_mask[b, : len(f)] = f, True
    precursor = torch.tensor([mass.calculate_mass(sequence=p) for p in PEPTIDES], dtype=torch.float64)
    intensity = torch.rand(3, 20, generator=g, dtype=torch.float64)
    return Batch(logits.to(dtype).requires_grad_(), targets, mask, mz, intensity, peak_mask, precursor)


def wide(**keywords) -> CombinedLoss:
    """So wide that the unsure logits of ``batch`` have a gradient."""
    return CombinedLoss(**{"sigma": 2.0, "bin_size": 1.0, "precursor_weight": 0.08, **keywords})
