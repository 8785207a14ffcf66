"""Loads what the original training code saved: its losses keep their grid and their masses in the checkpoint.

The losses here hold settings only. The buffers ``mz_grid`` and ``aa_masses`` of an original ``state_dict`` are compared
with those settings and then left out; a grid or masses that differ would change the objective, and are an error.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from peploss.grid import MzGrid
from peploss.peptides.vocabulary import Vocabulary

MASS_TOLERANCE = 0.01
"""Da by which a table of masses may differ; tables of other digits differ by less, other residues by more."""


def take_masses(state: dict[str, Any], prefix: str, vocabulary: Vocabulary, errors: list[str]) -> None:
    """Takes ``aa_masses`` out of a state, and adds to ``errors`` where they are not those of the vocabulary."""
    saved = state.pop(f"{prefix}aa_masses", None)
    if saved is None:
        return
    masses = vocabulary.mass_tensor()
    if saved.numel() != len(masses):
        errors.append(
            f"{prefix}aa_masses holds {saved.numel()} masses and the vocabulary has {len(masses)} tokens. "
            "Give the model's own tokens as vocabulary=."
        )
        return
    off = (saved.detach().cpu().double().reshape(-1) - masses).abs()
    if not bool((off <= MASS_TOLERANCE).all()):
        worst = int(torch.nan_to_num(off, nan=float("inf")).argmax())
        errors.append(
            f"{prefix}aa_masses says {float(saved.reshape(-1)[worst]):g} Da for token {worst}, which the vocabulary "
            f"calls {vocabulary.tokens[worst]} with {float(masses[worst]):g} Da. Give the model's own tokens as "
            "vocabulary=."
        )


def take_grid(state: dict[str, Any], prefix: str, grid: MzGrid | None, errors: list[str]) -> None:
    """Takes ``mz_grid`` out of a state, and adds to ``errors`` where it is not this grid; no bins fit any."""
    saved: Tensor | None = state.pop(f"{prefix}mz_grid", None)
    if saved is None or grid is None:
        return
    # The original counts bins by int(max_mz / bin_size), which may be one less.
    bins, end = saved.numel(), float(saved.max()) if saved.numel() else 0.0
    if abs(bins - grid.n_bins) > 1 or abs(end - grid.max_mz) > 1e-3:
        errors.append(
            f"{prefix}mz_grid has {bins} bins up to {end:g} Th, and this loss {grid.n_bins} up to {grid.max_mz:g}. "
            "Give its bin_size= and max_mz=."
        )
