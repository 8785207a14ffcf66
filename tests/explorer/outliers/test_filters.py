"""The filter of a set: from a link, into SQL, as chips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peploss.dataset.query.results import Results
from peploss.explorer.outliers.filters import NOT_JUDGED, Filter


@pytest.fixture
def psms(scored: Path) -> Iterator[Results]:
    with Results(scored) as found:
        yield found


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from peploss.dataset.index.build import build_set
    from peploss.dataset.scoring.plan import Plan
    from peploss.dataset.scoring.run import score_set
    from peploss.dataset.tables import read_psms
    from peploss.spectra.samples import samples_folder

    out, folder = tmp_path_factory.mktemp("outliers") / "set.parquet", samples_folder()
    build_set([folder / "hcd_qe_openms_qc.mgf"], [read_psms(folder / "psms.tsv")], out, workers=1)
    score_set(out, out.with_name("results.parquet"), Plan())
    return out.with_name("results.parquet")


def test_a_link_comes_back() -> None:
    asked = Filter(cause="calibration", ranges={"loss": (0.25, 0.5), "ppm": (-3.0, 1e-7)})
    assert Filter.of(asked.link()) == asked
    assert Filter.of({}) == Filter()
    assert Filter().where({"loss": True}) == ""


@pytest.mark.parametrize("range_", ["loss", "loss:", "loss:a_b", "loss:2_1", "loss:nan_1", ":1_2", "loss:1_2_3"])
def test_a_range_that_makes_no_sense_is_left_out(range_: str) -> None:
    assert Filter.of({"range": range_}).ranges == {}


def test_chips_come_off_one_by_one() -> None:
    asked = Filter(search="pep", cause="noise").within({"loss": (0, 1), "ppm": (2, 3)}).within({"loss": (0.5, 1)})
    ranges = {"range:loss": "spectrum loss 0.5 to 1", "range:ppm": "precursor ppm 2 to 3"}
    assert asked.chips() == {"cause": "cause: noise", **ranges}
    assert asked.without("cause") == Filter(search="pep", ranges=asked.ranges)
    assert set(asked.without("range:loss").ranges) == {"ppm"}


def test_what_is_typed_is_text_and_not_sql(psms: Results) -> None:
    for text in ("'", "' OR 1=1 --", "%", "a';--"):
        assert psms.count(Filter(search=text, cause=text).where(psms.columns)) == 0


def test_it_filters_as_it_says(psms: Results) -> None:
    rows = psms.page(["id", "peptide", "title", "protein", "sequence", "loss"], limit=psms.n_rows).to_pylist()
    middle = sorted(r["loss"] for r in rows)[len(rows) // 2]
    letters = rows[0]["sequence"][1:4].lower()
    asked = Filter(search=letters.upper(), ranges={"loss": (0.0, middle)}, sql="loss > 0 OR loss <= 0 -- all")
    expected = {
        r["id"]
        for r in rows
        if any(letters in (r[n] or "").lower() for n in ("peptide", "sequence", "protein", "title"))
        and r["loss"] <= middle
    }
    assert set(psms.ids(asked.where(psms.columns))) == expected
    assert 0 < len(psms.ids(Filter(search=letters).where(psms.columns))) < psms.n_rows


def test_without_causes_that_part_is_not_asked(psms: Results) -> None:
    columns = {c: number for c, number in psms.columns.items() if c != "cause"}
    assert Filter(cause=NOT_JUDGED).where(columns) == ""
    assert Filter(cause=NOT_JUDGED).unasked(columns) == ["cause"]


def test_a_range_of_no_number_is_left_out_and_named(psms: Results) -> None:
    asked = Filter(ranges={"peptide": (0, 1), "gone": (0, 1), "loss": (0, 1)})
    assert asked.unasked(psms.columns) == ["peptide", "gone"]
    assert psms.count(asked.where(psms.columns)) == psms.count("loss BETWEEN 0 AND 1")


@pytest.mark.parametrize("typed", ["loss > 0.9", "WHERE loss > 0.9", " where\nloss > 0.9 ; ", "loss > 0.9;"])
def test_what_stands_around_a_condition_in_a_query_may_stand(psms: Results, typed: str) -> None:
    asked = Filter.of({"where": typed})
    assert asked.sql == "loss > 0.9"
    assert psms.count(asked.where(psms.columns)) == psms.count("loss > 0.9")
    assert Filter.of({"where": "whereabouts = 1"}).sql == "whereabouts = 1"


def test_a_search_of_any_length_can_be_asked(psms: Results) -> None:
    assert psms.count(Filter.of({"find": "x" * 10_000}).where(psms.columns)) == 0
