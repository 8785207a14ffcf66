"""Descents: they are Adam on the losses themselves, and start where they are told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from peploss import LossSettings, Peaks, Peptide, Vocabulary, fragments, spectrum_loss
from peploss.errors import SettingsError
from peploss.losses.baselines import BASELINES
from peploss.training.by_hand.soft_peptide import Doubt, soft_peptide
from peploss.training.descent.run import OBJECTIVES, Descent, descend

VOCABULARY = Vocabulary()


def problem(texts: list[str], correct: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, Peaks]:
    length = max(map(len, texts))
    probs = torch.full((len(texts), length, len(VOCABULARY)), 1 / len(VOCABULARY), dtype=torch.float64)
    targets = torch.zeros(len(texts), length, dtype=torch.int64)
    mask = torch.zeros(len(texts), length, dtype=torch.bool)
    sides = []
    for i, text in enumerate(texts):
        probs[i, : len(text)] = soft_peptide(text, Doubt(correct=correct))
        targets[i, : len(text)] = torch.tensor([VOCABULARY.id(r) for r in text])
        mask[i, : len(text)] = True
        ions = fragments(Peptide.parse(text), LossSettings())
        order = np.argsort(ions.mz)
        sides.append((ions.mz[order], ions.intensity[order]))
    return probs, targets, mask, Peaks.from_list(sides)


def test_the_first_row_is_the_loss_at_the_start() -> None:
    probs, targets, mask, observed = problem(["PEPTIDE", "GASK"], 1.0)
    found = descend(probs, targets, mask, observed, Descent(weights={"spectrum": 2.0, "cross_entropy": 1.0}, steps=1))
    np.testing.assert_allclose(found.parts["spectrum"][0], 0.0, atol=1e-3)  # probabilities are clamped at 1e-6
    np.testing.assert_allclose(found.loss[0], 2 * found.parts["spectrum"][0] + found.parts["cross_entropy"][0])
    assert found.accuracy[0].tolist() == [1.0, 1.0]
    assert np.abs(found.ppm[0]).max() < 20  # of the same clamp: 19 other residues at 1e-6 each


def test_samples_do_not_touch_each_other() -> None:
    how = Descent(weights={"spectrum": 1.0}, steps=20, sigma=(1.0, 0.1))
    both = descend(*problem(["PEPTIDE", "GASK"], 0.6), how)
    alone = descend(*problem(["PEPTIDE"], 0.6), how)
    np.testing.assert_allclose(both.loss[:, 0], alone.loss[:, 0], atol=1e-9)
    np.testing.assert_allclose(both.accuracy[:, 0], alone.accuracy[:, 0])


def test_cross_entropy_finds_back_from_anywhere() -> None:
    probs, targets, mask, observed = problem(["PEPTIDE", "ACDEFGHIK"], 0.0)
    found = descend(probs, targets, mask, observed, Descent(weights={"cross_entropy": 1.0}, steps=100))
    assert found.accuracy[-1].tolist() == [1.0, 1.0]
    assert (np.diff(found.loss.mean(1)) < 0).all()
    assert (found.probs[mask.numpy()].argmax(-1) == targets[mask].numpy()).all()


def test_annealing_runs_from_the_first_sigma_to_the_last() -> None:
    how = Descent(weights={"spectrum": 1.0}, steps=5, sigma=(1.6, 0.1))
    assert [round(how.sigma_at(k), 6) for k in range(5)] == [1.6, 0.8, 0.4, 0.2, 0.1]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_descends(name: str) -> None:
    probs, targets, mask, observed = problem(["PEPTIDE"], 0.95)
    how = Descent(weights={name: 1.0}, steps=40, learning_rate=0.02, sigma=(1.0, 1.0))
    found = descend(probs, targets, mask, observed, how)
    assert np.isfinite(found.loss).all()
    assert found.loss[-1, 0] < found.loss[0, 0]
    if name in BASELINES or name == "spectrum":
        assert found.parts[name].shape == (40, 1)


def test_progress_can_cancel() -> None:
    def stop(done: int, total: int) -> None:
        assert total == 50
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        descend(*problem(["PEPTIDE"], 0.5), Descent(weights={"spectrum": 1.0}, steps=50), progress=stop)


@pytest.mark.parametrize(
    "wrong",
    [{"weights": {"x": 1.0}}, {"weights": {"spectrum": 0.0}}, {"steps": 0}, {"learning_rate": 0}, {"sigma": (0, 1)}],
)
def test_what_cannot_be_descended_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        Descent(**{"weights": {"spectrum": 1.0}} | wrong)  # type: ignore[arg-type]


def test_the_spectrum_part_is_the_spectrum_loss() -> None:
    probs, targets, mask, observed = problem(["PEPTIDE"], 1.0)
    shifted = Peaks.from_arrays(observed.mz + 0.03, torch.ones(len(observed.mz)))
    found = descend(probs, targets, mask, shifted, Descent(weights={"spectrum": 1.0}, steps=1))
    want = spectrum_loss(observed, shifted, sigma=0.05, grid=LossSettings().grid).item()
    assert found.loss[0, 0] == pytest.approx(want, abs=5e-3)
