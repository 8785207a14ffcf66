"""How far causes can be believed: the results say what the definition gives for the same decoys."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from peploss.analysis.causes.diagnosis import diagnose_many
from peploss.analysis.causes.false_discovery import decoy_psms, false_discovery
from peploss.analysis.tuning.psm_set import sample_psms
from peploss.dataset.psm_row import psm_of
from peploss.dataset.query.results import Results
from peploss.dataset.scoring.belief import MOST, STEP, belief_among, belief_of, in_words, some_of, to_about
from peploss.dataset.scoring.runs import runs_among, runs_of
from peploss.dataset.scoring.worst import add_causes
from peploss.dataset.store import ParquetStore
from peploss.settings import LossSettings


def test_the_results_hold_the_estimate_of_the_psms_judged(
    sample_set: Path, sample_results: Path, tmp_path: Path
) -> None:
    out = tmp_path / "r.parquet"
    out.write_bytes(sample_results.read_bytes())
    assert belief_of(out) == {}
    ids = [3, 7, 20, 33, 60, 61]
    add_causes(sample_set, out, ids, workers=1)
    with ParquetStore(sample_set) as store, Results(out) as results:
        psms = [psm_of(store.row(i)) for i in ids]
        run = runs_of(store, LossSettings())[psms[0][0].source]
        of_decoys = [d.cause for d in diagnose_many(decoy_psms(psms), LossSettings(), run=run)]
        named = results.page(["cause"], where="cause IS NOT NULL", order="id", descending=False)["cause"].to_pylist()
    assert len(named) == len(of_decoys) == len(ids)
    assert belief_of(out) == to_about(false_discovery(named, of_decoys))


def test_decoys_are_made_of_some_psms_from_first_to_last() -> None:
    assert some_of([]) == []
    assert some_of([5, 8]) == [5, 8]
    some = some_of(range(10 * MOST))
    assert len(some) == MOST
    assert (some[0], some[-1]) == (0, 10 * MOST - 1)
    assert some == sorted(set(some))


def test_nothing_is_said_of_what_decoys_are() -> None:
    assert in_words({}) == in_words({"wrong peptide": {"n": 3, "n_decoys": 3, "wrong": None}}) == ""


def test_psms_that_are_in_no_set_are_judged_as_those_of_one_are() -> None:
    psms = sample_psms(["cid_iontrap_openms_ecoli.mgf"])[: STEP + 4]
    run = runs_among(psms, LossSettings())[psms[0].spectrum.source]
    right = [(psm.spectrum, psm.peptide) for psm in psms]
    causes, of_decoys = (
        [d.cause for d in diagnose_many(those, LossSettings(), run=run)] for those in (right, decoy_psms(right))
    )
    shares: list[float] = []
    found = belief_among(psms, LossSettings(), progress=shares.append)
    assert (found.psms, found.decoys) == (Counter(causes), Counter(of_decoys))
    for named in false_discovery(causes, of_decoys):
        assert found.share(named.cause) == named.false_discovery
    assert found.share("precursor charge") is None
    assert shares == sorted(shares)
    assert len(shares) == 4
    assert shares[-1] < 1


def test_judging_ends_where_it_is_not_wanted_any_more() -> None:
    def unwanted(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        belief_among(sample_psms(["cid_iontrap_openms_ecoli.mgf"])[:1], LossSettings(), progress=unwanted)
