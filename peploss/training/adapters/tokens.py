"""A sequencer's own tokens as a ``Vocabulary``: its order turned, terminal modifications joined with their residue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from peploss.errors import ArgumentError, SettingsError
from peploss.peptides.vocabulary import Vocabulary

NEVER = -30.0
"""Logit of a token that cannot stand at a position: a probability of 1e-13."""


@dataclass(frozen=True)
class TokenMap:
    """How a model's V tokens become those of a vocabulary.

    The model's own tokens come first, in their order, so that their indices stay. A modification of the N-terminus
    that is a token by itself is no residue; behind the model's tokens stands one for each such modification with each
    residue.

    Attributes:
        vocabulary: of V' tokens.
        terminal: indices of the modifications that are tokens by themselves.
        residues: indices of the model's residues.
        pad, stop: indices of the model; ``stop`` is None where there is none.
        reverse: whether the model writes peptides from the C-terminus.
    """

    vocabulary: Vocabulary
    terminal: tuple[int, ...]
    residues: tuple[int, ...]
    pad: int
    stop: int | None
    reverse: bool

    @classmethod
    def of(
        cls,
        tokens: Sequence[str],
        masses: Mapping[str, float],
        *,
        special: Mapping[str, str],
        terminal: Sequence[str],
        reverse: bool,
    ) -> TokenMap:
        """From a model's tokens.

        Args:
            tokens: V names in the model's order.
            masses: of residues and terminal modifications, in Da.
            special: tokens that are no residues -> what they are called here, ``<PAD>``, ``<SOS>`` or ``<EOS>``.
            terminal: modifications of the N-terminus that are tokens by themselves.
            reverse: whether peptides are written from the C-terminus.
        Raises:
            SettingsError: a token has no mass and is not special, or there is no padding.
        """
        named: dict[str, float | None] = {}
        for token in tokens:
            if token not in special and token not in masses:
                raise SettingsError(f"The token {token!r} has no mass.", remedy="Name it as special, or give its mass.")
            own = token in special or token in terminal
            named[special.get(token, f"<{token}>" if own else token)] = None if own else masses[token]
        if "<PAD>" not in named:
            raise SettingsError("The tokens hold no padding.")
        residues = [token for token in tokens if token not in special and token not in terminal]
        for modification in terminal:
            dash = "" if modification.endswith("-") else "-"
            for residue in residues:
                named[f"{modification}{dash}{residue}"] = masses[modification] + masses[residue]
        index = {token: i for i, token in enumerate(tokens)}
        names = {name: index[token] for token, name in special.items()}
        return cls(
            Vocabulary.from_masses(named),
            tuple(index[token] for token in terminal),
            tuple(index[token] for token in residues),
            names["<PAD>"],
            names.get("<EOS>"),
            reverse,
        )

    def __call__(self, logits: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A model's answer in the order of ``vocabulary``; differentiable by the logits.

        Args:
            logits: (B, L, V), or (T, B, L, V) for refinement steps, position by position with ``tokens``.
            tokens: (B, L) right tokens, padded.
        Returns:
            logits (T, B, L, V'), targets (B, L), mask (B, L), as ``CombinedLoss`` and ``SampleLog.add`` take them.
        Raises:
            ArgumentError: shapes do not fit.
        """
        every = logits.unsqueeze(0) if logits.ndim == 3 else logits
        n = len(self.vocabulary) - len(self.terminal) * len(self.residues)
        if every.ndim != 4 or every.shape[1:3] != tokens.shape or every.shape[3] != n:
            raise ArgumentError(
                f"logits must be (B, L, V = {n}) with (B, L) = {tuple(tokens.shape)} as the tokens, not "
                f"{tuple(logits.shape)}.",
                remedy="A decoder that answers once more than there are tokens is cut: logits[:, :-1].",
            )
        order = self._order(tokens)  # (B, L)
        tokens = tokens.gather(1, order)
        every = every.gather(2, order[None, :, :, None].expand_as(every)).float().log_softmax(-1)
        wide = torch.cat([every, every.new_full((*every.shape[:3], len(self.vocabulary) - n), NEVER)], -1)
        mask = tokens != self.pad
        if not self.terminal:
            return wide, tokens, mask
        is_terminal = torch.isin(tokens[:, 0], torch.tensor(self.terminal, device=tokens.device))
        joined = torch.cat([self._joined(every)[:, :, None], wide[:, :, 2:], wide[:, :, :1]], 2)
        wide = torch.where(is_terminal[None, :, None, None], joined, wide)
        pad = torch.full_like(tokens[:, :1], self.pad)
        moved = torch.cat([self._joined_target(tokens)[:, None], tokens[:, 2:], pad], 1)
        tokens = torch.where(is_terminal[:, None], moved, tokens)
        return wide, tokens, tokens != self.pad

    def _order(self, tokens: Tensor) -> Tensor:
        """(B, L) where each position comes from: the peptide turned round, stop and padding where they are."""
        place = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
        if not self.reverse:
            return place
        inside = tokens != self.pad
        if self.stop is not None:
            inside &= tokens != self.stop
        length = inside.sum(1, keepdim=True)
        return torch.where(place < length, length - 1 - place, place)

    def _joined(self, every: Tensor) -> Tensor:
        """(T, B, V') log probabilities of the first residue with its modification, from the first two positions."""
        first, second = every[:, :, 0].exp(), every[:, :, 1].exp()
        terminal = torch.tensor(self.terminal, device=every.device)
        residues = torch.tensor(self.residues, device=every.device)
        with_it = first[..., terminal]  # (T, B, M)
        both = with_it[..., :, None] * second[..., None, residues]  # (T, B, M, R)
        # What is left keeps its own token: no modification at all, or one without a residue behind it.
        alone = first.clone()
        alone[..., terminal] = 0
        behind = second.clone()
        behind[..., residues] = 0
        alone = alone + with_it.sum(-1, keepdim=True) * behind
        return torch.cat([alone, both.flatten(-2)], -1).clamp(min=1e-13).log()

    def _joined_target(self, tokens: Tensor) -> Tensor:
        """(B,) index of the joined token of the first two; anything where the first is no terminal modification."""
        n = len(self.vocabulary) - len(self.terminal) * len(self.residues)
        place = torch.zeros(n, dtype=torch.int64, device=tokens.device)
        place[list(self.terminal)] = torch.arange(len(self.terminal), device=tokens.device)
        which = torch.zeros_like(place)
        which[list(self.residues)] = torch.arange(len(self.residues), device=tokens.device)
        return n + place[tokens[:, 0]] * len(self.residues) + which[tokens[:, 1]]
