"""Close names are those that difflib finds, in its order."""

from __future__ import annotations

import difflib
import random

import pytest

from peploss.peptides.modifications.close_names import CloseNames
from peploss.peptides.modifications.unimod import suggestions

NAMES = ["Oxidation", "oxidation", "Phospho", "Phosphoryl", "Acetyl", "Acetyl:2H(3)", "Methyl", "Dimethyl",
         "Gln->pyro-Glu", "Carbamidomethyl", "Carbamyl", "", "a", "µ-thing"]  # fmt: skip


@pytest.mark.parametrize("cutoff", [0.0, 0.5, 0.7, 1.0])
def test_they_are_difflib_s(cutoff: float) -> None:
    dice = random.Random(3)
    close = CloseNames(NAMES)
    for _ in range(300):
        letters = list(dice.choice(NAMES))
        for _ in range(dice.randint(0, 4)):
            letters.insert(dice.randint(0, len(letters)), dice.choice("axidnµ-Ω("))
        dice.shuffle(letters) if dice.random() < 0.2 else None
        word = "".join(letters)
        n = dice.randint(1, 6)
        assert close.to(word, n, cutoff) == difflib.get_close_matches(word, NAMES, n, cutoff)


def test_no_names_have_none_close() -> None:
    assert CloseNames([]).to("x", 3, 0.0) == []


def test_suggestions_of_unimod_are_those_near_first() -> None:
    assert suggestions("Carbamidometyl") == ["Carbamidomethyl", "Dicarbamidomethyl", "CarbamidomethylDTT"]
    assert suggestions("oxidized") == ["Oxidation", "Oxidation+NEM", "Nitro"]
