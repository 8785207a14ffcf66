"""Soft peptides by hand, and where the loss loses its gradient between doubt and certainty."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from peploss import LossSettings, Peptide, SpectrumMatchingLoss, Vocabulary, fragments
from peploss.errors import SettingsError
from peploss.training.by_hand.reach_of_doubt import reach_of_doubt
from peploss.training.by_hand.soft_peptide import Doubt, soft_peptide

VOCABULARY = Vocabulary()
PEPTIDE = "PEPTIDEK"
MASSES = np.array([m or 0.0 for m in VOCABULARY.masses])


def spectrum(text: str = PEPTIDE) -> tuple[np.ndarray, np.ndarray]:
    ions = fragments(Peptide.parse(text), LossSettings())
    order = np.argsort(ions.mz)
    return ions.mz[order], ions.intensity[order]


def test_certainty_is_one_hot() -> None:
    probs = soft_peptide(PEPTIDE)
    assert probs.argmax(-1).tolist() == [VOCABULARY.id(r) for r in PEPTIDE]
    assert set(probs.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(
    "doubt",
    [
        Doubt(correct=0.3),
        Doubt(correct=0.0, leak=1.0),
        Doubt(confused=(0, 7), confusion=0.4),
        Doubt(correct=0.9, temperature=3.0, leak=0.2),
    ],
)
def test_rows_are_probabilities(doubt: Doubt) -> None:
    probs = soft_peptide(PEPTIDE, doubt)
    torch.testing.assert_close(probs.sum(-1), torch.ones(len(PEPTIDE), dtype=torch.float64))
    assert float(probs.min()) >= 0


def test_each_change_does_what_it_says() -> None:
    right = [VOCABULARY.id(r) for r in PEPTIDE]
    rows = torch.arange(len(PEPTIDE))
    assert soft_peptide(PEPTIDE, Doubt(correct=0.8))[rows, right].tolist() == pytest.approx([0.8 + 0.2 / 20] * 8)
    leaking = soft_peptide(PEPTIDE, Doubt(leak=0.25))
    assert leaking[:, :4].sum(-1).tolist() == pytest.approx([0.25] * 8)
    confused = soft_peptide(PEPTIDE, Doubt(confused=(7,), confusion=0.75, confused_with="Q"))
    assert confused[7, VOCABULARY.id("Q")] == pytest.approx(0.75)
    assert confused[7, VOCABULARY.id("K")] == pytest.approx(0.25)
    assert confused[:7].equal(soft_peptide(PEPTIDE)[:7])
    near = soft_peptide("L", Doubt(confused=(0,)))  # I has the same mass, which no spectrum can tell
    assert VOCABULARY.tokens[int(near.argmax())] == "N"
    flat = soft_peptide(PEPTIDE, Doubt(correct=0.8, temperature=2.0))
    assert float(flat.max()) < 0.8


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Doubt(correct=1.1), "correct"),
        (lambda: Doubt(leak=-0.1), "leak"),
        (lambda: Doubt(temperature=0), "temperature"),
        (lambda: soft_peptide(PEPTIDE, Doubt(confused=(8,))), "no position 8"),
        (lambda: soft_peptide(["<PAD>"]), "no residue"),
        (lambda: soft_peptide("GA", Doubt(leak=0.1), vocabulary={"G": 57.02146, "A": 71.03711}), "no special token"),
    ],
)
def test_what_cannot_be_is_refused(make: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        make()  # type: ignore[operator]


def test_the_curve_is_the_loss_of_the_module() -> None:
    mz, intensity = spectrum()
    found = reach_of_doubt(PEPTIDE, mz, intensity, sigmas=(0.05, 1.0), correct=(0.0, 0.7, 1.0))
    for s, sigma in enumerate(found.sigma):
        module = SpectrumMatchingLoss(0.1, sigma=float(sigma))
        for c, correct in enumerate(found.correct):
            probs = soft_peptide(PEPTIDE, Doubt(correct=float(correct)))[None]
            every = torch.ones(1, len(PEPTIDE), dtype=torch.bool)
            want = module(
                probs, torch.tensor(mz)[None], torch.tensor(intensity)[None], torch.ones(1, len(mz)) > 0,
                residue_mask=every,
            )  # fmt: skip
            assert found.loss[s, c] == pytest.approx(want.item(), abs=1e-9)
    assert found.loss[:, -1] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_the_drift_is_that_of_the_expected_masses() -> None:
    found = reach_of_doubt(PEPTIDE, *spectrum(), sigmas=(0.05,), correct=(0.9,))
    mean = MASSES[4:].mean()
    right = np.array([MASSES[VOCABULARY.id(r)] for r in PEPTIDE])
    assert found.drift[0] == pytest.approx(np.abs(np.cumsum(0.1 * (mean - right))).max())


def test_a_narrow_sigma_has_no_gradient_where_a_wide_one_has() -> None:
    found = reach_of_doubt("PEPTIDESAMPLEK", *spectrum("PEPTIDESAMPLEK"), sigmas=(0.05, 10.0), correct=(0.5,))
    assert found.drift[0] > 5
    assert found.gradient[0, 0] < 1e-3
    assert found.gradient[1, 0] > 1e-2
    assert found.towards[1, 0] > 0
