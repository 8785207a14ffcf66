"""Heights in the order of soft fragments are those of hard fragments."""

from __future__ import annotations

import pytest
import torch

from peploss import LossSettings, Peptide, SpectrumMatchingLoss, Vocabulary
from peploss.errors import ArgumentError
from peploss.intensities.heights import fragments_with_heights
from peploss.intensities.soft_order import soft_heights
from peploss.peptides.ions import ion_kinds
from peploss.peptides.soft import expected_residue_masses, soft_fragments


@pytest.fixture
def library(tmp_path) -> LossSettings:
    path = tmp_path / "predictions.tsv"
    lines = ["peptidoform\tcharge\tion\tordinal\tfragment_charge\tloss\tintensity"]
    for text in ("GASK", "PEPTIDE"):
        lines += [
            f"{text}\t2\t{ion}\t{n}\t{z}\t\t{0.1 * n + z + (ion == 'y')}"
            for ion in "by"
            for n in range(1, len(text))
            for z in (1, 2)
        ]
    path.write_text("\n".join(lines) + "\n")
    return LossSettings(
        intensities=f"file:{path}", max_fragment_charge=2, isotopes=1, immonium=True, ion_weights={"y": 0.5}
    )


@pytest.mark.parametrize("sqrt", [False, True])
def test_they_belong_to_the_fragments_of_their_slot(library: LossSettings, sqrt: bool) -> None:
    settings = library.replace(sqrt=sqrt)
    texts = ["GASK", "PEPTIDE"]
    peptides = [Peptide.parse(text) for text in texts]
    targets, mask = Vocabulary().encode(texts)
    residues = Vocabulary().residue_mask(targets) & mask
    kinds = ion_kinds(settings, 2)
    found = soft_heights(peptides, [2, 2], residues, kinds, settings)
    assert not found.unpredicted
    soft = expected_residue_masses(torch.nn.functional.one_hot(targets, 24).double(), mask)
    mz, valid = soft_fragments(soft.masses, soft.mask, kinds)
    weights = torch.tensor([kind.weight for kind in kinds]).double().repeat_interleave(targets.shape[1])
    ours = found.intensities * weights
    for row, hard in enumerate(fragments_with_heights(peptides, settings, [2, 2])):
        backbone = hard.fragments.ion_type != "immonium"
        pairs = dict(zip(hard.fragments.mz[backbone].round(6), hard.fragments.intensity[backbone], strict=True))
        got = {
            round(m, 6): h
            for m, h in zip(mz[row][valid[row]].tolist(), ours[row][valid[row]].tolist(), strict=True)
            if round(m, 6) in pairs
        }
        assert got == {m: pytest.approx(h, abs=1e-12) for m, h in pairs.items()}


def test_a_row_without_a_prediction_is_uniform_and_says_why(library: LossSettings) -> None:
    targets, mask = Vocabulary().encode(["GASK", "LLK"])
    residues = Vocabulary().residue_mask(targets) & mask
    peptides = [Peptide.parse("GASK"), Peptide.parse("LLK")]
    loss = SpectrumMatchingLoss.from_settings(library.replace(immonium=False), precursor_charge=2, reduction="none")
    found = soft_heights(peptides, [2, 2], residues, loss.ions, library)
    assert list(found.unpredicted) == [1]
    assert (found.intensities[1] == 1).all()
    unknown = soft_heights(peptides, [None, 2], residues, loss.ions, library)
    assert list(unknown.unpredicted) == [0, 1]
    probs = torch.nn.functional.one_hot(targets, 24).double()
    peaks = torch.tensor([[147.11, 218.15]] * 2).double(), torch.ones(2, 2).double(), torch.ones(2, 2).bool()
    each = loss(probs, *peaks, mask, fragment_intensities=found.intensities)
    assert ((each > 0) & (each < 1)).all()


def test_counts_that_do_not_fit_are_refused() -> None:
    mask = torch.ones(1, 4, dtype=torch.bool)
    kinds = ion_kinds(LossSettings(), 2)
    with pytest.raises(ArgumentError, match="one peptide and charge for each of 1 rows, not 2 and 1"):
        soft_heights([Peptide.parse("GASK")] * 2, [2], mask, kinds, LossSettings())
    with pytest.raises(ArgumentError, match="Row 0 has 4 residues and its peptide 3"):
        soft_heights([Peptide.parse("GAS")], [2], mask, kinds, LossSettings())
