"""The spectrum loss of soft peptides: a model's token probabilities against observed peaks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType
from typing import Any, Self

import torch
from torch import Tensor, nn

from peploss.errors import ArgumentError, SettingsError
from peploss.grid import MzGrid
from peploss.kernels import Backend, Peaks, SigmaUnit
from peploss.kernels.dispatch import check_backend
from peploss.losses.observed import check_padded, kept_padded
from peploss.losses.original_state import take_grid, take_masses
from peploss.losses.reduction import Reduction, check_reduction, reduce
from peploss.losses.spectrum import spectrum_loss
from peploss.peptides.ions import IonKind, ion_kinds
from peploss.peptides.soft import expected_residue_masses, ion_names_for_model, parse_ion_name, soft_fragments
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary
from peploss.settings import UNIFORM, LossSettings


class SpectrumMatchingLoss(nn.Module):
    """Spectrum loss of soft peptides: a model's token probabilities against observed peaks, differentiable to logits.

    Holds settings only. Fragments have intensity 1, the weight of their ion, or what ``fragment_intensities`` says.

    Args:
        bin_size: bin width of the grid, in Th, by the name of the original interface.
        max_mz: end of the grid, in Th.
        sigma: standard deviation of a rendered peak, in ``sigma_unit``. A plain attribute that a schedule may set
            between steps; under ``torch.compile`` set it to a tensor, or every new number compiles again.
        ion_type_names: fragment ions, one series each, as ``peploss.peptides.soft.parse_ion_name`` reads them: ``"y"``
            and ``"y1"`` for charge 1, ``"y++"`` or ``"y2"`` for charge 2. None takes those of ``ms2pip_model``.
        ms2pip_model: whose ions to use where none are named: ``HCD2021``, ``CID``, ``HCDch2`` or ``CIDch2``; None: b
            and y. It names ions only, and no model runs: heights come from ``fragment_intensities``.
        bin_width: the same by the name it has everywhere else; it wins where both are given.
        grid: a grid instead of these two and ``max_mz``; None: no bins, the loss's continuum.
        sigma_unit: ``"Da"``, or ``"ppm"`` for a width proportional to each peak's m/z.
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
        ms2pip_model: str | None = None,
        *,
        bin_width: float | None = None,
        grid: MzGrid | EllipsisType | None = ...,
        sigma_unit: SigmaUnit = "Da",
        vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
        reduction: Reduction = "mean",
        backend: Backend = "auto",
    ) -> None:
        super().__init__()
        width = bin_size if bin_width is None else bin_width
        settings = LossSettings(bin_width=width, max_mz=max_mz, sigma=sigma, sigma_unit=sigma_unit)
        self.grid: MzGrid | None = settings.grid if isinstance(grid, EllipsisType) else grid
        self.sigma: float | Tensor = settings.sigma
        self.sigma_unit: SigmaUnit = sigma_unit
        names = tuple(ion_type_names) if ion_type_names is not None else ion_names_for_model(ms2pip_model or "HCD2021")
        if not names:
            raise SettingsError("ion_type_names names no ion.", remedy="Give at least one, for example ['b', 'y'].")
        self.ion_type_names = names
        self.ions: tuple[IonKind, ...] = tuple(IonKind(*parse_ion_name(name)) for name in names)
        self.settings: LossSettings | None = None
        self.precursor_charge: int | None = None
        self.vocabulary = as_vocabulary(vocabulary)
        self.reduction: Reduction = check_reduction(reduction)
        check_backend(backend)
        self.backend: Backend = backend

    @classmethod
    def from_settings(
        cls,
        settings: LossSettings,
        *,
        precursor_charge: int | None = None,
        grid: MzGrid | EllipsisType | None = ...,
        vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
        reduction: Reduction = "mean",
        backend: Backend = "auto",
    ) -> Self:
        """The loss that the explorer shows at these settings: what Tune recommends can be trained with.

        All settings are applied: sigma and its unit, grid, ions with their weights, losses and isotopes, and what is
        done to observed peaks. Where they ask for predicted heights, each call must give ``fragment_intensities``;
        ``peploss.intensities.soft_order.soft_heights`` makes them. One difference is left: a residue that occurs twice
        makes two immonium ions of a soft peptide, whose residues are not known, and one of a hard peptide.

        Args:
            precursor_charge: which fragment charges there are, as for ``peploss.fragments``: one for all peptides of
                this loss. None: not known, so charge 1 where the settings name no highest one.
            grid: another grid than that of the settings; None: no bins.
        Raises:
            SettingsError: the settings ask for no ion; for the precursor ion without its charge; or to remove the
                precursor's peaks, which takes its m/z.

        >>> settings = LossSettings(sigma=20.0, sigma_unit="ppm", ion_types=("y",))
        >>> SpectrumMatchingLoss.from_settings(settings).ion_type_names
        ('y1',)
        """
        check_padded(settings)
        if settings.precursor and precursor_charge is None:
            raise SettingsError("The settings ask for the precursor ion.", remedy="Give precursor_charge=.")
        kinds = ion_kinds(settings, precursor_charge)
        if not kinds:
            raise SettingsError("The settings ask for no ion.", remedy="Name at least one of ion_types.")
        loss = cls(
            settings.bin_width, settings.max_mz, settings.sigma, ("b",), grid=grid, sigma_unit=settings.sigma_unit,
            vocabulary=vocabulary, reduction=reduction, backend=backend,
        )  # fmt: skip
        loss.ions, loss.settings, loss.precursor_charge = kinds, settings, precursor_charge
        loss.ion_type_names = tuple(_name(kind) for kind in kinds)
        return loss

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
        fragment_intensities: Tensor | None = None,  # (B, F)
    ) -> Tensor:
        """Loss of a batch. A sample's loss does not depend on the samples beside it, nor on padding.

        Args:
            sequence_probs: (B, L, V) probabilities over the vocabulary.
            observed_masses: (B, P) m/z of the observed peaks in Th (the name is that of the original interface).
            observed_intensities: (B, P), not negative.
            peak_mask: (B, P), True where there is a peak.
            sequence_mask: (B, L), True on the sequence, False on padding; None where there is no padding. SOS and EOS
                are trimmed where the vocabulary has them, as in ``peploss.peptides.soft.residue_positions``.
            residue_mask: (B, L), True exactly on the residues, instead of ``sequence_mask``.
            fragment_intensities: (B, F) height of every fragment, not negative, F = len(self.ions) * L, in the order
                of ``peploss.peptides.soft.soft_fragments``: slot ``i * L + l`` is ion i of the residues up to and with
                position l of the sequence (N-terminal ions), or from position l on (C-terminal ones). Each is
                multiplied by the weight of its ion. Slots that are no fragment may hold anything. Differentiable.
        Returns:
            () or, with ``reduction="none"``, (B,); float32, or float64 where the probabilities are.
        Raises:
            ArgumentError: a shape does not fit, both masks are given, or the settings ask for predicted heights and
                there are no ``fragment_intensities``.
        """
        residues = expected_residue_masses(
            sequence_probs, sequence_mask, vocabulary=self.vocabulary, residue_mask=residue_mask
        )
        return self.of_residues(
            residues.masses, residues.mask, observed_masses, observed_intensities, peak_mask, fragment_intensities
        ).to(torch.promote_types(sequence_probs.dtype, torch.float32))

    def of_residues(
        self,
        masses: Tensor,
        mask: Tensor,
        observed_masses: Tensor,
        observed_intensities: Tensor,
        peak_mask: Tensor,
        fragment_intensities: Tensor | None = None,
    ) -> Tensor:
        """The same from residue masses (B, L) in Da and their mask (B, L): () or (B,), float64."""
        mz, valid = soft_fragments(masses, mask, self.ions, none=math.inf)
        heights = self._heights(mz, masses.shape[1], fragment_intensities)
        if fragment_intensities is not None:  # else the heights are numbers, of slots without a fragment too
            heights = heights.masked_fill(~valid, 0.0)
        pred = Peaks.from_padded(mz, heights)
        peaks = peak_mask.to(torch.bool)
        if self.settings is not None and self.settings.changes_peaks:
            observed_intensities, peaks = kept_padded(observed_masses, observed_intensities, peaks, self.settings)
        obs = Peaks.from_padded(observed_masses, observed_intensities, peaks)
        each = spectrum_loss(
            pred, obs, sigma=self.sigma, sigma_unit=self.sigma_unit, grid=self.grid, backend=self.backend
        )
        return reduce(each, self.reduction)

    def _heights(self, mz: Tensor, length: int, given: Tensor | None) -> Tensor:
        """(B, F) intensities of the fragments."""
        if given is None and self.settings is not None and self.settings.intensities != UNIFORM:
            raise ArgumentError(
                f"The settings ask for heights of {self.settings.intensities}, and fragment_intensities is not given.",
                remedy="Make them with peploss.intensities.soft_order.soft_heights, or use intensities='uniform'.",
            )
        if given is not None and given.shape != mz.shape:
            raise ArgumentError(
                f"fragment_intensities must be (B, F) = {tuple(mz.shape)}, {len(self.ions)} ions times {length} "
                f"positions, not {tuple(given.shape)}."
            )
        heights = torch.ones_like(mz) if given is None else given.to(mz)
        if any(kind.weight != 1.0 for kind in self.ions):
            weights = torch.tensor([kind.weight for kind in self.ions], dtype=mz.dtype).to(mz.device, non_blocking=True)
            heights = heights * weights.repeat_interleave(length, output_size=len(self.ions) * length)
        return heights

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool, missing_keys: Any, unexpected_keys: Any,
        error_msgs: Any,
    ) -> None:  # fmt: skip
        take_grid(state_dict, prefix, self.grid, error_msgs)
        take_masses(state_dict, prefix, self.vocabulary, error_msgs)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def extra_repr(self) -> str:
        grid = "grid=None" if self.grid is None else f"bin_width={self.grid.bin_width}, max_mz={self.grid.max_mz}"
        unit = "" if self.sigma_unit == "Da" else f", sigma_unit={self.sigma_unit!r}"
        return (
            f"{grid}, sigma={self.sigma}{unit}, ion_type_names={list(self.ion_type_names)}, "
            f"reduction={self.reduction!r}"
        )


def _name(kind: IonKind) -> str:
    loss = f"-{kind.loss}" if kind.loss else ""
    return f"{kind.kind}{kind.charge}{loss}" + (f"+{kind.isotope} 13C" if kind.isotope else "")
