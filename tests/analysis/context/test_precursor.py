"""The isotope envelope against an independent computation, purity by hand, and what is said of both."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pyteomics import mass

from peploss.analysis.context.isotopes import ABUNDANCES, envelope
from peploss.analysis.context.precursor import envelope_in, purity_of, told
from peploss.constants import ISOTOPE_SPACING
from peploss.peptides.peptide import Peptide
from peploss.spectra.survey import Context, Isolation, Survey

PEPTIDE = Peptide.parse("PEPTIDEK/2")


def closed_form(sequence: str) -> tuple[float, float, float]:
    """The share of the lightest molecules, and that of one and two neutrons more over it, from pyteomics' atoms."""
    atoms = mass.Composition(sequence=sequence)
    r1 = {e: ABUNDANCES[e][1] / ABUNDANCES[e][0] for e in atoms}
    r2 = {e: ABUNDANCES[e][2] / ABUNDANCES[e][0] if len(ABUNDANCES[e]) > 2 else 0.0 for e in atoms}
    one = sum(n * r1[e] for e, n in atoms.items())
    # Of two neutrons: both in one atom, or in two different ones.
    two = sum(n * r2[e] for e, n in atoms.items()) + (one**2 - sum(n * r1[e] ** 2 for e, n in atoms.items())) / 2
    return math.prod(ABUNDANCES[e][0] ** n for e, n in atoms.items()), one, two


@pytest.mark.parametrize("sequence", ["PEPTIDEK", "ACDMK", "GG", "W" * 20])
def test_the_first_isotopes_are_those_of_the_closed_form(sequence: str) -> None:
    found = envelope(Peptide.parse(sequence), 3)
    lightest, one, two = closed_form(sequence)
    np.testing.assert_allclose(found, [lightest, lightest * one, lightest * two], rtol=1e-9)


def test_all_isotopes_add_up_to_all_molecules() -> None:
    assert envelope(Peptide.parse("PEPTIDEK"), 12).sum() == pytest.approx(1.0, abs=1e-6)


def test_what_a_modification_adds_counts_as_average_residues() -> None:
    bare, heavier = envelope(PEPTIDE), envelope(Peptide.parse("PEPTIDEK[+1111.254]"))
    assert heavier[0] < bare[0]
    assert heavier[1] / heavier[0] - bare[1] / bare[0] == pytest.approx(10 * 4.9384 * 0.0107 / 0.9893, rel=0.12)
    assert envelope(Peptide.parse("PEPTIDEK[-18.01]")).tolist() == bare.tolist()


def survey(*peaks: tuple[float, float]) -> Survey:
    ordered = np.array(sorted(peaks), dtype=np.float64).reshape(-1, 2)
    return Survey(ordered[:, 0], ordered[:, 1], "scan=1", 60.0, True)


def isotopes(n: int = 4, ppm: float = 0.0) -> list[tuple[float, float]]:
    heights = envelope(PEPTIDE)
    first = PEPTIDE.mz(2) * (1 + ppm * 1e-6)
    return [(first + k * ISOTOPE_SPACING / 2, 1000 * float(heights[k])) for k in range(n)]


def test_a_right_envelope_has_a_cosine_of_1_and_its_errors() -> None:
    seen = envelope_in(survey(*isotopes(6, ppm=5)), PEPTIDE, 2)
    assert seen.cosine == pytest.approx(1.0, abs=1e-9)
    np.testing.assert_allclose(seen.error_ppm[1:], 5.0, atol=0.1)
    assert np.isnan(seen.error_ppm[0])
    assert seen.lighter == 0.0
    assert seen.expected.sum() == pytest.approx(seen.observed.sum())


def test_another_isotope_of_a_lighter_peptide_is_told() -> None:
    lighter = (PEPTIDE.mz(2) - ISOTOPE_SPACING / 2, 900.0)
    seen = envelope_in(survey(lighter, *isotopes()), PEPTIDE, 2)
    assert seen.lighter > 1
    assert seen.cosine < 0.8
    here = survey(lighter, *isotopes())
    said = " ".join(told(Context(here, None), seen, purity_of(here, PEPTIDE, 2, PEPTIDE.mz(2), None)))
    assert "another isotope's" in said


def test_purity_is_the_share_of_the_peptides_isotopes_in_the_window() -> None:
    mz = PEPTIDE.mz(2)
    here = survey(*isotopes(2), (mz + 0.3, 250.0), (mz + 0.31, 100.0), (mz + 3, 1e6))
    own = sum(height for _, height in isotopes(2))
    pure = purity_of(here, PEPTIDE, 2, mz, Isolation(mz - 0.8, mz + 0.8))
    assert pure.share == pytest.approx(own / (own + 350))
    assert pure.others.tolist() == [[pytest.approx(mz + 0.3), 250.0], [pytest.approx(mz + 0.31), 100.0]]
    assert not pure.assumed
    assert purity_of(here, PEPTIDE, 2, mz, None).assumed
    said = told(Context(here, None), envelope_in(here, PEPTIDE, 2), purity_of(here, PEPTIDE, 2, mz, None))
    assert any(", assumed)" in text for text in said)


def test_nothing_there_is_told() -> None:
    here = survey((900.0, 1.0))
    seen, pure = envelope_in(here, PEPTIDE, 2), purity_of(here, PEPTIDE, 2, PEPTIDE.mz(2), None)
    assert seen.cosine == 0.0
    assert pure.share is None
    said = " ".join(told(Context(here, None), seen, pure))
    assert "No isotope of the peptide has a peak" in said
    assert "no peak in the isolation window" in said
    empty = Survey(np.empty(0), np.empty(0), "scan=1", None, False)
    assert "does not name its survey scan" in " ".join(
        told(Context(empty, None), envelope_in(empty, PEPTIDE, 2), purity_of(empty, PEPTIDE, 2, 464.0, None))
    )
