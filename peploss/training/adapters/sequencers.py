"""Batches of Casanovo and InstaNovo as ``SampleLog.add`` and ``CombinedLoss`` take them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from peploss.constants import PROTON
from peploss.training.adapters.tokens import TokenMap

_ALONE = re.compile(r"[\[(+-]")  # a token of InstaNovo that begins so is a modification without a residue


class Adapted(NamedTuple):
    """``log.add(step, ids, logits, targets, mask, metrics, peaks=peaks, precursor_mass=..., charges=...)`` and
    ``CombinedLoss(vocabulary=tokens.vocabulary)(logits, targets, mask, *peaks, precursor_mass)``; shapes as there."""

    ids: list[str]
    logits: Tensor
    targets: Tensor
    mask: Tensor
    peaks: tuple[Tensor, Tensor, Tensor]
    precursor_mass: Tensor
    charges: list[int]


def casanovo_tokens(tokenizer: Any) -> TokenMap:
    """Tokens of a ``depthcharge`` ``PeptideTokenizer``, which Casanovo's models carry as ``model.tokenizer``.

    Raises:
        SettingsError: a token has no mass.
    """
    tokens = ["" if token is None else token for token in tokenizer.reverse_index]  # the first is padding
    ends = {tokenizer.start_token: "<SOS>", tokenizer.stop_token: "<EOS>"}
    special = {"": "<PAD>"} | {token: name for token, name in ends.items() if token is not None}
    terminal = [token for token in tokens if token.endswith("-")]
    return TokenMap.of(
        tokens, dict(tokenizer.residues), special=special, terminal=terminal, reverse=bool(tokenizer.reverse)
    )


def casanovo_batch(
    logits: Tensor, batch: Mapping[str, Any], tokens: TokenMap, ids: Sequence[str] | None = None
) -> Adapted:
    """A batch of Casanovo 4.3 or later with what ``model._forward_step(batch)`` gave for it.

    Args:
        logits: (B, L + 1, V), whose last position is cut, or (B, L, V).
        batch: with ``mz_array``, ``intensity_array``, ``precursor_mz``, ``precursor_charge`` and ``seq``; a leading
            axis of 1, as its loaders give, is taken off.
        tokens: of ``casanovo_tokens``.
        ids: B names; None takes file and scan of the batch, which are the same in every epoch.
    Raises:
        ArgumentError: shapes do not fit.
    """
    nested = batch["seq"].ndim == 3
    values = {name: v[0] if nested and isinstance(v, Tensor) and v.ndim > 1 else v for name, v in batch.items()}
    seq = values["seq"]
    said = logits[:, :-1] if logits.shape[1] == seq.shape[1] + 1 else logits
    mz, charge = values["precursor_mz"].double().reshape(-1), values["precursor_charge"].reshape(-1)
    if ids is None:
        files = _names(values.get("peak_file"), len(seq))
        ids = [f"{file}:{scan}" for file, scan in zip(files, _names(values.get("scan_id"), len(seq)), strict=True)]
    peaks = values["mz_array"], values["intensity_array"], values["mz_array"] > 0
    return Adapted(list(ids), *tokens(said, seq), peaks, (mz - PROTON) * charge, [int(z) for z in charge.tolist()])


def instanovo_tokens(residue_set: Any, *, reverse: bool = True) -> TokenMap:
    """Tokens of an InstaNovo ``ResidueSet``.

    Args:
        reverse: ``reverse_peptide`` of its data, on by default there.
    """
    special = {"[PAD]": "<PAD>", "[SOS]": "<SOS>", "[EOS]": "<EOS>"}
    tokens = list(residue_set.vocab)
    terminal = [token for token in tokens if token not in special and _ALONE.match(token)]
    return TokenMap.of(tokens, residue_set.residue_masses, special=special, terminal=terminal, reverse=reverse)


def instanovo_batch(logits: Tensor, batch: Mapping[str, Any], tokens: TokenMap, ids: Sequence[str]) -> Adapted:
    """A batch of InstaNovo 1.1 or later with what ``model(...)`` gave for it.

    Args:
        logits: (B, L + 1, V), whose last position is cut, or (B, L, V).
        batch: with ``spectra`` (B, P, 2), ``spectra_mask`` (True on padding), ``precursors`` (B, 3: mass, charge, m/z)
            and ``peptides`` (B, L).
        tokens: of ``instanovo_tokens``.
        ids: B names, the same for a spectrum in every epoch.
    """
    peptides = batch["peptides"]
    said = logits[:, :-1] if logits.shape[1] == peptides.shape[1] + 1 else logits
    spectra, precursors = batch["spectra"], batch["precursors"].double()
    mz, charge = precursors[:, 2], precursors[:, 1].round()
    hidden = batch.get("spectra_mask")
    mask = spectra[..., 0] > 0 if hidden is None else ~hidden.to(torch.bool) & (spectra[..., 0] > 0)
    peaks = spectra[..., 0], spectra[..., 1], mask
    # From m/z: its own mass is rounded to float32.
    return Adapted(list(ids), *tokens(said, peptides), peaks, (mz - PROTON) * charge, [int(z) for z in charge.tolist()])


def _names(values: Any, n: int) -> list[str]:
    if values is None:
        return [str(i) for i in range(n)]
    found = values.reshape(-1).tolist() if isinstance(values, Tensor) else list(values)
    return [str(v[0] if isinstance(v, list | tuple) and len(v) == 1 else v) for v in found]
