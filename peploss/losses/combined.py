"""The training loss: cross-entropy at every refinement step plus spectrum and precursor loss at the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType
from typing import Self

import torch
from torch import Tensor, nn

from peploss.errors import ArgumentError, SettingsError
from peploss.grid import MzGrid
from peploss.kernels import Backend, SigmaUnit
from peploss.losses.checks import integer_targets, is_finite_number
from peploss.losses.precursor import DEFAULT_SCALE_PPM, PrecursorMassLoss
from peploss.losses.reduction import Reduction, check_reduction, reduce
from peploss.losses.spectrum_matching import SpectrumMatchingLoss
from peploss.losses.supervision import DeepSupervisionLoss, IterationWeights
from peploss.peptides.soft import SoftResidues, expected_residue_masses
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary
from peploss.settings import LossSettings

DOUBLE_METRICS = (
    "ppm_error",
    "mass_error_da",
    "predicted_peptide_mass",
    "precursor_known",
    "special_token_probability",
)
UNKNOWN_TOKEN = "<UNK>"  # noqa: S105  a token of a peptide


class CombinedLoss(nn.Module):
    """``ce_weight * CE + spectrum_weight * spectrum + precursor_weight * precursor``.

    CE is the deep supervision over all T refinement steps; spectrum and precursor look at the softmax of the last
    one, in float32 or better whatever autocast says. Holds settings only; the three weights and ``sigma`` are plain
    attributes that a curriculum may set between steps. The part of a weight of 0 is not computed. The parts are
    ``ce_loss``, ``spectrum_loss`` and ``precursor_loss``.

    Constructor, call and defaults are those of the original training code, *Loss Functions V2*, whose checkpoints
    load; what differs is on the page *Coming from Loss Functions V2*.

    Args:
        ce_weight, spectrum_weight, precursor_weight: finite, not negative.
        iteration_weights, label_smoothing: as for ``DeepSupervisionLoss``.
        bin_size, bin_width, max_mz, grid, sigma, sigma_unit, ion_type_names, ms2pip_model: as for
            ``SpectrumMatchingLoss``.
        precursor_use_log: ``log1p`` of the precursor's error in ppm, instead of the error itself.
        precursor_scale: in ppm.
        vocabulary: the model's tokens with their masses; None is the default of 24.
        reduction: ``"mean"``: CE over all tokens that count, the others over samples. ``"none"``: one total per
            sample, CE the mean over its tokens. ``"sum"``: the sum of those.
        backend: of the spectrum kernel.
    Raises:
        SettingsError: a value is out of range or a name not known.
        BackendError: the backend is not known.

    >>> vocabulary = Vocabulary()
    >>> targets, mask = vocabulary.encode(["PEPTIDE", "GAS"])
    >>> logits = torch.randn(3, *targets.shape, len(vocabulary), requires_grad=True)
    >>> mz, intensity = torch.tensor([[148.06, 263.09]] * 2), torch.ones(2, 2)
    >>> total, metrics = CombinedLoss(vocabulary=vocabulary)(
    ...     logits, targets, mask, mz, intensity, torch.ones(2, 2).bool(), torch.tensor([799.36, 233.1]))
    >>> total.backward()
    >>> sorted(metrics)  # doctest: +NORMALIZE_WHITESPACE
    ['ce_final', 'ce_step_0', 'ce_step_1', 'ce_step_2', 'mass_error_da', 'ppm_error', 'precursor_known',
     'precursor_loss', 'predicted_peptide_mass', 'special_token_probability', 'spectrum_loss', 'total_loss']
    """

    def __init__(
        self,
        ce_weight: float = 1.0,
        spectrum_weight: float = 0.1,
        precursor_weight: float = 0.0,
        iteration_weights: IterationWeights = "linear",
        label_smoothing: float = 0.0,
        bin_size: float = 0.1,
        max_mz: float = 2000.0,
        sigma: float = 0.05,
        ion_type_names: Sequence[str] | None = None,
        ms2pip_model: str | None = None,
        precursor_use_log: bool = True,
        precursor_scale: float = DEFAULT_SCALE_PPM,
        *,
        bin_width: float | None = None,
        grid: MzGrid | EllipsisType | None = ...,
        sigma_unit: SigmaUnit = "Da",
        vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
        reduction: Reduction = "mean",
        backend: Backend = "auto",
    ) -> None:
        super().__init__()
        weights = {"ce_weight": ce_weight, "spectrum_weight": spectrum_weight, "precursor_weight": precursor_weight}
        for name, weight in weights.items():
            if not (is_finite_number(weight) and weight >= 0):
                raise SettingsError(f"{name} must be finite and not negative, not {weight!r}.")
            setattr(self, name, float(weight))
        self.vocabulary = as_vocabulary(vocabulary)
        self.reduction: Reduction = check_reduction(reduction)
        self.ce_loss = DeepSupervisionLoss(iteration_weights, label_smoothing, reduction=reduction)
        self.spectrum_loss = SpectrumMatchingLoss(
            bin_size,
            max_mz,
            sigma,
            ion_type_names,
            ms2pip_model,
            bin_width=bin_width,
            grid=grid,
            sigma_unit=sigma_unit,
            vocabulary=self.vocabulary,
            reduction="none",
            backend=backend,
        )
        self.precursor_loss = PrecursorMassLoss(
            True, precursor_scale, precursor_use_log, vocabulary=self.vocabulary, reduction=reduction
        )

    @classmethod
    def from_settings(
        cls,
        settings: LossSettings,
        *,
        ce_weight: float = 1.0,
        spectrum_weight: float = 0.1,
        precursor_weight: float = 0.0,
        iteration_weights: IterationWeights = "linear",
        label_smoothing: float = 0.0,
        precursor_use_log: bool = True,
        precursor_charge: int | None = None,
        grid: MzGrid | EllipsisType | None = ...,
        vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
        reduction: Reduction = "mean",
        backend: Backend = "auto",
    ) -> Self:
        """With the spectrum loss and the precursor scale of these settings; see ``SpectrumMatchingLoss.from_settings``.

        >>> CombinedLoss.from_settings(LossSettings(sigma=20.0, sigma_unit="ppm"), grid=None).sigma
        20.0
        """
        loss = cls(
            ce_weight, spectrum_weight, precursor_weight, iteration_weights, label_smoothing,
            precursor_use_log=precursor_use_log, precursor_scale=settings.precursor_scale,
            vocabulary=vocabulary, reduction=reduction,
        )  # fmt: skip
        loss.spectrum_loss = SpectrumMatchingLoss.from_settings(
            settings, precursor_charge=precursor_charge, grid=grid, vocabulary=loss.vocabulary, reduction="none",
            backend=backend,
        )  # fmt: skip
        return loss

    @property
    def sigma(self) -> float | Tensor:
        """Width of a rendered peak, of ``spectrum_loss``; a schedule may set it between steps."""
        return self.spectrum_loss.sigma

    @sigma.setter
    def sigma(self, value: float | Tensor) -> None:
        self.spectrum_loss.sigma = value

    ce_weight: float
    spectrum_weight: float
    precursor_weight: float
    __call__: Callable[..., tuple[Tensor, dict[str, Tensor]]]

    def forward(
        self,
        all_logits: Tensor,  # (T, B, L, V)
        targets: Tensor,  # (B, L) int64
        target_mask: Tensor,  # (B, L) bool
        observed_masses: Tensor,  # (B, P) m/z in Th
        observed_intensities: Tensor,  # (B, P)
        peak_mask: Tensor,  # (B, P) bool
        precursor_mass: Tensor | None = None,  # (B,) Da
        *,
        fragment_intensities: Tensor | None = None,  # (B, F)
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Total loss of a batch and its parts.

        Args:
            all_logits: (T, B, L, V) unnormalised scores of every refinement step, any float type.
            targets: (B, L) token index, any integer type; negative is masked, as -100 is in torch. Fragments are
                made where the target is a residue (or ``<UNK>`` in any case, a residue not known): SOS, EOS and
                padding make none, wherever they stand.
            target_mask: (B, L) True on the sequence, False on padding.
            observed_masses: (B, P) m/z of the observed peaks in Th (the name is that of the original interface).
            observed_intensities: (B, P), not negative.
            peak_mask: (B, P) True where there is a peak.
            precursor_mass: (B,) neutral mass in Da, not m/z, best in float64; None leaves that part out. Where it is
                not positive and finite it is not known, and that sample is left out of that part.
            fragment_intensities: (B, F) height of every fragment, as for ``SpectrumMatchingLoss``; None: 1 each.
        Returns:
            The total, () or (B,) for ``reduction="none"``, float32 or float64 as the logits; and detached metrics:
            ``ce_step_0`` ... ``ce_step_{T-1}``, ``ce_final``, ``spectrum_loss``, ``precursor_loss``, ``total_loss``,
            all before their weight and reduced as the total is; ``ppm_error`` and ``mass_error_da`` (without sign),
            ``predicted_peptide_mass`` in Da, ``precursor_known`` (share of samples) and
            ``special_token_probability`` (mean over the residues, computed whatever the weights), means over
            samples or (B,). These five are float64, the losses of the total's type. All keys are always there: NaN
            says that a part was not computed, or that the model gave NaN. Nothing waits for the device;
            ``peploss.dict_of_floats(metrics)`` makes numbers of them, with one wait.
        Raises:
            ArgumentError: a shape does not fit, or targets are no integers.
        """
        if all_logits.ndim != 4 or all_logits.shape[0] < 1 or all_logits.shape[-1] != len(self.vocabulary):
            raise ArgumentError(
                f"all_logits must have shape (T, B, L, V) with T >= 1 and V = {len(self.vocabulary)} as in the "
                f"vocabulary, not {tuple(all_logits.shape)}. Give the model's own tokens as vocabulary=; for a "
                "decoder without refinement pass logits.unsqueeze(0)."
            )
        if targets.shape != all_logits.shape[1:3] or target_mask.shape != targets.shape:
            raise ArgumentError(
                f"targets and target_mask must both be (B, L) = {tuple(all_logits.shape[1:3])}, not "
                f"{tuple(targets.shape)} and {tuple(target_mask.shape)}."
            )
        targets = integer_targets(targets)
        dtype = torch.promote_types(all_logits.dtype, torch.float32)
        skipped = all_logits.new_full(targets.shape[:1] if self.reduction == "none" else (), torch.nan, dtype=dtype)
        metrics = {f"ce_step_{t}": skipped for t in range(all_logits.shape[0])}
        metrics |= dict.fromkeys(("ce_final", "spectrum_loss", "precursor_loss"), skipped)
        metrics |= dict.fromkeys(DOUBLE_METRICS, skipped.double())
        parts = []

        if self.ce_weight:
            ce, ce_metrics = self.ce_loss(all_logits, targets, target_mask)
            metrics |= ce_metrics
            parts.append(self.ce_weight * ce)
        residues = self._residues(all_logits[-1].to(dtype), targets, target_mask)
        share = residues.special_share.detach()
        metrics["special_token_probability"] = share if self.reduction == "none" else share.mean()
        if self.spectrum_weight:
            spectra = self.spectrum_loss.of_residues(
                residues.masses, residues.mask, observed_masses, observed_intensities, peak_mask, fragment_intensities
            )
            spectrum = reduce(spectra, self.reduction).to(dtype)
            metrics["spectrum_loss"] = spectrum.detach()
            parts.append(self.spectrum_weight * spectrum)
        if self.precursor_weight and precursor_mass is not None:
            precursor, precursor_metrics = self.precursor_loss.of_residues(
                residues.masses, residues.mask, precursor_mass
            )
            precursor = precursor.to(dtype)
            metrics |= precursor_metrics
            metrics["precursor_loss"] = precursor.detach()
            parts.append(self.precursor_weight * precursor)
        if not parts:  # 0 that can be differentiated all the same
            parts.append(reduce(all_logits[..., :0].sum((0, 2, 3), dtype=dtype), self.reduction))
        total = torch.stack(parts).sum(0)
        metrics["total_loss"] = total.detach()
        return total, metrics

    def _residues(self, logits: Tensor, targets: Tensor, target_mask: Tensor) -> SoftResidues:
        sequence = target_mask.to(torch.bool) & (targets >= 0)
        # Masked before the softmax: NaN at a padded place would come back in its gradient.
        probs = torch.where(sequence[..., None], logits, 0.0).softmax(-1)
        is_residue = self.vocabulary.residue_tensor(targets.device) | self._unknown(targets.device)
        mask = sequence & is_residue[torch.where(sequence, targets, 0)]
        return expected_residue_masses(probs, residue_mask=mask, vocabulary=self.vocabulary)

    def _unknown(self, device: torch.device) -> Tensor:
        unknown = torch.tensor([token.upper() == UNKNOWN_TOKEN for token in self.vocabulary.tokens])
        return unknown.to(device, non_blocking=True)

    def extra_repr(self) -> str:
        return (
            f"ce_weight={self.ce_weight}, spectrum_weight={self.spectrum_weight}, "
            f"precursor_weight={self.precursor_weight}, reduction={self.reduction!r}"
        )
