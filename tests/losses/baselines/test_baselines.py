"""What holds for every baseline: range, self-agreement, empty sides, gradients, torch citizenship."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from peploss.kernels import Peaks
from peploss.losses.baselines import BASELINES, Baseline
from peploss.losses.names import BASELINE_NAMES
from peploss.peptides.soft import expected_residue_masses, soft_fragments
from peploss.peptides.vocabulary import Vocabulary
from peploss.settings import LossSettings

EMPTY = {  # nothing observed, nothing to pay for; every other loss is 1
    "min_distance_loss": 0.0,
    "binned_cross_entropy": 0.0,
    "wasserstein_distance": 0.0,
}
WIDE = LossSettings(sigma=0.3, bin_width=0.1)  # wide enough that matches overlap in part


@pytest.fixture(params=BASELINES.values(), ids=BASELINES.keys())
def baseline(request: pytest.FixtureRequest) -> Iterator[Baseline]:
    return request.param


@pytest.mark.parametrize("settings", [LossSettings(), WIDE, LossSettings(sigma=20.0, sigma_unit="ppm")])
def test_one_value_per_spectrum_within_the_range_it_states(
    baseline: Baseline, batch: tuple[Peaks, Peaks], settings: LossSettings
) -> None:
    values = baseline(*batch, settings)
    low, high = baseline.range
    assert values.shape == (6,)
    assert values.dtype == torch.float64
    assert ((values >= low) & (values <= high)).all()


def test_a_spectrum_against_itself_is_exactly_zero(baseline: Baseline, batch: tuple[Peaks, Peaks]) -> None:
    for side in batch:
        for unit, sigma in (("Da", 0.05), ("ppm", 50.0)):
            values = baseline(side, side, LossSettings(sigma=sigma, sigma_unit=unit, bin_width=0.02))
            filled = side.offsets.diff() > 0
            assert values[filled].abs().max() <= 1e-7, values
    lone = Peaks.from_arrays([100.0, 250.0], [1.0, 1.0])
    assert float(baseline(lone, lone)) == 0.0


def test_empty_sides_are_defined_and_carry_no_gradient(baseline: Baseline, differentiable: tuple[Peaks, Peaks]) -> None:
    pred, obs = differentiable
    values = baseline(pred, obs)
    values[3:].sum().backward()
    assert values[4:].tolist() == [EMPTY.get(baseline.name, 1.0)] * 2  # nothing observed
    least = {"min_distance_loss": 0.2 * 99, "wasserstein_distance": 99, "binned_cross_entropy": 7}
    if baseline.name in least:
        assert values[3].item() > least[baseline.name]  # nothing predicted: the way to m/z 0, an even share
    else:
        assert values[3].item() == 1.0
    for leaf in (pred.mz, pred.intensity, obs.mz, obs.intensity):
        assert leaf.grad is None or (leaf.grad == 0).all()


def test_no_spectra_at_all(baseline: Baseline) -> None:
    none = Peaks.from_list([])
    assert baseline(none, none).shape == (0,)
    hollow = Peaks.from_list([([], []), ([], [])])
    assert baseline(hollow, hollow).tolist() == [EMPTY.get(baseline.name, 1.0)] * 2


def test_gradcheck(baseline: Baseline, differentiable: tuple[Peaks, Peaks]) -> None:
    pred, obs = differentiable

    def run(pm: torch.Tensor, pa: torch.Tensor, om: torch.Tensor, oi: torch.Tensor) -> torch.Tensor:
        # Without the empty spectra: an observed peak has no gradient where there is nothing to move towards.
        return baseline(Peaks(pm, pa, pred.offsets), Peaks(om, oi, obs.offsets), WIDE)[:3]

    leaves = (pred.mz, pred.intensity, obs.mz, obs.intensity)
    slow = baseline.name == "spectral_entropy_distance"
    assert torch.autograd.gradcheck(run, leaves, eps=1e-7, atol=1e-5, rtol=1e-4, fast_mode=slow)


def test_gradcheck_through_soft_peptides_to_the_logits(baseline: Baseline) -> None:
    targets, mask = Vocabulary().encode(["PEPTIDE", "GAS"])
    g = torch.Generator().manual_seed(2)
    logits = 4.0 * torch.nn.functional.one_hot(targets, 24).double()
    logits = (logits + torch.randn(logits.shape, generator=g, dtype=torch.float64)).requires_grad_()
    obs_mz = 100.0 + 500.0 * torch.rand(2, 30, generator=g, dtype=torch.float64)
    obs = Peaks.from_padded(obs_mz, torch.rand(2, 30, generator=g, dtype=torch.float64))

    def run(x: torch.Tensor) -> torch.Tensor:
        residues = expected_residue_masses(x.softmax(-1), mask)
        mz, valid = soft_fragments(residues.masses, residues.mask)
        return baseline(Peaks.from_padded(mz, torch.ones_like(mz), valid), obs, LossSettings(sigma=2.0, bin_width=0.5))

    assert torch.autograd.gradcheck(run, logits, eps=1e-7, atol=1e-5, rtol=1e-4, fast_mode=True)
    (gradient,) = torch.autograd.grad(run(logits).sum(), logits)
    assert (gradient != 0).any()


@pytest.mark.parametrize("baseline", [b for b in BASELINES.values() if "sigma" in b.uses], ids=lambda b: b.name)
def test_gradcheck_in_sigma(baseline: Baseline, batch: tuple[Peaks, Peaks]) -> None:
    sigma = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    more = {"grid": WIDE.grid} if "grid" in baseline.uses else {}
    # Against nothing predicted, the cross-entropy of an observed spectrum depends on its width and has no gradient.
    some = [x[:3] for x in batch] if baseline.name == "binned_cross_entropy" else batch
    assert torch.autograd.gradcheck(
        lambda s: baseline.function(*some, sigma=s, **more), sigma, eps=1e-6, atol=1e-5, rtol=1e-4
    )


@pytest.mark.parametrize("baseline", [b for b in BASELINES.values() if "sigma" in b.uses], ids=lambda b: b.name)
def test_sigma_of_another_shape_or_unit_is_refused(baseline: Baseline) -> None:
    two = Peaks.from_list([([100.0, 200.0], [1.0, 1.0])] * 2)
    for shape in ((3,), (1,), (2, 1)):
        with pytest.raises(ValueError, match="one for each of 2 spectra"):
            baseline.function(two, two, sigma=torch.full(shape, 0.05))
    with pytest.raises(ValueError, match=r"positive and finite, not -0\.05"):
        baseline.function(two, two, sigma=-0.05)
    with pytest.raises(ValueError, match="sigma_unit must be"):
        baseline.function(two, two, sigma_unit="Th")
    assert baseline.function(two, two, sigma=torch.full((2,), 0.05)).tolist() == [0.0, 0.0]
    none = Peaks.from_list([])
    assert baseline.function(none, none, sigma=torch.empty(0)).shape == (0,)


def test_order_duplicates_padding_and_scale_do_not_matter(baseline: Baseline, batch: tuple[Peaks, Peaks]) -> None:
    pred, obs = batch
    expected = baseline(pred, obs, WIDE)
    perm = torch.cat([torch.arange(int(a), int(b)).flip(0) for a, b in zip(obs.offsets, obs.offsets[1:], strict=False)])
    flipped = Peaks(obs.mz[perm], obs.intensity[perm], obs.offsets)
    scaled = Peaks(obs.mz, obs.intensity * 1e200, obs.offsets)
    padded = Peaks.from_list(
        [
            (
                torch.cat([p.mz[s], p.mz.new_full((2,), torch.inf)]),
                torch.cat([p.intensity[s], p.intensity.new_zeros(2)]),
            )
            for p in (obs,)
            for s in (slice(int(a), int(b)) for a, b in zip(p.offsets, p.offsets[1:], strict=False))
        ]
    )
    for changed in (flipped, scaled, padded):
        torch.testing.assert_close(baseline(pred, changed, WIDE), expected, rtol=1e-9, atol=1e-9)


def test_a_nan_shows_in_its_own_spectrum_only(baseline: Baseline, batch: tuple[Peaks, Peaks]) -> None:
    pred, obs = batch
    mz = obs.mz.clone()
    mz[0] = torch.nan
    values = baseline(pred, Peaks(mz, obs.intensity, obs.offsets), WIDE)
    assert values.isnan().tolist() == [True] + [False] * 5


def test_batches_of_different_size_are_refused(baseline: Baseline, batch: tuple[Peaks, Peaks]) -> None:
    with pytest.raises(ValueError, match="as many spectra"):
        baseline(batch[0], Peaks.from_arrays([1.0], [1.0]))


class NoSync(TorchDispatchMode):
    """Fails where a tensor's value is asked for on the host, or a result's size depends on values."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket._qualified_op_name
        assert name not in {"aten::_local_scalar_dense", "aten::item", "aten::nonzero", "aten::_unique2"}, name
        return func(*args, **(kwargs or {}))


def test_forward_and_backward_ask_no_value_on_the_host(baseline: Baseline, differentiable: tuple[Peaks, Peaks]) -> None:
    with NoSync():
        baseline(*differentiable).sum().backward()
    assert differentiable[0].mz.grad is not None


def test_the_same_answer_from_several_threads_and_again(
    baseline: Baseline, differentiable: tuple[Peaks, Peaks]
) -> None:
    def run(_: int) -> list[torch.Tensor]:
        pred, obs = (Peaks(p.mz.detach().requires_grad_(), p.intensity.detach(), p.offsets) for p in differentiable)
        values = baseline(pred, obs, WIDE)
        return [values.detach(), *torch.autograd.grad(values.sum(), pred.mz)]

    first = run(0)
    with ThreadPoolExecutor(4) as pool:
        for again in pool.map(run, range(8)):
            assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_compiles_in_one_graph(baseline: Baseline, differentiable: tuple[Peaks, Peaks]) -> None:
    pred, obs = differentiable
    torch.compiler.reset()  # one function is compiled anew for each loss, and the compiler keeps at most eight
    compiled = torch.compile(lambda p, o: baseline(p, o, WIDE), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(pred, obs), baseline(pred, obs, WIDE), rtol=1e-12, atol=1e-12)
    (ours,) = torch.autograd.grad(compiled(pred, obs).sum(), pred.mz)
    (expected,) = torch.autograd.grad(baseline(pred, obs, WIDE).sum(), pred.mz)
    torch.testing.assert_close(ours, expected)


def test_the_registry_tells_what_a_page_must_say(baseline: Baseline) -> None:
    assert BASELINES[baseline.name] is baseline
    assert baseline.title
    assert baseline.formula
    assert baseline.source
    assert (baseline.unit == "") == math.isfinite(baseline.range[1])


def test_names_without_torch_are_the_keys() -> None:
    assert tuple(BASELINES) == BASELINE_NAMES
