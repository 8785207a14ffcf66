"""Reads the spectra of all files into parts, in parallel: the first half of an index.

The files are searched once, here. The piece of the index that a part needs is stored beside it as JSON, so neither a
worker nor a resumed run searches again. A part is an Arrow file, which the second half reads without decoding.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from peploss.atomic import whole_file
from peploss.dataset.pool import here, in_processes
from peploss.dataset.progress import Progress
from peploss.errors import SourceError
from peploss.spectra.batch import Batch
from peploss.spectra.readers import open_part, open_spectra
from peploss.spectra.readers.source import ByteSource
from peploss.version import __version__

CHUNK: Final = 2048
"""Spectra in a part."""

ALONE: Final = 4
"""With no more parts than this, worker processes would take longer to start than to read."""

PART: Final = pa.schema([
    ("index", pa.int32()), ("scan", pa.int64()), ("native_id", pa.string()), ("title", pa.string()),
    ("precursor_mz", pa.float64()), ("spectrum_charge", pa.int16()), ("rt", pa.float64()), ("peptide", pa.string()),
    ("n_peaks", pa.int32()), ("problem", pa.string()), ("notes", pa.string()),
    ("unread", pa.string()),
    ("mz", pa.list_(pa.float64())), ("intensity", pa.list_(pa.float32())),
])  # fmt: skip
HEADERS: Final = [n for n in PART.names if n not in ("mz", "intensity")]
"""Columns of a part without its peaks. A spectrum that cannot be used has its reason in ``problem`` and no peaks."""

_HIGHEST, _LOWEST = 1e38, 1e-30  # intensities that float32 holds with all its digits


@dataclass(frozen=True)
class Part:
    """Entries start to stop of a spectrum file, and where they are kept; beside it, as ``.json``, their index."""

    source: int
    start: int
    stop: int
    path: Path

    @property
    def index(self) -> Path:
        """Where these entries lie in their file."""
        return self.path.with_suffix(".json")


def plan_parts(files: Sequence[Path], folder: Path) -> list[Part]:
    """Plan the parts; remove what the folder holds for other files or another version.

    Raises:
        SourceError: a file is missing or is no file of spectra.
    """
    if not files:
        raise SourceError("No spectrum file was given.", remedy="Give at least one MGF, mzML, mzXML or MSP.")
    stamps = [_stamp(p) for p in files]
    wanted = hashlib.sha256(json.dumps([__version__, PART.names, CHUNK, stamps]).encode()).hexdigest()
    plan = folder / "plan.json"
    sizes = _planned(plan, wanted)
    if sizes is None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        found = [_search(path, source, folder) for source, path in enumerate(files)]
        sizes = [size for size, _ in found]
        with whole_file(plan, private=True) as temporary:  # last: once the plan is there, every index is
            temporary.write_text(json.dumps({"wanted": wanted, "sizes": sizes, "notes": [notes for _, notes in found]}))
    for left_over in folder.glob(".*.tmp"):  # left by a run that was killed
        left_over.unlink(missing_ok=True)
    return [part for source, size in enumerate(sizes) for part in _parts(source, size, folder)]


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return str(path), 0, 0  # opening it says what is wrong with it
    return str(path.resolve()), stat.st_size, stat.st_mtime_ns


def _planned(plan: Path, wanted: str) -> list[int] | None:
    """Entries of each file by a plan for the same files, None where there is no such plan."""
    try:
        found = json.loads(plan.read_text())
    except (OSError, ValueError):
        return None
    return found["sizes"] if isinstance(found, dict) and found.get("wanted") == wanted else None


def _parts(source: int, size: int, folder: Path) -> list[Part]:
    return [
        Part(source, start, min(start + CHUNK, size), folder / f"{source:05d}-{start:09d}.arrow")
        for start in range(0, size, CHUNK)
    ]


def file_notes(folder: Path) -> list[list[str]]:
    """What the readers said of each whole file when the parts were planned."""
    notes: list[list[str]] = json.loads((folder / "plan.json").read_text()).get("notes", [])
    return notes


def _search(path: Path, source: int, folder: Path) -> tuple[int, list[str]]:
    """Write the index of each part of a file; how many entries it has, and what is to be known of it."""
    stamp = _stamp(path)
    with open_spectra(path) as file:
        for part in _parts(source, len(file), folder):
            index = {"stamp": stamp, **file.index_of(part.start, part.stop)}
            part.index.write_text(json.dumps(index), encoding="utf-8")
        return len(file), list(file.notes)


def read_parts(files: Sequence[Path], parts: list[Part], workers: int, progress: Progress | None) -> int:
    """Write the missing parts.

    Returns:
        How many parts were there already.
    """
    todo = [p for p in parts if not p.path.exists()]
    total = sum(p.stop - p.start for p in parts)
    done = total - sum(p.stop - p.start for p in todo)
    if progress:
        progress(done, total)
    tasks = [(files[p.source], p) for p in todo]
    alone = workers <= 1 or len(todo) <= ALONE
    written = here(part_writer, tasks) if alone else in_processes(part_writer, tasks, min(workers, len(todo)))
    for (_, part), _ in written:
        done += part.stop - part.start
        if progress:
            progress(done, total)
    return len(parts) - len(todo)


@contextmanager
def part_writer() -> Iterator[Callable[[tuple[Path, Part]], None]]:
    """The function that writes parts of a file. The file stays open between parts, since opening may mean unpacking."""
    opened: dict[Path, ByteSource] = {}

    def write(task: tuple[Path, Part]) -> None:
        path, part = task
        if path not in opened:
            for other in list(opened):
                opened.pop(other).close()
            opened[path] = ByteSource(path)
        write_part(path, part, opened[path])

    try:
        yield write
    finally:
        for source in opened.values():
            source.close()


def write_part(path: Path, part: Part, source: ByteSource) -> None:
    """Read the entries of one part and keep them.

    Raises:
        SourceError: the file is another one than was planned for, or the part cannot be written.
    """
    index = json.loads(part.index.read_text(encoding="utf-8"))
    if tuple(index["stamp"]) != _stamp(path):
        raise SourceError("The file changed while it was indexed.", where=str(path), remedy="Start again.")
    file = open_part(source, str(path), index)
    with whole_file(part.path, private=True) as temporary, pa.ipc.new_file(os.fspath(temporary), PART) as writer:
        for batch in file.batches():
            writer.write_batch(columns_of(batch))


def columns_of(batch: Batch) -> pa.RecordBatch:
    """A batch as columns of ``PART``."""
    rows: dict[str, list[Any]] = {
        "index": batch.index, "scan": batch.scan, "native_id": batch.native_id, "title": batch.title,
        "precursor_mz": batch.precursor_mz, "spectrum_charge": batch.precursor_charge, "rt": batch.rt,
        "peptide": batch.peptide, "n_peaks": batch.n_peaks, "problem": batch.problem, "notes": batch.notes,
        "unread": batch.unread,
    }  # fmt: skip
    ends = np.cumsum([0, *batch.n_peaks])
    intensity = np.concatenate([np.empty(0), *batch.intensity])
    _into_range(intensity, ends)
    columns = [pa.array(rows[name], PART.field(name).type) for name in HEADERS]
    flat = np.concatenate([np.empty(0), *batch.mz]), intensity.astype(np.float32)
    lists = [pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values)) for values in flat]
    return pa.RecordBatch.from_arrays([*columns, *lists], schema=PART)


def _into_range(intensity: np.ndarray, ends: np.ndarray) -> None:
    """Scale what float32 cannot hold, in place, spectrum by spectrum.

    Args:
        intensity: (N,) float64 of all spectra, none of them all 0.
        ends: (M + 1,) where each ends, from 0 on.
    """
    starts = ends[:-1][np.diff(ends) > 0]
    if not starts.size:
        return
    tops = np.maximum.reduceat(intensity, starts)
    stops = np.append(starts[1:], ends[-1])
    for at in np.flatnonzero(~((tops > _LOWEST) & (tops < _HIGHEST))):
        intensity[starts[at] : stops[at]] /= tops[at]


def read_part(part: Part) -> Iterator[pa.RecordBatch]:
    """Read one part, some megabytes at a time, mapped into memory and not copied.

    Raises:
        SourceError: it is damaged; it is removed, so that the next run reads its spectra again.
    """
    try:
        with pa.memory_map(os.fspath(part.path)) as source, pa.ipc.open_file(source) as reader:
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                batch.validate()
                yield batch
    except (OSError, pa.ArrowException) as error:
        part.path.unlink(missing_ok=True)
        raise SourceError(
            f"A part of an earlier run was damaged and is removed: {error}",
            where=os.fspath(part.path),
            remedy="Start again; it takes up the rest.",
        ) from error
