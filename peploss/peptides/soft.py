"""Soft peptides: from token probabilities to expected residue masses and fragments, differentiable throughout.

All sums run in float64, whatever comes in and whatever autocast is on; nothing here waits for the device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor

from peploss.constants import WATER
from peploss.errors import ArgumentError, SettingsError
from peploss.ion_names import read_ion
from peploss.peptides import soft_eager
from peploss.peptides.ions import N_TERMINAL, IonKind
from peploss.peptides.vocabulary import Vocabulary, as_vocabulary

ION_NAMES = (
    *("b", "y", "a", "b++", "y++", "a++", "b+++", "y+++"),
    *("b-H2O", "y-H2O", "b-NH3", "y-NH3", "b++-H2O", "y++-H2O"),
)
"""Ion names of soft fragments in MS2PIP's spelling; those of ``peploss.ion_names`` are read as well."""

MODEL_ION_NAMES = MappingProxyType(
    {
        "HCD2021": ("b", "y"),
        "CID": ("b", "y"),
        "HCDch2": ("b", "y", "b++", "y++"),
        "CIDch2": ("b", "y", "b++", "y++"),
    }
)
"""MS2PIP model -> the ions it predicts."""

_NO_PROBABILITY = 1e-12


class SoftResidues(NamedTuple):
    """Expected residues of a batch of soft peptides.

    Args:
        masses: (B, L) Da, float64; 0 where ``mask`` is False.
        mask: (B, L) bool: the position is a residue.
        special_share: (B,) in [0, 1]: mean probability on special tokens over the residues; 0 where there are none.
    """

    masses: Tensor
    mask: Tensor
    special_share: Tensor


def residue_positions(sequence_mask: Tensor, *, sos: bool = True, eos: bool = True) -> Tensor:
    """Which positions are residues, by the convention of SOS first and EOS last.

    Args:
        sequence_mask: (B, L), True (or not 0) on the tokens of the sequence and False on padding.
        sos, eos: whether the sequences have these tokens. What they have is trimmed:

            - neither: every True position is a residue.
            - SOS alone: every one but position 0.
            - EOS alone: every one but the last.
            - both: a row that is True at position 0 covers both, and its first and last True positions are no
              residues. A row that is False there marks the residues alone and is taken as it is.

            Each row is read by itself, whatever stands beside it and however far it is padded. So a mask with SOS off
            and EOS on cannot be told from residues alone: say ``sos=False`` for it, or give the losses a mask of
            residues (``residue_mask=``), which leaves no doubt.
    Returns:
        (B, L) bool.

    >>> residue_positions(torch.tensor([[1, 1, 1, 1, 0], [0, 1, 1, 0, 0]])).int().tolist()
    [[0, 1, 1, 0, 0], [0, 1, 1, 0, 0]]
    >>> residue_positions(torch.tensor([[0, 1, 1, 1, 1], [0, 1, 1, 0, 0]]), sos=False).int().tolist()
    [[0, 1, 1, 1, 0], [0, 1, 0, 0, 0]]
    >>> residue_positions(torch.tensor([[1, 1, 1, 0]]), sos=False, eos=False).int().tolist()
    [[1, 1, 1, 0]]
    """
    mask = sequence_mask.to(torch.bool)
    if mask.ndim == 2 and soft_eager.eager(mask):
        return soft_eager.residue_positions(mask, sos, eos)
    first = torch.arange(mask.shape[-1], device=mask.device) == 0
    residues = mask & ~first if sos else mask
    if not eos:
        return residues
    last = mask & (mask.flip(-1).cumsum(-1).flip(-1) == 1)
    if sos:
        last = last & mask[..., :1]
    return residues & ~last


def expected_residue_masses(
    probs: Tensor,
    sequence_mask: Tensor | None = None,
    *,
    vocabulary: Vocabulary | Mapping[str, float | None] | None = None,
    residue_mask: Tensor | None = None,
) -> SoftResidues:
    """Expected mass of each residue under a model's probabilities.

    The expectation is over the residue tokens, renormalised: ``sum_r p_r m_r / sum_r p_r``. Probability on a special
    token therefore never shrinks a mass, and for a softmax the gradient is that of a softmax over residue tokens
    alone: the logits of special tokens get none (teaching the model not to put weight there is the cross-entropy's
    job; ``special_share`` tells how much there is). A position with less than 1e-12 on all residues together says
    nothing of its residue: it counts as uniform over them, without gradient. NaN on a residue's position gives NaN.

    Args:
        probs: (B, L, V), not negative, as a softmax gives them; V as in the vocabulary.
        sequence_mask: (B, L), as in ``residue_positions``, trimmed by the SOS and EOS that the vocabulary has. None:
            no padding, so with both of them all positions but the first and the last are residues.
        vocabulary: a Vocabulary, or token -> mass in Da in the order of V (None or 0: special); None is the default
            of 24 tokens.
        residue_mask: (B, L) True exactly on the residues, instead of ``sequence_mask``: never in doubt, and easy
            where the target tokens are at hand (``vocabulary.residue_mask(targets)``).
    Raises:
        SettingsError: a shape does not fit, or both masks are given.

    >>> from peploss.peptides.vocabulary import Vocabulary
    >>> targets, mask = Vocabulary().encode(["GA", "GAS"])
    >>> soft = expected_residue_masses(torch.nn.functional.one_hot(targets, 24).double(), mask)
    >>> soft.masses[0].round(decimals=3).tolist(), soft.special_share.tolist()
    ([0.0, 57.021, 71.037, 0.0, 0.0], [0.0, 0.0])
    """
    tokens = as_vocabulary(vocabulary)
    if probs.dim() != 3 or probs.shape[2] != len(tokens):
        raise ArgumentError(
            f"Probabilities must have the shape (B, L, V) with V = {len(tokens)}, as in the vocabulary, not "
            f"{tuple(probs.shape)}.",
            remedy="Give the model's own tokens as vocabulary=.",
        )
    if sequence_mask is not None and residue_mask is not None:
        raise ArgumentError("Give sequence_mask or residue_mask, not both.")
    if residue_mask is None:
        if sequence_mask is None:
            sequence_mask = torch.ones(probs.shape[:2], dtype=torch.bool, device=probs.device)
        _check_mask(sequence_mask, probs)
        mask = residue_positions(sequence_mask, sos=tokens.sos is not None, eos=tokens.eos is not None)
    else:
        _check_mask(residue_mask, probs)
        mask = residue_mask.to(torch.bool)

    def tensors(probs: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return _expected_masses(probs, mask, tokens)

    if soft_eager.eager(probs, mask):
        expected, share = soft_eager.expected_masses(tensors, probs, mask, tokens.masses, _NO_PROBABILITY)
    else:
        expected, share = tensors(probs, mask)
    return SoftResidues(expected, mask, share)


def _expected_masses(probs: Tensor, mask: Tensor, tokens: Vocabulary) -> tuple[Tensor, Tensor]:
    """Expected masses (B, L) and the share (B,) of special tokens, in tensor operations."""
    masses = tokens.mass_tensor(probs.device)  # (V,)
    is_residue = tokens.residue_tensor(probs.device)
    wide = probs.to(torch.float64)
    on_residues = torch.where(is_residue, wide, 0.0)
    total = on_residues.sum(-1)  # (B, L)
    # Not "total > ...", which takes NaN for no probability. What the mask hides is kept finite for the gradient.
    known = mask & ~(total <= _NO_PROBABILITY)
    uniform = (masses.sum() / is_residue.sum()).expand_as(total)
    # The inner where keeps the unused branch finite, so that its gradient is 0 and not NaN.
    expected = (on_residues * masses).sum(-1) / torch.where(known, total, 1.0)
    expected = torch.where(mask, torch.where(known, expected, uniform), 0.0)
    on_special = torch.where(is_residue, 0.0, wide).sum(-1)
    share = torch.where(mask, on_special, 0.0).sum(-1) / mask.sum(-1).clamp(min=1)
    return expected, share


def _check_mask(mask: Tensor, probs: Tensor) -> None:
    if mask.shape != probs.shape[:2]:
        raise ArgumentError(f"The mask must be (B, L) = {tuple(probs.shape[:2])}, not {tuple(mask.shape)}.")


def soft_neutral_mass(residue_masses: Tensor, residue_mask: Tensor) -> Tensor:
    """Neutral mass of soft peptides: their residues and one water.

    Args:
        residue_masses: (B, L) Da.
        residue_mask: (B, L) bool.
    Returns:
        (B,) Da, float64; the water alone for a row without residues.

    >>> soft_neutral_mass(torch.tensor([[57.0, 71.0, 0.0]]), torch.tensor([[True, True, False]])).round(decimals=4)
    tensor([146.0106], dtype=torch.float64)
    """
    return torch.where(residue_mask, residue_masses.to(torch.float64), 0.0).sum(-1) + WATER


def soft_fragments(
    residue_masses: Tensor, residue_mask: Tensor, ions: Sequence[str | IonKind] = ("b", "y"), *, none: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Fragment m/z of soft peptides, as those of a hard peptide with the same residue masses.

    Args:
        residue_masses: (B, L) Da.
        residue_mask: (B, L) bool; padding may lie anywhere.
        ions: names as ``parse_ion_name`` reads them, or kinds of ions (isotopes, immonium ions, the precursor).
        none: the m/z of a slot that is no fragment; infinity is that of padding in ``Peaks``.
    Returns:
        mz (B, F) in Th, float64, and mask (B, F) bool, with F = len(ions) * L. Slot ``i * L + l`` is ion i of the
        residues up to and with position l for N-terminal ions, from position l on for C-terminal ones, and of the
        residue at l for immonium ions; the precursor stands at its last residue. The mask is False, and mz ``none``,
        beyond the 1 to n-1 of a peptide of n residues: padding makes no fragments.
    Raises:
        SettingsError: an ion name is not known, or the shapes differ.

    >>> mz, mask = soft_fragments(torch.tensor([[57.02146, 71.03711]]), torch.tensor([[True, True]]))
    >>> mz[mask].round(decimals=4).tolist()
    [58.0287, 90.055]
    """
    if residue_masses.shape != residue_mask.shape or residue_masses.dim() != 2:
        raise ArgumentError(
            f"Residue masses and mask must both be (B, L), not {tuple(residue_masses.shape)} and "
            f"{tuple(residue_mask.shape)}."
        )
    kinds = tuple(IonKind(*parse_ion_name(ion)) if isinstance(ion, str) else ion for ion in ions)
    mask = residue_mask.to(torch.bool)
    if kinds and soft_eager.eager(residue_masses, mask):
        return soft_eager.fragments(
            lambda m, there: _fragments(m, there, kinds, none), residue_masses, mask, kinds, none
        )
    return _fragments(residue_masses, mask, kinds, none)


def _fragments(residue_masses: Tensor, mask: Tensor, kinds: tuple[IonKind, ...], none: float) -> tuple[Tensor, Tensor]:
    """Fragments in tensor operations."""
    masses = torch.where(mask, residue_masses.to(torch.float64), 0.0)
    if not kinds:
        return masses[:, :0], mask[:, :0]
    n_terminal, c_terminal = masses.cumsum(-1), masses.flip(-1).cumsum(-1).flip(-1)
    # A whole peptide is no fragment: something has to be left on the other side.
    counts = mask.cumsum(-1)
    n_valid, c_valid = mask & (counts < counts[..., -1:]), mask & (counts > 1)
    mz, valid = [], []
    for kind in kinds:
        if kind.kind == "immonium":
            mass, there = masses, mask
        elif kind.kind == "precursor":
            mass, there = n_terminal + WATER, mask & (counts == counts[..., -1:])
        elif kind.kind in N_TERMINAL:
            mass, there = n_terminal, n_valid
        else:
            mass, there = c_terminal, c_valid
        mz.append(kind.mz(mass))
        valid.append(there)
    all_mz, all_valid = torch.cat(mz, -1), torch.cat(valid, -1)
    all_valid = all_valid & ~(all_mz <= 0)  # a loss larger than its fragment; NaN stays, to be seen
    return torch.where(all_valid, all_mz, none), all_valid


def parse_ion_name(name: str) -> tuple[str, int, str]:
    """(type, charge, neutral loss) of one series of ions; without a charge it is that of charge 1.

    Raises:
        SettingsError: the name is not known.

    >>> parse_ion_name("y++-H2O"), parse_ion_name("y2-H2O"), parse_ion_name("b")
    (('y', 2, 'H2O'), ('y', 2, 'H2O'), ('b', 1, ''))
    """
    ion = read_ion(name)
    if ion is None:
        raise SettingsError(f"There is no ion {name!r}.", remedy=f"The ions are {', '.join(ION_NAMES)}.")
    return ion.kind, ion.charge or 1, ion.loss


def ion_names_for_model(name: str) -> tuple[str, ...]:
    """The ions that an MS2PIP model predicts.

    Raises:
        SettingsError: the model is not known.

    >>> ion_names_for_model("HCDch2")
    ('b', 'y', 'b++', 'y++')
    """
    if name not in MODEL_ION_NAMES:
        raise SettingsError(f"There is no model {name!r}.", remedy=f"The models are {', '.join(MODEL_ION_NAMES)}.")
    return MODEL_ION_NAMES[name]
