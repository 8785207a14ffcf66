"""Every counterfactual's loss is the loss of what it says it changes, computed without the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from peploss.analysis.causes.counterfactuals.counterfactual import Counterfactual, support
from peploss.analysis.causes.counterfactuals.edits import edits
from peploss.analysis.causes.counterfactuals.what_if import Counterfactuals, counterfactuals
from peploss.analysis.one_psm.explanation import explain
from peploss.analysis.tuning.psm_set import sample_psms
from peploss.errors import PeptideError
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.spectrum import Spectrum

SETTINGS = (
    LossSettings(),
    LossSettings(sigma=20, sigma_unit="ppm", bin_width=0.01),
    LossSettings(
        ion_types=("a", "b", "y"), immonium=True, neutral_losses=("H2O",), precursor=True, isotopes=1,
        remove_precursor=True, top_n=60,
    ),
    LossSettings(max_mz=500.0, bin_width=1.0, min_peak_mz=200.0, max_peak_mz=600.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def psms() -> list[tuple[Spectrum, Peptide]]:
    psms = sample_psms()
    picked = [p for p in psms if p.peptide.modifications][::18] + [p for p in psms if not p.peptide.modifications][::45]
    return [(p.spectrum, p.peptide) for p in picked]


def changed_loss(base: Counterfactuals, case: Counterfactual) -> float:
    """The loss under the change alone."""
    spectrum, peptide, settings = base.spectrum, case.peptide or base.peptide, case.settings or base.settings
    if case.shift is not None:
        spectrum = dataclasses.replace(preprocess(spectrum, settings), mz=case.shift.undo(spectrum_mz(base)))
        settings = settings.replace(remove_precursor=False, top_n=None, min_peak_mz=None, max_peak_mz=None)
    return explain(spectrum, peptide, settings).loss


def spectrum_mz(base: Counterfactuals) -> np.ndarray:
    return preprocess(base.spectrum, base.settings).mz


@pytest.mark.parametrize("settings", SETTINGS, ids=range(len(SETTINGS)))
def test_each_is_the_loss_of_its_change(psms: list[tuple[Spectrum, Peptide]], settings: LossSettings) -> None:
    kinds = set()
    for base in counterfactuals(psms, settings):
        assert base.loss == pytest.approx(explain(base.spectrum, base.peptide, settings).loss, abs=1e-9)
        for case in base.cases:
            kinds.add(case.kind)
            assert case.loss == pytest.approx(changed_loss(base, case), abs=1e-9), case.text
            assert case.gain == base.loss - case.loss
        facts = base.facts
        assert any(c.kind == "grid" for c in base.cases) == (min(facts.seen, facts.fragments_seen) <= 0.99)
        if base.decoys.size:
            assert base.best("decoy").loss == base.decoys[0] == base.decoys.min()
    want = {"ions", "charge", "peaks", "sigma", "shift", "isotope", "add", "remove", "swap", "decoy"}
    assert want <= kinds
    assert "grid" in kinds or settings.max_mz > 500.0


def test_against_the_dense_definition(psms: list[tuple[Spectrum, Peptide]], dense: Callable[..., float]) -> None:
    base = counterfactuals(psms[:1], LossSettings())[0]
    for case in base.cases:
        if case.kind in ("ions", "charge", "add", "remove", "swap", "decoy", "sigma"):
            settings = case.settings or base.settings
            ions = fragments(case.peptide or base.peptide, settings, case.charge or base.charge)
            cosine = dense((ions.mz, ions.intensity), (base.spectrum.mz, base.spectrum.intensity), settings)
            assert case.loss == pytest.approx(1 - cosine, abs=1e-6), case.text


def test_the_best_site_is_the_best_of_all(psms: list[tuple[Spectrum, Peptide]]) -> None:
    settings = LossSettings()
    for spectrum, peptide in psms[:3]:
        base = counterfactuals([(spectrum, peptide)], settings)[0]
        best: dict[tuple[str, str], float] = {}
        for change in edits(peptide):
            loss = explain(spectrum, change.apply(peptide), settings).loss
            key = (change.kind, change.name)
            best[key] = min(best.get(key, 2.0), loss)
        found = {(c.kind, c.edit.name): c.loss for c in base.cases if c.edit is not None and c.kind != "open"}
        assert found == pytest.approx(best, abs=1e-9)


def test_precursor_errors_in_plain_arithmetic() -> None:
    peptide = Peptide.parse("PEM[Oxidation]TIDEK/2")
    mass = peptide.neutral_mass + 79.966331 + 1.00335483507
    mz = mass / 2 + 1.007276466621
    spectrum = Spectrum(mz=np.array([200.0, 300.0]), intensity=np.ones(2), precursor_mz=mz, precursor_charge=3)
    base = counterfactuals([(spectrum, peptide)], LossSettings())[0]
    assert base.charge == 2  # the candidate's own, as everywhere

    def ppm(of: float, observed: float = mass) -> float:
        return (observed - of) / observed * 1e6

    assert base.ppm == pytest.approx(ppm(peptide.neutral_mass))
    by_text = {c.text: c for c in base.cases}
    phospho = next(c for c in base.cases if c.kind == "add" and c.edit.name == "Phospho")
    assert phospho.ppm == pytest.approx(ppm(peptide.neutral_mass + 79.966331))
    one = by_text["the precursor is isotope +1"]
    assert one.ppm == pytest.approx(ppm(peptide.neutral_mass + 1.00335483507))
    assert (one.gain, one.isotope) == (0.0, 1)
    z3 = by_text["precursor charge 3+"]
    assert z3.ppm == pytest.approx(ppm(peptide.neutral_mass, (mz - 1.007276466621) * 3))
    assert z3.peptide.charge == z3.charge == 3
    unnamed = base.best("open")
    assert unnamed.ppm == pytest.approx(0.0, abs=0.1)
    assert unnamed.peptide.neutral_mass == pytest.approx(mass, abs=1e-4)


def test_parts_of_the_loss_are_the_waterfall(psms: list[tuple[Spectrum, Peptide]]) -> None:
    for base in counterfactuals(psms, LossSettings()):
        whole = explain(base.spectrum, base.peptide, base.settings)
        facts = base.facts
        assert facts.steps == pytest.approx([step.value for step in whole.steps], abs=1e-9)
        assert sum(facts.steps) == pytest.approx(base.loss, abs=1e-9)
        assert facts.n_matched == len(whole.matches)


def test_explained_is_what_the_page_says(psms: list[tuple[Spectrum, Peptide]]) -> None:
    for base in counterfactuals(psms, LossSettings()):
        whole = explain(base.spectrum, base.peptide, LossSettings())
        assert base.facts.explained == pytest.approx(whole.explained_intensity, abs=1e-12)
        matched = whole.matches.fragment_of_peak >= 0
        for case in base.cases:
            if case.ions and case.ions != "all":
                matched |= explain(base.spectrum, base.peptide, case.settings).matches.fragment_of_peak >= 0
        intensity = base.spectrum.intensity
        assert base.facts.explained_all == pytest.approx(intensity[matched].sum() / intensity.sum())
        assert base.facts.top_peak == pytest.approx(intensity.max() / intensity.sum())


def test_one_alone_is_one_of_many_to_the_bit(psms: list[tuple[Spectrum, Peptide]]) -> None:
    together = counterfactuals(psms, LossSettings(), seed=7)
    for psm, of_many in zip(reversed(psms), reversed(together), strict=True):
        alone = counterfactuals([psm], LossSettings(), seed=7)[0]
        assert [(c.text, c.loss, c.ppm) for c in alone.cases] == [(c.text, c.loss, c.ppm) for c in of_many.cases]
        np.testing.assert_array_equal(alone.flat_decoys, of_many.flat_decoys)
        assert alone.facts == of_many.facts
    other = counterfactuals(psms, LossSettings(), seed=8)
    assert any((a.decoys != b.decoys).any() for a, b in zip(together, other, strict=True))
    assert counterfactuals([], LossSettings()) == []


def test_support_in_plain_arithmetic() -> None:
    decoys = np.array([0.8, 0.9, 1.0])
    found = support(np.array([0.5, 0.9]), decoys)
    assert found.tolist() == pytest.approx([0.4 / np.std([0.8, 0.9, 1.0]), 0.0])
    assert support(np.array([0.5]), np.array([0.9, 0.9])).tolist() == pytest.approx([0.4 / 0.02])
    assert support(np.array([0.5]), np.empty(0)) is None


EMPTY = Spectrum(mz=np.empty(0), intensity=np.empty(0))
HUGE = Spectrum(mz=np.array([175.12, 400.0]), intensity=np.array([1e300, 1e-300]), precursor_mz=0.5, precursor_charge=2)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("spectrum", [EMPTY, HUGE], ids=["empty", "huge"])
@pytest.mark.parametrize("text", ["K", "GGGGK", "X[+113.084]AAK", "{Hex}PEM[+15.9949]TIDE/3"])
@pytest.mark.parametrize("settings", [*SETTINGS, LossSettings(ion_types=())], ids=range(len(SETTINGS) + 1))
def test_what_there_is_little_of(spectrum: Spectrum, text: str, settings: LossSettings) -> None:
    if settings.precursor and "/" not in text and spectrum is EMPTY:
        with pytest.raises(PeptideError, match="needs a charge"):
            counterfactuals([(spectrum, Peptide.parse(text))], settings)
        return
    base = counterfactuals([(spectrum, Peptide.parse(text))], settings)[0]
    assert 0.0 <= base.loss <= 1.0
    assert all(0.0 <= c.loss <= 1.0 for c in base.cases)
    if spectrum is EMPTY:
        assert base.loss == 1.0
        assert base.ppm is None
        assert not any(c.kind in ("isotope", "open") for c in base.cases)
