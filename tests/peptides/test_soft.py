from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import one_hot

from peploss.constants import RESIDUE_MASSES, WATER
from peploss.errors import ArgumentError, SettingsError
from peploss.peptides.fragments import fragments
from peploss.peptides.ions import ion_kinds
from peploss.peptides.peptide import Peptide
from peploss.peptides.soft import (
    ION_NAMES,
    expected_residue_masses,
    ion_names_for_model,
    parse_ion_name,
    residue_positions,
    soft_fragments,
    soft_neutral_mass,
)
from peploss.peptides.vocabulary import DEFAULT_VOCABULARY, STANDARD_RESIDUES, Vocabulary
from peploss.settings import LossSettings

PAD, SOS, EOS, UNK = range(4)
peptides = st.lists(
    st.text(st.sampled_from(STANDARD_RESIDUES), min_size=1, max_size=12).map(str), min_size=1, max_size=5
)


def soft_of(sequences, extra_padding=0):
    targets, mask = DEFAULT_VOCABULARY.encode(sequences)
    targets = torch.nn.functional.pad(targets, (0, extra_padding), value=PAD)
    mask = torch.nn.functional.pad(mask, (0, extra_padding), value=False)
    return one_hot(targets, len(DEFAULT_VOCABULARY)).double(), mask


@given(peptides, st.integers(0, 4))
def test_one_hot_gives_exactly_the_hard_peptides_fragments(sequences, extra_padding):
    probs, mask = soft_of(sequences, extra_padding)
    soft = expected_residue_masses(probs, mask)
    neutral = soft_neutral_mass(soft.masses, soft.mask)
    for name in ION_NAMES:
        kind, charge, loss = parse_ion_name(name)
        mz, valid = soft_fragments(soft.masses, soft.mask, [name])
        for row, sequence in enumerate(sequences):
            wanted = LossSettings(ion_types=(kind,), max_fragment_charge=charge, neutral_losses=(loss,) if loss else ())
            hard = fragments(Peptide.parse(sequence), wanted)
            chosen = hard.mz[(hard.charge == charge) & (hard.neutral_loss == loss)]
            ours = mz[row][valid[row]]
            ours = ours if kind in "abc" else ours.flip(0)
            assert ours.tolist() == chosen.tolist(), (name, sequence)
    for row, sequence in enumerate(sequences):
        assert neutral[row].item() == pytest.approx(Peptide.parse(sequence).neutral_mass, abs=1e-9)


def test_kinds_of_ions_give_the_fragments_of_the_settings():
    settings = LossSettings(
        ion_types=("a", "b", "y", "z+1"), max_fragment_charge=2, neutral_losses=("NH3",), isotopes=1, immonium=True,
        precursor=True,
    )  # fmt: skip
    probs, mask = soft_of(["PEPTIDE", "GAS"], extra_padding=2)
    soft = expected_residue_masses(probs, mask)
    mz, valid = soft_fragments(soft.masses, soft.mask, ion_kinds(settings, 3))
    for row, sequence in enumerate(("PEPTIDE", "GAS")):
        hard = fragments(Peptide.parse(sequence), settings, 3).mz
        # one immonium ion of each kind of residue in a hard peptide; of each residue in a soft one
        ours = sorted({round(m, 9) for m in mz[row][valid[row]].tolist()})
        assert ours == pytest.approx(sorted({round(m, 9) for m in hard.tolist()}), abs=1e-9)


def test_padding_changes_nothing():
    alone = expected_residue_masses(*soft_of(["PEPTIDE"]))
    padded = expected_residue_masses(*soft_of(["PEPTIDE", "A" * 20]))
    for ion_names in (["b"], list(ION_NAMES)):
        mz_a, valid_a = soft_fragments(alone.masses, alone.mask, ion_names)
        mz_p, valid_p = soft_fragments(padded.masses, padded.mask, ion_names)
        assert mz_p[0][valid_p[0]].tolist() == mz_a[0][valid_a[0]].tolist()
        assert (mz_p[0][~valid_p[0]] == 0).all()


def test_whatever_the_model_says_on_padding_makes_no_fragment():
    probs, mask = soft_of(["GA", "GASPV"])
    noisy = probs.clone()
    noisy[~mask] = torch.softmax(
        torch.randn(int((~mask).sum()), 24, generator=torch.Generator().manual_seed(1)), -1
    ).double()
    noisy[:, 0] = 1 / 24  # nor does what it says on SOS
    clean, dirty = expected_residue_masses(probs, mask), expected_residue_masses(noisy, mask)
    assert torch.equal(clean.masses, dirty.masses)
    assert torch.equal(clean.mask, dirty.mask)


@pytest.mark.parametrize(
    ("mask", "residues"),
    [
        ([1, 1, 1, 1, 1], [0, 1, 1, 1, 0]),  # SOS, three residues, EOS
        ([1, 1, 1, 0, 0], [0, 1, 0, 0, 0]),
        ([1, 1, 0, 0, 0], [0, 0, 0, 0, 0]),  # SOS, EOS
        ([1, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
        ([0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
        ([0, 1, 1, 1, 0], [0, 1, 1, 1, 0]),  # residues alone
        ([0, 1, 1, 0, 0], [0, 1, 1, 0, 0]),
    ],
)
def test_meaning_of_the_sequence_mask(mask, residues):
    for dtype in (torch.bool, torch.int64, torch.float32):
        assert residue_positions(torch.tensor([mask]).to(dtype)).int().tolist() == [residues]


@pytest.mark.parametrize(
    ("sos", "eos", "residues"),
    [
        (True, True, [[0, 1, 1, 0], [0, 1, 0, 0]]),
        (True, False, [[0, 1, 1, 1], [0, 1, 1, 0]]),
        (False, True, [[1, 1, 1, 0], [1, 1, 0, 0]]),
        (False, False, [[1, 1, 1, 1], [1, 1, 1, 0]]),
    ],
)
def test_only_the_ends_the_vocabulary_has_are_trimmed(sos, eos, residues):
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    assert residue_positions(mask, sos=sos, eos=eos).int().tolist() == residues
    masses = {"G": 57.0} | ({"<SOS>": 0} if sos else {}) | ({"<EOS>": 0} if eos else {})
    soft = expected_residue_masses(torch.ones(2, 4, len(masses)), mask, vocabulary=masses)
    assert soft.mask.int().tolist() == residues


def test_a_mask_with_sos_off_and_eos_on_is_read_where_it_is_said():
    probs, mask = soft_of(["PEPTIDE", "GAS"])
    mask[:, 0] = False
    residues = residue_positions(mask, sos=False)
    soft = expected_residue_masses(probs, residue_mask=residues)
    for row, sequence in enumerate(("PEPTIDE", "GAS")):
        mass = soft_neutral_mass(soft.masses, soft.mask)[row].item()
        assert mass == pytest.approx(Peptide.parse(sequence).neutral_mass)
    assert torch.equal(residue_positions(residues), residues)  # residues alone stay as they are


def test_each_row_of_a_mask_is_read_by_itself():
    mixed = torch.tensor([[1, 1, 1, 1], [0, 1, 1, 0], [0, 1, 1, 1]])
    together = residue_positions(mixed)
    assert together.int().tolist() == [[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 1]]
    for row in range(3):
        for padding in (0, 2):
            alone = residue_positions(torch.nn.functional.pad(mixed[row : row + 1], (0, padding)))
            assert alone[0].tolist() == together[row].tolist() + [False] * padding


def test_nan_on_a_residue_is_seen_and_on_padding_is_not():
    probs, mask = soft_of(["GA", "GAS"])
    probs[0, 1, 5] = torch.nan
    probs[0, 4] = torch.nan  # padding
    probs.requires_grad_()
    soft = expected_residue_masses(probs, mask)
    mz, valid = soft_fragments(soft.masses, soft.mask)
    assert soft.masses.isnan().nonzero().tolist() == [[0, 1]]
    assert soft.special_share.isfinite().all()
    assert mz[0][valid[0]].isnan().tolist() == [True, False]  # b1 has the G, y1 has not
    assert mz[1].isfinite().all()
    assert soft_neutral_mass(soft.masses, soft.mask).isnan().tolist() == [True, False]
    (gradient,) = torch.autograd.grad(soft.masses[:, 2:].sum(), probs)
    assert (gradient[0, 4] == 0).all()


def test_no_mask_means_all_but_the_first_and_last():
    soft = expected_residue_masses(torch.full((2, 5, 24), 1 / 24))
    assert soft.mask.int().tolist() == [[0, 1, 1, 1, 0]] * 2


def test_residue_mask_is_taken_as_it_is():
    targets = torch.tensor([[4, 5, 2, 0]])  # A, R, EOS, PAD: no SOS
    probs = one_hot(targets, 24).double()
    soft = expected_residue_masses(probs, residue_mask=DEFAULT_VOCABULARY.residue_mask(targets))
    assert soft.masses.tolist() == [[RESIDUE_MASSES["A"], RESIDUE_MASSES["R"], 0.0, 0.0]]
    with pytest.raises(ArgumentError, match="not both"):
        expected_residue_masses(probs, soft.mask, residue_mask=soft.mask)


def test_probability_on_special_tokens_is_told_and_shrinks_nothing():
    probs, mask = soft_of(["GA"])
    leaky = probs.clone()
    leaky[0, 1] *= 0.7
    leaky[0, 1, PAD], leaky[0, 1, EOS] = 0.2, 0.1
    soft = expected_residue_masses(leaky, mask)
    assert soft.masses[0].tolist() == pytest.approx(expected_residue_masses(probs, mask).masses[0].tolist(), abs=1e-12)
    assert soft.special_share.tolist() == pytest.approx([0.15])  # (0.3 + 0) / 2 residues


def test_expectation_by_hand():
    probs = torch.zeros(1, 3, 24)
    probs[0, 1, 4], probs[0, 1, 11], probs[0, 1, UNK] = 0.3, 0.1, 0.6  # A, G
    expected = (0.3 * RESIDUE_MASSES["A"] + 0.1 * RESIDUE_MASSES["G"]) / 0.4
    assert expected_residue_masses(probs).masses[0, 1].item() == pytest.approx(expected, abs=1e-5)


def test_all_probability_on_special_tokens_is_finite_and_flat():
    probs, mask = soft_of(["GA"])
    probs[0, 1] = 0
    probs[0, 1, PAD] = 1
    probs.requires_grad_()
    soft = expected_residue_masses(probs, mask)
    mean = sum(RESIDUE_MASSES[r] for r in STANDARD_RESIDUES) / 20
    assert soft.masses[0, 1].item() == pytest.approx(mean)
    soft.masses.sum().backward()
    assert (probs.grad[0, 1] == 0).all()
    assert torch.isfinite(probs.grad).all()


def test_gradients_from_logits():
    generator = torch.Generator().manual_seed(0)
    vocabulary = {"<PAD>": 0, "<SOS>": 0, "<EOS>": 0, "G": 57.02146, "m": 147.0354}
    logits = torch.randn(2, 5, 5, dtype=torch.float64, generator=generator, requires_grad=True)
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]])

    def everything(x):
        soft = expected_residue_masses(x.softmax(-1), mask, vocabulary=vocabulary)
        mz, _ = soft_fragments(soft.masses, soft.mask, ["b", "y++-H2O"])
        return mz, soft_neutral_mass(soft.masses, soft.mask), soft.special_share

    assert torch.autograd.gradcheck(everything, (logits,))


def test_where_the_gradient_goes():
    logits = torch.zeros(1, 6, 24, requires_grad=True)
    mask = torch.tensor([[1, 1, 1, 1, 1, 0]])
    soft = expected_residue_masses(logits.softmax(-1), mask)
    mz, _ = soft_fragments(soft.masses, soft.mask, ["b"])
    mz.sum().backward()
    reached = logits.grad[0].abs().sum(-1) > 0
    assert reached.tolist() == [False, True, True, False, False, False]  # the last residue is in no b ion
    assert logits.grad[0, :, :4].abs().max() < 1e-6  # special tokens get none


@settings(max_examples=10)
@given(st.integers(0, 2**31 - 1))
def test_gradient_is_that_of_a_softmax_over_residues_alone(seed):
    logits = torch.randn(
        1, 4, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(seed), requires_grad=True
    )
    soft = expected_residue_masses(logits.softmax(-1))
    (ours,) = torch.autograd.grad(soft.masses.sum(), logits)
    masses = DEFAULT_VOCABULARY.mass_tensor()[4:]
    (theirs,) = torch.autograd.grad((logits[:, 1:3, 4:].softmax(-1) * masses).sum(), logits)
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


def test_empty_batches_and_rows():
    for shape in ((0, 5, 24), (2, 0, 24), (2, 1, 24)):
        soft = expected_residue_masses(torch.zeros(shape))
        mz, valid = soft_fragments(soft.masses, soft.mask, ["b", "y"])
        assert mz.shape == valid.shape == (shape[0], 2 * shape[1])
        assert not valid.any()
        assert soft_neutral_mass(soft.masses, soft.mask).tolist() == [WATER] * shape[0]
        assert soft.special_share.tolist() == [0.0] * shape[0]
    mz, valid = soft_fragments(torch.zeros(2, 3), torch.ones(2, 3, dtype=torch.bool), [])
    assert mz.shape == valid.shape == (2, 0)


def test_any_vocabulary():
    vocabulary = {"G": 57.02146, "stop": 0, "m": 147.0354}
    probs = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]])
    for given_as in (vocabulary, Vocabulary.from_masses(vocabulary)):
        soft = expected_residue_masses(probs, vocabulary=given_as)
        assert soft.masses.tolist() == [[57.02146, 147.0354]]


def test_half_precision_in_and_double_inside():
    probs, mask = soft_of(["PEPTIDEPEPTIDEPEPTIDE"])
    exact = expected_residue_masses(probs, mask)
    for dtype in (torch.float16, torch.bfloat16):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            soft = expected_residue_masses(probs.to(dtype), mask)
            mz, _ = soft_fragments(soft.masses, soft.mask, ["b", "y++"])
            mass = soft_neutral_mass(soft.masses, soft.mask)
        assert soft.masses.dtype == mz.dtype == mass.dtype == torch.float64
        assert torch.equal(soft.masses, exact.masses)
        assert torch.equal(mz, soft_fragments(exact.masses, exact.mask, ["b", "y++"])[0])


def test_compiles_to_one_graph():
    def everything(logits, mask):
        soft = expected_residue_masses(logits.softmax(-1), mask)
        mz, valid = soft_fragments(soft.masses, soft.mask, ION_NAMES)
        return mz, valid, soft_neutral_mass(soft.masses, soft.mask), soft.special_share

    compiled = torch.compile(everything, fullgraph=True, backend="aot_eager")
    logits = torch.randn(2, 6, 24, generator=torch.Generator().manual_seed(0), requires_grad=True)
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    for ours, theirs in zip(compiled(logits, mask), everything(logits, mask), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)
    (ours,) = torch.autograd.grad(compiled(logits, mask)[0].sum(), logits)
    (theirs,) = torch.autograd.grad(everything(logits, mask)[0].sum(), logits)
    torch.testing.assert_close(ours, theirs)


def test_nothing_is_read_back_from_the_device():
    # A meta tensor has no values: any .item(), branch on a value or data-dependent shape raises.
    probs = torch.empty(3, 7, 24, device="meta")
    mask = torch.empty(3, 7, dtype=torch.bool, device="meta")
    soft = expected_residue_masses(probs, mask)
    mz, valid = soft_fragments(soft.masses, soft.mask, ION_NAMES)
    assert mz.shape == valid.shape == (3, 7 * len(ION_NAMES))
    assert soft_neutral_mass(soft.masses, soft.mask).shape == (3,)


@pytest.mark.parametrize(
    ("probs", "mask", "says"),
    [
        (torch.zeros(2, 24), None, "shape"),
        (torch.zeros(2, 5, 23), None, "V = 24"),
        (torch.zeros(2, 5, 24), torch.ones(2, 4), "mask"),
        (torch.zeros(2, 5, 24), torch.ones(5), "mask"),
    ],
)
def test_wrong_shapes(probs, mask, says):
    with pytest.raises(ArgumentError, match=says):
        expected_residue_masses(probs, mask)
    with pytest.raises(ArgumentError, match="both be"):
        soft_fragments(torch.zeros(2, 3), torch.ones(2, 4, dtype=torch.bool))


def test_ion_names():
    assert ion_names_for_model("HCD2021") == ion_names_for_model("CID") == ("b", "y")
    assert ion_names_for_model("HCDch2") == ion_names_for_model("CIDch2") == ("b", "y", "b++", "y++")
    assert " ".join(ION_NAMES) == "b y a b++ y++ a++ b+++ y+++ b-H2O y-H2O b-NH3 y-NH3 b++-H2O y++-H2O"
    assert parse_ion_name("z+1++-NH3") == ("z+1", 2, "NH3")
    for wrong in ("x", "b+2", "y-CO", "", "y" + 10 * "+"):
        with pytest.raises(SettingsError, match="no ion"):
            parse_ion_name(wrong)
    with pytest.raises(SettingsError, match="HCDch2"):
        ion_names_for_model("nope")
