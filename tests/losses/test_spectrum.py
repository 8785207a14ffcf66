"""SpectrumMatchingLoss: what it adds to the kernel, and that torch can do with it what it does with others."""

from __future__ import annotations

import copy
import io
import pickle
import warnings

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from peploss.constants import RESIDUE_MASSES
from peploss.errors import BackendError, SettingsError
from peploss.grid import MzGrid
from peploss.kernels import Peaks, spectrum_cosine
from peploss.losses.precursor import PrecursorMassLoss
from peploss.losses.spectrum import spectrum_loss, spectrum_loss_at
from peploss.losses.spectrum_matching import SpectrumMatchingLoss
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.peptides.vocabulary import Vocabulary
from peploss.settings import LossSettings
from peploss.training.synthetic import Difficulty, synthetic_batch

PEPTIDES = ["PEPTIDE", "GAS", "LLYWKR"]


def batch(sharpness: float = 3.0, dtype: torch.dtype = torch.float64):
    """Logits that lean to three peptides of different lengths, and spectra near theirs."""
    vocabulary = Vocabulary()
    targets, mask = vocabulary.encode(PEPTIDES)
    g = torch.Generator().manual_seed(0)
    logits = sharpness * torch.nn.functional.one_hot(targets, len(vocabulary)).double()
    logits = (logits + 0.3 * torch.randn(logits.shape, generator=g)).to(dtype)
    mz = torch.zeros(3, 30, dtype=torch.float64)
    peak_mask = torch.zeros(3, 30, dtype=torch.bool)
    for b, text in enumerate(PEPTIDES):
        f = fragments(Peptide.parse(text), LossSettings(), 2).mz
        mz[b, : len(f)] = torch.from_numpy(f)
        peak_mask[b, : len(f)] = True
    intensity = torch.rand(3, 30, generator=g, dtype=torch.float64)
    return logits, mask, mz, intensity, peak_mask


def test_one_hot_is_the_loss_of_the_hard_peptide() -> None:
    _, mask, mz, intensity, peak_mask = batch()
    targets, _ = Vocabulary().encode(PEPTIDES)
    probs = torch.nn.functional.one_hot(targets, 24).double()
    soft = SpectrumMatchingLoss(reduction="none")(probs, mz, intensity, peak_mask, mask)
    for b, text in enumerate(PEPTIDES):
        f = fragments(Peptide.parse(text), LossSettings(), 2)
        keep = peak_mask[b]
        hard = spectrum_loss(Peaks.from_arrays(f.mz, f.intensity), Peaks.from_arrays(mz[b][keep], intensity[b][keep]))
        assert soft[b].item() == pytest.approx(hard.item(), rel=1e-12)


@pytest.mark.parametrize("special", [["<PAD>"], ["<PAD>", "<SOS>"], ["<PAD>", "<EOS>"], ["<PAD>", "<SOS>", "<EOS>"]])
def test_synthetic_spectra_match_their_peptides_whatever_tokens_end_them(special: list[str]) -> None:
    vocabulary = Vocabulary.from_masses({**dict.fromkeys(special, 0.0), **RESIDUE_MASSES})
    x = synthetic_batch(4, Difficulty(), generator=torch.Generator().manual_seed(0), vocabulary=vocabulary)
    probs = torch.nn.functional.one_hot(x.targets, len(vocabulary)).double()
    masks = [{"sequence_mask": x.target_mask}, {"residue_mask": vocabulary.residue_mask(x.targets) & x.target_mask}]
    for mask in masks:
        loss = SpectrumMatchingLoss(vocabulary=vocabulary)(probs, *x[2:5], **mask)
        assert loss.item() == pytest.approx(0.0, abs=1e-9)
        _, metrics = PrecursorMassLoss(vocabulary=vocabulary)(probs, x.precursor_mass, **mask)
        assert metrics["ppm_error"].item() == pytest.approx(0.0, abs=1e-6)


def test_nan_probabilities_are_seen() -> None:
    logits, mask, *peaks = batch()
    probs = logits.softmax(-1)
    probs[1, 1] = torch.nan
    loss = SpectrumMatchingLoss(reduction="none")(probs, *peaks, mask)
    assert loss.isnan().tolist() == [False, True, False]


def test_an_unknown_backend_is_refused_when_the_loss_is_made() -> None:
    with pytest.raises(BackendError, match="no backend 'gpu'"):
        SpectrumMatchingLoss(backend="gpu")


def test_padding_makes_no_difference() -> None:
    logits, mask, mz, intensity, peak_mask = batch()
    loss = SpectrumMatchingLoss(reduction="none")
    together = loss(logits.softmax(-1), mz, intensity, peak_mask, mask)
    for b in range(3):
        n = int(mask[b].sum())
        keep = peak_mask[b]
        alone = loss(
            logits[b : b + 1, :n].softmax(-1),
            mz[b : b + 1, keep],
            intensity[b : b + 1, keep],
            peak_mask[b : b + 1, keep],
            mask[b : b + 1, :n],
        )
        assert together[b].item() == pytest.approx(alone.item(), rel=1e-12)


def test_gradcheck_to_the_logits() -> None:
    logits, mask, mz, intensity, peak_mask = batch(6.0)
    loss = SpectrumMatchingLoss(sigma=0.5, bin_size=0.5)

    def f(x: torch.Tensor) -> torch.Tensor:
        return loss(x.softmax(-1), mz, intensity, peak_mask, mask)

    assert torch.autograd.gradcheck(f, (logits.requires_grad_(),))


def test_reductions() -> None:
    logits, mask, *peaks = batch()
    each, mean, total = (
        SpectrumMatchingLoss(reduction=r)(logits.softmax(-1), *peaks, mask) for r in ("none", "mean", "sum")
    )
    assert each.shape == (3,)
    assert mean.item() == pytest.approx(each.mean().item())
    assert total.item() == pytest.approx(each.sum().item())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_low_precision_goes_in_and_float32_or_better_comes_out(dtype: torch.dtype) -> None:
    logits, mask, mz, intensity, peak_mask = batch(dtype=dtype)
    probs = logits.softmax(-1).requires_grad_()
    loss = SpectrumMatchingLoss()(probs, mz.float(), intensity.to(dtype), peak_mask, mask)
    assert loss.dtype == torch.promote_types(dtype, torch.float32)
    loss.backward()
    assert probs.grad is not None
    assert torch.isfinite(probs.grad).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_autocast_changes_nothing(dtype: torch.dtype) -> None:
    logits, mask, *peaks = batch(dtype=torch.float32)
    probs = logits.softmax(-1)
    plain = SpectrumMatchingLoss()(probs, *peaks, mask)
    with torch.autocast("cpu", dtype=dtype):
        assert torch.equal(SpectrumMatchingLoss()(probs, *peaks, mask), plain)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiles_as_one_graph() -> None:
    logits, mask, *peaks = batch()
    loss = SpectrumMatchingLoss()
    results = []
    for call in (loss, torch.compile(loss, fullgraph=True, backend="aot_eager")):
        x = logits.clone().requires_grad_()
        value = call(x.softmax(-1), *peaks, mask)
        value.backward()
        results.append((value.detach(), x.grad))
    assert torch.allclose(results[0][0], results[1][0], rtol=1e-12)
    assert torch.allclose(results[0][1], results[1][1], rtol=1e-9, atol=1e-14)


def test_exports() -> None:
    logits, mask, *peaks = batch()
    probs = logits.softmax(-1)
    loss = SpectrumMatchingLoss()
    program = torch.export.export(loss, (probs, *peaks, mask))
    assert torch.allclose(program.module()(probs, *peaks, mask), loss(probs, *peaks, mask), rtol=1e-12)


def test_custom_op_passes_torchs_own_checks() -> None:
    from peploss.kernels.autograd import cosine_op

    g = torch.Generator().manual_seed(0)
    mz = torch.rand(7, generator=g, dtype=torch.float64) * 2 + 10
    ones = torch.ones(7, dtype=torch.float64)
    offsets = torch.tensor([0, 3, 7])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for asked in (2, 0):
            side = (
                mz.requires_grad_(asked > 0),
                ones.requires_grad_(asked > 0),
                torch.full_like(mz, 0.1).detach(),
                offsets,
            )
            other = (mz.detach() + 0.05, ones.detach(), torch.full_like(mz, 0.1).detach(), offsets)
            checks = ["test_schema", "test_autograd_registration", "test_faketensor"]
            # This one would differentiate the derivatives as well; test_compiles_as_one_graph has the gradients.
            checks += [] if asked else ["test_aot_dispatch_dynamic"]
            torch.library.opcheck(cosine_op, (*side, *other, 0.1, 200, asked, 0), test_utils=checks)


@pytest.mark.parametrize("compiled", [False, True])
def test_second_derivative_is_refused_in_words(compiled: bool) -> None:
    mz = torch.tensor([10.0, 11.0], dtype=torch.float64, requires_grad=True)
    obs = Peaks.from_arrays([10.02, 11.0], [1.0, 2.0])

    def cosine(m: torch.Tensor) -> torch.Tensor:
        pred = Peaks(m, torch.ones_like(m), torch.tensor([0, 2]))
        if not compiled:
            return spectrum_cosine(pred, obs, sigma=0.1, grid=MzGrid()).sum()
        from peploss.kernels.autograd import cosine_op

        width = torch.full((2,), 0.1, dtype=torch.float64)
        sides = (pred.mz, pred.intensity, width, pred.offsets, obs.mz, obs.intensity, width, obs.offsets)
        return cosine_op(*sides, 0.1, 20000, 1, 0)[0].sum()

    (first,) = torch.autograd.grad(cosine(mz), mz, create_graph=True)
    with pytest.raises(RuntimeError, match="has no second derivative"):
        torch.autograd.grad(first.sum(), mz)


@pytest.mark.parametrize("curved", [False, True])
def test_second_derivative_of_a_compiled_loss_is_an_error(curved: bool) -> None:
    """torch's own, which comes before ours: of a compiled function it differentiates nothing twice."""
    mz = torch.tensor([10.0, 11.0], dtype=torch.float64, requires_grad=True)
    obs = Peaks.from_arrays([10.02, 11.0], [1.0, 2.0])

    def loss(m: torch.Tensor) -> torch.Tensor:
        pred = Peaks(m, torch.ones_like(m), torch.tensor([0, 2]))
        losses = spectrum_loss(pred, obs, sigma=0.1)
        return (losses.exp() if curved else losses).sum()

    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    (first,) = torch.autograd.grad(compiled(mz), mz, create_graph=True)
    with pytest.raises(RuntimeError, match=r"double backward|not have been used"):
        torch.autograd.grad(first.sum(), mz)


def test_second_derivative_of_the_reference_is_there() -> None:
    mz = torch.tensor([10.0, 11.0], dtype=torch.float64, requires_grad=True)
    obs = Peaks.from_arrays([10.02, 11.0], [1.0, 2.0])
    pred = Peaks(mz, torch.ones_like(mz), torch.tensor([0, 2]))
    cos = spectrum_cosine(pred, obs, sigma=0.1, grid=MzGrid(20, 0.1), backend="reference").sum()
    (first,) = torch.autograd.grad(cos, mz, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), mz)
    assert (second != 0).all()


class NoSync(TorchDispatchMode):
    """Raises where a value would have to leave the device."""

    FORBIDDEN = ("_local_scalar_dense", "nonzero", "masked_select", "unique")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        assert not any(name in str(func) for name in self.FORBIDDEN), func
        return func(*args, **(kwargs or {}))


def test_nothing_waits_for_the_device() -> None:
    logits, mask, *peaks = batch()
    logits.requires_grad_()
    with NoSync():
        SpectrumMatchingLoss()(logits.softmax(-1), *peaks, mask).backward()
    with pytest.raises(AssertionError), NoSync():
        torch.ones(1).item()


def test_pickles_copies_and_has_no_state() -> None:
    logits, mask, *peaks = batch()
    loss = SpectrumMatchingLoss(sigma=0.2, ion_type_names=["y", "y++"], vocabulary=Vocabulary())
    assert loss.state_dict() == {}
    want = loss(logits.softmax(-1), *peaks, mask)
    saved = io.BytesIO()
    torch.save(loss, saved)
    saved.seek(0)
    for other in (
        pickle.loads(pickle.dumps(loss)),
        copy.deepcopy(loss),
        torch.load(saved, weights_only=False),
        loss.to(torch.float16),
    ):
        assert torch.equal(other(logits.softmax(-1), *peaks, mask), want)


def test_ions_come_from_the_model_where_none_are_named() -> None:
    assert SpectrumMatchingLoss(ms2pip_model="HCDch2").ion_type_names == ("b", "y", "b++", "y++")
    assert SpectrumMatchingLoss(ion_type_names=["a"], ms2pip_model="HCDch2").ion_type_names == ("a",)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"sigma": 0}, "sigma must be a positive finite number, not 0"),
        ({"bin_size": -1.0}, "bin_width must be a positive finite number of Th, not -1.0"),
        ({"ion_type_names": ["q"]}, "no ion 'q'"),
        ({"ion_type_names": []}, "names no ion"),
        ({"ms2pip_model": "X"}, "no model 'X'"),
        ({"reduction": "max"}, "mean, sum or none, not 'max'"),
    ],
)
def test_refuses_settings_in_words(keywords: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        SpectrumMatchingLoss(**keywords)  # type: ignore[arg-type]


def test_settings_carry_sigma_and_grid() -> None:
    rng = np.random.default_rng(0)
    pm, om = rng.uniform(100, 900, 20), rng.uniform(100, 900, 30)
    pred, obs = Peaks.from_arrays(pm, np.ones(20)), Peaks.from_arrays(om, rng.random(30))
    settings = LossSettings(sigma=400.0, sigma_unit="ppm", bin_width=0.03, max_mz=800.0)
    want = spectrum_loss(pred, obs, sigma=400.0, sigma_unit="ppm", grid=MzGrid(800.0, 0.03), backend="reference")
    assert torch.allclose(spectrum_loss_at(pred, obs, settings), want, rtol=1e-9)
