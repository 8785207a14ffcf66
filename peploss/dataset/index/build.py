"""Builds one set from files of spectra and tables of PSMs; the set appears only when it is complete."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from filelock import FileLock, Timeout

from peploss.dataset.index.headers import NAMES, Headers
from peploss.dataset.index.join import join
from peploss.dataset.index.joined import Joined, NotJoined
from peploss.dataset.index.nothing import OF_PEPTIDE, nothing
from peploss.dataset.index.parts import Part, file_notes, plan_parts, read_part, read_parts
from peploss.dataset.index.report import IndexReport
from peploss.dataset.index.residue_scores import ScoreOrder
from peploss.dataset.index.resolve import resolve
from peploss.dataset.index.rows import Row, rows_of
from peploss.dataset.progress import Progress
from peploss.dataset.schema import SET
from peploss.dataset.store import BYTES, ROWS, say_about, written_whole
from peploss.dataset.tables.mass_check import WITHIN
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.errors import SourceError
from peploss.version import __version__

OWN: Final = "its own annotation"
ANNOTATION: Final = "annotation"


def build_set(
    spectra: Sequence[str | os.PathLike[str]],
    tables: Sequence[PsmTable],
    out: str | os.PathLike[str],
    *,
    by: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    report: IndexReport | None = None,
) -> IndexReport:
    """Read everything once and write a set.

    What was read lies in ``OUT.parts`` until the set is there; a run that was interrupted or failed leaves it, and the
    next one goes on from it. The set appears under its name when it is whole.

    Args:
        spectra: MGF, mzML, mzXML or MSP files.
        tables: of PSMs; none takes the peptides that spectra come with.
        by: what joins, of ``join.KINDS``; None chooses.
        workers: processes; None: one a core.
        progress: called with (spectra read, all); what it raises ends the work.
        report: an empty one to fill, for who wants to know what was left out even where no set can be made.
    Raises:
        SourceError: a file cannot be read, no PSM can be joined, or another process builds this set.
    """
    target = Path(out)
    files = [Path(p) for p in spectra]
    if len({p.resolve() for p in files}) != len(files):
        raise SourceError("A spectrum file is given twice.", where=", ".join(p.name for p in files))
    folder = target.with_name(target.name + ".parts")
    made = [folder for folder in target.parents if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    report = IndexReport() if report is None else report
    lock = FileLock(target.with_name(f".{target.name}.lock"))
    try:
        with lock.acquire(timeout=0):
            try:
                parts = plan_parts(files, folder)
                report.file_notes = [
                    (file.name, note) for file, said in zip(files, file_notes(folder), strict=False) for note in said
                ]
                report.n_parts_kept = read_parts(files, parts, workers or os.cpu_count() or 1, progress)
                joined = _join(files, parts, tables, by, report)
                _write(target, files, parts, tables, joined, report)
                shutil.rmtree(folder, ignore_errors=True)
            except SourceError as error:
                raise _resumable(error, folder) from error
            except BaseException:
                _kept(folder)
                raise
            finally:
                Path(lock.lock_file).unlink(missing_ok=True)
    except Timeout as error:
        raise SourceError("Another process is building this set.", where=str(target), remedy="Wait for it.") from error
    finally:
        for empty in made if not target.exists() else ():
            with contextlib.suppress(OSError):  # it holds what a resumed run needs
                empty.rmdir()
    return report


def _kept(folder: Path) -> bool:
    """Whether there are parts to go on from; a folder without any is removed."""
    if any(folder.glob("*.arrow")):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    return False


def _resumable(error: SourceError, folder: Path) -> SourceError:
    """The error, with what is left behind and what it is good for."""
    if not _kept(folder):
        return error
    kept = f"The spectra that were read are kept in {folder.name}; the next run into the same file goes on from them."
    return SourceError(error.problem, where=error.where, remedy=f"{error.remedy} {kept}" if error.remedy else kept)


def _join(
    files: list[Path], parts: list[Part], tables: Sequence[PsmTable], by: str | None, report: IndexReport
) -> Joined | None:
    """Join PSMs to spectra; None if the spectra carry their own peptides, so nothing has to be kept in memory."""
    if not tables:
        return None
    headers = [Headers(p.name) for p in files]
    for part in parts:
        for spectra in read_part(part):
            headers[part.source].add({name: spectra.column(name) for name in NAMES})
    joined = join(tables, headers, by)
    if not joined.counts:
        report.not_joined = joined.not_joined
        for part in parts:
            for spectra in read_part(part):
                report.add_spectra(spectra, files[part.source].name)
        raise nothing(report)
    report.joined = [(*key, n) for key, n in joined.counts.items()]
    report.not_joined = joined.not_joined
    return joined


def _write(
    target: Path,
    files: list[Path],
    parts: list[Part],
    tables: Sequence[PsmTable],
    joined: Joined | None,
    report: IndexReport,
) -> None:
    # The report is complete only after the last row, and a schema's metadata is written first: it goes to the footer.
    order = ScoreOrder()
    plain = pa.schema([pa.field(f.name, _undictionary(f.type), f.nullable) for f in SET])
    with written_whole(target, SET) as writer:
        waiting: list[pa.Table] = []
        n = 0
        for table in _assembled(files, parts, joined, report, plain, order):
            waiting.append(table)
            n += table.num_rows
            if n >= ROWS:
                whole = pa.concat_tables(waiting)
                for start in range(0, n - n % ROWS, ROWS):
                    writer.write_table(whole.slice(start, ROWS).cast(SET), row_group_size=ROWS)
                waiting, n = [whole.slice(n - n % ROWS)], n % ROWS
            if n and sum(t.nbytes for t in waiting) >= BYTES:
                writer.write_table(pa.concat_tables(waiting).cast(SET), row_group_size=ROWS)
                waiting, n = [], 0
        if n:
            writer.write_table(pa.concat_tables(waiting).cast(SET), row_group_size=ROWS)
        if not report.n_psms:
            raise nothing(report)
        report.score_order = [f"{Path(name).name}: {said}" for name, said in order.told().items()]
        about = {
            "kind": "set",
            "uuid": uuid.uuid4().hex,
            "version": __version__,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "spectra": [_provenance(p) for p in files],
            "tables": [{**_provenance(Path(t.path)), "format": t.format, "columns": t.columns} for t in tables],
            "report": report.as_dict(),
        }
        say_about(writer, about)


def _provenance(path: Path) -> dict[str, Any]:
    stat = path.stat()
    return {"path": str(path.resolve()), "size": stat.st_size, "modified": stat.st_mtime}


def _undictionary(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _assembled(
    files: list[Path],
    parts: list[Part],
    joined: Joined | None,
    report: IndexReport,
    schema: pa.Schema,
    order: ScoreOrder,
) -> Iterator[pa.Table]:
    """Rows of the set, part by part, in the order of files and spectra, with consecutive ids."""
    before = dict.fromkeys(range(len(files)), 0)
    own: Counter[str] = Counter()
    for part, spectra in ((p, batch) for p in parts for batch in read_part(p)):
        first = before[part.source]
        before[part.source] += spectra.num_rows
        report.add_spectra(spectra, files[part.source].name)
        usable = spectra["problem"].null_count
        file = files[part.source].name
        found: list[tuple[int, Psm, str, str]] = []
        if joined:
            here = joined.psms[part.source].between(first, first + spectra.num_rows)
            found = [(place - first, psm, path, kind) for place, psm, path, kind in here]
        spoken_of = {at for at, *_ in found}
        # What a spectrum brings itself counts wherever no table says anything of it.
        brought = _own(spectra, file)
        found += [entry for entry in brought if entry[0] not in spoken_of]
        found.sort(key=lambda entry: entry[0])
        spoken_for = {at for at, *_ in found}
        spoken_for |= report.add_unread(spectra, file, OF_PEPTIDE, spoken_for)
        report.n_without += usable - len(spoken_for)
        report.add_notes_without(spectra, spoken_for)
        rows: list[Row] = []
        for at, psm, table, kind in found:
            resolved = resolve(psm.peptide)
            if isinstance(resolved, str):
                report.not_joined.append(NotJoined(table, psm.line, psm.spectrum, psm.peptide, OF_PEPTIDE + resolved))
            else:
                rows.append((at, psm, table, kind, resolved))
                own[file] += kind == ANNOTATION
        report.n_replaced += _replaced([entry for entry in brought if entry[0] in spoken_of], rows)
        if rows:
            whole = rows_of(spectra, rows, file, report.n_psms, schema, order)
            report.add_notes(whole["notes"].to_pylist())
            report.n_mass_differs += sum(abs(psm.mass_difference or 0.0) > WITHIN for _, psm, *_ in rows)
            yield whole
            report.n_psms += len(rows)
    report.joined += [(OWN, file, ANNOTATION, n) for file, n in own.items() if n]


def _own(spectra: pa.RecordBatch, file: str) -> list[tuple[int, Psm, str, str]]:
    texts = spectra["peptide"].to_pylist()
    problems = spectra["problem"].to_pylist()
    places = spectra["index"].to_pylist()
    return [
        (at, Psm(text, f"spectrum {places[at] + 1}", places[at] + 1, file), file, ANNOTATION)
        for at, text in enumerate(texts)
        if text and problems[at] is None
    ]


def _replaced(brought: list[tuple[int, Psm, str, str]], rows: list[Row]) -> int:
    """How many spectra bring a peptide that none of their rows has."""
    taken: dict[int, set[str]] = {}
    for at, _, _, _, resolved in rows if brought else ():
        taken.setdefault(at, set()).add(resolved.peptide)
    own = ((at, resolve(psm.peptide)) for at, psm, *_ in brought)
    return sum(isinstance(found, str) or found.peptide not in taken.get(at, ()) for at, found in own)
