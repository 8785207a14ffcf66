"""A set on disk: a Parquet file that is read by row group and appears only when it is complete."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from peploss.atomic import whole_file
from peploss.dataset.checked_file import about_of, check_columns, check_rows
from peploss.dataset.schema import ABOUT, CONFIDENCE, with_about
from peploss.errors import SourceError
from peploss.foreign import MET
from peploss.version import __version__

I64 = NDArray[np.int64]
ROWS = 8192
"""PSMs in a row group: some 15 MB of peaks."""

BYTES = 1 << 26
"""What a row group may hold before it is written with fewer PSMs, so that spectra of any size need no more memory."""


@dataclass(frozen=True)
class Damage:
    """A row group that cannot be read: its number, the ids it would have held, why, and its file if it is a part."""

    group: int
    first_id: int
    last_id: int
    reason: str
    file: str = ""

    def __str__(self) -> str:
        which = f"{self.file}, row group" if self.file else "row group"
        return f"{which} {self.group} (PSMs {self.first_id} to {self.last_id}) cannot be read: {self.reason}"


class RowGroups(Protocol):
    """PSMs that are read by row group: a set, a part of one, or all parts of one."""

    @property
    def n_groups(self) -> int:
        """Number of row groups."""

    def group(self, number: int, columns: list[str] | None = None) -> pa.RecordBatch:
        """One row group, as ``ParquetStore.group`` has it."""


class ParquetStore:
    """A Parquet file of this package, open for reading; no more than a row group is in memory.

    Args:
        kind: ``"set"`` or ``"results"``.

    Attributes:
        path: of the file.
        about: what it says about itself.
        n_rows: PSMs.
        starts: (G + 1,) where each row group starts; the id of a PSM is its row.
    Raises:
        SourceError: the file is missing, damaged beyond use, or not of this kind.
    """

    def __init__(self, path: str | os.PathLike[str], kind: str = "set") -> None:
        self.path = Path(path)
        try:
            # Without its checksum a damaged page may be read as other numbers; to hold it against takes 1 % of a score.
            self._file = pq.ParquetFile(self.path, memory_map=False, page_checksum_verification=True)
            schema = self._file.schema_arrow
        except FileNotFoundError as error:
            raise SourceError("There is no such file.", where=str(path)) from error
        except (OSError, pa.ArrowException, *MET) as error:
            raise SourceError(
                f"The file cannot be read as Parquet: {str(error).strip().rstrip('.')}.",
                where=str(path),
                remedy="Make it anew.",
            ) from error
        self.about = about_of(self._file.metadata.metadata, str(path), kind)
        check_columns(schema, str(path), kind)
        meta = self._file.metadata
        self.n_rows = int(meta.num_rows)
        self.starts = np.cumsum([0, *(meta.row_group(g).num_rows for g in range(meta.num_row_groups))])

    @property
    def n_groups(self) -> int:
        """Number of row groups."""
        return len(self.starts) - 1

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""
        return self._file.schema_arrow

    @property
    def version_note(self) -> str | None:
        """A sentence where another version of peploss wrote the file, else None."""
        wrote = self.about.get("version")
        if wrote == __version__:
            return None
        return (
            f"{self.path.name} was written by peploss {wrote}; this is {__version__}. Its numbers may differ from what "
            "this version computes."
        )

    def group(self, number: int, columns: list[str] | None = None) -> pa.RecordBatch:
        """One row group; a column that the version that wrote the file did not know is null.

        Raises:
            SourceError: it is damaged; the others can still be read.
        """
        try:
            table = self._file.read_row_group(number, columns=columns, use_threads=False)
            table = _with_later(table, columns)
            batches = table.combine_chunks().to_batches()
            batch = batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)
            wrong = check_rows(batch, int(self.starts[number]), self._last_id(number))
        except (OSError, pa.ArrowException, *MET) as error:
            raise self._unusable(number, str(error)) from error
        if wrong:
            raise self._unusable(number, wrong)
        return batch

    def _last_id(self, number: int) -> int:
        """Highest id that a row group can hold: in results, a damaged row group of the set may have been left out."""
        of = self.about.get("set") or {}
        return int(self.starts[number + 1]) - 1 if self.about["kind"] == "set" else int(of.get("n_psms") or 2**62)

    def _unusable(self, number: int, reason: str) -> SourceError:
        return SourceError(
            str(self.damage(number, reason)), where=str(self.path), remedy="The other row groups are usable."
        )

    def damage(self, number: int, reason: str) -> Damage:
        """The damage of one row group, in words."""
        line = reason.strip().splitlines()[0] if reason.strip() else "unknown"
        return Damage(number, int(self.starts[number]), int(self.starts[number + 1]) - 1, line)

    def rows_by_id(self, ids: Sequence[int], columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
        """PSMs by id as dictionaries, in the order asked for."""
        yield from self.rows(self._rows_of(np.asarray(ids, dtype=np.int64)), columns)

    def plain_fields(self, columns: Sequence[str]) -> list[pa.Field]:
        """Names and types of columns, with values in place of dictionary indices."""
        known = {f.name: f for f in (*ABOUT, *CONFIDENCE, *self.schema)}
        return [pa.field(n, _plain_kind(known[n].type)) for n in columns]

    def batches_by_id(self, ids: Sequence[int] | I64, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """PSMs by id, in the order asked for, as batches without dictionaries, which differ between row groups.

        Each row group that holds some is read once. Where ids rise, one row group at a time is in memory.

        Raises:
            SourceError: there is no such PSM, or a row group is damaged.
        """
        rows = self._rows_of(np.asarray(ids, dtype=np.int64))
        schema = pa.schema(self.plain_fields(columns))
        return self._rising(rows, schema) if (np.diff(rows) > 0).all() else self._in_any_order(rows, schema)

    def _rising(self, rows: I64, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        bounds = np.searchsorted(rows, self.starts)
        for g in np.flatnonzero(np.diff(bounds)).tolist():
            batch, places = self.group(g, schema.names), rows[bounds[g] : bounds[g + 1]] - self.starts[g]
            yield (batch if places.size == batch.num_rows else batch.take(pa.array(places))).cast(schema)

    def _in_any_order(self, rows: I64, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        different, back = np.unique(rows, return_inverse=True)
        # Of one piece: to take rows from many pieces takes twice as long.
        table = pa.Table.from_batches(self._rising(different, schema), schema).combine_chunks()
        for start in range(0, rows.size, ROWS):
            yield from table.take(pa.array(back[start : start + ROWS])).to_batches()

    def _rows_of(self, ids: I64) -> I64:
        """Where PSMs are: in results a damaged row group of the set may be left out."""
        known = self._ids()
        # Without gaps an id is a row; to search for a million in any order takes half a second.
        gapless = not known.size or known[-1] == known.size - 1
        there = (ids >= 0) & (ids < known.size) if gapless else np.isin(ids, known)
        for psm in ids[~there][:1]:
            raise SourceError(f"There is no PSM {psm} in this file.", where=str(self.path))
        return ids if gapless else np.searchsorted(known, ids)

    def _ids(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        parts = [self.group(g, ["id"]).column("id").to_numpy(zero_copy_only=False) for g in range(self.n_groups)]
        return np.concatenate([np.empty(0, dtype=np.int64), *parts])

    def row(self, psm: int, columns: list[str] | None = None) -> dict[str, Any]:
        """One PSM as plain values and arrays of its lists.

        Raises:
            SourceError: there is no such PSM, or its row group is damaged.
        """
        return next(self.rows([psm], columns))

    def rows(self, psms: Sequence[int] | I64, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
        """Some PSMs in the order asked for; of every few thousand of them each row group is read once."""
        wanted = np.asarray(psms, dtype=np.int64)
        for start in range(0, len(wanted), ROWS):
            yield from self._some(wanted[start : start + ROWS], columns)

    def _some(self, psms: I64, columns: list[str] | None) -> list[dict[str, Any]]:
        for psm in psms[(psms < 0) | (psms >= self.n_rows)][:1]:
            raise SourceError(f"There is no PSM {psm}; the ids are 0 to {self.n_rows - 1}.", where=str(self.path))
        numbers = np.searchsorted(self.starts, psms, side="right") - 1
        found: list[dict[str, Any]] = [{}] * len(psms)
        for number in np.unique(numbers):
            places = np.flatnonzero(numbers == number)
            batch = self.group(int(number), columns).take(pa.array(psms[places] - self.starts[number]))
            for place, row in zip(places, _plain_rows(batch), strict=True):
                found[place] = row
        return found

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> ParquetStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _plain_kind(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _with_later(table: pa.Table, columns: list[str] | None) -> pa.Table:
    """A row group with the columns asked for that its file lacks."""
    later = [f for f in (*ABOUT, *CONFIDENCE) if f.name in (columns or ()) and f.name not in table.schema.names]
    for missing in later:
        table = table.append_column(missing, pa.nulls(table.num_rows, missing.type))
    return table.select(columns) if columns and later else table


def _plain_rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """Rows as plain values by name, their lists as arrays, None for a list that is null."""
    columns = [
        [None if value.values is None else np.asarray(value.values) for value in column]
        if pa.types.is_list(column.type)
        else column.to_pylist()
        for column in batch.columns
    ]
    for values in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, values, strict=True))


@contextmanager
def written_whole(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A writer to a temporary file beside ``path``, which takes its place at the end, and goes if anything fails."""
    plain = [f.name for f in schema if pa.types.is_dictionary(f.type) or pa.types.is_string(f.type)]
    with (
        whole_file(path, private=True) as temporary,
        pq.ParquetWriter(temporary, schema, compression="lz4", use_dictionary=plain, write_page_checksum=True) as w,
    ):
        yield w


def say_about(writer: pq.ParquetWriter, about: dict[str, Any]) -> None:
    """Put what a file says about itself into its footer, at the end: only then all of it is known."""
    metadata = with_about(pa.schema([]), about).metadata
    writer.add_key_value_metadata({name.decode(): value for name, value in metadata.items()})
