"""The tokens of a sequence model and their masses."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from peploss.constants import RESIDUE_MASSES
from peploss.errors import SettingsError
from peploss.peptides.peptide import Peptide

SPECIAL_TOKENS = ("<PAD>", "<SOS>", "<EOS>", "<UNK>")
STANDARD_RESIDUES = tuple("ARNDCEQGHILKMFPSTWYV")
_MODIFICATION = re.compile(r"([+-][0-9.]+)+|\[[^\]]*\]-")  # +42.011, +43.006-17.027, [Acetyl]-


@dataclass(frozen=True)
class Vocabulary:
    """The V tokens of a model in the order of its last axis, each with its mass.

    ``Vocabulary()`` is ``<PAD> <SOS> <EOS> <UNK>`` and the twenty residues ``A R N D C E Q G H I L K M F P S T W Y V``.

    Every token with a mass is a residue of its own, with a fragment behind it. A modification that is a token by
    itself, such as Casanovo's ``+42.011`` before the first residue, is therefore not supported, and is refused where
    its name or a negative mass gives it away: it would make fragments that do not exist. The ways out: one token for
    the residue and its modification together (``[Acetyl]-M``, one mass), or to add the mass to the first residue
    oneself and call ``of_residues`` of ``SpectrumMatchingLoss`` and ``PrecursorMassLoss``.

    Args:
        tokens: (V,) distinct names.
        masses: (V,) Da; None marks a special token, which is no residue and weighs nothing.
        pad, sos, eos: names of these special tokens, or None where the model has none. ``encode`` puts them in, and
            a sequence mask is trimmed by those that are there.
    Raises:
        SettingsError: a name occurs twice, lengths differ, a mass is negative or not finite, a token is a modification
            without a residue, or no token is a residue.

    >>> vocabulary = Vocabulary()
    >>> len(vocabulary), vocabulary.tokens[:6], round(vocabulary.masses[4], 5)
    (24, ('<PAD>', '<SOS>', '<EOS>', '<UNK>', 'A', 'R'), 71.03711)
    """

    tokens: tuple[str, ...] = SPECIAL_TOKENS + STANDARD_RESIDUES
    masses: tuple[float | None, ...] = (None,) * 4 + tuple(RESIDUE_MASSES[r] for r in STANDARD_RESIDUES)
    pad: str | None = "<PAD>"
    sos: str | None = "<SOS>"
    eos: str | None = "<EOS>"

    def __post_init__(self) -> None:
        if len(self.tokens) != len(self.masses):
            raise SettingsError(
                f"A vocabulary of {len(self.tokens)} tokens needs as many masses, not {len(self.masses)}."
            )
        if len(set(self.tokens)) != len(self.tokens):
            twice = next(t for i, t in enumerate(self.tokens) if t in self.tokens[:i])
            raise SettingsError(f"The token {twice!r} occurs twice in the vocabulary.")
        for token, mass in zip(self.tokens, self.masses, strict=True):
            if mass is not None and not math.isfinite(mass):
                raise SettingsError(f"The mass of token {token!r} must be finite, not {mass!r}.")
            if mass is not None and (mass < 0 or _MODIFICATION.fullmatch(token)):
                raise SettingsError(
                    f"The token {token!r} of {mass!r} Da is a modification without its residue: it would count as a "
                    "residue of its own and make fragments that do not exist.",
                    remedy="Give the residue and its modification one token with the mass of both.",
                )
        if all(mass is None for mass in self.masses):
            raise SettingsError("A vocabulary needs at least one token that is a residue, with its mass.")
        for role, name in (("pad", self.pad), ("sos", self.sos), ("eos", self.eos)):
            if name is not None and name not in self._id:
                raise SettingsError(f"The vocabulary has no token {name!r} to be its {role}.")

    @classmethod
    def from_masses(cls, masses: Mapping[str, float | None]) -> Vocabulary:
        """From token -> mass in Da, in the order of the model; None or 0 marks a special token.

        ``<PAD>``, ``<SOS>`` and ``<EOS>``, in any case, take their roles where they are there.

        >>> Vocabulary.from_masses({"<pad>": 0, "G": 57.02146, "M(ox)": 147.0354}).pad
        '<pad>'
        """
        special = {token.upper(): token for token, mass in masses.items() if not mass}
        return cls(
            tuple(masses),
            tuple(mass or None for mass in masses.values()),
            *(special.get(name) for name in ("<PAD>", "<SOS>", "<EOS>")),
        )

    @classmethod
    def from_tokens(cls, tokens: Iterable[str]) -> Vocabulary:
        """From tokens alone: those in ``<...>`` are special, the others one residue each in ProForma.

        Raises:
            PeptideError: a token is not a residue; SettingsError: a token is more than one.

        >>> round(Vocabulary.from_tokens(["<PAD>", "G", "M[Oxidation]"]).masses[2], 4)
        147.0354
        """
        masses: dict[str, float | None] = {}
        for token in tokens:
            if token.startswith("<") and token.endswith(">"):
                masses[token] = None
                continue
            peptide = Peptide.parse(token)
            if len(peptide) != 1:
                raise SettingsError(
                    f"The token {token!r} must be one residue.", remedy="Give its mass with from_masses."
                )
            masses[token] = float(peptide.residue_masses[0]) + peptide.n_term_mass + peptide.c_term_mass
        return cls.from_masses(masses)

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def _id(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.tokens)}

    def id(self, token: str) -> int:
        """Index of a token.

        Raises:
            SettingsError: it is not in the vocabulary.
        """
        if token not in self._id:
            raise SettingsError(f"The vocabulary has no token {token!r}.")
        return self._id[token]

    def mass_tensor(self, device: torch.device | None = None) -> Tensor:
        """(V,) float64 masses in Da, 0 for special tokens."""
        masses = torch.tensor([mass or 0.0 for mass in self.masses], dtype=torch.float64)
        return masses.to(device, non_blocking=True)

    def residue_tensor(self, device: torch.device | None = None) -> Tensor:
        """(V,) bool: the token is a residue."""
        residue = torch.tensor([mass is not None for mass in self.masses])
        return residue.to(device, non_blocking=True)

    def residue_mask(self, tokens: Tensor) -> Tensor:
        """Where the tokens are residues.

        Args:
            tokens: (...) int64 token ids.
        Returns:
            (...) bool.
        """
        return self.residue_tensor(tokens.device)[tokens]

    def encode(self, sequences: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor]:
        """Token ids of whole sequences, with SOS before, EOS behind and padding to the right.

        Args:
            sequences: B sequences of tokens; a string is taken letter by letter.
        Returns:
            targets (B, L) int64 and mask (B, L) bool, True on SOS, residues and EOS, where L is two more than the
            longest sequence (less for a vocabulary without SOS or EOS).
        Raises:
            SettingsError: a token is not in the vocabulary, or padding is needed and there is no padding token.

        >>> targets, mask = Vocabulary().encode(["AR", "A"])
        >>> targets.tolist(), mask.sum(1).tolist()
        ([[1, 4, 5, 2], [1, 4, 2, 0]], [4, 3])
        """
        before = [] if self.sos is None else [self.id(self.sos)]
        behind = [] if self.eos is None else [self.id(self.eos)]
        rows = [[*before, *(self.id(token) for token in sequence), *behind] for sequence in sequences]
        length = max((len(row) for row in rows), default=0)
        if self.pad is None and any(len(row) < length for row in rows):
            raise SettingsError("Sequences of different lengths need a padding token, and the vocabulary has none.")
        pad = 0 if self.pad is None else self.id(self.pad)
        targets = [row + [pad] * (length - len(row)) for row in rows]
        mask = [[True] * len(row) + [False] * (length - len(row)) for row in rows]
        shape = (len(rows), length)
        return torch.tensor(targets, dtype=torch.int64).reshape(shape), torch.tensor(mask).reshape(shape)


DEFAULT_VOCABULARY = Vocabulary()


def as_vocabulary(vocabulary: Vocabulary | Mapping[str, float | None] | None) -> Vocabulary:
    """What a ``vocabulary=`` argument means: a Vocabulary, a token -> mass mapping, or None for the default.

    >>> as_vocabulary(None) is DEFAULT_VOCABULARY, len(as_vocabulary({"<PAD>": 0, "G": 57.02146}))
    (True, 2)
    """
    if vocabulary is None:
        return DEFAULT_VOCABULARY
    return vocabulary if isinstance(vocabulary, Vocabulary) else Vocabulary.from_masses(vocabulary)
