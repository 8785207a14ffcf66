"""The numbers and the ladder over the plot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from peploss.analysis.one_psm.explanation import Explanation, explain
from peploss.explorer.explore import payload, summary
from peploss.explorer.shell.view import View
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum


def number(ex: Explanation, name: str) -> dict:
    return next(item for group in summary.numbers(ex) for item in group["items"] if item["id"] == name)


def test_the_loss_is_the_first_number_and_every_number_has_a_definition(explained: Explanation) -> None:
    groups = summary.numbers(explained)
    first = groups[0]["items"][0]
    assert (first["id"], first["value"]) == ("loss", f"{explained.loss:.4f}")
    assert all(len(item["help"]) > 30 for group in groups for item in group["items"])


def test_numbers_without_a_precursor_say_what_is_missing(spectrum: Spectrum) -> None:
    ex = explain(replace(spectrum, precursor_mz=None), Peptide.parse("PEPTIDEK"), LossSettings())
    precursor = next(group for group in summary.numbers(ex) if group["title"] == "Precursor")
    assert {item["value"] for item in precursor["items"]} == {summary.NONE}


def test_the_ladder_has_a_mark_on_each_side_of_every_bond(explained: Explanation) -> None:
    ladder = summary.ladder(explained)
    n = len(explained.peptide.residues)
    assert len(ladder["residues"]) == n
    assert len(ladder["left"]) == len(ladder["right"]) == n - 1
    matched = sum(mark["state"] == "matched" for mark in ladder["left"])
    assert matched == sum(bool(bond.n_terminal) for bond in explained.bonds)


def test_an_empty_side_is_explained_and_has_no_best_min_distance(spectrum: Spectrum) -> None:
    ex = explain(spectrum, Peptide.parse("VGEAAASGELRK"), LossSettings(min_peak_mz=1900.0))
    assert number(ex, "mindist")["value"] == summary.NONE
    assert number(ex, "spread")["tone"] == ""
    assert payload.stage(ex, View(), source="a")["guard"] == (
        "No observed peak is left after filtering, so the loss is 1 by definition."
    )


def test_isotopes_have_names_and_one_minus_sign(explained: Explanation, spectrum: Spectrum) -> None:
    assert number(explained, "isotope")["label"] == "nearest isotope: 0"
    below = explain(replace(spectrum, precursor_mz=spectrum.precursor_mz - 0.5), explained.peptide, LossSettings())
    assert number(below, "isotope")["label"] == "nearest isotope: −1"


def test_a_precursor_far_off_is_shown_in_da(explained: Explanation, spectrum: Spectrum) -> None:
    assert number(explained, "ppm")["unit"] == "ppm"
    far = explain(replace(spectrum, precursor_mz=spectrum.precursor_mz + 10), explained.peptide, LossSettings())
    error = number(far, "ppm")
    assert error["unit"] == "Da"
    assert float(error["value"]) == pytest.approx(20.0, abs=0.01)  # of a charge of 2
    assert "ppm: +16,5" in error["help"]


def test_matches_between_bins_are_told_where_they_are_counted(explained: Explanation, spectrum: Spectrum) -> None:
    ex = explain(spectrum, explained.peptide, LossSettings(sigma=0.005))
    assert ex.n_matched_unseen > 1
    for name in ("matched", "explained"):
        assert f"{ex.n_matched_unseen} matched pairs fall between bins" in number(ex, name)["help"]
        assert "between bins" not in number(explained, name)["help"]


def test_the_ladder_names_what_the_ends_carry(spectrum: Spectrum) -> None:
    ends = summary.ladder(explain(spectrum, Peptide.parse("[Acetyl]-PEM[Oxidation]K-[Amidated]"), LossSettings()))
    assert (ends["n_term"], ends["c_term"]) == ("Acetyl", "Amidated")
    assert [r["modification"] for r in ends["residues"]] == ["", "", "Oxidation", ""]
    bare = summary.ladder(explain(spectrum, Peptide.parse("PEMK"), LossSettings()))
    assert bare["n_term"] == bare["c_term"] == ""


def test_the_loss_says_where_it_was_computed() -> None:
    spectrum = Spectrum(mz=np.array([148.06, 263.09]), intensity=np.ones(2))
    explained = explain(spectrum, Peptide.parse("PEPTIDE"), LossSettings())
    (loss,) = (item for group in summary.numbers(explained) for item in group["items"] if item["id"] == "loss")
    assert "Computed and drawn on the CPU" in loss["help"]
