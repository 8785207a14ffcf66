"""The spectrum loss: 1 - cosine of two Gaussian-rendered spectra."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from peploss.errors import SettingsError
from peploss.grid import MzGrid
from peploss.kernels import Backend, Peaks, spectrum_cosine
from peploss.kernels.dispatch import check_backend
from peploss.losses.reduction import Reduction, check_reduction, reduce
from peploss.peptides.soft import expected_residue_masses, ion_names_for_model, parse_ion_name, soft_fragments
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary
from peploss.settings import LossSettings


def spectrum_loss(
    pred: Peaks,
    obs: Peaks,
    *,
    sigma: float | Tensor = 0.05,
    sigma_unit: Literal["Da", "ppm"] = "Da",
    grid: MzGrid | None = MzGrid(),  # noqa: B008  frozen, so one for all is safe
    backend: Backend = "auto",
) -> Tensor:
    """``1 - cos(S_pred, S_obs)`` of each spectrum, where S is the spectrum rendered on the grid.

    Args:
        pred, obs: B spectra each, ragged, in any order; m/z in Th.
        sigma, sigma_unit, grid, backend: as for ``peploss.kernels.spectrum_cosine``; ``grid=None`` is the
            continuum limit. Under ``torch.compile`` a sigma that changes from step to step should be a tensor: a
            float is part of the compiled graph, and every new one compiles again.
    Returns:
        (B,) float64 in [0, 1] for non-negative intensities: 0 for the same shape, 1 for no overlap; exactly 1, with
        exactly zero gradient, where a side is empty. (The algebraic bound of 1 - cos is [0, 2]; it takes negative
        intensities to pass 1.)
    Raises:
        ArgumentError, BackendError: as ``spectrum_cosine``.

    >>> pred, obs = Peaks.from_arrays([200.0, 300.0], [1.0, 1.0]), Peaks.from_arrays([200.0, 400.0], [5.0, 5.0])
    >>> round(float(spectrum_loss(pred, obs)[0]), 3)
    0.5
    """
    return 1 - spectrum_cosine(pred, obs, sigma=sigma, sigma_unit=sigma_unit, grid=grid, backend=backend)


def spectrum_loss_at(pred: Peaks, obs: Peaks, settings: LossSettings, *, backend: Backend = "auto") -> Tensor:
    """``spectrum_loss`` at the sigma and grid of ``settings``; no other setting is applied here."""
    return spectrum_loss(
        pred, obs, sigma=settings.sigma, sigma_unit=settings.sigma_unit, grid=settings.grid, backend=backend
    )


class SpectrumMatchingLoss(nn.Module):
    """Spectrum loss of soft peptides: a model's token probabilities against observed peaks, differentiable to logits.

    Holds settings only. Fragments have intensity 1.

    Args:
        bin_size: bin width of the grid, in Th, by the name of the original interface.
        max_mz: end of the grid, in Th.
        sigma: standard deviation of a rendered peak, in Th.
        ion_type_names: fragment ions, of ``peploss.peptides.soft.ION_NAMES``; None takes those of ``ms2pip_model``.
        ms2pip_model: whose ions to use where none are named: ``HCD2021``, ``CID``, ``HCDch2`` or ``CIDch2``.
        bin_width: the same by the name it has everywhere else; it wins where both are given.
        vocabulary: the model's tokens with their masses; None is the default of 24.
        reduction: ``"mean"``, ``"sum"`` or ``"none"`` over the batch.
        backend: of the kernel.
    Raises:
        SettingsError: a value is out of range or an ion or model is not known.
        BackendError: the backend is not known.

    >>> vocabulary = Vocabulary()
    >>> targets, mask = vocabulary.encode(["PEPTIDE"])
    >>> logits = 30.0 * torch.nn.functional.one_hot(targets, len(vocabulary)).float()
    >>> y = torch.tensor([[148.0604, 263.0874, 376.1714, 477.2191]])
    >>> loss = SpectrumMatchingLoss()(logits.softmax(-1), y, torch.ones(1, 4), torch.ones(1, 4).bool(), mask)
    >>> 0.4 < loss.item() < 0.5
    True
    """

    def __init__(
        self,
        bin_size: float = 0.1,
        max_mz: float = 2000.0,
        sigma: float = 0.05,
        ion_type_names: Sequence[str] | None = None,
        ms2pip_model: str = "HCD2021",
        *,
        bin_width: float | None = None,
        vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
        reduction: Reduction = "mean",
        backend: Backend = "auto",
    ) -> None:
        super().__init__()
        settings = LossSettings(bin_width=bin_size if bin_width is None else bin_width, max_mz=max_mz, sigma=sigma)
        self.grid = settings.grid
        self.sigma = settings.sigma
        ions = ion_names_for_model(ms2pip_model) if ion_type_names is None else tuple(ion_type_names)
        if not ions:
            raise SettingsError("ion_type_names names no ion.", remedy="Give at least one, for example ['b', 'y'].")
        for ion in ions:
            parse_ion_name(ion)
        self.ion_type_names = ions
        self.vocabulary = as_vocabulary(vocabulary)
        self.reduction = check_reduction(reduction)
        check_backend(backend)
        self.backend: Backend = backend

    __call__: Callable[..., Tensor]

    def forward(
        self,
        sequence_probs: Tensor,  # (B, L, V)
        observed_masses: Tensor,  # (B, P) m/z in Th
        observed_intensities: Tensor,  # (B, P)
        peak_mask: Tensor,  # (B, P) bool
        sequence_mask: Tensor | None = None,  # (B, L) bool
        *,
        residue_mask: Tensor | None = None,  # (B, L) bool
    ) -> Tensor:
        """Loss of a batch.

        Args:
            sequence_probs: (B, L, V) probabilities over the vocabulary.
            observed_masses: (B, P) m/z of the observed peaks in Th (the name is that of the original interface).
            observed_intensities: (B, P), not negative.
            peak_mask: (B, P), True where there is a peak.
            sequence_mask: (B, L), True on the sequence, False on padding; None where there is no padding. SOS and EOS
                are trimmed where the vocabulary has them, as in ``peploss.peptides.soft.residue_positions``.
            residue_mask: (B, L), True exactly on the residues, instead of ``sequence_mask``.
        Returns:
            () or, with ``reduction="none"``, (B,); float32, or float64 where the probabilities are.
        Raises:
            ArgumentError: a shape does not fit, or both masks are given.
        """
        residues = expected_residue_masses(
            sequence_probs, sequence_mask, vocabulary=self.vocabulary, residue_mask=residue_mask
        )
        return self.of_residues(residues.masses, residues.mask, observed_masses, observed_intensities, peak_mask).to(
            torch.promote_types(sequence_probs.dtype, torch.float32)
        )

    def of_residues(
        self, masses: Tensor, mask: Tensor, observed_masses: Tensor, observed_intensities: Tensor, peak_mask: Tensor
    ) -> Tensor:
        """The same from residue masses (B, L) in Da and their mask (B, L): () or (B,), float64."""
        mz, valid = soft_fragments(masses, mask, self.ion_type_names)
        pred = Peaks.from_padded(mz, torch.ones_like(mz), valid)
        obs = Peaks.from_padded(observed_masses, observed_intensities, peak_mask.to(torch.bool))
        return reduce(spectrum_loss(pred, obs, sigma=self.sigma, grid=self.grid, backend=self.backend), self.reduction)

    def extra_repr(self) -> str:
        return (
            f"bin_width={self.grid.bin_width}, max_mz={self.grid.max_mz}, sigma={self.sigma}, "
            f"ion_type_names={list(self.ion_type_names)}, reduction={self.reduction!r}"
        )
