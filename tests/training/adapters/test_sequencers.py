"""Casanovo's and InstaNovo's tokens and batches: fragments and masses are those of the peptides they mean."""

from __future__ import annotations

import tempfile
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from peploss import CombinedLoss, Peptide
from peploss.errors import ArgumentError, SettingsError
from peploss.training.adapters.sequencers import casanovo_batch, casanovo_tokens, instanovo_batch, instanovo_tokens
from peploss.training.adapters.tokens import TokenMap
from peploss.training.logged_run import LoggedRun
from peploss.training.sample_log import SampleLog

MASSES = {"G": 57.02146372, "A": 71.03711379, "S": 87.03202841, "K": 128.09496302, "M[Oxidation]": 147.03539997}
TERMINAL = {"[Acetyl]-": 42.01056469, "[Ammonia-loss]-": -17.02654911}


def casanovo(reverse: bool = True) -> Any:
    """With the attributes of depthcharge's tokenizer."""
    residues = MASSES | TERMINAL
    index = [None, *sorted([*residues, "$"])]
    return SimpleNamespace(reverse_index=index, residues=residues, start_token=None, stop_token="$", reverse=reverse)


def encoded(tokenizer: Any, peptides: list[list[str]]) -> torch.Tensor:
    rows = []
    for tokens in peptides:
        order = tokens[::-1] if tokenizer.reverse else tokens
        rows.append(torch.tensor([tokenizer.reverse_index.index(t) for t in [*order, "$"]]))
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)


PEPTIDES = [["G", "A", "S", "K"], ["[Acetyl]-", "M[Oxidation]", "K"], ["[Ammonia-loss]-", "A", "G", "S", "K"]]
PROFORMA = ["GASK", "[Acetyl]-M[Oxidation]K", "[Ammonia-loss]-AGSK"]


@pytest.mark.parametrize("reverse", [True, False])
def test_a_certain_model_has_the_masses_of_its_peptides(reverse: bool) -> None:
    tokenizer = casanovo(reverse)
    seq = encoded(tokenizer, PEPTIDES)
    logits = 40.0 * torch.nn.functional.one_hot(seq, len(tokenizer.reverse_index)).float()
    answer_behind = torch.cat([logits, torch.zeros_like(logits[:, :1])], 1)
    masses = torch.tensor([Peptide.parse(text).neutral_mass for text in PROFORMA], dtype=torch.float64)
    batch = {
        "seq": seq[None], "mz_array": torch.tensor([[[58.0287, 129.0659, 0.0]] * 3], dtype=torch.float64),
        "intensity_array": torch.ones(1, 3, 3), "precursor_mz": (masses / 2 + 1.007276466621)[None],
        "precursor_charge": torch.tensor([[2, 2, 2]]), "peak_file": [["a.mgf"] * 3][0], "scan_id": ["1", "2", "3"],
    }  # fmt: skip
    tokens = casanovo_tokens(tokenizer)
    found = casanovo_batch(answer_behind, batch, tokens)
    names = tokens.vocabulary.tokens
    written = [[names[i] for i in row[m]] for row, m in zip(found.targets, found.mask, strict=True)]
    assert written == [
        ["G", "A", "S", "K", "<EOS>"],
        ["[Acetyl]-M[Oxidation]", "K", "<EOS>"],
        ["[Ammonia-loss]-A", "G", "S", "K", "<EOS>"],
    ]
    torch.testing.assert_close(found.logits.exp().sum(-1), torch.ones(found.logits.shape[:3]), atol=1e-4, rtol=0)
    loss = CombinedLoss(spectrum_weight=1.0, precursor_weight=1.0, vocabulary=tokens.vocabulary, reduction="none")
    _, metrics = loss(found.logits, found.targets, found.mask, *found.peaks, found.precursor_mass)
    np.testing.assert_allclose(metrics["predicted_peptide_mass"], masses, atol=1e-3)
    assert metrics["ppm_error"].max() < 2
    assert metrics["ce_final"].max() < 1e-3
    assert found.ids == ["a.mgf:1", "a.mgf:2", "a.mgf:3"]
    assert found.charges == [2, 2, 2]
    assert found.peaks[2].sum() == 6


def test_probabilities_of_a_joined_token_are_products() -> None:
    tokenizer = casanovo()
    tokens = casanovo_tokens(tokenizer)
    seq = encoded(tokenizer, PEPTIDES[1:2])
    logits = torch.randn(1, seq.shape[1], len(tokenizer.reverse_index), generator=torch.Generator().manual_seed(0))
    logits.requires_grad_()
    said, targets, mask = tokens(logits, seq)
    p = logits.detach().softmax(-1)[0]
    i, m = tokenizer.reverse_index.index("[Acetyl]-"), tokenizer.reverse_index.index("M[Oxidation]")
    joined = tokens.vocabulary.id("[Acetyl]-M[Oxidation]")
    assert targets[0, 0] == joined
    assert said[0, 0, 0].exp()[joined].item() == pytest.approx(float(p[2, i] * p[1, m]), rel=1e-4)
    assert said[0, 0, 0].exp().sum().item() == pytest.approx(1, abs=1e-4)
    assert mask[0].tolist() == [True, True, True, False]
    said[0, 0, 0, joined].backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert float(logits.grad.norm()) > 0


def test_an_adapted_batch_can_be_logged() -> None:
    tokenizer = casanovo()
    tokens = casanovo_tokens(tokenizer)
    seq = encoded(tokenizer, PEPTIDES)
    said = tokens(torch.randn(*seq.shape, len(tokenizer.reverse_index)), seq)
    with tempfile.TemporaryDirectory() as folder:
        with SampleLog(folder, vocabulary=tokens.vocabulary) as log:
            log.add(3, ["a", "b", "c"], *said)
        assert LoggedRun(folder).vocabulary == tokens.vocabulary


def test_what_does_not_fit_is_told() -> None:
    tokens = casanovo_tokens(casanovo())
    with pytest.raises(ArgumentError, match="V = 9"):
        tokens(torch.zeros(1, 3, 5), torch.zeros(1, 3, dtype=torch.int64))
    with pytest.raises(SettingsError, match="'X' has no mass"):
        TokenMap.of(["", "X"], {}, special={"": "<PAD>"}, terminal=[], reverse=False)
    with pytest.raises(SettingsError, match="no padding"):
        TokenMap.of(["G"], MASSES, special={}, terminal=[], reverse=False)


def test_instanovo_batches() -> None:
    masses = {"G": 57.021464, "A": 71.037114, "M[UNIMOD:35]": 147.0354, "K": 128.094963, "[UNIMOD:1]": 42.010565}
    vocab = ["[PAD]", "[SOS]", "[EOS]", *masses]
    residue_set = SimpleNamespace(vocab=vocab, residue_masses=masses)
    tokens = instanovo_tokens(residue_set)
    rows = [["G", "A", "K"], ["[UNIMOD:1]", "M[UNIMOD:35]", "K"]]
    peptides = torch.tensor([[vocab.index(t) for t in [*row[::-1], "[EOS]"]] for row in rows])
    weights = [Peptide.parse(text).neutral_mass for text in ("GAK", "[Acetyl]-M[Oxidation]K")]
    spectra = torch.tensor([[[58.03, 1.0], [0.0, 0.0]], [[190.05, 1.0], [147.11, 0.5]]])
    batch = {
        "spectra": spectra, "spectra_mask": spectra[..., 0] == 0, "peptides": peptides, "peptides_mask": peptides == 0,
        "precursors": torch.tensor([[m, 2.0, m / 2 + 1.007276] for m in weights]),
    }  # fmt: skip
    logits = 40.0 * torch.nn.functional.one_hot(peptides, len(vocab)).float()
    found = instanovo_batch(logits, batch, tokens, ["a", "b"])
    loss = CombinedLoss(precursor_weight=1.0, vocabulary=tokens.vocabulary, reduction="none")
    _, metrics = loss(found.logits, found.targets, found.mask, *found.peaks, found.precursor_mass)
    np.testing.assert_allclose(metrics["predicted_peptide_mass"], weights, atol=1e-3)
    assert metrics["ppm_error"].max() < 5
    assert found.peaks[2].tolist() == [[True, False], [True, True]]


def test_the_tokenizer_of_depthcharge_is_mapped_whole() -> None:
    tokenizers = pytest.importorskip("depthcharge.tokenizers", reason="depthcharge-ms is not installed")
    tokenizer = tokenizers.PeptideTokenizer(
        residues=MASSES | TERMINAL | {"C[Carbamidomethyl]": 160.030649}, reverse=True
    )
    tokens = casanovo_tokens(tokenizer)
    seq = tokenizer.tokenize(["GASK", "[Acetyl]-GM[Oxidation]K"], add_stop=True)
    said, targets, mask = tokens(torch.zeros(*seq.shape, len(tokenizer.reverse_index)), seq)
    names = tokens.vocabulary.tokens
    assert [[names[i] for i in row[m]] for row, m in zip(targets, mask, strict=True)] == [
        ["G", "A", "S", "K", "<EOS>"],
        ["[Acetyl]-G", "M[Oxidation]", "K", "<EOS>"],
    ]
    assert said.shape[-1] == len(tokens.vocabulary)


def test_the_residue_set_of_instanovo_is_mapped_whole() -> None:
    residues = pytest.importorskip("instanovo.utils.residues", reason="instanovo is not installed")
    found = residues.ResidueSet({"G": 57.021464, "K": 128.094963, "[UNIMOD:1]": 42.010565})
    tokens = instanovo_tokens(found)
    assert tokens.vocabulary.tokens[-2:] == ("[UNIMOD:1]-G", "[UNIMOD:1]-K")
    assert tokens.vocabulary.masses[-1] == pytest.approx(170.105528)
