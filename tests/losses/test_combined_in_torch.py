"""CombinedLoss: what torch may do with it. Autocast, compile, export, pickle, threads, no wait for the device."""

from __future__ import annotations

import copy
import io
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from peploss.losses.combined import CombinedLoss
from peploss.peptides.vocabulary import Vocabulary
from tests.losses.combined_batch import batch, wide


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_low_precision_in_and_float32_or_better_inside(dtype: torch.dtype) -> None:
    x = batch(dtype=dtype)
    plain, _ = wide()(*x)
    exact, _ = wide()(x.logits.detach().double(), *x[1:])
    with torch.autocast("cpu", dtype=dtype):
        cast, metrics = wide()(*x)
    assert plain.dtype == metrics["total_loss"].dtype == metrics["ppm_error"].to(plain).dtype == torch.float32
    assert torch.equal(plain, cast)
    assert plain.item() == pytest.approx(exact.item(), rel=1e-6)
    cast.backward()
    assert x.logits.grad.dtype == dtype
    assert torch.isfinite(x.logits.grad).all()
    assert (x.logits.grad != 0).any()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_compiles_as_one_graph(reduction: str) -> None:
    loss = wide(reduction=reduction)
    results = []
    for call in (loss, torch.compile(loss, fullgraph=True, backend="aot_eager")):
        x = batch()
        total, metrics = call(*x)
        total.sum().backward()
        results.append((total.detach(), x.logits.grad, metrics))
    torch.testing.assert_close(results[0], results[1], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("dynamic", [None, True])
def test_compiled_again_for_other_shapes_and_weights(dynamic: bool | None) -> None:
    torch._dynamo.reset()
    loss = wide()
    compiled = torch.compile(loss, dynamic=dynamic, fullgraph=True, backend="aot_eager")
    x = batch()
    for weight, rows in ((0.15, 3), (0.3, 3), (0.3, 2)):
        loss.spectrum_weight = weight
        y = (x.logits[:, :rows], *(z[:rows] for z in x[1:]))
        assert compiled(*y)[0].item() == pytest.approx(loss(*y)[0].item(), rel=1e-9)


def test_exports() -> None:
    x = batch()
    arguments = (x.logits.detach(), *x[1:])
    program = torch.export.export(wide(), arguments)
    torch.testing.assert_close(program.module()(*arguments), wide()(*arguments), rtol=1e-9, atol=1e-14)


class NoSync(TorchDispatchMode):
    """Raises where a value would have to leave the device, or a size depends on one."""

    FORBIDDEN = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "is_nonzero")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert not any(name in str(func) for name in self.FORBIDDEN), func
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_nothing_waits_for_the_device(reduction: str) -> None:
    x = batch()
    with NoSync():
        CombinedLoss(precursor_weight=0.08, reduction=reduction)(*x)[0].sum().backward()
    with pytest.raises(AssertionError), NoSync():
        torch.ones(1).item()


def test_pickles_copies_moves_and_has_no_state() -> None:
    x = batch()
    loss = wide(label_smoothing=0.1, precursor_weight=0.5, vocabulary=Vocabulary())
    assert loss.state_dict() == {}
    assert list(loss.parameters()) == list(loss.buffers()) == []
    want, _ = loss(*x)
    saved = io.BytesIO()
    torch.save(loss, saved)
    saved.seek(0)
    copies = (pickle.loads(pickle.dumps(loss)), copy.deepcopy(loss), torch.load(saved, weights_only=False))
    for other in (*copies, loss.half(), loss.to("cpu", torch.bfloat16)):
        assert torch.equal(other(*x)[0], want)
    holder = nn.Module()
    holder.loss = wide()
    holder.load_state_dict({})


def test_the_same_answer_from_several_threads_and_again() -> None:
    loss = wide()

    def run(_: int) -> tuple[Tensor, Tensor]:
        x = batch()
        total, _metrics = loss(*x)
        return total.detach(), torch.autograd.grad(total, x.logits)[0]

    first = run(0)
    with ThreadPoolExecutor(4) as pool:
        for total, gradient in pool.map(run, range(12)):
            assert torch.equal(total, first[0])
            assert torch.equal(gradient, first[1])


def test_a_second_derivative_is_refused_in_words() -> None:
    x = batch()
    total, _ = wide()(*x)
    (gradient,) = torch.autograd.grad(total, x.logits, create_graph=True)
    with pytest.raises(RuntimeError, match="no second derivative"):
        torch.autograd.grad(gradient.sum(), x.logits)
