"""The model of the training study: a small transformer, an encoder over peaks and a decoder of two layers."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.learning.spectra import VOCABULARY, Data
from peploss.constants import PROTON


def waves(mass: Tensor, size: int) -> Tensor:
    """(..., size) sines and cosines of a mass, of wavelengths from 0.05 to 5000 Da."""
    length = torch.logspace(np.log10(0.05), np.log10(5000.0), size // 2, dtype=torch.float64)
    phase = mass.double()[..., None] * (2 * torch.pi / length)
    return torch.cat([phase.sin(), phase.cos()], -1).float()


def evidence(data: Data, prefix: Tensor, height: Tensor) -> Tensor:
    """(B, L, 2 V) how high the peaks within some 0.02 Th of the b and the y ion are that each token would make here."""
    after = prefix[..., None] + VOCABULARY.mass_tensor()  # (B, L, V)
    ions = torch.cat([after + PROTON, data.mass[:, None, None] - after + PROTON], -1)
    gap = (data.mz[:, None, None, :] - ions[..., None]).float()
    near = torch.exp(-(gap**2) / (2 * 0.02**2)) * torch.where(data.peaks, height, 0.0)[:, None, None, :]
    return near.sum(-1)


class Model(nn.Module):
    """Peaks in, logits of every position out; a position knows the mass before and behind it, the
    tokens before, and which peaks its candidates would explain."""

    def __init__(self, size: int = 64, heads: int = 4) -> None:
        super().__init__()
        self.size = size
        self.peak = nn.Linear(3 * size + 1, size)
        self.token = nn.Embedding(len(VOCABULARY), size)
        self.place = nn.Linear(2 * size + 2 * len(VOCABULARY), size)
        kwargs = {"dropout": 0.0, "batch_first": True, "norm_first": True}
        layer = nn.TransformerEncoderLayer(size, heads, 2 * size, **kwargs)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(size, heads, 2 * size, **kwargs), 2)
        self.out = nn.Linear(size, len(VOCABULARY))

    def forward(self, data: Data) -> Tensor:
        """(B, L, V)."""
        whole = data.mass[:, None] + 2 * PROTON
        features = [
            waves(data.mz, self.size),
            waves(whole - data.mz, self.size),
            waves(data.mass[:, None].expand_as(data.mz), self.size),
        ]
        height = (data.intensity / data.intensity.amax(1, keepdim=True).clamp(min=1e-9)).sqrt().float()
        memory = self.encoder(
            self.peak(torch.cat([*features, height[..., None]], -1)), src_key_padding_mask=~data.peaks
        )
        before = torch.zeros_like(data.targets)
        before[:, 1:] = data.targets[:, :-1]
        residue = VOCABULARY.residue_mask(before)
        prefix = torch.where(residue, VOCABULARY.mass_tensor()[before], 0.0).cumsum(1)
        places = [waves(prefix, self.size), waves(data.mass[:, None] - prefix, self.size)]
        at = torch.cat([*places, evidence(data, prefix, height)], -1)
        length = data.targets.shape[1]
        causal = torch.triu(torch.ones(length, length, dtype=torch.bool), 1)
        said = self.decoder(
            self.token(before) + self.place(at), memory, tgt_mask=causal, memory_key_padding_mask=~data.peaks
        )
        return self.out(said)
