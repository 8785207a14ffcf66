"""Spectra of the training study, synthetic and built-in, with the heights that their fragments were made with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from peploss import Vocabulary
from peploss.errors import PeplossError
from peploss.peptides.peptide import Peptide
from peploss.peptides.precursor_mass import neutral_mass
from peploss.peptides.soft import soft_fragments
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import sample_files, sample_labels
from peploss.training.synthetic import Difficulty, synthetic_batch

VOCABULARY = Vocabulary()
BATCH = 32
DIFFICULTY = Difficulty(min_length=7, max_length=10, clean_share=0.3, noise_peaks=5, dropout=0.05, mass_error_ppm=5)


class Data(NamedTuple):
    """A batch: tokens (B, L), where they count, peaks (B, P), neutral masses (B,), heights of b and y (B, 2 L)."""

    targets: Tensor
    mask: Tensor
    mz: Tensor
    intensity: Tensor
    peaks: Tensor
    mass: Tensor
    heights: Tensor


def heights_of(residues: Tensor) -> Tensor:
    """(B, 2 L) a plain pattern: y ions higher than b, the middle of the peptide higher than its ends."""
    n = residues.sum(1, keepdim=True).clamp(min=2)
    place = residues.cumsum(1) / n
    bell = torch.exp(-((place - 0.5) ** 2) / 0.08)
    return torch.cat([0.35 * bell + 0.05, 0.9 * bell + 0.1], 1).double()


def synthetic(n: int, generator: torch.Generator) -> Data:
    """Random peptides; fragments have the heights of ``heights_of``, each times a log-normal error of 0.3."""
    drawn = synthetic_batch(n, DIFFICULTY, generator=generator)
    residues = VOCABULARY.residue_mask(drawn.targets) & drawn.target_mask
    heights = heights_of(residues)
    masses = torch.where(residues, VOCABULARY.mass_tensor()[drawn.targets], 0.0)
    right, valid = soft_fragments(masses, residues)
    gap = torch.where(valid[:, None, :], (drawn.observed_masses[:, :, None] - right[:, None, :]).abs(), torch.inf)
    nearest, which = gap.min(2)
    of_fragment = nearest < 0.05
    error = torch.exp(0.3 * torch.randn(drawn.observed_intensities.shape, generator=generator, dtype=torch.float64))
    intensity = torch.where(of_fragment, heights.gather(1, which) * error, drawn.observed_intensities * 0.3)
    intensity = torch.where(drawn.peak_mask, intensity, 0.0)
    return Data(
        drawn.targets, drawn.target_mask, drawn.observed_masses, intensity, drawn.peak_mask, drawn.precursor_mass,
        heights,
    )  # fmt: skip


def built_in(most: int = 60, longest: int = 18) -> Data:
    """Labelled built-in spectra of unmodified peptides, their ``most`` highest peaks."""
    rows: list[tuple[str, np.ndarray, np.ndarray, float]] = []
    settings = LossSettings(top_n=most)
    for file in sample_files():
        labels = {title: label.proforma for title, label in sample_labels(file.name).items()}
        with open_spectra(file.path, peptides=labels) as spectra:
            for place in range(len(spectra)):
                try:
                    spectrum = spectra.read(place)
                    peptide = Peptide.parse(spectrum.peptide or "")
                    peaks = preprocess(spectrum, settings)
                except PeplossError:
                    continue
                charge = spectrum.precursor_charge
                fits = (
                    not peptide.modifications
                    and len(peptide) <= longest
                    and set(peptide.residues) <= set(VOCABULARY.tokens)
                )
                if fits and charge and spectrum.precursor_mz and len(peaks):
                    rows.append(
                        (peptide.sequence, peaks.mz, peaks.intensity, neutral_mass(spectrum.precursor_mz, charge))
                    )
    targets, mask = VOCABULARY.encode([row[0] for row in rows])
    width = max(len(row[1]) for row in rows)
    mz, intensity = (torch.zeros(len(rows), width, dtype=torch.float64) for _ in range(2))
    for i, (_, m, y, _) in enumerate(rows):
        mz[i, : len(m)], intensity[i, : len(m)] = torch.tensor(m), torch.tensor(y / y.max())
    residues = VOCABULARY.residue_mask(targets) & mask
    mass = torch.tensor([row[3] for row in rows], dtype=torch.float64)
    return Data(targets, mask, mz, intensity, mz > 0, mass, heights_of(residues))


def take(data: Data, which: Tensor) -> Data:
    """Some of the rows."""
    return Data(*(each[which] for each in data))


def stream(seed: int) -> Iterator[Data]:
    """Synthetic batches without end."""
    generator = torch.Generator().manual_seed(1000 + seed)
    while True:
        yield synthetic(BATCH, generator)


def epochs(data: Data, seed: int) -> Iterator[Data]:
    """Batches of a fixed set without end, in an order of its own for every epoch."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        for which in torch.randperm(len(data.mass), generator=generator).split(BATCH):
            yield take(data, which)
