"""A checkpoint of the original training code loads, and one of another grid or vocabulary is an error."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from peploss import CombinedLoss, PrecursorMassLoss, SpectrumMatchingLoss, Vocabulary

VOCABULARY = Vocabulary()


def masses_as_the_original_has_them() -> Tensor:
    return torch.tensor([round(mass or 0.0, 5) for mass in VOCABULARY.masses])


def original_state(prefix: str = "", bins: int = 20000, end: float = 2000.0) -> dict[str, Tensor]:
    return {
        f"{prefix}spectrum_loss.mz_grid": torch.linspace(0, end, bins).view(1, 1, -1),
        f"{prefix}spectrum_loss.aa_masses": masses_as_the_original_has_them(),
        f"{prefix}precursor_loss.aa_masses": masses_as_the_original_has_them(),
    }


def test_an_original_state_loads_strictly_alone_and_in_a_model() -> None:
    assert not any(CombinedLoss().load_state_dict(original_state()))
    model = nn.Module()
    model.loss, model.layer = CombinedLoss(), nn.Linear(2, 1)
    state = {**original_state("loss."), "layer.weight": torch.ones(1, 2), "layer.bias": torch.zeros(1)}
    model.load_state_dict(state)
    assert model.layer.weight.tolist() == [[1.0, 1.0]]
    assert "loss.spectrum_loss.mz_grid" in state  # the caller's dict is not changed
    SpectrumMatchingLoss().load_state_dict({"mz_grid": torch.linspace(0, 2000, 20000).view(1, 1, -1)})
    PrecursorMassLoss().load_state_dict({"aa_masses": masses_as_the_original_has_them()})


def test_a_bin_that_the_original_lost_in_rounding_is_no_difference() -> None:
    # int(1.1 / 0.1) is 11, int(0.3 / 0.1) is 2
    CombinedLoss(bin_size=0.1, max_mz=0.3).load_state_dict(original_state(bins=int(0.3 / 0.1), end=0.3))


@pytest.mark.parametrize(("bins", "end"), [(2000, 2000.0), (20000, 1000.0), (0, 0.0)])
def test_another_grid_is_an_error_also_where_not_strict(bins: int, end: float) -> None:
    for strict in (True, False):
        with pytest.raises(RuntimeError, match=rf"mz_grid has {bins} bins up to {end:g} Th, and this loss 20000"):
            CombinedLoss().load_state_dict(original_state(bins=bins, end=end), strict=strict)


def test_without_bins_any_grid_fits() -> None:
    CombinedLoss(grid=None).load_state_dict(original_state(bins=2000))


@pytest.mark.parametrize("part", ["spectrum_loss", "precursor_loss"])
def test_other_masses_are_an_error_that_names_the_token(part: str) -> None:
    state = original_state()
    state[f"{part}.aa_masses"][7] += 0.98  # D for N
    with pytest.raises(RuntimeError, match=rf"{part}.aa_masses says 116.0\d+ Da for token 7, which the vocabulary"):
        CombinedLoss().load_state_dict(state)
    state[f"{part}.aa_masses"][7] = torch.nan
    with pytest.raises(RuntimeError, match="says nan Da for token 7"):
        CombinedLoss().load_state_dict(state)
    state[f"{part}.aa_masses"] = torch.ones(21)
    with pytest.raises(RuntimeError, match="holds 21 masses and the vocabulary has 24 tokens"):
        CombinedLoss().load_state_dict(state)


def test_a_buffer_that_nobody_knows_still_is_one() -> None:
    with pytest.raises(RuntimeError, match=r"Unexpected key.*spectrum_loss\.other"):
        CombinedLoss().load_state_dict({"spectrum_loss.other": torch.ones(1)})
