"""Tables as text, against Python's own writers and row by row."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss.dataset.query.as_text import tsv_of, write_json, write_tsv
from peploss.dataset.query.notes import Notes
from peploss.dataset.query.selections import export, exported_ids
from peploss.dataset.schema import PEAKS, SET, with_about
from peploss.dataset.store import ParquetStore, written_whole
from peploss.errors import SourceError

ODD = [
    "a\ttab", 'a "quote"', '"', '""', "two\nlines", "two\r\nlines", "\r", "=1+1", "+1", "@SUM(A1)", "-2", "'", "",
    None, " blank ", "\u2028", "\x85", "\x0b\x0c\x1c", "é日本", "[0.5, 1.0]", "nan", "null", "\\t", "\\", "a,b;c",
]  # fmt: skip
NUMBERS = [
    0.0, -0.0, 1.0, 0.1 + 0.2, 1e300, 5e-324, 1e-7, 1e16, 123456789012.5, math.inf, -math.inf, math.nan, None, -1.5,
    2 / 3, 1e22, 7.2e-6, 1e5, 1e-5, 65536.0, 3.0, 4.0, 5.0, 6.0, 7.0,
]  # fmt: skip
LISTS = [[0.5, 1.25], [], None, [2.0], [0.1]] * 5


def table(texts: list[str | None]) -> pa.RecordBatch:
    n = len(texts)
    return pa.RecordBatch.from_pydict({
        "id": pa.array(range(n), pa.int64()), "text": pa.array(texts, pa.string()),
        "number": pa.array(NUMBERS[:n], pa.float64()), "small": pa.array(NUMBERS[:n], pa.float32()),
        "whole": pa.array([None, *range(-1, n - 2)][:n], pa.int8()), "none": pa.nulls(n, pa.string()),
        "scores": pa.array(LISTS[:n], pa.list_(pa.float64())),
        "last": pa.array(texts[::-1], pa.string()),
    })  # fmt: skip


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True))


def same_number(text: str, value: float | None, kind: type[np.floating] = np.float64) -> bool:
    if value is None or text == "":
        return value is None and text == ""
    return bool(np.array_equal(kind(text), kind(value), equal_nan=True)) and (
        math.copysign(1, float(text)) == math.copysign(1, value)
    )


def test_every_cell_reads_back_as_what_it_was() -> None:
    batch = table(ODD)
    read = rows_of(bytes(tsv_of(batch)).decode())
    assert len(read) == len(ODD)
    for i, row in enumerate(read):
        assert row[0] == str(i)
        assert (row[1], row[5], row[7]) == (ODD[i] or "", "", ODD[::-1][i] or "")
        assert same_number(row[2], NUMBERS[i])
        with np.errstate(over="ignore"):
            assert same_number(row[3], NUMBERS[i], np.float32)
        assert row[4] == ("" if i == 0 else str(i - 2))
        assert (None if row[6] == "" else json.loads(row[6])) == LISTS[i]


def test_text_is_quoted_as_python_quotes_it_and_only_there() -> None:
    plain = [text for text in ODD if text != "\r"]  # which Python leaves bare where rows end with a line feed
    batch = table(plain).select(["text", "none"])
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerows((text, None) for text in plain)
    assert bytes(tsv_of(batch)).decode() == out.getvalue()


@pytest.mark.parametrize("odd", ["\t", '"', "\r", "\n"])
def test_rows_are_written_the_same_beside_an_odd_one(odd: str) -> None:
    plain = ["a", "", None, "b", "c=d"]
    alone = bytes(tsv_of(table(plain)))
    beside = bytes(tsv_of(table([*plain, odd]).set_column(7, "last", pa.array([*plain[::-1], None]))))
    assert beside.startswith(alone)
    assert rows_of(beside.decode())[5][1] == odd
    sliced = table([odd, *plain]).slice(1)  # the letters of a slice are its own
    assert bytes(tsv_of(sliced)).decode().count('"') == (2 + (odd == '"') * 2)  # of the last column


def test_all_control_letters_read_back_beside_odd_ones() -> None:
    texts = [*map(chr, range(1, 32)), "a\tb", "", None]
    batch = pa.RecordBatch.from_pydict({"a": texts, "b": ["\x01\t", *texts[1:]], "c": range(len(texts))})
    read = rows_of(bytes(tsv_of(batch)).decode())
    assert [row[0] for row in read] == [text or "" for text in texts]
    assert [row[1] for row in read] == ["\x01\t", *(text or "" for text in texts[1:])]


def test_nothing_at_all() -> None:
    assert bytes(tsv_of(table([]))) == b""


def test_many_pieces_stay_in_order(tmp_path: Path) -> None:
    schema = pa.schema([("id", pa.int64()), ("text", pa.string())])

    def pieces() -> Iterator[pa.RecordBatch]:
        for first in range(0, 30_000, 700):
            ids = list(range(first, min(first + 700, 30_000)))
            texts = [ODD[i % len(ODD)] if first % 1400 else f"t{i}" for i in ids]
            yield pa.RecordBatch.from_pydict({"id": ids, "text": texts}, schema=schema)

    write_tsv(schema, pieces(), tmp_path / "x.tsv")
    write_json(schema, pieces(), tmp_path / "x.json")
    expected = pa.Table.from_batches(pieces()).to_pylist()
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == expected
    read = rows_of((tmp_path / "x.tsv").read_bytes().decode())
    assert read[0] == ["id", "text"]
    assert read[1:] == [[str(r["id"]), r["text"] or ""] for r in expected]


@pytest.fixture
def odd_set(sample_set: Path, tmp_path: Path) -> Path:
    """The set in row groups of 60, with odd titles and proteins, tags and notes."""
    out = tmp_path / "odd.parquet"
    rng = np.random.default_rng(0)
    with ParquetStore(sample_set) as store:
        rows, about = pa.Table.from_batches([store.group(0)]), store.about
    n = rows.num_rows
    for name in ("title", "native_id", "protein"):
        texts = [ODD[i] for i in rng.integers(0, len(ODD), n)]
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(texts, pa.string()))
    rows = rows.cast(SET)
    with written_whole(out, SET) as writer:
        writer.write_table(rows, row_group_size=60)
        meta = with_about(SET, about).metadata
        writer.add_key_value_metadata({k.decode(): v.decode() for k, v in meta.items()})
    notes = Notes(out)
    for tag in ('a "tag"', "b", "ä", "=1+1", "b,c"):
        notes.tag(rng.choice(n, 90, replace=False).tolist(), tag)
    for psm in rng.choice(n, 40, replace=False).tolist():
        notes.note(psm, f"note {psm}\tof 'two'\n\"lines\"")
    return out


@pytest.mark.parametrize("ids", ["all", "mixed", "few", "none"])
def test_exports_are_what_rows_tags_and_notes_say_one_by_one(odd_set: Path, tmp_path: Path, ids: str) -> None:
    rng = np.random.default_rng(1)
    with ParquetStore(odd_set) as store:
        assert store.n_groups > 3
        wanted = {
            "all": list(range(store.n_rows)), "mixed": rng.integers(0, store.n_rows, 500).tolist(), "few": [200, 3],
            "none": [],
        }[ids]  # fmt: skip
        names = [n for n in store.schema.names if n not in PEAKS.names]
        slow = list(store.rows_by_id(wanted, names))
    notes = Notes(odd_set)
    for row in slow:
        tags, note = notes.of(row["id"])
        row |= {"tags": ", ".join(tags) or None, "note": note and " ".join(note.text.split())}
    for kind in ("tsv", "drop", "keep"):
        assert export(kind, wanted, tmp_path / kind, source=odd_set) == len(wanted)  # type: ignore[arg-type]
        assert exported_ids(tmp_path / kind) == wanted
    for kind in ("drop", "keep"):
        written = json.loads((tmp_path / kind).read_text(encoding="utf-8"))
        assert written["n_psms"] == 244
        assert written[kind] == [{name: row[name] for name in written[kind][0]} for row in slow] if slow else True
    with (tmp_path / "tsv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file, delimiter="\t"))
    assert len(read) == len(slow)
    for cells, row in zip(read, slow, strict=True):
        assert list(cells) == [*names, "tags", "note"]
        for name, value in row.items():
            if isinstance(value, float):
                assert same_number(cells[name], value), name
            elif isinstance(value, np.ndarray):
                assert np.array_equal(np.array(json.loads(cells[name]), value.dtype), value)
            else:
                assert cells[name] == ("" if value is None else str(value)), name


def test_pieces_of_a_set_are_its_rows(odd_set: Path) -> None:
    with ParquetStore(odd_set) as store:
        for ids in ([5, 5, 1], [1, 5, 100], list(range(store.n_rows))):
            pieces = list(store.batches_by_id(ids, ["id", "title", "mz", "residue_scores"]))
            read = [row for piece in pieces for row in piece.to_pylist()]
            slow = list(store.rows_by_id(ids, ["id", "title", "mz"]))
            assert [(r["id"], r["title"], r["mz"]) for r in read] == [
                (r["id"], r["title"], r["mz"].tolist()) for r in slow
            ]
        with pytest.raises(SourceError, match="There is no PSM 244"):
            store.batches_by_id([3, 244], ["id"])


@pytest.mark.parametrize("kind", ["tsv", "drop"])
def test_a_damaged_row_group_is_told_and_nothing_is_left(odd_set: Path, tmp_path: Path, kind: str) -> None:
    column = pq.ParquetFile(odd_set).metadata.row_group(2).column(SET.get_field_index("title"))
    content = bytearray(odd_set.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    odd_set.write_bytes(content)
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(SourceError, match=r"row group 2 \(PSMs 120 to 179\)"):
        export(kind, range(244), tmp_path / "out", source=odd_set)  # type: ignore[arg-type]
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert export(kind, range(120), tmp_path / "out", source=odd_set) == 120  # type: ignore[arg-type]
