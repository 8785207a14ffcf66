"""SpectrumMatchingLoss: what settings and heights make of it, sample by sample."""

from __future__ import annotations

import pytest
import torch

from peploss import CombinedLoss, LossSettings, Peaks, Peptide, Spectrum, SpectrumMatchingLoss, Vocabulary, loss_of
from peploss.errors import ArgumentError, SettingsError
from peploss.grid import MzGrid
from peploss.losses.precursor import PrecursorMassLoss
from peploss.losses.spectrum import spectrum_loss
from peploss.training.schedule import SigmaSchedule

PEPTIDES = ["PEPTIDEK", "GASR", "LLYWKR"]


def soft(sharpness: float = 60.0) -> tuple[torch.Tensor, torch.Tensor]:
    targets, mask = Vocabulary().encode(PEPTIDES)
    lean = sharpness * torch.nn.functional.one_hot(targets, 24).double()
    return (lean + torch.randn(lean.shape, generator=torch.Generator().manual_seed(1)).double()).softmax(-1), mask


def observed(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(seed)
    mz = 100 + 800 * torch.rand(3, 40, generator=g, dtype=torch.float64)
    for row, text in enumerate(PEPTIDES):
        from peploss import fragments

        own = torch.from_numpy(fragments(Peptide.parse(text), LossSettings()).mz)
        mz[row, : len(own)] = own + 0.02 * torch.randn(len(own), generator=g).double()
    return mz.sort(1).values, torch.rand(3, 40, generator=g, dtype=torch.float64), torch.ones(3, 40).bool()


SETTINGS = [
    LossSettings(),
    LossSettings(sigma=40.0, sigma_unit="ppm", bin_width=0.02, max_mz=900.0),
    LossSettings(ion_types=("a", "b", "y"), neutral_losses=("H2O", "NH3"), max_fragment_charge=2),
    LossSettings(ion_weights={"y": 0.3, "b1": 2.0}, isotopes=1, max_fragment_charge=2),
    LossSettings(immonium=True, precursor=True, ion_weights={"immonium": 0.5}),
    LossSettings(sqrt=True, top_n=15, min_peak_mz=150.0, relative_threshold=0.1),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: repr(s)[13:-1])
def test_from_settings_is_the_loss_that_the_explorer_shows(settings: LossSettings) -> None:
    probs, mask = soft(200.0)
    mz, intensity, peaks = observed()
    loss = SpectrumMatchingLoss.from_settings(settings, precursor_charge=2, reduction="none")
    got = loss(probs, mz, intensity, peaks, mask)
    for row, text in enumerate(PEPTIDES):
        if settings.immonium and len(set(text)) < len(text):
            continue  # immonium ions of residues that occur twice
        spectrum = Spectrum(mz=mz[row].numpy(), intensity=intensity[row].numpy(), precursor_charge=2)
        assert got[row].item() == pytest.approx(loss_of(spectrum, Peptide.parse(text), settings), abs=1e-9)


def test_settings_reach_the_combined_loss() -> None:
    probs, mask = soft()
    targets, _ = Vocabulary().encode(PEPTIDES)
    settings = SETTINGS[1].replace(precursor_scale=500.0)
    loss = CombinedLoss.from_settings(settings, precursor_weight=0.5, reduction="none")
    mass = torch.tensor([900.0, 400.0, 800.0]).double()
    _, metrics = loss(probs.log()[None], targets, mask, *observed(), mass)
    want = SpectrumMatchingLoss.from_settings(settings, reduction="none")(probs, *observed(), mask)
    assert torch.allclose(metrics["spectrum_loss"], want, rtol=1e-9)
    want = PrecursorMassLoss(loss_scale=500.0, reduction="none")(probs, mass, mask)[0]
    assert torch.allclose(metrics["precursor_loss"], want, rtol=1e-9)
    assert (loss.spectrum_weight, loss.precursor_weight, loss.spectrum_loss.sigma_unit) == (0.1, 0.5, "ppm")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (LossSettings(ion_types=()), "ask for no ion"),
        (LossSettings(precursor=True), "precursor_charge="),
        (LossSettings(remove_precursor=True), "remove_precursor"),
    ],
)
def test_settings_that_cannot_be_trained_with_say_why(settings: LossSettings, message: str) -> None:
    for kind in (SpectrumMatchingLoss, CombinedLoss):
        with pytest.raises(SettingsError, match=message):
            kind.from_settings(settings)


@pytest.mark.parametrize("sos_in_mask", [True, False])
def test_a_sample_does_not_depend_on_the_samples_beside_it_nor_on_padding(sos_in_mask: bool) -> None:
    probs, mask = soft(4.0)
    if not sos_in_mask:
        mask = mask.clone()
        mask[1, 0] = False  # a mask of another kind beside: residues and EOS, or residues alone
    peaks = observed()
    mass = torch.tensor([900.0, 400.0, 800.0]).double()
    for loss in (
        lambda p, m, *x: SpectrumMatchingLoss(sigma=1.0, reduction="none")(p, *x[:3], m),
        lambda p, m, *x: PrecursorMassLoss(reduction="none")(p, x[3], m)[0],
    ):
        together = loss(probs, mask, *peaks, mass)
        for row in range(3):
            one = slice(row, row + 1)
            for width in (int(mask[row].nonzero().max()) + 1, probs.shape[1], probs.shape[1] + 3):
                wider = max(0, width - probs.shape[1])
                p = torch.nn.functional.pad(probs[one], (0, 0, 0, wider))[:, :width]
                m = torch.nn.functional.pad(mask[one], (0, wider))[:, :width]
                alone = loss(p, m, *(x[one] for x in (*peaks, mass)))
                assert alone.item() == pytest.approx(together[row].item(), rel=1e-12)


def test_heights_stand_in_the_order_that_is_documented() -> None:
    probs, mask = soft(200.0)
    loss = SpectrumMatchingLoss(ion_type_names=["y", "b"], reduction="none")
    length = probs.shape[1]
    heights = torch.zeros(3, 2 * length, dtype=torch.float64)
    heights[0, 7] = 2.0  # y of the residues from position 7 on: EK... of SOS P E P T I D E K EOS is y2
    heights[0, length + 2] = 1.0  # b of the residues up to position 2: PE
    y2, b2 = 147.112804 + 129.042593, 97.052764 + 129.042593 + 1.007276
    want = spectrum_loss(
        Peaks.from_arrays([b2, y2], [1.0, 2.0]), Peaks.from_arrays(*(x[0] for x in observed()[:2])), sigma=0.05
    )
    got = loss(probs, *observed(), mask, fragment_intensities=heights)
    assert got[0].item() == pytest.approx(want.item(), abs=1e-6)
    assert got[1:].tolist() == [1.0, 1.0]  # no height, no spectrum


def test_heights_reach_the_combined_loss_and_carry_gradients() -> None:
    probs, mask = soft(10.0)
    targets, _ = Vocabulary().encode(PEPTIDES)
    heights = torch.rand(3, 2 * probs.shape[1], generator=torch.Generator().manual_seed(2)).double()
    heights.requires_grad_()
    loss = CombinedLoss(ce_weight=0.0, spectrum_weight=1.0, sigma=0.5, reduction="none")
    total, _ = loss(probs.log()[None], targets, mask, *observed(), fragment_intensities=heights)
    alone = SpectrumMatchingLoss(sigma=0.5, reduction="none")(probs, *observed(), mask, fragment_intensities=heights)
    assert torch.allclose(total, alone, rtol=1e-9)
    assert torch.autograd.gradcheck(
        lambda x: SpectrumMatchingLoss(sigma=0.5)(probs, *observed(), mask, fragment_intensities=x), heights
    )


def test_heights_that_are_missing_or_misshapen_are_refused() -> None:
    probs, mask = soft()
    with pytest.raises(ArgumentError, match=r"must be \(B, F\) = \(3, 20\), 2 ions times 10 positions"):
        SpectrumMatchingLoss()(probs, *observed(), mask, fragment_intensities=torch.ones(3, 18))
    loss = SpectrumMatchingLoss.from_settings(LossSettings(intensities="MS2PIP HCD2019"))
    with pytest.raises(ArgumentError, match="ask for heights of MS2PIP HCD2019"):
        loss(probs, *observed(), mask)


def test_without_bins_it_is_the_continuum_in_every_module() -> None:
    probs, mask = soft()
    fine = SpectrumMatchingLoss(grid=MzGrid(2000.0, 0.001))(probs, *observed(), mask)
    for loss in (
        SpectrumMatchingLoss(grid=None),
        CombinedLoss(grid=None).spectrum_loss,
        SpectrumMatchingLoss.from_settings(LossSettings(bin_width=0.5), grid=None),
    ):
        assert loss.grid is None
        assert loss(probs, *observed(), mask).mean().item() == pytest.approx(fine.item(), abs=1e-9)
    assert "grid=None" in repr(SpectrumMatchingLoss(grid=None))


def test_a_schedule_sets_sigma_between_steps() -> None:
    probs, mask = soft(6.0)
    targets, _ = Vocabulary().encode(PEPTIDES)
    loss = CombinedLoss()
    schedule = SigmaSchedule(start=2.0, end=0.05, steps=3)
    for step, sigma in enumerate((2.0, (2.0 * 0.05) ** 0.5, 0.05, 0.05)):
        loss.sigma = schedule.at(step)
        _, metrics = loss(probs.log()[None], targets, mask, *observed())
        want = SpectrumMatchingLoss(sigma=sigma)(probs, *observed(), mask)
        assert metrics["spectrum_loss"].item() == pytest.approx(want.item(), rel=1e-9)
    loss.sigma = torch.tensor(0.3)
    _, metrics = loss(probs.log()[None], targets, mask, *observed())
    want = SpectrumMatchingLoss(sigma=0.3)(probs, *observed(), mask)
    assert metrics["spectrum_loss"].item() == pytest.approx(want.item(), rel=1e-6)


def test_defaults_are_those_of_the_original() -> None:
    loss = CombinedLoss()
    assert (loss.ce_weight, loss.spectrum_weight, loss.precursor_weight) == (1.0, 0.1, 0.0)
    assert (loss.ce_loss.iteration_weights, loss.ce_loss.label_smoothing) == ("linear", 0.0)
    assert (loss.spectrum_loss.grid, loss.sigma) == (MzGrid(2000.0, 0.1), 0.05)
    assert loss.spectrum_loss.ion_type_names == ("b", "y")
    precursor = loss.precursor_loss
    assert (precursor.use_relative, precursor.loss_scale, precursor.use_log_loss) == (True, 100_000.0, True)
