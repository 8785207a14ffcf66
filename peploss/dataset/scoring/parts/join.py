"""Joins results in parts to one file of results, a row group at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa

from peploss.dataset.progress import Progress
from peploss.dataset.scoring.parts.manifest import NAME, Manifest, read_manifest
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.store import ParquetStore, say_about, written_whole
from peploss.errors import SourceError
from peploss.settings import LossSettings


def is_results(folder: Path) -> bool:
    """Whether a folder holds results in parts."""
    return (folder / NAME).is_file()


def join_results(
    folder: str | os.PathLike[str], out: str | os.PathLike[str], *, progress: Progress | None = None
) -> int:
    """Write results in parts as one file of results, as ``score_set`` writes it for the joined set.

    Args:
        progress: called with (PSMs done, all); what it raises ends the work.
    Returns:
        How many PSMs have scores.
    Raises:
        SourceError: the folder holds no results, not all of them, or a file of them is missing, damaged or of another
            run.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if not manifest.complete:
        there = sum(1 for _ in folder.glob("scores-*.parquet"))
        raise _unfinished(folder, f"The results are not complete: {there} of {manifest.n_files} files are there.")
    about = manifest.about
    plan = Plan(
        settings=LossSettings.from_dict(about["settings"]), losses=tuple(about["losses"]), decoys=about["decoys"],
        seed=about["seed"], causes=about["causes"],
    )  # fmt: skip
    done, all_of_them = 0, sum(entry["n_scored"] for entry in manifest.files)
    with written_whole(Path(out), plan.schema) as writer:
        for entry in manifest.files:
            path = folder / Path(entry["name"]).name
            with _part(path, manifest) as store:
                if store.n_rows != entry["n_scored"]:
                    told = f"{path.name} holds {store.n_rows:,} PSMs instead of {entry['n_scored']:,}."
                    raise _unfinished(folder, told)
                for number in range(store.n_groups):
                    try:
                        batch = store.group(number, plan.schema.names)
                    except SourceError as error:
                        raise _unfinished(folder, f"{path.name} is damaged: {error.problem}") from error
                    table = pa.Table.from_batches([batch]).cast(plan.schema)
                    writer.write_table(table, row_group_size=max(table.num_rows, 1))
                    done += table.num_rows
                    if progress:
                        progress(done, all_of_them)
        of = {**about["set"], "parts": manifest.sets}
        say_about(writer, {**about, "set": of, "damaged": manifest.damaged})
    return done


def _part(path: Path, manifest: Manifest) -> ParquetStore:
    try:
        store = ParquetStore(path, "results")
    except SourceError as error:
        raise _unfinished(path.parent, f"{path.name}: {error.problem}") from error
    if store.about.get("uuid") != manifest.run:
        store.close()
        raise _unfinished(path.parent, f"{path.name} is of another run, {store.about.get('uuid')}.")
    return store


def _unfinished(folder: Path, problem: str) -> SourceError:
    return SourceError(
        problem, where=str(folder), remedy="Run the same `peploss score ... --parts` again: it makes what is missing."
    )
