"""Draws random peptides with theoretical spectra, clean or made difficult, to train a model before real data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from peploss.constants import PROTON
from peploss.errors import PeptideError, SettingsError
from peploss.intensities.soft_order import soft_heights
from peploss.peptides.ions import IonKind
from peploss.peptides.peptide import Peptide
from peploss.peptides.soft import parse_ion_name, soft_fragments, soft_neutral_mass
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary
from peploss.settings import UNIFORM, LossSettings

NOISE_INTENSITY = (0.05, 0.5)
"""Range of a noise peak's intensity, where a fragment has 1."""

NOISE_MIN_MZ = 50.0
"""Noise peaks lie between this m/z and that of the singly charged peptide, in Th."""


@dataclass(frozen=True, kw_only=True)
class Difficulty:
    """How hard synthetic spectra are to read. Noise, dropout, mass error and variation touch only spectra that are not
    clean.

    Args:
        min_length, max_length: peptide lengths in residues, both included and equally likely.
        clean_share: probability in [0, 1] that a spectrum is clean.
        noise_peaks: number of peaks added.
        dropout: probability in [0, 1] that a fragment is missing.
        mass_error_ppm: standard deviation of the error of each peak and of the precursor mass, in ppm.
        intensity_variation: standard deviation of the logarithm of a fragment's intensity; 0 leaves all at 1.
    Raises:
        SettingsError: a value is out of its range.

    >>> Difficulty(max_length=15, clean_share=0.8, noise_peaks=1, mass_error_ppm=1).min_length
    7
    """

    min_length: int = 7
    max_length: int = 10
    clean_share: float = 1.0
    noise_peaks: int = 0
    dropout: float = 0.0
    mass_error_ppm: float = 0.0
    intensity_variation: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.min_length <= self.max_length:
            raise SettingsError(
                f"Peptide lengths must run from at least 1 upwards, not from {self.min_length} to {self.max_length}."
            )
        for name in ("clean_share", "dropout"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} must lie in [0, 1], not {getattr(self, name)!r}.")
        for name in ("noise_peaks", "mass_error_ppm", "intensity_variation"):
            if not 0 <= getattr(self, name) < math.inf:
                raise SettingsError(f"{name} must be finite and at least 0, not {getattr(self, name)!r}.")


class SyntheticBatch(NamedTuple):
    """Synthetic spectra with the peptides they come from, named and shaped as ``CombinedLoss`` takes them.

    Args:
        targets: (B, L) int64 token ids, with SOS and EOS where the vocabulary has them; L = max_length + 2 then,
            less without them, the same for any draw.
        target_mask: (B, L) bool, False on padding.
        observed_masses: (B, P) m/z in Th, float64, sorted, 0 where masked; P is the same for any draw.
        observed_intensities: (B, P) float64, 0 where masked.
        peak_mask: (B, P) bool.
        precursor_mass: (B,) neutral mass in Da, float64.
        clean: (B,) bool.
    """

    targets: Tensor
    target_mask: Tensor
    observed_masses: Tensor
    observed_intensities: Tensor
    peak_mask: Tensor
    precursor_mass: Tensor
    clean: Tensor


def synthetic_batch(
    batch_size: int,
    difficulty: Difficulty,
    *,
    generator: torch.Generator,
    ion_names: Sequence[str] = ("b", "y"),
    intensities: str = UNIFORM,
    precursor_charge: int = 2,
    vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
) -> SyntheticBatch:
    """Draw random peptides and their spectra.

    Residues are drawn uniformly from the vocabulary's. One seed gives one batch, and the same peptides at every
    difficulty that has the same lengths.

    Before variation a fragment has intensity 1, or what a model predicts for it, scaled so that a spectrum's highest
    fragment has 1; a fragment predicted to be absent makes no peak. MS2PIP runs in a process of its own that takes a
    second to start: draw some thousand peptides at once, and take batches from them.

    Args:
        batch_size: B, at least 0.
        generator: a CPU generator; the only source of chance.
        ion_names: fragments of a spectrum, as in ``soft_fragments``.
        intensities: where heights come from, as in ``LossSettings``: ``"uniform"``, ``"MS2PIP HCD2019"``, ...
        precursor_charge: what a model that predicts them takes the peptides for.
        vocabulary: with a padding token if lengths differ.
    Raises:
        SettingsError: an ion name is not known, or padding is needed and the vocabulary has none.
        BackendError: the model is not installed.
        PeptideError: it cannot predict a peptide that was drawn.

    >>> batch = synthetic_batch(2, Difficulty(), generator=torch.Generator().manual_seed(0))
    >>> batch.targets.shape, batch.observed_masses.shape, batch.clean.tolist()
    (torch.Size([2, 12]), torch.Size([2, 18]), [True, True])
    """
    tokens = as_vocabulary(vocabulary)
    targets, target_mask = _random_peptides(batch_size, difficulty, tokens, generator)
    is_residue = tokens.residue_mask(targets) & target_mask
    masses = tokens.mass_tensor()[targets]
    neutral = soft_neutral_mass(masses, is_residue)
    mz, valid = soft_fragments(masses, is_residue, ion_names)

    clean = torch.rand(batch_size, generator=generator, dtype=torch.float64) < difficulty.clean_share
    noisy = ~clean[:, None]
    dropped = torch.rand(mz.shape, generator=generator, dtype=torch.float64) < difficulty.dropout
    error = torch.randn(mz.shape, generator=generator, dtype=torch.float64) * (difficulty.mass_error_ppm * 1e-6)
    logarithm = torch.randn(mz.shape, generator=generator, dtype=torch.float64) * difficulty.intensity_variation
    precursor_error = (
        torch.randn(batch_size, generator=generator, dtype=torch.float64) * difficulty.mass_error_ppm * 1e-6
    )
    valid = valid & ~(noisy & dropped)
    mz = torch.where(noisy, mz * (1 + error), mz)
    height = _predicted(targets, is_residue, tokens, ion_names, intensities, precursor_charge)
    valid = valid & (height > 0)
    intensity = torch.where(noisy, logarithm.exp(), 1.0) * height

    noise = torch.rand((2, batch_size, int(difficulty.noise_peaks)), generator=generator, dtype=torch.float64)
    noise_mz = NOISE_MIN_MZ + noise[0] * (neutral[:, None] + PROTON - NOISE_MIN_MZ)
    low, high = NOISE_INTENSITY
    mz = torch.cat([mz, noise_mz], 1)
    intensity = torch.cat([intensity, low + noise[1] * (high - low)], 1)
    valid = torch.cat([valid, noisy.expand_as(noise_mz)], 1)

    # L positions give at most max_length - 1 fragments of an ion: the slots beyond are never used.
    n_slots = len(ion_names) * (difficulty.max_length - 1) + int(difficulty.noise_peaks)
    order = torch.where(valid, mz, math.inf).argsort(dim=1, stable=True)[:, :n_slots]
    peak_mask = valid.gather(1, order)
    return SyntheticBatch(
        targets=targets,
        target_mask=target_mask,
        observed_masses=torch.where(peak_mask, mz.gather(1, order), 0.0),
        observed_intensities=torch.where(peak_mask, intensity.gather(1, order), 0.0),
        peak_mask=peak_mask,
        precursor_mass=torch.where(clean, neutral, neutral * (1 + precursor_error)),
        clean=clean,
    )


def _predicted(
    targets: Tensor, residues: Tensor, tokens: Vocabulary, ion_names: Sequence[str], source: str, charge: int
) -> Tensor:
    """(B, F) heights of the fragments, the highest of each spectrum 1."""
    n, length = targets.shape
    if source == UNIFORM:
        return torch.ones(n, len(ion_names) * length, dtype=torch.float64)
    kinds = [IonKind(*parse_ion_name(name)) for name in ion_names]
    texts = ["".join(tokens.tokens[t] for t in row[own].tolist()) for row, own in zip(targets, residues, strict=True)]
    peptides = [Peptide.parse(text) for text in texts]
    found = soft_heights(peptides, [charge] * n, residues, kinds, LossSettings(intensities=source))
    for row, why in found.unpredicted.items():
        raise PeptideError(f"{source} has no intensities for {texts[row]}. {why}", text=texts[row])
    top = found.intensities.amax(1, keepdim=True)
    return found.intensities / torch.where(top > 0, top, 1.0)


def _random_peptides(
    batch_size: int, difficulty: Difficulty, tokens: Vocabulary, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    if tokens.pad is None and difficulty.min_length < difficulty.max_length:
        raise SettingsError("Peptides of different lengths need a padding token, and the vocabulary has none.")
    lengths = torch.randint(difficulty.min_length, difficulty.max_length + 1, (batch_size, 1), generator=generator)
    residues = tokens.residue_tensor().nonzero()[:, 0]
    drawn = residues[torch.randint(len(residues), (batch_size, difficulty.max_length), generator=generator)]
    before, behind = int(tokens.sos is not None), int(tokens.eos is not None)
    place = torch.arange(before + difficulty.max_length + behind) - before  # 0 is the first residue
    targets = torch.full((batch_size, len(place)), tokens.id(tokens.pad) if tokens.pad is not None else 0)
    targets[:, before : before + difficulty.max_length] = drawn
    if tokens.pad is not None:
        targets = torch.where(place < lengths, targets, tokens.id(tokens.pad))
    if tokens.sos is not None:
        targets[:, 0] = tokens.id(tokens.sos)
    if tokens.eos is not None:
        targets = torch.where(place == lengths, tokens.id(tokens.eos), targets)
    return targets, place < lengths + behind
