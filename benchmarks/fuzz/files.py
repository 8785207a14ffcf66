"""A file by chance, made from a valid one: changed as what it is, or as the bytes that it is."""

from __future__ import annotations

import functools
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.fuzz.mutate import mutated, mutated_table
from benchmarks.fuzz.structured import changed_arrays, changed_database, changed_value, packed

Change = Callable[[random.Random, Path, Path], None]


def a_file(dice: random.Random, folder: Path, known: tuple[Path, ...]) -> Path:
    """A changed file under the ending of the one it was made from, or now and then of another.

    Args:
        folder: to write it to.
        known: valid files.
    """
    chosen = dice.choice(known)
    ending = "".join(dice.choice(known if dice.random() < 0.1 else (chosen,)).suffixes)
    path = folder / f"input{ending}"
    change = _CHANGES.get(chosen.suffix.lower())
    if change is not None and dice.random() < 0.8:
        change(dice, chosen, path)
        return path
    zipped = chosen.suffix == ".gz" and dice.random() < 0.8
    opened = gzip.decompress if zipped else bytes
    others = [
        opened(_content(other)) for other in dice.sample(known, min(3, len(known))) if not zipped or other == chosen
    ]
    data = mutated(dice, opened(_content(chosen)), others)
    path.write_bytes(gzip.compress(data, 1) if zipped else data)
    return path


@functools.lru_cache(maxsize=200)
def _content(path: Path) -> bytes:
    return path.read_bytes()


@functools.lru_cache(maxsize=50)
def _table(path: Path) -> pa.Table:
    return pq.read_table(path).replace_schema_metadata(pq.read_metadata(path).metadata)


def _parquet(dice: random.Random, source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        pq.write_table(mutated_table(dice, _table(source)), target)
    except pa.ArrowException:  # what cannot be written as Parquet is no input
        target.write_bytes(_content(source))


def _json(dice: random.Random, source: Path, target: Path) -> None:
    target.write_text(json.dumps(changed_value(dice, json.loads(_content(source)))))


def _cbor(dice: random.Random, source: Path, target: Path) -> None:
    target.write_bytes(packed(changed_value(dice, json.loads(_content(source.with_suffix(".json"))))))


def _npz(dice: random.Random, source: Path, target: Path) -> None:
    np.savez(target.with_suffix(""), **changed_arrays(dice, _arrays(source)))
    target.with_suffix("").with_suffix(".npz").replace(target)


def _safetensors(dice: random.Random, source: Path, target: Path) -> None:
    from safetensors.numpy import save

    arrays = {name: array for name, array in changed_arrays(dice, _arrays(source.with_suffix(".npz"))).items()
              if array.dtype.kind in "fiub" and array.dtype.isnative}  # fmt: skip
    about = {"ids": json.dumps(changed_value(dice, ["a", "b", "c"])), "loss": dice.choice(("{}", "[]", "{", "null"))}
    target.write_bytes(save({k: np.ascontiguousarray(v) for k, v in arrays.items()}, about))


@functools.cache
def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


_CHANGES: Final[dict[str, Change]] = {
    ".parquet": _parquet, ".json": _json, ".cbor": _cbor, ".msf": changed_database, ".dlib": changed_database,
    ".elib": changed_database, ".sqlite": changed_database, ".npz": _npz, ".safetensors": _safetensors,
}  # fmt: skip
