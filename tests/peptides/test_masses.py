"""Masses of many peptides are those of each."""

from __future__ import annotations

import random

import numpy as np

from peploss.errors import PeptideError
from peploss.peptides.masses import neutral_masses
from peploss.peptides.peptide import Peptide

BITS = ["[Oxidation]", "[+15.99]", "-", "[-17.02]", "[-120]", "/2", "/0", "A", "C", "M", "X", "B", "J", "[Acetyl]-",
        "-[Amidated]", "[Glycan:Hex]", "{Hex}", "<[Oxidation]@M>", "[", "]", "?", "(", "U", "O", "[15.9]",
        "[Phospho#g1]", "[INFO:x]", "[Obs:+1]", "K.", ".R", "_"]  # fmt: skip


def one(text: str) -> float:
    try:
        return Peptide.parse(text).neutral_mass
    except PeptideError:
        return float("nan")


def test_any_text() -> None:
    dice = random.Random(3)
    texts = ["".join(dice.choices(BITS, k=dice.randint(1, 8))) for _ in range(4000)]
    found, right = neutral_masses(texts), np.array([one(t) for t in texts])
    np.testing.assert_allclose(found, right, rtol=0, atol=1e-8)
    assert 100 < np.isfinite(right).sum() < 3900


def test_plain_ones() -> None:
    texts = ["PEPTIDEK", "[Acetyl]-PEM[Oxidation]C[UNIMOD:4]K/3", "AK-[Amidated]", ""]
    np.testing.assert_allclose(neutral_masses(texts), [one(t) for t in texts], rtol=0, atol=1e-9)
