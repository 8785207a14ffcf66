"""``torch.func`` on the cosine and the losses: against plain autograd and against the dense definition."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.func import functional_call, grad, jacfwd, jacrev, jvp, vjp, vmap

from peploss import CombinedLoss, MzGrid, Peaks, SpectrumMatchingLoss, Vocabulary, spectrum_cosine

GRID = MzGrid(60.0, 0.1)
OFFSETS = torch.tensor([0, 2, 2, 5])
OBS = Peaks.from_list([([10.02, 20.0], [1.0, 2.0]), ([30.0], [1.0]), ([40.03, 41.0], [1.0, 0.5])])
MZ = torch.tensor([10.0, 20.05, 40.0, 40.2, 41.1], dtype=torch.float64)
HEIGHT = torch.tensor([1.0, 0.3, 2.0, 1.0, 0.7], dtype=torch.float64)
SIGMA = torch.tensor(0.12, dtype=torch.float64)


def cosines(mz: Tensor, height: Tensor = HEIGHT, sigma: Tensor = SIGMA, backend: str = "auto") -> Tensor:
    return spectrum_cosine(Peaks(mz, height, OFFSETS), OBS, sigma=sigma, grid=GRID, backend=backend)


def by_autograd(weights: Tensor, backend: str = "reference") -> tuple[Tensor, ...]:
    leaves = [x.clone().requires_grad_() for x in (MZ, HEIGHT, SIGMA)]
    return torch.autograd.grad(cosines(*leaves, backend=backend) @ weights, leaves)


def test_grad_is_autograds_and_the_dense_definitions() -> None:
    weights = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    got = grad(lambda m, a, s: cosines(m, a, s) @ weights, argnums=(0, 1, 2))(MZ, HEIGHT, SIGMA)
    for g, same, true in zip(got, by_autograd(weights, "cpu"), by_autograd(weights), strict=True):
        torch.testing.assert_close(g, same, rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(g, true, rtol=1e-7, atol=1e-10)


def test_a_gradient_by_the_observed_side() -> None:
    def loss(mz: Tensor, backend: str = "auto") -> Tensor:
        return spectrum_cosine(
            OBS.replace(mz=mz), Peaks(MZ, HEIGHT, OFFSETS), sigma=0.1, grid=GRID, backend=backend
        ).sum()

    leaf = OBS.mz.clone().requires_grad_()
    (want,) = torch.autograd.grad(loss(leaf, "reference"), leaf)
    torch.testing.assert_close(grad(loss)(OBS.mz), want, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("out", ["values", "gradients"])
def test_vmap_is_each_alone(out: str) -> None:
    many = MZ + 0.05 * torch.randn(4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    f = cosines if out == "values" else grad(lambda m: cosines(m).sum())
    torch.testing.assert_close(vmap(f)(many), torch.stack([f(m) for m in many]), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(vmap(f, in_dims=1)(many.T), torch.stack([f(m) for m in many]), rtol=1e-12, atol=1e-14)


def test_vmap_over_offsets_heights_and_sigma_and_within_itself() -> None:
    heights = torch.rand(2, 3, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    sigmas = torch.tensor([0.05, 0.1, 0.2], dtype=torch.float64)
    got = vmap(vmap(lambda a, s: cosines(MZ, a, s)), in_dims=(0, None))(heights, sigmas)
    want = [[cosines(MZ, heights[i, k], sigmas[k]) for k in range(3)] for i in range(2)]
    torch.testing.assert_close(got, torch.stack([torch.stack(row) for row in want]), rtol=1e-12, atol=1e-14)
    ends = torch.stack([OFFSETS, torch.tensor([0, 0, 3, 5])])
    got = vmap(lambda e: spectrum_cosine(Peaks(MZ, HEIGHT, e), OBS, sigma=0.3, grid=GRID))(ends)
    want = torch.stack([spectrum_cosine(Peaks(MZ, HEIGHT, e), OBS, sigma=0.3, grid=GRID) for e in ends])
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("f", "x"),
    [(cosines, MZ), (lambda a: cosines(MZ, a), HEIGHT), (lambda s: cosines(MZ, HEIGHT, s), SIGMA)],
    ids=["m/z", "intensity", "sigma"],
)
def test_jacobians_backward_and_forward(f, x: Tensor) -> None:  # type: ignore[no-untyped-def]
    rows = jacrev(f)(x)
    torch.testing.assert_close(jacfwd(f)(x), rows, rtol=1e-12, atol=1e-14)
    assert rows.shape == (3, *x.shape)
    assert (rows[1] == 0).all()  # a spectrum without peaks


def test_the_jacobian_is_the_dense_definitions() -> None:
    want = torch.autograd.functional.jacobian(lambda m: cosines(m, backend="reference"), MZ)
    torch.testing.assert_close(jacrev(cosines)(MZ), want, rtol=1e-7, atol=1e-10)


def test_jvp_and_vjp_are_two_sides_of_one_jacobian() -> None:
    along = torch.linspace(-1, 1, 5, dtype=torch.float64)
    weights = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    value, change = jvp(cosines, (MZ,), (along,))
    _, pull = vjp(cosines, MZ)
    torch.testing.assert_close(value, cosines(MZ))
    assert (change @ weights).item() == pytest.approx((pull(weights)[0] @ along).item(), rel=1e-12)
    step = 1e-6
    numeric = (cosines(MZ + step * along) - cosines(MZ - step * along)) / (2 * step)
    torch.testing.assert_close(change, numeric, rtol=1e-6, atol=1e-8)


def test_forward_mode_of_autograd() -> None:
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(MZ, torch.ones_like(MZ))
        change = torch.autograd.forward_ad.unpack_dual(cosines(dual)).tangent
    torch.testing.assert_close(change, jacrev(cosines)(MZ).sum(1), rtol=1e-12, atol=1e-14)


def test_a_second_derivative_is_refused_or_nan_and_never_zero() -> None:
    with pytest.raises(RuntimeError, match="no second derivative"):
        grad(lambda m: grad(lambda x: cosines(x).sum())(m).sum())(MZ)
    assert jacfwd(grad(lambda m: cosines(m)[0]))(MZ)[0, 0].isnan()


def test_losses_of_a_model_by_functional_call_and_per_sample_gradients() -> None:
    targets, mask = Vocabulary().encode(["PEPTIDE", "GAS"])
    logits = torch.randn(2, *targets.shape, 24, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mz = torch.tensor([[148.0, 263.1, 376.2], [106.05, 129.07, 0.0]], dtype=torch.float64)
    peaks = mz, torch.ones_like(mz), mz > 0
    mass = torch.tensor([799.36, 233.1], dtype=torch.float64)
    loss = CombinedLoss(spectrum_weight=1.0, precursor_weight=1.0, sigma=2.0)

    def total(x: Tensor, *sample: Tensor) -> Tensor:
        return functional_call(loss, {}, (x, *sample))[0]

    leaf = logits.clone().requires_grad_()
    (want,) = torch.autograd.grad(total(leaf, targets, mask, *peaks, mass), leaf)
    torch.testing.assert_close(grad(total)(logits, targets, mask, *peaks, mass), want, rtol=1e-9, atol=1e-13)

    def one(x: Tensor, *sample: Tensor) -> Tensor:
        return total(x[:, None], *(y[None] for y in sample))

    each = vmap(grad(one), in_dims=(1, 0, 0, 0, 0, 0, 0))(logits, targets, mask, *peaks, mass)
    for row in range(2):
        alone = grad(one)(logits[:, row], *(y[row] for y in (targets, mask, *peaks, mass)))
        torch.testing.assert_close(each[row], alone, rtol=1e-9, atol=1e-13)
    probs = logits[-1].softmax(-1)
    matching = SpectrumMatchingLoss(sigma=2.0, reduction="none")
    jacobian = jacrev(lambda p: matching(p, *peaks, mask))(probs)
    assert (jacobian[0, 1] == 0).all()  # no sample feels another
    assert (jacobian[0, 0] != 0).any()
