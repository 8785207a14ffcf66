"""A set or results that say or hold something else than they must: refused in words, and the files beside them stay."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss.dataset.query.results import Results
from peploss.dataset.schema import KEY
from peploss.dataset.store import ParquetStore
from peploss.errors import SourceError
from peploss.explorer.sources import set_files

Change = Callable[[pa.Table, dict[str, Any]], tuple[pa.Table, Any]]


def said(**changes: Any) -> Change:
    """The file says other things of itself; None takes one away."""
    return lambda table, about: (table, {k: v for k, v in (about | changes).items() if v is not None})


def column(name: str, values: Callable[[pa.Table], Any] | None) -> Change:
    """Another column; None takes it away."""

    def change(table: pa.Table, about: dict[str, Any]) -> tuple[pa.Table, Any]:
        at = table.schema.get_field_index(name)
        return (table.drop([name]) if values is None else table.set_column(at, name, [values(table)])), about

    return change


def texts(table: pa.Table) -> pa.Array:
    return pa.array(["x"] * table.num_rows)


def spoilt(source: Path, target: Path, change: Change) -> Path:
    about = json.loads(pq.read_metadata(source).metadata[KEY])
    table, about = change(pq.read_table(source), about)
    raw = about if isinstance(about, bytes) else json.dumps(about).encode()
    pq.write_table(table.replace_schema_metadata({KEY: raw}), target)
    return target


SAID: dict[str, Change] = {
    "no JSON": lambda table, about: (table, b"{"),
    "bytes that are no text": lambda table, about: (table, b"\xff\xfe"),
    "a list": lambda table, about: (table, [1]),
    "brackets": lambda table, about: (table, b"[" * 100_000),
    "a number of many digits": lambda table, about: (table, b'{"kind": ' + b"9" * 5000 + b"}"),
    "no layout": said(format=None),
    "a layout in words": said(format="one"),
    "a later layout": said(format=99),
}
OF_A_SET: dict[str, Change] = SAID | {
    "no uuid": said(uuid=None),
    "a uuid of numbers": said(uuid=[1]),
    "a version of numbers": said(version=1.5),
    "a report in words": said(report="fine"),
    "a report without numbers": said(report={"n_spectra": "x"}),
    "no ids": column("id", None),
    "ids in words": column("id", texts),
    "no peaks": column("mz", None),
    "peaks in words": column("mz", texts),
    "lists of words": column("intensity", lambda t: pa.array([["x"]] * t.num_rows)),
    "peptides of numbers": column("peptide", lambda t: pa.array([1.5] * t.num_rows)),
    "m/z of text": column("precursor_mz", texts),
    "a column twice": lambda table, about: (table.append_column("id", table["id"]), about),
}
OF_RESULTS: dict[str, Change] = SAID | {
    "settings in words": said(settings="default"),
    "a setting that is none": said(settings={"sigma": "wide"}),
    "a sigma without end": said(settings={"sigma": 1e308}),
    "no seed": said(seed=None),
    "a seed of words": said(seed="x"),
    "a seed of many digits": said(seed=10**100),
    "no set": said(set=None),
    "a set without uuid": said(set={}),
    "notes of numbers": said(damaged=[1]),
    "no losses": column("loss", None),
    "losses in words": column("loss", texts),
}
VALUES: dict[str, Change] = {
    "ids that are not the rows": column("id", lambda t: pa.array([7] * t.num_rows, pa.int64())),
    "empty ids": column("id", lambda t: pa.nulls(t.num_rows, pa.int64())),
    "empty peptides": column("peptide", lambda t: pa.nulls(t.num_rows, pa.string())),
    "empty peaks": column("mz", lambda t: pa.nulls(t.num_rows, pa.list_(pa.float64()))),
    "empty places in peaks": column("mz", lambda t: pa.array([[None]] * t.num_rows, pa.list_(pa.float64()))),
    "fewer intensities": column("intensity", lambda t: pa.array([[1.0]] * t.num_rows, pa.list_(pa.float32()))),
}


@pytest.mark.parametrize("what", OF_A_SET)
def test_a_damaged_set_is_refused_in_words(what: str, sample_set: Path, tmp_path: Path) -> None:
    path = spoilt(sample_set, tmp_path / "bad.parquet", OF_A_SET[what])
    with pytest.raises(SourceError, match=r"damaged|not a set|layout|cannot be read"):
        ParquetStore(path)


@pytest.mark.parametrize("what", OF_RESULTS)
def test_damaged_results_are_refused_in_words(what: str, sample_results: Path, tmp_path: Path) -> None:
    path = spoilt(sample_results, tmp_path / "bad.parquet", OF_RESULTS[what])
    with pytest.raises(SourceError, match=r"damaged|not a file of results|layout|cannot be read"):
        Results(path)


@pytest.mark.parametrize("name", ["damaged", "run_notes", "device", "decoys", "created"])
def test_what_is_null_is_not_said(name: str, sample_results: Path, tmp_path: Path) -> None:
    path = spoilt(sample_results, tmp_path / "null.parquet", said(**{name: None}))
    with Results(path) as found:
        assert name not in found.about
        assert found.count()


@pytest.mark.parametrize("what", VALUES)
def test_values_that_are_not_there_are_a_damaged_row_group(what: str, sample_set: Path, tmp_path: Path) -> None:
    path = spoilt(sample_set, tmp_path / "bad.parquet", VALUES[what])
    with ParquetStore(path) as store, pytest.raises(SourceError, match=r"row group 0 \(PSMs 0 to \d+\) cannot be read"):
        store.row(0)


def test_what_is_whole_passes(sample_set: Path, sample_results: Path, tmp_path: Path) -> None:
    for name, source in (("set", sample_set), ("results", sample_results)):
        path = spoilt(source, tmp_path / f"{name}.parquet", said())
        with ParquetStore(path, name) as store:
            assert store.group(0).num_rows > 0


def test_bad_files_in_a_folder_leave_the_good_ones(sample_set: Path, sample_results: Path, tmp_path: Path) -> None:
    shutil.copy(sample_set, tmp_path / "good.parquet")
    shutil.copy(sample_results, tmp_path / "scores.parquet")
    for n, (_, change) in enumerate(OF_A_SET.items()):
        spoilt(sample_set, tmp_path / f"set-{n}.parquet", change)
    for n, (_, change) in enumerate(OF_RESULTS.items()):
        spoilt(sample_results, tmp_path / f"results-{n}.parquet", change)
    (tmp_path / "empty.parquet").write_bytes(b"")
    found = set_files.listed(tmp_path)
    assert [one.name for one in found.sets] == ["good.parquet"]
    assert [one.name for one in found.results[found.sets[0].uuid]] == ["scores.parquet"]
    bad = len(OF_A_SET) + len(OF_RESULTS) + 1
    # A file whose kind cannot be told may be somebody else's: it is neither listed nor told of.
    assert len(found.damaged) == bad
    assert all(reason for reason in found.damaged.values())
