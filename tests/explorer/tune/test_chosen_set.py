from __future__ import annotations

from peploss.analysis.tuning.psm_set import sample_psms
from peploss.explorer.shell.jobs import Report
from peploss.explorer.tune import chosen_set
from peploss.settings import LossSettings


def test_a_large_set_has_a_picture_of_a_few_spectra_first() -> None:
    psms = sample_psms() * 2
    base = LossSettings(sigma=1.0, bin_width=1.0)
    assert len(psms) > chosen_set.MANY
    work = chosen_set._work(Report(), lambda _: (psms, "Some.", ()), base, "Da", ("some", "some|settings"))
    first, then = next(work), next(work)
    assert len(first.prepared) == chosen_set.FEW
    assert first.landscape is not None
    assert first.landscape.coarse
    assert not first.landscape.done
    assert len(then.prepared) > chosen_set.MANY
    assert first.spectra == then.spectra
    assert first.whole != then.whole  # what is cached of the few is not taken for what is known of all
    assert first.picture != then.picture


def test_a_small_set_is_prepared_once() -> None:
    psms = sample_psms()[: chosen_set.FEW]
    work = chosen_set._work(Report(), lambda _: (psms, "Some.", ()), LossSettings(), "Da", ("some", "some|settings"))
    assert next(work).whole == "some|settings"
