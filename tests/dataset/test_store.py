"""Reading by row group: damage in one leaves the others usable."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss.dataset.schema import KEY
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.store import ParquetStore, written_whole
from peploss.errors import SourceError

ROWS = 50


@pytest.fixture
def in_groups(sample_set: Path, tmp_path: Path) -> Path:
    """The set in row groups of 50."""
    out = tmp_path / "groups.parquet"
    with ParquetStore(sample_set) as store:
        batch = store.group(0)
        meta = {KEY: json.dumps(store.about).encode()}
    with written_whole(out, batch.schema.remove_metadata()) as writer:
        for start in range(0, batch.num_rows, ROWS):
            writer.write_batch(batch.slice(start, ROWS))
        writer.add_key_value_metadata({k.decode(): v.decode() for k, v in meta.items()})
    return out


def spoil(path: Path, group: int) -> None:
    """Overwrite the middle of the m/z values of one row group."""
    file = pq.ParquetFile(path).metadata.row_group(group)
    columns = (file.column(i) for i in range(file.num_columns))
    column = next(c for c in columns if c.path_in_schema.startswith("mz."))
    at = column.data_page_offset + column.total_compressed_size // 2
    with path.open("r+b") as out:
        out.seek(at)
        out.write(bytes(200))


def test_a_corrupt_row_group_is_named_and_the_rest_is_scored(in_groups: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    score_set(in_groups, whole, Plan())
    assert [path.stat().st_mode & 0o077 for path in (in_groups, whole)] == [0, 0] or os.name == "nt"
    spoil(in_groups, 2)
    with ParquetStore(in_groups) as store:
        assert store.row(99)["id"] == 99
        with pytest.raises(SourceError, match=r"row group 2 \(PSMs 100 to 149\) cannot be read"):
            store.row(100)
    report = score_set(in_groups, tmp_path / "r.parquet", Plan())
    assert len(report.damaged) == 1
    assert "row group 2 (PSMs 100 to 149)" in report.damaged[0]
    assert report.n_scored == 244 - ROWS
    found, expected = (pq.read_table(tmp_path / n) for n in ("r.parquet", "whole.parquet"))
    assert found["id"].to_pylist() == [*range(100), *range(150, 244)]
    losses = expected["loss"].to_pylist()
    assert found["loss"].to_pylist() == losses[:100] + losses[150:]
    with ParquetStore(tmp_path / "r.parquet", "results") as store:
        assert store.about["damaged"] == report.damaged
        assert next(store.rows_by_id([200], ["id"]))["id"] == 200
        with pytest.raises(SourceError, match="no PSM 120"):
            list(store.rows_by_id([120]))


def test_a_single_byte_that_changed_is_found_by_its_checksum(in_groups: Path) -> None:
    """Without one, the values would be others: what is compressed does not tell."""
    column = next(
        c for i in range(40)
        if (c := pq.ParquetFile(in_groups).metadata.row_group(1).column(i)).path_in_schema == "precursor_mz"
    )  # fmt: skip
    data = bytearray(in_groups.read_bytes())
    data[column.data_page_offset + column.total_compressed_size - 9] ^= 1
    in_groups.write_bytes(data)
    pq.ParquetFile(in_groups).read_row_group(1)
    with ParquetStore(in_groups) as store, pytest.raises(SourceError, match=r"row group 1 .*CRC checksum"):
        store.group(1)


def test_row_groups_of_any_size_score_the_same(in_groups: Path, sample_set: Path, tmp_path: Path) -> None:
    for name, path in (("a", in_groups), ("b", sample_set)):
        score_set(path, tmp_path / name, Plan(decoys=True))
    a, b = (pq.read_table(tmp_path / n) for n in "ab")
    for column in ("loss", "explained", "decoy_loss", "ppm"):
        assert a[column].to_pylist() == b[column].to_pylist()


def test_another_version_says_so(sample_set: Path, tmp_path: Path) -> None:
    table = pq.read_table(sample_set)
    about = json.loads(pq.ParquetFile(sample_set).metadata.metadata[KEY]) | {"version": "0.0.1"}
    pq.write_table(table.replace_schema_metadata({KEY: json.dumps(about)}), tmp_path / "old.parquet")
    with ParquetStore(tmp_path / "old.parquet") as store:
        assert store.version_note is not None
        assert "written by peploss 0.0.1" in store.version_note
    report = score_set(tmp_path / "old.parquet", tmp_path / "r.parquet", Plan())
    assert "0.0.1" in report.notes[0]
    about["format"] = 99
    pq.write_table(table.replace_schema_metadata({KEY: json.dumps(about)}), tmp_path / "new.parquet")
    with pytest.raises(SourceError, match="Update peploss"):
        ParquetStore(tmp_path / "new.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", b"x" * 100])
def test_what_is_no_parquet_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        ParquetStore(path)


def test_foreign_parquet_and_a_missing_file(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "x.parquet")
    with pytest.raises(SourceError, match="not a set of peploss"):
        ParquetStore(tmp_path / "x.parquet")
    with pytest.raises(SourceError, match="no such file"):
        ParquetStore(tmp_path / "y.parquet")


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"before")
    schema = pa.schema([("a", pa.int64())])
    with pytest.raises(RuntimeError), written_whole(path, schema) as writer:  # noqa: PT012
        writer.write_table(pa.table({"a": [1]}))
        raise RuntimeError
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["x.parquet"]


def test_results_never_replace_their_set(sample_set: Path) -> None:
    with pytest.raises(SourceError, match="would replace the set"):
        score_set(sample_set, sample_set, Plan())


def test_rows_come_in_the_order_asked_for(in_groups: Path) -> None:
    with ParquetStore(in_groups) as store:
        assert store.n_groups > 2
        wanted = np.random.default_rng(0).integers(0, store.n_rows, 3 * store.n_rows).tolist()
        found = list(store.rows(wanted, ["id", "title", "mz"]))
        assert [row["id"] for row in found] == wanted
        alone = store.row(wanted[7], ["id", "title", "mz"])
        np.testing.assert_array_equal(found[7]["mz"], alone["mz"])
        assert found[7]["title"] == alone["title"]
        assert [row["id"] for row in store.rows_by_id(wanted[:5], ["id"])] == wanted[:5]
        assert list(store.rows([])) == list(store.rows_by_id([])) == []
        for wrong in ([0, store.n_rows], [-1]):
            with pytest.raises(SourceError, match="There is no PSM"):
                list(store.rows(wrong))
            with pytest.raises(SourceError, match="There is no PSM"):
                list(store.rows_by_id(wrong))


def test_a_set_of_an_earlier_version_lacks_columns_and_is_scored_all_the_same(sample_set: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.parquet"
    with ParquetStore(sample_set) as store:
        batch = store.group(0)
        kept = [name for name in batch.schema.names if name != "notes"]
        earlier = batch.select(kept)
        with written_whole(old, earlier.schema.remove_metadata()) as writer:
            writer.write_batch(earlier)
            writer.add_key_value_metadata({KEY.decode(): json.dumps(store.about)})
    with ParquetStore(old) as store:
        assert store.group(0, ["id", "notes", "title"]).schema.names == ["id", "notes", "title"]
        assert store.row(3, ["notes"]) == {"notes": None}
    report = score_set(old, tmp_path / "r.parquet", Plan())
    assert report.n_scored == 244
    assert pq.read_table(tmp_path / "r.parquet")["notes"].null_count == 244
