"""Sets as parts of one: ids count on, and the joined set is the same set."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss.dataset.joined_parts import join_sets
from peploss.dataset.schema import KEY
from peploss.dataset.set_parts import OpenPart, SetParts, part_files
from peploss.dataset.store import ParquetStore
from peploss.errors import SourceError
from tests.dataset.parts_made import SIZES, make_parts
from tests.dataset.test_store import spoil


@pytest.fixture
def paths(sample_set: Path, tmp_path: Path) -> list[Path]:
    return make_parts(sample_set, tmp_path / "parts")


def test_ids_count_on_from_part_to_part(paths: list[Path], sample_set: Path) -> None:
    with SetParts(paths) as parts, ParquetStore(sample_set) as store:
        groups = [parts.group(g, ["id", "title", "mz"]) for g in range(parts.n_groups)]
        n = sum(SIZES)
        assert [i for g in groups for i in g.column("id").to_pylist()] == list(range(n)) == list(range(parts.n_psms))
        whole = store.group(0, ["title", "mz"]).slice(0, n)
        for name in ("title", "mz"):
            assert [v for g in groups for v in g.column(name).to_pylist()] == whole.column(name).to_pylist()
        assert parts.group(3, ["title"]).schema.names == ["title"]


def test_the_order_is_that_given_or_by_name(paths: list[Path]) -> None:
    folder = paths[0].parent
    (folder / ".part-9.parquet").write_bytes(b"no part")
    (folder / "notes.txt").write_text("no part")
    assert part_files([folder]) == paths
    with SetParts([folder]) as by_name, SetParts(paths) as given, SetParts(paths[::-1]) as turned:
        assert by_name.uuid == given.uuid
        assert turned.uuid != given.uuid
        assert [p.first_id for p in given.parts] == [0, 45, 65]
        assert [p.first_id for p in turned.parts] == [0, 61, 81]
    with SetParts(paths[:1]) as one:
        assert one.uuid == "part 0"


def test_what_is_no_part_is_told(paths: list[Path], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"part-1\.parquet: It is the same set as .*part-1\.parquet, and every part"):
        SetParts([*paths, paths[1]])
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no file that ends in"):
        SetParts([tmp_path / "empty"])
    with pytest.raises(SourceError, match="No part of a set is given"):
        SetParts([])
    with pytest.raises(SourceError, match="no such file"):
        SetParts([tmp_path / "x.parquet"])


def test_a_part_that_was_exchanged_is_not_read(paths: list[Path]) -> None:
    with SetParts(paths) as parts:
        paths[0].replace(paths[1])
        with pytest.raises(SourceError, match=r"was the set part 1 of 20 PSMs when .* here it is part 0 of 45"):
            OpenPart(parts.parts[1])


def test_the_joined_set_is_the_parts(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "joined.parquet"
    seen: list[tuple[int, int]] = []
    assert join_sets(paths, out, progress=lambda done, total: seen.append((done, total))) == sum(SIZES)
    assert seen[-1] == (126, 126)
    with SetParts(paths) as parts, ParquetStore(out) as store:
        assert store.about["uuid"] == parts.uuid
        assert store.n_groups == parts.n_groups
        for g in range(parts.n_groups):
            assert store.group(g).to_pylist() == parts.group(g).to_pylist()
        assert store.row(100)["id"] == 100
    with SetParts([out]) as again:
        assert again.uuid == parts.uuid


def test_reports_are_added_up(paths: list[Path], tmp_path: Path) -> None:
    with ParquetStore(paths[0]) as store:
        one = store.about
    join_sets(paths, tmp_path / "joined.parquet")
    with ParquetStore(tmp_path / "joined.parquet") as store:
        about = store.about
    for name in ("n_spectra", "n_not_joined", "n_unusable", "n_without"):
        assert about["report"][name] == 3 * one["report"][name]
    assert about["report"]["n_spectra"] > 0
    assert len(about["spectra"]) == 3 * len(one["spectra"])
    assert about["report"]["joined"] == 3 * one["report"]["joined"]
    table = pq.read_table(paths[1])
    bare = {k: v for k, v in one.items() if k != "report"} | {"uuid": "bare", "version": "0.0.1"}
    pq.write_table(table.replace_schema_metadata({KEY: json.dumps(bare)}), paths[1], row_group_size=10)
    join_sets(paths, tmp_path / "joined.parquet")
    with ParquetStore(tmp_path / "joined.parquet") as store:
        assert store.about["report"] == {}
        assert "written by peploss 0.0.1" in str(store.version_note)
    with SetParts(paths) as parts:
        assert len(parts.version_notes) == 1


def test_a_damaged_part_makes_no_set(paths: list[Path], tmp_path: Path) -> None:
    spoil(paths[1], 1)
    with SetParts(paths) as parts:
        with pytest.raises(SourceError, match=r"part-1\.parquet, row group 1 \(PSMs 55 to 64\) cannot be read"):
            parts.group(6)
        assert isinstance(parts.group(7), pa.RecordBatch)
    with pytest.raises(SourceError, match="row group 1"):
        join_sets(paths, tmp_path / "joined.parquet")
    assert not (tmp_path / "joined.parquet").exists()
    with pytest.raises(SourceError, match="would replace one of its parts"):
        join_sets(paths, paths[0])
