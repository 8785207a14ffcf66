"""One spectrum under every loss, and paths of its fragments, against closed forms and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from peploss import LossSettings, Peptide, Spectrum
from peploss.analysis.loss_comparison.compared_set import compare_losses
from peploss.analysis.loss_comparison.every_loss import LOSSES, loss_values
from peploss.analysis.loss_comparison.one_spectrum import one_spectrum
from peploss.analysis.loss_comparison.smoothness import along, residue_path, shift_path
from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.psm_set import Psm, sample_psms
from peploss.constants import RESIDUE_MASSES
from peploss.errors import ArgumentError, SpectrumError

SETTINGS = LossSettings()


@pytest.fixture(scope="module")
def psms() -> tuple[Psm, ...]:
    return sample_psms(["cid_iontrap_openms_bsa1.mgf"])[:12]


def test_slopes_are_those_of_the_losses(psms: tuple[Psm, ...]) -> None:
    found = one_spectrum(psms[0], SETTINGS)
    mz, height = found.fragments
    f = int(np.abs(found.slopes[0]).argmax())
    step = 1e-6
    up, down = mz.copy(), mz.copy()
    up[f] += step
    down[f] -= step
    values = loss_values(found.names, [(up, height), (down, height)], [found.peaks] * 2, SETTINGS, [psms[0].shift] * 2)
    np.testing.assert_allclose(found.slopes[:, f], (values[0] - values[1]) / (2 * step), rtol=1e-3, atol=1e-6)
    assert np.abs(found.arrows()).max(axis=1).max() == 1.0


def test_places_are_shares_of_the_set(psms: tuple[Psm, ...]) -> None:
    compared = compare_losses(prepare(psms, SETTINGS), SETTINGS)
    row = 4
    found = one_spectrum(compared.prepared.psms[row], SETTINGS)
    np.testing.assert_allclose(found.loss, compared.target[row], atol=1e-9)
    right, decoys = found.places(compared)
    want = (compared.target < found.loss - 1e-7).mean(axis=0)
    np.testing.assert_allclose(right, want, atol=1 / 12 + 1e-9)  # itself counts half, if it rounds alike
    np.testing.assert_allclose(decoys, (compared.decoy.reshape(-1, 15) < found.loss).mean(axis=0))
    moves = found.moves(compared)
    assert moves.shape == (len(found.changes), 15)
    doubled = next(k for k, c in enumerate(found.changes) if "doubled" in c.title)
    peak, intensity = found.peaks
    higher = np.where(intensity == intensity.max(), 2 * intensity, intensity)
    shifts = [compared.prepared.psms[row].shift]
    want = loss_values(found.names, [found.fragments], [(peak, higher)], SETTINGS, shifts)[0]
    np.testing.assert_allclose(found.changes[doubled].loss, want, atol=1e-12)
    passed = (compared.target < want).mean(axis=0) - (compared.target < found.loss).mean(axis=0)
    np.testing.assert_allclose(moves[doubled], passed, atol=1 / 12 + 1e-9)


def test_nothing_to_compare_says_so() -> None:
    empty = Psm(Spectrum(mz=[50.0], intensity=[1.0]), Peptide.parse("PEPTIDEK", 2))
    with pytest.raises(SpectrumError, match="no peak left"):
        one_spectrum(empty, LossSettings(min_peak_mz=100))


def test_kinks_are_counted_where_they_are() -> None:
    """One fragment that passes two peaks: min-distance has a kink half way, the cosine has none."""
    psm = Psm(Spectrum(mz=[147.0, 147.4], intensity=[1.0, 1.0]), Peptide.parse("GK", 2))
    settings = LossSettings(ion_types=("y",), max_fragment_charge=1, sigma=0.2)
    path = shift_path(psm, settings, reach=0.5)
    assert path.mz.tolist() == pytest.approx([147.11280])
    found = {x.name: x for x in along(path, settings, ["soft_f1", "min_distance_loss", "wasserstein_distance"])}
    assert found["spectrum_loss"].kinks.size == 0
    half_way = 147.2 - path.mz[0]
    assert found["soft_f1"].kinks == pytest.approx([half_way], abs=1e-4)  # the nearest peak changes there
    # Moving all of the prediction past a peak turns the sign of that half.
    assert found["wasserstein_distance"].kinks == pytest.approx([147.0 - path.mz[0], 147.4 - path.mz[0]], abs=1e-4)
    assert found["min_distance_loss"].kinks.size == 0  # one fragment is always the nearest


def test_the_slope_along_a_path_is_the_derivative_of_the_loss(psms: tuple[Psm, ...]) -> None:
    position = 2
    letter = psms[1].peptide.sequence[position]
    delta = RESIDUE_MASSES["A"] - RESIDUE_MASSES[letter]
    path = residue_path(psms[1], SETTINGS, position=position, delta=delta, to="A")
    # b ions from the third on and y ions that hold the third residue move; the others stay.
    moved = np.abs(path.direction) > 0
    assert 0 < moved.sum() < moved.size
    for found in along(
        path, LossSettings(sigma=0.5, bin_width=0.1), ["multi_sigma_cosine_distance", "pearson_distance"]
    ):
        middle = np.gradient(found.loss, path.t)[5:-5]
        np.testing.assert_allclose(middle, found.slope[5:-5], atol=0.05 * np.abs(found.slope).max())
        assert LOSSES[found.name].range[0] <= found.loss.min()
    with pytest.raises(ArgumentError, match="no residue 100"):
        residue_path(psms[1], SETTINGS, position=99, delta=1.0)
