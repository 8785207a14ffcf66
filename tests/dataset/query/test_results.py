"""Questions to results against numpy; filters that do anything else are refused."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from peploss.dataset.query.results import Results, find_psm
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.errors import SettingsError, SourceError
from peploss.settings import LossSettings


@pytest.fixture(scope="module")
def table(sample_results: Path) -> dict[str, np.ndarray]:
    return {n: np.array(v) for n, v in pq.read_table(sample_results).to_pydict().items()}


@pytest.fixture(scope="module")
def results(sample_results: Path) -> Results:
    return Results(sample_results)


def test_counts_and_pages(results: Results, table: dict[str, np.ndarray]) -> None:
    keep = (table["loss"] > 0.8) & (table["charge"] == 2)
    where = "loss > 0.8 AND charge = 2 -- a comment"
    assert results.count() == len(table["id"])
    assert results.count(where) == keep.sum() > 10
    order = np.flatnonzero(keep)[np.argsort(-table["loss"][keep], kind="stable")]
    page = results.page(["id", "loss"], where=where, limit=5, offset=3)
    assert page["id"].to_pylist() == table["id"][order[3:8]].tolist()
    assert results.ids(where) == np.flatnonzero(keep).tolist()
    assert results.rows([7, 3], ["id", "title"])["title"].to_pylist() == table["title"][[3, 7]].tolist()


def test_histogram_and_density_hold_every_psm(results: Results, table: dict[str, np.ndarray]) -> None:
    found = results.histogram("loss", bins=20)
    counts, edges = np.histogram(table["loss"], bins=20)
    assert found.edges == pytest.approx(edges)
    assert found.counts[""].tolist() == counts.tolist()
    by_charge = results.histogram("loss", group="charge", bins=20)
    assert {int(k): int(v.sum()) for k, v in by_charge.counts.items()} == dict(
        zip(*(x.tolist() for x in np.unique(table["charge"], return_counts=True)), strict=True)
    )
    density = results.density("loss", "explained", bins=15)
    expected = np.histogram2d(table["explained"], table["loss"], bins=15)[0]
    assert density.counts.tolist() == expected.tolist()


def test_what_lies_outside_the_limits_is_counted(results: Results, table: dict[str, np.ndarray]) -> None:
    loss = table["loss"]
    low, high = np.quantile(loss, [0.2, 0.7])
    found = results.histogram("loss", bins=7, limits=(low, high))
    inside = (loss >= low) & (loss <= high)
    assert found.counts[""].tolist() == np.histogram(loss[inside], bins=7, range=(low, high))[0].tolist()
    assert (found.n_below, found.n_above, found.n_missing) == ((loss < low).sum(), (loss > high).sum(), 0)
    density = results.density("loss", "explained", bins=5, x_limits=(low, high))
    assert density.n_outside == len(loss) - inside.sum() == len(loss) - density.counts.sum()


def test_an_axis_leaves_far_values_out_and_near_ones_in(results: Results, table: dict[str, np.ndarray]) -> None:
    assert results.limits("loss") == (table["loss"].min(), table["loss"].max())
    low, high = results.limits("isotope_ppm")  # some are 100,000 ppm off
    assert table["isotope_ppm"].max() - table["isotope_ppm"].min() > 3 * (high - low) > 0
    assert ((table["isotope_ppm"] >= low) & (table["isotope_ppm"] <= high)).mean() >= 0.97
    assert results.limits("q_value") == (0, 1)


def test_held_in_memory_it_answers_the_same(results: Results, sample_results: Path) -> None:
    with Results(sample_results, held=True) as held:
        assert held.page(["id", "loss", "title"], limit=300).equals(results.page(["id", "loss", "title"], limit=300))
        with pytest.raises(SettingsError):
            held.count("id IN (SELECT id FROM psms)")


def test_some_of_the_psms_are_asked_alone(results: Results) -> None:
    few = results.only([3, 200, 9])
    assert few.n_rows == few.count() == 3
    assert few.ids() == [3, 9, 200]
    assert few.ids("charge > 0 AND id > 5") == [9, 200]
    assert int(few.histogram("loss").counts[""].sum()) == 3
    assert results.count() == results.n_rows


def test_a_copy_lives_as_long_as_somebody_asks_it(sample_results: Path) -> None:
    with Results(sample_results) as whole:

        def tables() -> int:
            return len(whole._ask("SELECT 1 FROM duckdb_tables()"))

        copy = whole.kept("charge = 2")
        held, copy = copy, None
        gc.collect()
        assert held.count() == whole.count("charge = 2")
        assert tables() == 1
        del held
        gc.collect()
        assert tables() == 0


def test_groups(results: Results, table: dict[str, np.ndarray]) -> None:
    for row in results.groups("label").to_pylist():
        inside = table["label"] == row["value"]
        assert row["psms"] == inside.sum()
        assert row["median"] == pytest.approx(float(np.median(table["loss"][inside])))


def test_a_column_of_nothing(results: Results) -> None:
    found = results.histogram("q_value")
    assert (found.counts, found.n_missing) == ({}, results.n_rows)


@pytest.mark.parametrize(
    "where",
    [
        "1 = 1; DROP VIEW psms",
        "1 = 1) UNION SELECT 1 --",
        "1 = 1) OR (1 = 1",
        "loss > 0 ORDER BY id",
        "loss > 0 LIMIT 1",
        "id IN (SELECT id FROM psms)",
        "EXISTS (SELECT 1)",
        "loss > (SELECT count(*) FROM read_csv('/etc/passwd'))",
        "read_text('/etc/passwd') = ''",
        "getenv('HOME') = ''",
        "current_setting('memory_limit') = ''",
        "ATTACH 'x.db'",
        "COPY psms TO 'x.csv'",
        "INSTALL httpfs",
        "SET memory_limit = '9GB'",
        "loss > ?",
        "loss > $1",
        "sum(loss) OVER () > 1",
        "nothing > 1",
        "loss >",
        "list_filter([1], x -> x > 0) = [1]",
        "x" * 5000,
        "repeat('x', 1000000000) = ''",
        "rowid = 1",
        "length(" + "replace(" * 9 + "'aaaaaaaaaa'" + ",'a','aaaaaaaaaa')" * 9 + ") > 1",
        "NOT " * 900 + "(1 = 1)",
        "abs(" * 780 + "1" + ")" * 780 + " > 0",
        "(" * 1900 + "1 = 1" + ")" * 1900,
        "NULL::INT[100000][100000] IS NULL",
        "peptide::STRUCT(a INT) IS NULL",
        "peptide::INT[] IS NULL",
        "TRY_CAST(peptide AS MAP(INT, INT)) IS NULL",
        "COLUMNS(*) > 1",
        "#1 > 1",
        "1 = 1 QUALIFY 1 = 1",
        "1 = 1 USING SAMPLE 1",
        "psms IS NOT NULL",
        "id = ANY(SELECT 1)",
        "1 = 1 /* open",
        "1 = 1\x00",
        "getvariable('a') = 1",
        "pragma_version() = 1",
        "max(loss) > 1",
        "{'a': 1}.a = 1",
        "[x for x in [1]] = [1]",
        "format('{:1000000000}', peptide) = ''",
        "loss > random()",
    ],
)
def test_what_is_more_than_a_filter_is_refused(results: Results, where: str) -> None:
    with pytest.raises(SettingsError):
        results.count(where)
    assert results.count() == 244


def test_the_connection_itself_is_closed_in(sample_results: Path, tmp_path: Path) -> None:
    """Even a statement that slipped by could not read, write, attach or change a setting."""
    import duckdb

    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    with Results(sample_results) as results, results._told() as cursor:
        for sql in (
            f"SELECT * FROM read_csv('{other}')",
            f"COPY psms TO '{tmp_path / 'out.csv'}'",
            f"ATTACH '{tmp_path / 'x.db'}'",
            "SET enable_external_access = true",
            "SET memory_limit = '9GB'",
            "RESET lock_configuration",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                cursor.execute(sql)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.csv"]


@pytest.mark.parametrize(
    "where",
    ["peptide LIKE '%[Oxidation]%'", "lower(title) LIKE 'qc%'", "charge IN (2, 3)", "NOT (loss BETWEEN 0.1 AND 0.9)",
     "abs(ppm) < 5 OR ppm IS NULL", "regexp_matches(sequence, '^A.*K$')",
     "CASE WHEN charge > 2 THEN loss ELSE 0 END > 0.5",
     "loss - decoy_loss > -0.1", "contains(sequence, 'AK')", "label = 'good' AND loss::INTEGER = 1"],
)  # fmt: skip
def test_filters_of_every_kind(results: Results, where: str) -> None:
    assert 0 <= results.count(where) < results.n_rows


def test_unknown_columns_are_named(results: Results) -> None:
    with pytest.raises(SettingsError, match="no column 'los'"):
        results.page(["los"])
    with pytest.raises(SettingsError, match="holds no numbers"):
        results.histogram("peptide")


def test_threads_share_it(results: Results) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(results.count("loss > 0.7"))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_finding_by_title(sample_set: Path) -> None:
    assert find_psm(sample_set, "17") == 17
    assert find_psm(sample_set, "QC1.2") == 0
    with pytest.raises(SourceError, match="No PSM's spectrum is called"):
        find_psm(sample_set, "it's not there")


def test_a_question_without_end_is_given_up(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peploss.dataset.query.database.LONGEST_SECONDS", 0.2)
    with pytest.raises(SettingsError, match=r"longer than 0\.2 seconds"):
        results._ask("SELECT count(*) FROM range(100000000000) a, range(100000000000) b")
    assert results.count() == 244


def test_a_file_that_was_replaced_is_not_mixed_with_what_was_there(
    sample_set: Path, sample_results: Path, tmp_path: Path
) -> None:
    path = tmp_path / "r.parquet"
    path.write_bytes(sample_results.read_bytes())
    with Results(path) as opened:
        assert opened.count() == 244
        score_set(sample_set, path, Plan(settings=LossSettings(sigma=0.1)))
        with pytest.raises(SourceError, match="was replaced since it was opened"):
            opened.count()
        with Results(path) as again:
            assert again.about["settings"] == {"sigma": 0.1}
        path.unlink()
        with pytest.raises(SourceError):
            opened.page(["id"])
