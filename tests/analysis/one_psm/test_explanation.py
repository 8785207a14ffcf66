from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from peploss.analysis.one_psm.explanation import STATES, Explanation, explain
from peploss.constants import PROTON
from peploss.errors import LimitError
from peploss.kernels import Peaks
from peploss.losses.spectrum import spectrum_loss_at
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import samples_folder
from peploss.spectra.spectrum import Spectrum

PEPTIDE = Peptide.parse("LVNELTEFAK/2")


def spectrum(mz, intensity, **known) -> Spectrum:
    return Spectrum(mz=np.array(mz, dtype=float), intensity=np.array(intensity, dtype=float), **known)


def realistic(seed: int = 0, n_noise: int = 100, options: LossSettings | None = None) -> Spectrum:
    """Most fragments with a little mass error, and noise; some of it near them."""
    rng = np.random.default_rng(seed)
    ions = fragments(PEPTIDE, options or LossSettings(), 2).mz
    ions = ions[rng.random(ions.size) < 0.7]
    mz = np.concatenate([ions + rng.normal(0, 0.02, ions.size), rng.uniform(100, 1200, n_noise), ions[:3] + 0.2])
    return spectrum(mz, rng.gamma(1, 1, mz.size), precursor_mz=PEPTIDE.mz(2) + 0.001, precursor_charge=2)


def arrays_of(value: object) -> list[np.ndarray]:
    """Every number in an explanation, however deep."""
    if isinstance(value, np.ndarray):
        return [value] if value.dtype.kind in "fib" else []
    if isinstance(value, float | int):
        return [np.array(value)]
    if isinstance(value, tuple):
        return [a for item in value for a in arrays_of(item)]
    if dataclasses.is_dataclass(value):
        return [a for f in dataclasses.fields(value) for a in arrays_of(getattr(value, f.name))]
    return []


def explain_strictly(
    observed: Spectrum, peptide: Peptide = PEPTIDE, options: LossSettings | None = None
) -> Explanation:
    """Explain, and hold what must be true of every explanation."""
    options = options or LossSettings()
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        e = explain(observed, peptide, options)
        curves = e.curves
    assert all(np.isfinite(a).all() for part in (e, curves) for a in arrays_of(part))
    assert 0 <= e.loss <= 1
    assert_allclose(e.shares.fragment_cosine.sum(), e.cosine, atol=1e-12)
    assert_allclose(e.shares.peak_cosine.sum(), e.cosine, atol=1e-12)
    assert_allclose(curves.contribution.sum(), e.cosine, atol=1e-7)
    assert e.steps[-1].end == e.loss
    assert_allclose(sum(s.value for s in e.steps), e.loss, atol=1e-15)
    assert_allclose(e.phases.loss[0], e.loss, atol=1e-15)
    assert e.grid_artefact == e.loss - e.continuum_loss
    assert 0 <= e.explained_intensity <= 1
    assert e.n_matched_unseen <= e.n_matched <= e.n_matchable <= len(e.fragments)
    assert set(e.fragment_state) <= set(STATES)
    assert not (e.gradient.out_of_reach & ~e.fragment_rendered).any()
    return e


@pytest.mark.parametrize(
    "options",
    [
        LossSettings(),
        LossSettings(sigma=20.0, sigma_unit="ppm", bin_width=0.01),
        LossSettings(sigma=0.5, bin_width=0.5, max_mz=700.0),
        LossSettings(sqrt=True, top_n=40, neutral_losses=("H2O",), isotopes=1, ion_weights={"b": 0.5}),
        LossSettings(sigma=0.001),
    ],
    ids=["default", "ppm", "short grid", "preprocessed", "between bins"],
)
def test_loss_is_the_dense_one_of_the_preprocessed_peaks(options: LossSettings, dense) -> None:
    e = explain_strictly(realistic(), options=options)
    assert_allclose(e.loss, 1 - dense(*sides(e), options), atol=1e-10)
    assert_allclose(e.phases.loss[13], 1 - dense(*in_range_sides(e), options, e.phases.shift[13]), atol=1e-4)


def sides(e: Explanation):
    return (e.fragments.mz, e.fragments.intensity), (e.observed.mz, e.observed.intensity)


def in_range_sides(e: Explanation):
    (m, a), (n, b) = sides(e)
    return (m[e.fragment_in_range], a[e.fragment_in_range]), (n[e.peak_in_range], b[e.peak_in_range])


def test_loss_is_the_library_s_to_the_last_bit() -> None:
    for seed in range(5):
        e = explain(realistic(seed), PEPTIDE, LossSettings())
        pred, obs = (Peaks.from_arrays(m.copy(), a.copy()) for m, a in sides(e))
        assert e.loss == spectrum_loss_at(pred, obs, LossSettings()).item()


@settings(max_examples=30)
@given(st.integers(0, 1000), st.sampled_from([1e-30, 1e-3, 7.0, 1e30]))
def test_scale_of_intensities_changes_nothing(seed: int, scale: float) -> None:
    plain = realistic(seed)
    e, scaled = explain_strictly(plain), explain_strictly(dataclasses.replace(plain, intensity=plain.intensity * scale))
    assert_allclose(scaled.loss, e.loss, rtol=1e-12)
    assert_allclose(scaled.gradient.by_mz, e.gradient.by_mz, rtol=1e-9, atol=1e-12)
    assert_allclose(scaled.shares.peak_loss, e.shares.peak_loss, rtol=1e-9, atol=1e-14)
    assert_allclose([s.value for s in scaled.steps], [s.value for s in e.steps], atol=1e-12)
    assert_allclose(scaled.explained_intensity, e.explained_intensity, rtol=1e-12)
    assert_array_equal(scaled.matches.fragment, e.matches.fragment)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_order_of_the_peaks_changes_nothing(seed: int, random) -> None:
    plain = realistic(seed)
    order = list(range(len(plain)))
    random.shuffle(order)
    other = explain(
        dataclasses.replace(plain, mz=plain.mz[order], intensity=plain.intensity[order]), PEPTIDE, LossSettings()
    )
    e = explain(plain, PEPTIDE, LossSettings())
    assert other.loss == e.loss
    assert_array_equal(other.matches.peak, e.matches.peak)
    assert_array_equal(other.shares.peak_cosine, e.shares.peak_cosine)


@pytest.mark.parametrize("unit", [{"sigma": 0.05}, {"sigma": 20.0, "sigma_unit": "ppm"}, {"sigma": 0.001}])
def test_the_prediction_itself_is_free(unit: dict) -> None:
    options = LossSettings(**unit)
    ions = fragments(PEPTIDE, options, 2)
    e = explain_strictly(
        spectrum(ions.mz, 3 * ions.intensity, precursor_mz=PEPTIDE.mz(2), precursor_charge=2), PEPTIDE, options
    )
    assert e.loss == pytest.approx(0, abs=1e-14)
    assert e.continuum_loss == pytest.approx(0, abs=1e-14)
    assert e.n_matched == len(ions)
    assert e.explained_intensity == pytest.approx(1)
    assert e.n_bonds_covered == len(e.bonds) == 9
    assert_allclose(e.gradient.by_mz, 0, atol=1e-10)
    assert_allclose([s.value for s in e.steps], 0, atol=1e-14)
    assert e.precursor is not None
    assert e.precursor.ppm == pytest.approx(0, abs=1e-6)
    assert e.min_distance_loss == 0


def test_matches_and_explained_intensity_are_told_of_the_matched_peaks() -> None:
    y1, y2 = fragments(PEPTIDE, LossSettings(ion_types=("y",)), 2).mz[:2]
    e = explain_strictly(spectrum([y1 + 0.01, y2 - 0.02, 600.0], [1.0, 2.0, 5.0]))
    assert [e.fragments.plain_label[i] for i in e.matches.fragment] == ["y1", "y2"]
    assert_allclose(e.matches.error_da, [0.01, -0.02])
    assert e.explained_intensity == pytest.approx(3 / 8)
    assert e.n_bonds_covered == 2
    assert [b.position for b in e.bonds if b.covered] == [8, 9]
    assert e.bonds[8].c_terminal == ("y1",)


def test_what_lies_off_the_grid_is_not_matched_and_not_counted() -> None:
    options = LossSettings(max_mz=400.0)
    ions = fragments(PEPTIDE, options, 2)
    e = explain_strictly(spectrum(ions.mz, ions.intensity), options=options)
    inside = ions.mz < 400
    assert e.n_matched == e.n_matchable == inside.sum() < len(ions)
    assert_array_equal(e.fragment_in_range, inside)
    assert e.explained_intensity == pytest.approx(1)
    assert e.continuum_loss == pytest.approx(0, abs=1e-12)


ONE_ION = fragments(PEPTIDE, LossSettings(), 2).mz[0]


@pytest.mark.parametrize(
    ("observed", "options"),
    [
        (spectrum([], []), LossSettings()),
        (spectrum([500.0], [0.0]), LossSettings()),
        (spectrum([ONE_ION, 500.0], [0.0, 0.0]), LossSettings()),
        (spectrum([5000.0], [1.0]), LossSettings()),
        (spectrum([700.123], [1.0]), LossSettings()),
        (spectrum([ONE_ION], [1.0]), LossSettings(ion_types=())),
        (spectrum([ONE_ION], [1.0]), LossSettings(ion_weights={"b": 0.0, "y": 0.0})),
        (spectrum([20.0], [1.0]), LossSettings(max_mz=50.0)),
        (spectrum([ONE_ION], [1.0]), LossSettings(min_peak_mz=1500.0)),
        (spectrum([], []), LossSettings(ion_types=(), sigma=10.0, sigma_unit="ppm")),
        (spectrum([100.0, 500.0], [1.0, 1.0]), LossSettings(sigma=0.001, bin_width=1.0)),
    ],
    ids=[
        *("no peaks", "no intensity", "no intensity at an ion", "peak off the grid", "one unmatched peak"),
        *("no ion types", "no weight", "no fragment on the grid", "nothing in the window", "nothing at all"),
        *("all between bins",),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_nothing_to_compare_costs_exactly_one(observed: Spectrum, options: LossSettings, known: bool) -> None:
    if known:
        observed = dataclasses.replace(observed, precursor_mz=500.0, precursor_charge=2)
    e = explain_strictly(observed, Peptide.parse("LVNELTEFAK"), options)
    assert e.loss == e.phases.low == e.phases.high == 1.0 or options.bin_width == 1.0
    assert e.loss == 1.0
    assert not e.gradient.by_mz.any()
    assert set(e.fragment_state) <= {"no weight", "beyond the grid", "between bins", "out of reach"} or e.n_matched
    assert e.guard is None or "moves this loss" not in e.guard
    in_sight = len(e.observed) == 1 and e.observed.mz[0] == 700.123
    assert any("1 by definition" in notice for notice in e.notices) is not in_sight
    if not e.observed.intensity.any() or not e.fragments.intensity.any():
        assert e.min_distance_loss is None
    assert not e.shares.fragment_cosine.any()
    assert not e.shares.peak_cosine.any()
    assert e.steps[-1].name == "missing and unexplained"
    assert (e.precursor is None) is not known


def test_one_peak_and_one_fragment() -> None:
    e = explain_strictly(spectrum([ONE_ION + 0.01], [4.0]))
    assert e.n_matched == 1
    assert e.loss < 1
    assert (e.gradient.by_mz != 0).sum() >= 1
    assert e.gradient.by_mz[0] < 0


def test_peaks_at_one_mz_are_one_peak_to_the_loss() -> None:
    twice, once = (explain_strictly(spectrum(m, i)) for m, i in (([ONE_ION] * 2, [1.0, 3.0]), ([ONE_ION], [4.0])))
    assert_allclose(twice.loss, once.loss, rtol=1e-12)
    assert twice.n_matched == once.n_matched == 1
    assert twice.matches.peak.tolist() == [1]  # the more intense
    assert_allclose(twice.shares.peak_cosine[1], 3 * twice.shares.peak_cosine[0])


@pytest.mark.parametrize(
    ("text", "charge_of_spectrum", "charge"),
    [("PEPTIDEK", None, None), ("PEPTIDEK", 3, 3), ("PEPTIDEK/2", 3, 2), ("PEPTIDEK/2", None, 2)],
)
def test_charge_is_the_candidate_s_else_the_spectrum_s(text, charge_of_spectrum, charge) -> None:
    peptide = Peptide.parse(text)
    e = explain_strictly(
        spectrum([500.0], [1.0], precursor_mz=peptide.mz(2), precursor_charge=charge_of_spectrum), peptide
    )
    assert e.charge == charge
    assert (e.precursor is None) is (charge is None)
    assert set(e.fragments.charge.tolist()) == ({1, 2} if charge == 3 else {1})
    if charge == 2:
        assert e.precursor is not None
        assert abs(e.precursor.ppm) < 1e-6


def test_precursor_error_is_signed_and_knows_isotopes() -> None:
    known = {"precursor_mz": PEPTIDE.mz(2) + 1.00335483507 / 2 + 0.001, "precursor_charge": 2}
    e = explain_strictly(spectrum([500.0], [1.0], **known), options=LossSettings(precursor_scale=1000.0))
    assert e.precursor is not None
    assert e.precursor.isotope == 1
    assert e.precursor.isotope_ppm == pytest.approx(0.002 / PEPTIDE.neutral_mass * 1e6, rel=1e-2)
    assert e.precursor.loss == pytest.approx(np.log1p(e.precursor.ppm / 1000))


def test_a_precursor_below_the_proton_has_no_error() -> None:
    assert explain_strictly(spectrum([500.0], [1.0], precursor_mz=PROTON / 2, precursor_charge=2)).precursor is None


def test_guard_speaks_at_the_default_and_counts_what_is_not_seen() -> None:
    assert "0.5 bins" in (explain(realistic(), PEPTIDE, LossSettings()).guard or "")
    assert explain(realistic(), PEPTIDE, LossSettings(sigma=0.1)).guard is None
    narrow = explain_strictly(realistic(), options=LossSettings(sigma=0.001))
    assert narrow.guard is not None
    assert f"{int((~narrow.fragment_rendered).sum())} fragments" in narrow.guard


def test_an_explanation_can_be_made_in_two_threads_at_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    spectra = [realistic(seed) for seed in range(20)]
    alone = [explain(s, PEPTIDE, LossSettings()).loss for s in spectra]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda s: explain(s, PEPTIDE, LossSettings()).loss, spectra))
    assert together == alone


@pytest.mark.parametrize("options", [LossSettings(), LossSettings(sigma=20.0, sigma_unit="ppm", bin_width=0.01)])
def test_real_spectra_are_taken_apart_without_a_rest(options: LossSettings) -> None:
    with open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf") as file:
        spectra = [file.read(i) for i in range(0, len(file), 4)]
    found = [explain_strictly(s, Peptide.parse(s.peptide or ""), options) for s in spectra]
    assert len(found) > 20
    assert all(len(e.steps) == 4 for e in found)
    assert np.median([e.loss for e in found]) < 0.9
    assert all(e.precursor is not None for e in found)


def test_a_matched_fragment_between_bins_is_told_as_such() -> None:
    options = LossSettings(sigma=0.001)
    between = next(m for m in fragments(PEPTIDE, options, 2).mz if abs(m * 10 % 1 - 0.5) > 0.2)
    e = explain_strictly(spectrum([between + 0.0004, 600.0], [1.0, 1.0]), options=options)
    assert e.n_matched == e.n_matched_unseen == 1
    (i,) = e.matches.fragment
    assert e.fragment_state[i] == "matched, between bins"
    assert not e.gradient.out_of_reach[i]
    assert e.shares.fragment_cosine[i] == e.gradient.by_mz[i] == 0.0
    assert e.explained_intensity == 0.5


def test_every_kind_of_fragment_has_its_state() -> None:
    options = LossSettings(max_mz=900.0, ion_weights={"b": 0.0})
    y1, y2 = fragments(PEPTIDE, LossSettings(ion_types=("y",)), 2).mz[:2]
    e = explain_strictly(spectrum([y1 + 0.01, y2 + 0.2], [1.0, 1.0]), options=options)
    state = dict(zip(e.fragments.plain_label, e.fragment_state, strict=True))
    assert (state["b1"], state["y1"], state["y2"], state["y3"]) == ("no weight", "matched", "missing", "out of reach")
    assert state["y9"] == "beyond the grid"


def test_a_charge_that_contradicts_the_spectrum_is_told() -> None:
    for charge, told in ((2, False), (3, True), (None, False)):
        notices = explain(spectrum([500.0], [1.0], precursor_charge=charge), PEPTIDE, LossSettings()).notices
        assert any("charge 2+, the spectrum 3+" in notice for notice in notices) is told


def test_more_peaks_than_can_be_compared_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEPLOSS_MAX_EXPLAINED_PEAKS", "100")
    many = realistic(n_noise=200)
    with pytest.raises(LimitError, match=r"At most 100 peaks .* has 2\d\d\. .*top_n.*PEPLOSS_MAX_EXPLAINED_PEAKS"):
        explain(many, PEPTIDE)
    assert len(explain(many, PEPTIDE, LossSettings(top_n=100)).observed) == 100
