"""The ladder carries a model's confidence, marks bonds without ions, and warns of a reversed order."""

from __future__ import annotations

import numpy as np

from peploss.analysis.one_psm.explanation import explain
from peploss.explorer.explore.summary import ladder
from peploss.peptides.confidence import Confidence
from peploss.peptides.peptide import Peptide
from peploss.spectra.spectrum import Spectrum


def test_scores_go_to_their_residues_and_unproven_bonds_are_marked() -> None:
    peptide = Peptide.parse("[Acetyl]-PEPTIDEK")
    spectrum = Spectrum(mz=np.array([147.1128, 276.1554]), intensity=np.ones(2))  # y1 and y2: bonds 7 and 6
    scores = np.array([0.2, 0.95, 0.96, 0.3, 0.99, 0.98, 0.97, 1.0])
    drawn = ladder(explain(spectrum, peptide), Confidence(scores, 0.7))
    assert [residue["score"] for residue in drawn["residues"]] == scores.tolist()
    assert drawn["n_term_score"] == 0.7
    assert sorted(drawn["unproven"]) == [2, 5]
    assert drawn["unproven"][2] == (
        "Bond 2: no ion proves it, though the model is sure of the residues beside it (0.95 and 0.96)"
    )
    assert drawn["note"] is None


def test_a_ladder_without_a_model_is_as_before() -> None:
    drawn = ladder(explain(Spectrum(mz=np.array([147.1128]), intensity=np.ones(1)), "PEPTIDEK"))
    assert "scored" not in drawn
    assert "score" not in drawn["residues"][0]


def test_a_reversed_order_is_warned_of() -> None:
    spectrum = Spectrum(mz=np.array([147.1128, 276.1554, 391.1823, 504.2664]), intensity=np.ones(4))  # y1 to y4
    scores = np.array([0.3, 0.35, 0.3, 0.8, 0.95, 0.9, 0.95, 0.9])
    assert ladder(explain(spectrum, "PEPTIDEK"), Confidence(scores))["note"] is None
    warned = ladder(explain(spectrum, "PEPTIDEK"), Confidence(scores[::-1]))["note"]
    assert warned is not None
    assert "reversed order" in warned
