"""Scores go to the residues they belong to, or to none."""

from __future__ import annotations

import numpy as np
import pytest

from peploss.errors import PeptideError
from peploss.peptides.confidence import aligned


def test_terminal_tokens_stand_first_and_are_multiplied() -> None:
    found = aligned([0.5, 0.9, 0.8, 0.7], 2, 2)
    assert found.n_term == pytest.approx(0.45)
    np.testing.assert_allclose(found.residues, [0.8, 0.7])
    np.testing.assert_allclose(found.with_n_term, [0.45 * 0.8, 0.7])
    assert aligned([0.8, 0.7], 2, 1).n_term is None  # of a model that scores residue and modification together


@pytest.mark.parametrize("scores", [[0.9], [0.9, 0.8, 0.7, 0.6]])
def test_scores_that_do_not_fit_are_refused(scores: list[float]) -> None:
    with pytest.raises(PeptideError, match=r"scores for 2 residues and 1 N-terminal modification, so none is used"):
        aligned(scores, 2, 1)


@pytest.mark.parametrize("bad", [1.5, -0.1, float("nan")])
def test_what_is_no_probability_is_refused(bad: float) -> None:
    with pytest.raises(PeptideError, match="a probability from 0 to 1"):
        aligned([0.5, bad], 2)


def test_one_score_more_is_the_end_of_the_sequence_where_nothing_else_can_be() -> None:
    np.testing.assert_allclose(aligned([0.9, 0.8, 0.7, 0.6], 2, 1, may_end=True).residues, [0.8, 0.7])
    assert aligned([0.9, 0.8, 0.7], 2, 1, may_end=True).n_term == pytest.approx(0.9)  # the N-terminus, not the end
    for scores, may_end in (([0.9, 0.8, 0.7], False), ([0.9, 0.8, 0.7, 0.6], True)):
        with pytest.raises(PeptideError, match="scores for 2 residues, so none is used"):
            aligned(scores, 2, may_end=may_end)
