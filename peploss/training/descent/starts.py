"""Where a descent starts: soft peptides that are partly wrong, each with its spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from peploss.errors import SettingsError
from peploss.kernels import Peaks
from peploss.peptides.peptide import Peptide
from peploss.peptides.vocabulary import Vocabulary
from peploss.spectra.spectrum import Spectrum
from peploss.training.by_hand.peptide_tokens import peptide_tokens, with_tokens_of
from peploss.training.by_hand.soft_peptide import Doubt, soft_peptide
from peploss.training.synthetic import Difficulty, synthetic_batch


class Start(NamedTuple):
    """As ``descend`` takes it: ``probs`` (B, L, V), ``targets`` and ``mask`` (B, L), B spectra, the vocabulary."""

    probs: Tensor
    targets: Tensor
    mask: Tensor
    observed: Peaks
    vocabulary: Vocabulary


def peptide_start(
    peptide: Peptide, spectrum: Spectrum, *, correct: float, swapped: float = 0.0, seed: int = 0
) -> Start:
    """One peptide on its spectrum.

    Args:
        spectrum: preprocessed.
        correct: probability in [0, 1] of the right residue where nothing is swapped.
        swapped: share in [0, 1] of the positions that start as another residue, drawn at random.
        seed: of that draw.
    Raises:
        SettingsError: a share lies outside [0, 1].
    """
    vocabulary = with_tokens_of([peptide])
    tokens = [token for token, _ in peptide_tokens(peptide).values()]
    observed = Peaks.from_arrays(spectrum.mz, spectrum.intensity)
    return _start([tokens], observed, vocabulary, correct, swapped, seed)


def synthetic_starts(n: int, *, correct: float, swapped: float = 0.0, seed: int = 0) -> Start:
    """Random peptides of 7 to 12 residues on their clean theoretical spectra; arguments as of ``peptide_start``."""
    vocabulary = Vocabulary()
    batch = synthetic_batch(n, Difficulty(max_length=12), generator=torch.Generator().manual_seed(seed))
    residues = vocabulary.residue_mask(batch.targets) & batch.target_mask
    rows = [[vocabulary.tokens[int(i)] for i in row[keep]] for row, keep in zip(batch.targets, residues, strict=True)]
    observed = Peaks.from_padded(batch.observed_masses, batch.observed_intensities, batch.peak_mask)
    return _start(rows, observed, vocabulary, correct, swapped, seed)


def _start(
    rows: Sequence[Sequence[str]], observed: Peaks, vocabulary: Vocabulary, correct: float, swapped: float, seed: int
) -> Start:
    if not 0 <= swapped <= 1:
        raise SettingsError(f"swapped must lie in [0, 1], not {swapped!r}.")
    generator = torch.Generator().manual_seed(seed)
    residues = vocabulary.residue_tensor().nonzero()[:, 0]
    length = max(map(len, rows))
    probs = torch.full((len(rows), length, len(vocabulary)), 1 / len(vocabulary), dtype=torch.float64)
    targets = torch.zeros(len(rows), length, dtype=torch.int64)
    mask = torch.zeros(len(rows), length, dtype=torch.bool)
    for i, tokens in enumerate(rows):
        n = len(tokens)
        right = torch.tensor([vocabulary.id(token) for token in tokens])
        first = right.clone()
        places = torch.randperm(n, generator=generator)[: round(swapped * n)]
        for place in places.tolist():
            others = residues[residues != right[place]]
            first[place] = others[torch.randint(len(others), (1,), generator=generator)][0]
        names = [vocabulary.tokens[int(t)] for t in first]
        probs[i, :n] = soft_peptide(names, Doubt(correct=correct), vocabulary=vocabulary)
        targets[i, :n] = right
        mask[i, :n] = True
    return Start(probs, targets, mask, observed, vocabulary)
