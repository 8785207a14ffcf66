"""Many sets as the parts of one: the ids of their PSMs count on from part to part."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peploss.dataset.store import Damage, ParquetStore
from peploss.errors import SourceError


@dataclass(frozen=True)
class Part:
    """One of the sets, as small as it can be sent to a worker.

    Args:
        number: its place among the parts, from 0.
        path: whole, as every worker is to open it.
        uuid: of the set that it is by itself.
        first_id: the id that its first PSM has in the whole.
        starts: where its row groups start, and its end, counted from 0.
    """

    number: int
    path: str
    uuid: str
    first_id: int
    starts: tuple[int, ...]

    @property
    def n_psms(self) -> int:
        """PSMs in it."""
        return self.starts[-1]


class OpenPart(ParquetStore):
    """A part, open to be read by row group: its ids are those of the whole.

    Raises:
        SourceError: the file cannot be read, or it is not the one that the part was made from.
    """

    def __init__(self, part: Part) -> None:
        super().__init__(part.path)
        self._part = part
        found = str(self.about["uuid"]), tuple(self.starts.tolist())
        if found != (part.uuid, part.starts):
            self.close()
            raise SourceError(
                f"The part was the set {part.uuid} of {part.n_psms:,} PSMs when the work began, and here it is "
                f"{found[0]} of {found[1][-1]:,}.",
                where=part.path,
                remedy="Put the file back, or start anew; every worker has to see the same file under this path.",
            )

    def group(self, number: int, columns: list[str] | None = None) -> pa.RecordBatch:
        """One row group, as ``ParquetStore.group`` has it, with the ids of the whole."""
        batch = super().group(number, columns)
        if "id" not in batch.schema.names:
            return batch
        at = batch.schema.get_field_index("id")
        return batch.set_column(at, batch.schema.field(at), pc.add(batch.column(at), self._part.first_id))

    def damage(self, number: int, reason: str) -> Damage:
        """The damage of one row group, with the part's name and the ids of the whole."""
        found, first = super().damage(number, reason), self._part.first_id
        return dataclasses.replace(
            found, file=self.path.name, first_id=found.first_id + first, last_id=found.last_id + first
        )


class SetParts:
    """Sets that count as one: a PSM's id is its row, all parts one after the other.

    Attributes:
        parts: in their order: as given, those of a folder by name.
        uuid: of the whole. It follows from those of the parts and their order; one part alone keeps its own.
        n_psms: of all parts.
        version_notes: sentences on parts that another version of peploss wrote.
    Raises:
        SourceError: there is no part, one cannot be read, or one is there twice.
    """

    def __init__(self, sources: Sequence[str | os.PathLike[str]]) -> None:
        self.parts: list[Part] = []
        self.version_notes: list[str] = []
        self._open: OpenPart | None = None
        by_uuid: dict[str, Path] = {}
        first = 0
        for number, path in enumerate(part_files(sources)):
            with ParquetStore(path) as store:
                uuid, starts, note = str(store.about["uuid"]), tuple(store.starts.tolist()), store.version_note
            if uuid in by_uuid:
                raise SourceError(
                    f"It is the same set as {by_uuid[uuid]}, and every part may be there once.",
                    where=str(path),
                    remedy="Leave one of the two out.",
                )
            by_uuid[uuid] = path
            self.parts.append(Part(number, os.path.abspath(path), uuid, first, starts))
            self.version_notes += [note] if note else []
            first += starts[-1]
        self.n_psms = first
        self.uuid = _uuid(self.parts)
        self._firsts = np.cumsum([0, *(len(part.starts) - 1 for part in self.parts)])  # row groups before each part

    @property
    def n_groups(self) -> int:
        """Row groups of all parts."""
        return int(self._firsts[-1])

    def group(self, number: int, columns: list[str] | None = None) -> pa.RecordBatch:
        """A row group by its number among those of all parts; one part at a time is open.

        Raises:
            SourceError: it is damaged; the others can still be read.
        """
        at = int(np.searchsorted(self._firsts, number, side="right")) - 1
        part = self.parts[at]
        if self._open is None or self._open.path != Path(part.path):
            self.close()
            self._open = OpenPart(part)
        return self._open.group(number - int(self._firsts[at]), columns)

    def close(self) -> None:
        """Close what is open."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def __enter__(self) -> SetParts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def part_files(sources: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """Files as given, and in place of a folder its Parquet files by name.

    Raises:
        SourceError: a folder has none, or nothing is given.
    """
    files = []
    for source in map(Path, sources):
        if not source.is_dir():
            files.append(source)
            continue
        found = sorted(path for path in source.glob("*.parquet") if not path.name.startswith("."))
        if not found:
            raise SourceError("The folder holds no file that ends in .parquet.", where=str(source))
        files += found
    if not files:
        raise SourceError("No part of a set is given.", remedy="Give files, or a folder of them.")
    return files


def _uuid(parts: Sequence[Part]) -> str:
    if len(parts) == 1:
        return parts[0].uuid
    said = "\n".join(f"{part.uuid} {part.n_psms}" for part in parts)
    return hashlib.sha256(said.encode()).hexdigest()[:32]
