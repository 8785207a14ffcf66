"""The first half of an index: spectra of files into parts, in parallel, each once."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from peploss.dataset.store import written_whole
from peploss.errors import SourceError, SpectrumError
from peploss.spectra.readers import open_spectra
from peploss.spectra.record import NOT_MS2
from peploss.spectra.spectrum_file import SpectrumFile
from peploss.version import __version__

CHUNK: Final = 2048
"""Spectra in a part."""

ALONE: Final = 4
"""So few parts are read before other processes have started."""

Progress = Callable[[int, int], None]
"""Called with (done, total); what it raises ends the work, which can be taken up again."""

PART: Final = pa.schema([
    ("index", pa.int32()), ("scan", pa.int64()), ("native_id", pa.string()), ("title", pa.string()),
    ("precursor_mz", pa.float64()), ("spectrum_charge", pa.int16()), ("rt", pa.float64()), ("peptide", pa.string()),
    ("n_peaks", pa.int32()), ("problem", pa.string()),
    ("mz", pa.list_(pa.float64())), ("intensity", pa.list_(pa.float32())),
])  # fmt: skip
HEADERS: Final = [n for n in PART.names if n not in ("mz", "intensity")]
"""Columns of a part without its peaks. A spectrum that cannot be used has its reason in ``problem`` and no peaks."""

_HIGHEST, _LOWEST = 1e38, 1e-30  # intensities that float32 holds with all its digits


@dataclass(frozen=True)
class Part:
    """Entries start to stop of a spectrum file, and where they are kept."""

    source: int
    start: int
    stop: int
    path: Path


def plan_parts(files: Sequence[Path], folder: Path) -> list[Part]:
    """Which parts there are to be; what lies in the folder for other files or another version goes.

    Raises:
        SourceError: a file is missing or is no file of spectra.
    """
    if not files:
        raise SourceError("No spectrum file was given.", remedy="Give at least one MGF, mzML, mzXML or MSP.")
    sizes = []
    for path in files:
        with open_spectra(path) as file:
            sizes.append(len(file))
    stamps = [(str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    wanted = hashlib.sha256(json.dumps([__version__, CHUNK, stamps]).encode()).hexdigest()
    stamp = folder / "plan"
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        stamp.write_text(wanted)
    for left_over in folder.glob(".*.tmp"):  # of a run that was killed
        left_over.unlink(missing_ok=True)
    return [
        Part(source, start, min(start + CHUNK, size), folder / f"{source:05d}-{start:09d}.parquet")
        for source, size in enumerate(sizes)
        for start in range(0, size, CHUNK)
    ]


def read_parts(files: Sequence[Path], parts: list[Part], workers: int, progress: Progress | None) -> int:
    """Write the parts that are not there yet.

    Returns:
        How many there were already.
    """
    todo = [p for p in parts if not p.path.exists()]
    total = sum(p.stop - p.start for p in parts)
    done = total - sum(p.stop - p.start for p in todo)
    if progress:
        progress(done, total)
    for part in _run(files, todo, workers):
        done += part.stop - part.start
        if progress:
            progress(done, total)
    return len(parts) - len(todo)


def _run(files: Sequence[Path], todo: list[Part], workers: int) -> Iterator[Part]:
    if workers <= 1 or len(todo) <= ALONE:
        opened: dict[Path, SpectrumFile] = {}
        try:
            for part in todo:
                write_part(files[part.source], part, opened)
                yield part
        finally:
            for file in opened.values():
                file.close()
        return
    pool = ProcessPoolExecutor(min(workers, len(todo)), mp_context=process_context())
    try:
        futures: dict[Future[None], Part] = {pool.submit(_work, files[p.source], p): p for p in todo}
        for future in as_completed(futures):
            future.result()
            yield futures[future]
    except BrokenProcessPool as error:
        raise SourceError(
            "A process that read spectra was killed; the machine may be out of memory.",
            remedy="Start again with fewer workers; what was read is kept.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def process_context() -> BaseContext:
    """How to start processes: from a server that has imported what they need and runs no threads, where there is one.

    Never forked from here, where Arrow and torch run threads.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


_opened: dict[Path, SpectrumFile] = {}  # of a worker process, which reads many parts of a file


def _work(path: Path, part: Part) -> None:
    for other in [p for p in _opened if p != path]:
        _opened.pop(other).close()
    write_part(path, part, _opened)


def write_part(path: Path, part: Part, opened: dict[Path, SpectrumFile]) -> None:
    """Read the entries of one part and keep them; survey scans are left out."""
    if path not in opened:
        opened[path] = open_spectra(path)
    table = part_table(opened[path], part.start, part.stop)
    with written_whole(part.path, PART) as writer:
        writer.write_table(table)


def part_table(file: SpectrumFile, start: int, stop: int) -> pa.Table:
    """Entries start to stop of a file as columns of ``PART``."""
    rows: dict[str, list[Any]] = {name: [] for name in HEADERS}
    mz: list[Any] = []
    intensity: list[Any] = []
    for index in range(start, stop):
        try:
            s = file.read(index)
        except SpectrumError as error:
            if error.problem == NOT_MS2:
                continue
            name = file.ids[index]
            values: tuple[Any, ...] = (index, None, name, name, None, None, None, None, 0, error.problem)
            mz.append(np.empty(0))
            intensity.append(np.empty(0))
        else:
            values = (
                index, s.scan, s.native_id, s.title, s.precursor_mz, s.precursor_charge, s.rt, s.peptide, len(s), None
            )  # fmt: skip
            mz.append(s.mz)
            intensity.append(_in_range(s.intensity))
        for name, value in zip(HEADERS, values, strict=True):
            rows[name].append(value)
    ends = pa.array(np.cumsum([0, *(x.size for x in mz)]), pa.int32())
    flat = np.concatenate([np.empty(0), *mz]), np.concatenate([np.empty(0), *intensity]).astype(np.float32)
    columns = [pa.array(rows[name], PART.field(name).type) for name in HEADERS]
    lists = [pa.ListArray.from_arrays(ends, pa.array(values)) for values in flat]
    return pa.Table.from_arrays([*columns, *lists], schema=PART)


def _in_range(intensity: np.ndarray) -> np.ndarray:
    top = float(intensity.max())
    return intensity if _LOWEST < top < _HIGHEST else intensity / top


def read_part(part: Part, columns: list[str] | None = None) -> pa.Table:
    """One part back.

    Raises:
        SourceError: it is damaged; it is removed, so that the next run reads its spectra again.
    """
    try:
        return pq.read_table(part.path, columns=columns, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        part.path.unlink(missing_ok=True)
        raise SourceError(
            f"A part of an earlier run was damaged and is removed: {error}",
            where=os.fspath(part.path),
            remedy="Start again; it takes up the rest.",
        ) from error
