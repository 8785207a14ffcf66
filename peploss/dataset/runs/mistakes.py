"""What is wrong with a model's answer, told from its tokens: the cause that samples of a run are filtered by."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from peploss.peptides.vocabulary import Vocabulary

SAME_MASS: Final = 0.02
"""Da: K and Q differ by 0.036, M with an oxygen and F by 0.033; I and L by nothing."""
MISTAKES: Final = ("right", "special token", "order", "same mass", "one residue", "several residues")
"""In the order in which they are asked; the first that holds is named.

``special token``: one stands where a residue belongs. ``order``: the right residues at wrong places. ``same mass``:
other residues, the peptide's mass within ``SAME_MASS``. ``one residue``: one is wrong. ``several residues``: more are.
"""


def mistakes(target: pa.ListArray, decoded: pa.ListArray, vocabulary: Vocabulary) -> pa.DictionaryArray:
    """What is wrong with each answer.

    Args:
        target, decoded: N lists of token ids, each pair of one length; a null target or one of another length has no
            answer.
        vocabulary: of the ids.
    Returns:
        (N,) of ``MISTAKES``; null where there is no answer.
    """
    if pa.types.is_null(target.type):
        return pa.DictionaryArray.from_arrays(pa.nulls(len(target), pa.int8()), pa.array(MISTAKES))
    length = pc.list_value_length(target).fill_null(-1).to_numpy(zero_copy_only=False)
    known = (length == pc.list_value_length(decoded).fill_null(-2).to_numpy(zero_copy_only=False)) & (length > 0)
    n = int(known.sum())
    code = np.full(len(target), -1, dtype=np.int8)
    if n:
        right, said = (x.filter(pa.array(known)).flatten().to_numpy().astype(np.int64) for x in (target, decoded))
        code[known] = _codes(right, said, np.concatenate([[0], np.cumsum(length[known])[:-1]]), vocabulary)
    indices = pa.array(code, pa.int8(), mask=code < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(MISTAKES))


def _codes(
    right: NDArray[np.int64], said: NDArray[np.int64], start: NDArray[np.int64], vocabulary: Vocabulary
) -> NDArray[np.int8]:
    """(n,) place in ``MISTAKES`` of answers that lie one after the other, each beginning at ``start``."""
    special = np.array([mass is None for mass in vocabulary.masses])
    mass = np.array([mass or 0.0 for mass in vocabulary.masses])
    wrong = np.add.reduceat((right != said).astype(np.int64), start)
    lost = np.add.reduceat((special[said] & ~special[right]).astype(np.int64), start)
    off = np.abs(np.add.reduceat(mass[said] - mass[right], start))
    # Tokens in another order: sums of a number drawn for each token agree, as else by a chance of 2^-60.
    drawn = np.random.default_rng(0).integers(0, 2**62, len(mass), dtype=np.int64)
    mixed = np.add.reduceat(drawn[said] - drawn[right], start) == 0
    found = [wrong == 0, lost > 0, mixed, off <= SAME_MASS, wrong == 1]
    return np.select(found, list(range(len(found))), len(found)).astype(np.int8)
