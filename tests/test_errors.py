"""One family of errors: every wrong input is a ValueError and a PeplossError."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

import peploss
from peploss import ArgumentError, BackendError, LossSettings, Peaks, PeplossError, SettingsError, errors

ONE, TWO = Peaks.from_arrays([100.0], [1.0]), Peaks.from_list([([100.0], [1.0])] * 2)
WRONG: dict[str, Callable[[], object]] = {
    "batch sizes": lambda: peploss.spectrum_loss(ONE, TWO),
    "batch sizes of a baseline": lambda: peploss.soft_f1(ONE, TWO),
    "batch sizes of a landscape": lambda: peploss.loss_landscape(ONE, TWO, sigmas=[0.1], bin_widths=[0.1]),
    "sigma": lambda: peploss.spectrum_loss(ONE, ONE, sigma=-1.0),
    "sigma of each spectrum": lambda: peploss.spectrum_loss(ONE, ONE, sigma=torch.ones(3)),
    "unit": lambda: peploss.soft_coverage(ONE, ONE, sigma_unit="mmu"),  # type: ignore[arg-type]
    "delta": lambda: peploss.min_distance_loss(ONE, ONE, delta=0.0),
    "lengths": lambda: Peaks.from_arrays([1.0, 2.0], [1.0]),
    "padded": lambda: Peaks.from_padded(torch.ones(2, 3), torch.ones(2, 4)),
    "offsets": lambda: peploss.spectrum_loss(Peaks(ONE.mz, ONE.intensity, torch.tensor([0, 3])), ONE),
    "masses": lambda: peploss.precursor_loss(torch.ones(2), torch.ones(3)),
    "logits": lambda: peploss.CombinedLoss()(torch.ones(2, 3), *[torch.ones(1, 1)] * 5),
    "soft peptides": lambda: peploss.SpectrumMatchingLoss()(torch.ones(1, 2, 3), *[torch.ones(1, 1)] * 3),
    "bin width": lambda: peploss.MzGrid(bin_width=0.0),
    "a setting": lambda: LossSettings(sigma=0.0),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_argument_is_one_kind_of_error(what: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        WRONG[what]()
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, PeplossError)


def test_a_wrong_setting_is_a_wrong_argument() -> None:
    assert issubclass(SettingsError, ArgumentError)
    with pytest.raises(SettingsError):
        LossSettings(sigma=0.0)


def test_the_family_is_the_one_the_docstring_draws() -> None:
    drawn = [
        line.split()[0] for line in (errors.__doc__ or "").splitlines() if "Error" in line and line.startswith("    ")
    ]
    family = [c.__name__ for c in vars(errors).values() if isinstance(c, type) and issubclass(c, PeplossError)]
    assert sorted(drawn) == sorted(family)
    assert issubclass(BackendError, RuntimeError)


def test_says_where_and_the_way_out() -> None:
    error = PeplossError("It is broken.", where="a.mgf, line 3", remedy="Mend it.")
    assert str(error) == "a.mgf, line 3: It is broken. Mend it."
    assert str(PeplossError("It is broken.")) == "It is broken."
