"""The fuzzer has a valid input of every format that a reader lists, so that none is forgotten."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from benchmarks.fuzz import seeds
from benchmarks.fuzz.library_seeds import PEPREC
from peploss.dataset.runs.open import FILES, run_of
from peploss.dataset.tables import FORMATS, read_psms
from peploss.dataset.tables.sniff import sniff
from peploss.errors import SourceError
from peploss.intensities.from_file import FromFile
from peploss.spectra.readers import EXTENSIONS, open_spectra
from peploss.training.log_rows import ABOUT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def test_every_format_of_tables_has_one(folder: Path) -> None:
    formats = {}
    for path in seeds.tables(folder):
        formats.setdefault(sniff(path), []).append(path)
    assert formats.keys() == set(FORMATS)
    for format, paths in formats.items():
        for path in paths:
            if format == "flashlfq":  # names no spectrum
                with pytest.raises(SourceError, match="does not say which spectrum"):
                    read_psms(path)
                continue
            table = read_psms(path)
            assert len(table.psms), path
            assert not table.refused, path


def test_every_ending_of_spectra_has_one_packed_and_not(folder: Path) -> None:
    names = [path.name.lower() for path in seeds.spectra(folder)]
    for ending in EXTENSIONS:
        assert any(name.endswith(ending) for name in names), ending
        assert any(name.endswith(f"{ending}.gz") for name in names), ending
    for path in seeds.spectra(folder):
        with open_spectra(path) as file:
            assert file.read(0).mz.size, path


def test_every_ending_of_a_run_has_one(folder: Path) -> None:
    made = seeds.arrays(folder)
    assert {path.suffix for path in made} == set(FILES)
    for path in made:
        assert (run_of(path, folder / "runs" / path.name) / ABOUT).exists()


def test_every_reader_of_predictions_has_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each method of ``FromFile`` that yields predictions is asked by some of them."""
    readers = {
        n for n, f in vars(FromFile).items() if "Iterator" in str(getattr(f, "__annotations__", {}).get("return"))
    }
    asked = set()
    for name in readers:
        method = getattr(FromFile, name)

        @functools.wraps(method)
        def spied(*given, name=name, method=method):
            asked.add(name)
            return method(*given)

        monkeypatch.setattr(FromFile, name, spied)
    for path in seeds.predictions(folder):
        for start in "cd":  # the names of MS2PIP's tables
            (path.parent / f"{start}.peprec").write_text(PEPREC)
        source = FromFile(path)
        assert len(source), path
        assert not source.problems, path
    assert "_dlib" in readers
    assert asked == readers
