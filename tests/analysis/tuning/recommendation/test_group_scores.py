from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.psm_set import sample_psms
from peploss.analysis.tuning.recommendation.group_scores import by_group
from peploss.analysis.tuning.recommendation.setting_score import score
from peploss.settings import LossSettings


def test_each_group_is_what_it_would_be_alone() -> None:
    psms = sample_psms(["hcd_qe_pyascore_phospho.mgf", "hcd_ltqvelos_openms_spectra.mgf"])
    prepared = prepare(psms, LossSettings())
    whole = score(prepared, 0.05, "Da", 0.1)
    each = by_group(whole, prepared.groups)
    assert [s.n for s in each.values()] == [3, 10]
    for name, s in each.items():
        own = np.array(prepared.groups) == name
        right, wrong = whole.target[own], whole.decoy[own]
        assert s.target_median == np.median(right)
        assert s.auc == pytest.approx(np.mean(right[:, None, None] < wrong[None]))
        assert s.win_rate == pytest.approx(np.mean(right[:, None] < wrong))


def test_one_group_is_the_whole_and_lengths_are_checked() -> None:
    prepared = prepare(sample_psms(["hcd_ltqvelos_openms_spectra.mgf"]), LossSettings())
    found = score(prepared, 0.05, "Da", 0.1)
    assert by_group(found, prepared.groups) == {}
    with pytest.raises(ValueError, match="3 spectra"):
        by_group(found, ("a", "b"))
