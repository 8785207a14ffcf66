"""The precursor loss: how far a predicted peptide's mass is from the observed precursor's."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from peploss.errors import ArgumentError, PeptideError, SettingsError, SpectrumError
from peploss.losses.checks import is_finite_number
from peploss.losses.original_state import take_masses
from peploss.losses.reduction import Reduction, check_reduction, reduce
from peploss.peptides.precursor_mass import PPM, neutral_mass, precursor_ppm
from peploss.peptides.soft import expected_residue_masses, soft_neutral_mass
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary

ISOTOPE_OFFSETS = (0, 1, -1, 2, 3)
"""Which isotope of the peptide an instrument may have picked, the likeliest first (it wins a tie)."""

DEFAULT_SCALE_PPM = 100_000.0


def precursor_loss(
    predicted_mass: Tensor,
    observed_mass: Tensor,
    scale: float = DEFAULT_SCALE_PPM,
    *,
    use_relative: bool = True,
    use_log: bool = True,
) -> Tensor:
    """Penalty on the difference of two neutral masses, in the three forms of the original training code.

    The error is ``|M_pred - M_obs| / M_obs * 1e6`` in ppm (``use_relative``) or ``|M_pred - M_obs|`` in Da:

    | use_relative | use_log=True       | use_log=False     |
    | ------------ | ------------------ | ----------------- |
    | True         | log1p(ppm / scale) | min(ppm, scale)   |
    | False        | Da                 | Da                |

    The first is small on purpose: 10 ppm cost 1e-4. The others are as large as the error itself, so their weight has
    to be small; and above ``scale`` the clamped one has no gradient.

    Args:
        predicted_mass: (B,) neutral mass in Da, water included.
        observed_mass: (B,) neutral mass in Da. One that is not positive and finite is not known.
        scale: in ppm; not used for an error in Da.
        use_relative: count in ppm of the observed mass.
        use_log: take ``log1p``, so that a hopeless candidate does not drown the rest; without it the error is cut off
            at ``scale``.
    Returns:
        (B,) in the wider type of the two, [0, inf); 0 without gradient where the observed mass is not known, and
        where both are equal.
    Raises:
        SettingsError: scale not positive and finite.
        ArgumentError: shapes differ.

    >>> masses = torch.tensor([1000.01, 1100.0], dtype=torch.float64), torch.tensor([1000.0, 1000.0])
    >>> [round(x, 6) for x in precursor_loss(*masses).tolist()]
    [0.0001, 0.693147]
    """
    return _loss(predicted_mass, observed_mass, _scale(scale), use_relative, use_log)


def _loss(predicted_mass: Tensor, observed_mass: Tensor, scale: float, use_relative: bool, use_log: bool) -> Tensor:
    # Apart from the checks of scale, which torch.compile cannot trace once the number is a symbol.
    _same_shape(predicted_mass, observed_mass)
    error = mass_error(predicted_mass, observed_mass).abs()
    if not use_relative:
        return error
    ppm = error / known_mass(observed_mass)[0] * PPM
    return torch.log1p(ppm / scale) if use_log else ppm.clamp(max=scale)


def known_mass(observed_mass: Tensor) -> tuple[Tensor, Tensor]:
    """Observed masses with 1 put where they are not known, and (B,) bool, where they are."""
    known = torch.isfinite(observed_mass) & (observed_mass > 0)
    return torch.where(known, observed_mass, 1.0), known


def mass_error(predicted_mass: Tensor, observed_mass: Tensor) -> Tensor:
    """(B,) observed less predicted in Da, the sign of the field; 0 without gradient where not known."""
    observed, known = known_mass(observed_mass)
    return torch.where(known, observed - predicted_mass, 0.0)


class PrecursorError(NamedTuple):
    """How one peptide's mass fits one observed precursor; plain numbers.

    Args:
        ppm: ``(M_obs - M_peptide) / M_obs * 1e6``, signed: positive when the measured mass is the heavier.
            (Divided by the observed mass, as the loss is; by the peptide's it differs in the sixth digit.)
        isotope: of -1 to +3, the 13C isotope the precursor fits best: 1 when the instrument picked the first
            isotope instead of the monoisotopic peak.
        isotope_ppm: signed ppm against that isotope.
        loss: the precursor loss; no isotope is forgiven in it.
    """

    ppm: float
    isotope: int
    isotope_ppm: float
    loss: float


def precursor_error(
    peptide_mass: float, observed_mz: float, charge: int, *, scale: float = DEFAULT_SCALE_PPM
) -> PrecursorError:
    """Compare a peptide with an observed precursor.

    Args:
        peptide_mass: neutral monoisotopic mass in Da, water and modifications included.
        observed_mz: precursor m/z in Th.
        charge: of the precursor, at least 1.
        scale: of the loss ``log1p(|ppm| / scale)``, in ppm.
    Raises:
        PeptideError, SpectrumError, SettingsError: a mass, m/z or charge, or the scale, is not positive and finite.

    >>> error = precursor_error(1000.0, (1000.0 + 1.003355) / 2 + 1.007276, 2)
    >>> round(error.ppm), error.isotope, round(error.isotope_ppm), round(error.loss, 4)
    (1002, 1, 0, 0.01)
    """
    if not (math.isfinite(peptide_mass) and peptide_mass > 0):
        raise PeptideError(f"A peptide's mass must be positive and finite, not {peptide_mass!r}.")
    if not (math.isfinite(observed_mz) and observed_mz > 0):
        raise SpectrumError(f"The precursor m/z must be positive and finite, not {observed_mz!r}.")
    if charge < 1:
        raise SpectrumError(f"The precursor charge must be at least 1, not {charge!r}.")
    scale = _scale(scale)
    observed = neutral_mass(observed_mz, float(charge))
    if observed <= 0:
        raise SpectrumError(f"A precursor at m/z {observed_mz} is lighter than the proton it carries.")
    ppm = {k: precursor_ppm(peptide_mass, observed, k) for k in ISOTOPE_OFFSETS}
    best = min(ISOTOPE_OFFSETS, key=lambda k: abs(ppm[k]))
    return PrecursorError(ppm[0], best, ppm[best], math.log1p(abs(ppm[0]) / scale))


class PrecursorMassLoss(nn.Module):
    """Precursor loss of soft peptides: the mass a model's token probabilities expect against the measured one.

    Holds settings only.

    Args:
        use_relative, loss_scale, use_log_loss: the formula, as ``use_relative``, ``scale`` (in ppm) and ``use_log`` of
            ``precursor_loss``.
        vocabulary: the model's tokens with their masses; None is the default of 24.
        reduction: ``"mean"`` over the samples whose precursor mass is known, ``"sum"`` or ``"none"``.
    Raises:
        SettingsError: a value is out of range.

    >>> vocabulary = Vocabulary()
    >>> targets, mask = vocabulary.encode(["PEPTIDE"])
    >>> probs = torch.nn.functional.one_hot(targets, len(vocabulary)).double()
    >>> loss, metrics = PrecursorMassLoss()(probs, torch.tensor([800.3672], dtype=torch.float64), mask)
    >>> round(metrics["predicted_peptide_mass"].item(), 4), round(metrics["ppm_error"].item())
    (799.36, 1258)
    """

    def __init__(
        self,
        use_relative: bool = True,
        loss_scale: float = DEFAULT_SCALE_PPM,
        use_log_loss: bool = True,
        *,
        vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__()
        self.use_relative = bool(use_relative)
        self.loss_scale = _scale(loss_scale)
        self.use_log_loss = bool(use_log_loss)
        self.vocabulary = as_vocabulary(vocabulary)
        self.reduction: Reduction = check_reduction(reduction)

    __call__: Callable[..., tuple[Tensor, dict[str, Tensor]]]

    def forward(
        self,
        sequence_probs: Tensor,  # (B, L, V)
        precursor_mass: Tensor,  # (B,) Da
        sequence_mask: Tensor | None = None,  # (B, L) bool
        *,
        residue_mask: Tensor | None = None,  # (B, L) bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of a batch and what it was made of.

        Args:
            sequence_probs: (B, L, V) probabilities over the vocabulary.
            precursor_mass: (B,) neutral mass in Da, not m/z. Best in float64: float32 is good to 0.06 ppm.
            sequence_mask: (B, L), True on the sequence, False on padding; None where there is no padding. SOS and EOS
                are trimmed where the vocabulary has them, as in ``peploss.peptides.soft.residue_positions``.
            residue_mask: (B, L), True exactly on the residues, instead of ``sequence_mask``.
        Returns:
            The loss, () or (B,), float32, or float64 where the probabilities are; and the metrics of ``of_residues``.
        Raises:
            ArgumentError: a shape does not fit, or both masks are given.
        """
        residues = expected_residue_masses(
            sequence_probs, sequence_mask, vocabulary=self.vocabulary, residue_mask=residue_mask
        )
        loss, metrics = self.of_residues(residues.masses, residues.mask, precursor_mass)
        return loss.to(torch.promote_types(sequence_probs.dtype, torch.float32)), metrics

    def of_residues(self, masses: Tensor, mask: Tensor, precursor_mass: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The same from residue masses.

        Args:
            masses: (B, L) Da.
            mask: (B, L) bool, True on residues.
            precursor_mass: (B,) neutral mass in Da. A sample whose mass is not positive and finite, or that has no
                residue, is not known: it costs 0 and is left out of the means.
        Returns:
            The loss, () or (B,), float64; and detached metrics: ``ppm_error`` and ``mass_error_da``, both without
            sign, ``predicted_peptide_mass`` in Da, and ``precursor_known``, the share of known samples. They are
            means over the known samples (the predicted mass over all), NaN where there are none; with
            ``reduction="none"`` (B,).
        """
        predicted = soft_neutral_mass(masses, mask)
        observed = precursor_mass.to(predicted)
        _same_shape(predicted, observed)
        # NaN is an observed mass that is not known.
        observed = torch.where(mask.any(-1), observed, torch.nan)
        loss = _loss(predicted, observed, self.loss_scale, self.use_relative, self.use_log_loss)
        safe, known = known_mass(observed)
        error = mass_error(predicted, observed).abs()

        def shown(values: Tensor, of: Tensor) -> Tensor:
            values = values.detach()
            if self.reduction == "none":
                return torch.where(of, values, torch.nan)
            return torch.where(of, values, 0.0).sum() / of.sum()

        everything = torch.ones_like(known)
        return reduce(loss, self.reduction, known), {
            "ppm_error": shown(error / safe * PPM, known),
            "mass_error_da": shown(error, known),
            "predicted_peptide_mass": shown(predicted, everything),
            "precursor_known": shown(known.to(predicted), everything),
        }

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool, missing_keys: Any, unexpected_keys: Any,
        error_msgs: Any,
    ) -> None:  # fmt: skip
        take_masses(state_dict, prefix, self.vocabulary, error_msgs)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def extra_repr(self) -> str:
        return (
            f"use_relative={self.use_relative}, loss_scale={self.loss_scale}, use_log_loss={self.use_log_loss}, "
            f"reduction={self.reduction!r}"
        )


def _scale(scale: float) -> float:
    if not (is_finite_number(scale) and scale > 0):
        raise SettingsError(f"The precursor scale must be positive and finite, not {scale!r}.")
    return float(scale)


def _same_shape(predicted_mass: Tensor, observed_mass: Tensor) -> None:
    if predicted_mass.shape != observed_mass.shape:
        raise ArgumentError(
            f"Predicted and observed masses must be one each per sample; they have shapes "
            f"{tuple(predicted_mass.shape)} and {tuple(observed_mass.shape)}."
        )
