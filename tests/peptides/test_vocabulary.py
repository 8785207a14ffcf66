from __future__ import annotations

import pickle

import pytest
import torch

from peploss.constants import RESIDUE_MASSES
from peploss.errors import PeptideError, SettingsError
from peploss.peptides.vocabulary import DEFAULT_VOCABULARY, Vocabulary, as_vocabulary


def test_default_order():
    expected = ["<PAD>", "<SOS>", "<EOS>", "<UNK>", *"ARNDCEQGHILKMFPSTWYV"]
    assert list(DEFAULT_VOCABULARY.tokens) == expected
    masses = DEFAULT_VOCABULARY.mass_tensor()
    assert masses.dtype == torch.float64
    assert masses.tolist() == [0.0] * 4 + [RESIDUE_MASSES[r] for r in expected[4:]]
    assert DEFAULT_VOCABULARY.residue_tensor().tolist() == [False] * 4 + [True] * 20


def test_from_masses():
    vocabulary = Vocabulary.from_masses({"[pad]": 0, "<sos>": None, "G": 57.0, "M(ox)": 147.0, "<EOS>": 0.0})
    assert vocabulary.masses == (None, None, 57.0, 147.0, None)
    assert (vocabulary.pad, vocabulary.sos, vocabulary.eos) == (None, "<sos>", "<EOS>")


def test_from_tokens():
    vocabulary = Vocabulary.from_tokens(["<PAD>", "G", "C[Carbamidomethyl]", "[Acetyl]-M"])
    assert vocabulary.masses[0] is None
    assert vocabulary.masses[2] == pytest.approx(160.030649, abs=1e-5)
    assert vocabulary.masses[3] == pytest.approx(173.05105, abs=1e-5)
    with pytest.raises(PeptideError):
        Vocabulary.from_tokens(["<PAD>", "m"])
    with pytest.raises(SettingsError, match="one residue"):
        Vocabulary.from_tokens(["GG"])


@pytest.mark.parametrize(
    ("tokens", "masses", "says"),
    [
        (("A", "A"), (1.0, 2.0), "'A' occurs twice"),
        (("A", "B"), (1.0,), "as many masses"),
        (("A",), (float("nan"),), "finite"),
        (("A",), (None,), "at least one"),
    ],
)
def test_bad_vocabularies(tokens, masses, says):
    with pytest.raises(SettingsError, match=says):
        Vocabulary(tokens, masses, None, None, None)


def test_a_role_must_be_a_token():
    with pytest.raises(SettingsError, match="no token '<PAD>' to be its pad"):
        Vocabulary(("A",), (71.0,))


@pytest.mark.parametrize(
    ("token", "mass"),
    [("+42.011", 42.010565), ("-17.027", -17.026549), ("+43.006-17.027", 25.980265), ("[Acetyl]-", 42.0), ("x", -1.0)],
)
def test_a_modification_that_is_a_token_by_itself_is_refused(token, mass):
    with pytest.raises(SettingsError, match="modification without its residue"):
        Vocabulary.from_masses({"G": 57.02146, token: mass})
    Vocabulary.from_masses({"G": 57.02146, f"{token}M": 131.04 + mass})  # with its residue


def test_encode():
    targets, mask = DEFAULT_VOCABULARY.encode(["GA", "G", ""])
    assert targets.tolist() == [[1, 11, 4, 2], [1, 11, 2, 0], [1, 2, 0, 0]]
    assert mask.tolist() == [[True] * 4, [True] * 3 + [False], [True] * 2 + [False] * 2]
    assert DEFAULT_VOCABULARY.residue_mask(targets).sum(1).tolist() == [2, 1, 0]
    assert DEFAULT_VOCABULARY.encode([])[0].shape == (0, 0)
    with pytest.raises(SettingsError, match="no token 'B'"):
        DEFAULT_VOCABULARY.encode(["GAB"])
    with pytest.raises(SettingsError, match="padding"):
        Vocabulary(("G",), (57.0,), None, None, None).encode(["G", "GG"])


def test_as_vocabulary():
    assert as_vocabulary(None) is DEFAULT_VOCABULARY
    assert as_vocabulary(DEFAULT_VOCABULARY) is DEFAULT_VOCABULARY
    assert as_vocabulary({"G": 57.0}).tokens == ("G",)


def test_pickle_and_hash():
    again = pickle.loads(pickle.dumps(DEFAULT_VOCABULARY))
    assert again == DEFAULT_VOCABULARY
    assert hash(again) == hash(DEFAULT_VOCABULARY)
