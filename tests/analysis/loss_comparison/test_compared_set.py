"""Every loss on the same spectra, against scipy and against single calls."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from peploss import LossSettings, Peaks, Peptide, Spectrum, fragments, spectrum_loss
from peploss.analysis.loss_comparison.compared_set import ComparedSet, compare_losses
from peploss.analysis.loss_comparison.every_loss import LOSSES, SPECTRUM, chosen_losses
from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.psm_set import Psm, predicted, sample_psms
from peploss.analysis.tuning.separation import separate
from peploss.errors import SettingsError
from peploss.losses.baselines import BASELINES

SETTINGS = LossSettings()


@pytest.fixture(scope="module")
def compared() -> ComparedSet:
    prepared = prepare(sample_psms(["cid_iontrap_openms_bsa1.mgf"]), SETTINGS, limit=30)
    return compare_losses(prepared, SETTINGS)


def test_each_value_is_the_loss_of_one_call(compared: ComparedSet) -> None:
    assert compared.names == (SPECTRUM, *BASELINES)
    assert compared.target.shape == (30, 15)
    assert compared.decoy.shape == (30, 2, 15)
    for row in (0, 17):
        obs = Peaks.from_list([compared.prepared.observed[row]])
        shift = compared.prepared.psms[row].shift
        assert shift != 0
        for which, values in ((0, compared.target[row]), (2, compared.decoy[row, 1])):
            pred = Peaks.from_list([compared.prepared.candidates[row][which]])
            for k, name in enumerate(compared.names):
                assert values[k] == pytest.approx(float(LOSSES[name](pred, obs, SETTINGS, shift=shift)), abs=1e-9)
        psm = compared.prepared.psms[row]
        np.testing.assert_array_equal(predicted(psm, SETTINGS)[0], compared.prepared.candidates[row][0][0])


def test_rank_correlation_is_scipys(compared: ComparedSet) -> None:
    want = scipy.stats.spearmanr(compared.target).statistic
    np.testing.assert_allclose(compared.rank_correlation(), want, atol=1e-12)


def test_auc_is_scipys_u_and_the_gain_is_paired(compared: ComparedSet) -> None:
    for k in range(3):
        u = scipy.stats.mannwhitneyu(compared.decoy[:, :, k].ravel(), compared.target[:, k]).statistic
        assert compared.separation().auc[k] == pytest.approx(u / (30 * 60))
    gain, low, high = compared.auc_gain()
    assert (gain[0], low[0], high[0]) == (0, 0, 0)
    # The spectral angle orders as the cosine does: no difference, and it is known to be none.
    angle = compared.at("spectral_angle")
    assert (gain[angle], low[angle], high[angle]) == (0, 0, 0)
    unpaired = separate(compared.target, compared.decoy)
    entropy = compared.at("spectral_entropy_distance")
    assert high[entropy] - low[entropy] < unpaired.auc_high[0] - unpaired.auc_low[0] + (
        unpaired.auc_high[entropy] - unpaired.auc_low[entropy]
    )


def test_outliers_of_one_loss_alone() -> None:
    n = 40
    base = np.linspace(0.1, 0.9, n)
    other = base.copy()
    base[3], other[5] = 5.0, 6.0  # each the worst under one, among the best under the other
    target = np.stack([base, other], axis=1)
    found = ComparedSet((SPECTRUM, "soft_f1"), None, target, np.ones((n, 1, 2)))  # type: ignore[arg-type]
    a, b = found.outliers_of_one(SPECTRUM, "soft_f1")
    assert (a.tolist(), b.tolist()) == ([3], [5])
    assert [x.tolist() for x in found.outliers_of_one("soft_f1", SPECTRUM)] == [[5], [3]]


def test_what_a_degenerate_set_cannot_tell() -> None:
    peptide = Peptide.parse("PEPTIDEK", 2)
    ions = fragments(peptide, SETTINGS)
    order = np.argsort(ions.mz)
    psm = Psm(Spectrum(mz=ions.mz[order], intensity=ions.intensity[order]), peptide)
    one = compare_losses(prepare([psm], SETTINGS), SETTINGS)
    assert "One spectrum has no rank correlation" in one.cannot_tell()[0]
    assert np.isnan(one.rank_correlation()).all()
    assert np.isinf(one.auc_gain()[2][1:]).all()
    alike = compare_losses(prepare([psm] * 4, SETTINGS), SETTINGS, ["soft_f1"])
    assert alike.names == (SPECTRUM, "soft_f1")
    assert "have the same loss under spectrum_loss, soft_f1" in alike.cannot_tell()[0]


def test_names() -> None:
    assert chosen_losses(["min_distance", "spectrum_loss"]) == (SPECTRUM, "min_distance_loss")
    with pytest.raises(SettingsError, match="no loss 'cosine'"):
        chosen_losses(["cosine"])
    assert LOSSES[SPECTRUM].function is spectrum_loss


def test_progress_ends_the_work(compared: ComparedSet) -> None:
    def stop(done: int, total: int) -> None:
        assert (done, total) == (30, 30)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_losses(compared.prepared, SETTINGS, ["soft_f1"], progress=stop)
