"""What an entry says twice and not alike, or beside the peptide it is of, is told: a number is not taken in silence."""

from __future__ import annotations

import io

import numpy as np
import pytest

from peploss.errors import SpectrumError
from peploss.spectra.readers import open_spectra
from peploss.spectra.record import looks_like_profile
from peploss.spectra.spectrum import Spectrum


def entry(*lines: str, name: str = "AMMK/2", peaks: str = "200.1 1") -> Spectrum:
    text = "\n".join([f"Name: {name}", *lines, f"Num peaks: {peaks.count(chr(10)) + 1}", peaks, ""])
    with open_spectra(io.BytesIO(text.encode()), "a.msp") as file:
        return file.read(0)


@pytest.mark.parametrize("mods", ["1/0,M,Oxidation", "1(0,K,Acetyl)", "1/-1,M,Oxidation"])
def test_a_modification_of_another_residue_is_not_put_on_the_first(mods: str) -> None:
    spectrum = entry(f"Comment: Mods={mods}")
    assert spectrum.peptide is None
    assert f"Mods={mods} does not fit the peptide AMMK." in spectrum.notes


@pytest.mark.parametrize(
    ("mods", "peptide"),
    [
        ("1/0,A,Acetyl", "[Acetyl]-AMMK/2"), ("1/-1,A,Acetyl", "[Acetyl]-AMMK/2"),
        ("1/1,M,Oxidation", "AM[Oxidation]MK/2"),
        ("1(0,^,Acetyl)", "[Acetyl]-AMMK/2"), ("1/-1,K,Amidated", "AMMK-[Amidated]/2"),
    ],
)  # fmt: skip
def test_ends_are_known_by_their_letters(mods: str, peptide: str) -> None:
    assert entry(f"Comment: Mods={mods}").peptide == peptide


@pytest.mark.parametrize("peak", ["200,1 5", "200 1,5", "200,1 5,5"])
def test_decimal_commas_are_no_further_column(peak: str) -> None:
    with pytest.raises(SpectrumError, match="decimal commas"):
        entry(peaks=peak)


@pytest.mark.parametrize("peak", ["200,1", "200.5, 1", "200.5,1,b2", '200.5,1 "b2"', "200 1 0.3"])
def test_commas_between_columns_are_read(peak: str) -> None:
    assert entry(peaks=peak).intensity.tolist() == [1.0]


def test_two_charges_and_two_precursors_are_told() -> None:
    spectrum = entry("Charge: 3", "PrecursorMZ: 250.1", "Comment: Parent=300.5 Charge=3")
    assert (spectrum.precursor_charge, spectrum.precursor_mz) == (3, 250.1)
    assert "The charge is 3 and 2; the first was taken." in spectrum.notes
    assert "The precursor m/z is 250.1 and 300.5; the first was taken." in spectrum.notes


def test_a_rounded_precursor_is_no_second_one() -> None:
    spectrum = entry("PrecursorMZ: 250.1234", "Comment: Parent=250.12 Charge=2")
    assert spectrum.notes == ()


def test_lists_of_modifications_that_contradict_each_other_give_no_peptide() -> None:
    spectrum = entry("Comment: Mods=0 ModString=AM(O)MK//Oxidation@M2/2")
    assert spectrum.peptide is None
    assert any("contradict each other" in note for note in spectrum.notes)
    assert entry("Comment: Mods=0 ModString=AMMK///2").peptide == "AMMK/2"


@pytest.mark.parametrize("padded", [True, False])
def test_a_few_shapes_between_zeros_are_profile(padded: bool) -> None:
    mz = np.arange(200, 210, 0.01)
    heights = sum(np.exp(-((mz - centre) ** 2) / (2 * 0.02**2)) for centre in (201, 203, 205, 207))
    heights = np.where(heights < 1e-6, 0.0, heights)
    shown = slice(None) if padded else heights > 0
    assert looks_like_profile(mz[shown], heights[shown])
