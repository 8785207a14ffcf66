"""Compiled code is kept by what all kernel sources say, and a machine that keeps nothing still works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import peploss
from peploss.kernels.jit import jit

CODE = """
from peploss.kernels.cpu.sort import sort_by
import numpy as np
order = np.array([0, 1])
sort_by(np.array([2.0, 1.0]), order, 2)
print(order)
"""


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    return subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=folder,
        env={**variables, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    source = Path(peploss.__file__).parent
    shutil.copytree(source, tmp_path / "peploss", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@jit
def _callee(n: int, double: bool) -> int:
    return 2 * n if double else n


@jit
def _caller(times: int) -> int:
    total = 0
    for _ in range(times):
        total = _callee(total, False) + _callee(3, True)
    return total


def test_numbers_that_are_known_beforehand_do_not_make_another_version() -> None:
    assert _caller(2) == 12
    assert len(_callee.signatures) == 1


def test_a_change_in_any_kernel_source_is_seen(copied: Path) -> None:
    cache = copied / "peploss" / "kernels" / "__pycache__"
    assert run(copied).stdout == "[1 0]\n"
    (first,) = cache.glob("kernels-*")
    assert list(first.rglob("*.nbc"))
    assert run(copied).stdout == "[1 0]\n"
    assert list(cache.glob("kernels-*")) == [first]
    other = copied / "peploss" / "kernels" / "naive.py"
    other.write_text(other.read_text() + "\n# changed\n")
    assert run(copied).stdout == "[1 0]\n"
    assert len(list(cache.glob("kernels-*"))) == 2


def test_another_copy_of_the_sources_finds_them_compiled(copied: Path, tmp_path: Path) -> None:
    kept, elsewhere = tmp_path / "kept", tmp_path / "elsewhere"
    run(copied, NUMBA_CACHE_DIR=str(kept))
    compiled = {file: file.stat().st_mtime_ns for file in kept.rglob("*.nbc")}
    assert compiled
    elsewhere.mkdir()
    (copied / "peploss").rename(elsewhere / "peploss")
    run(elsewhere, NUMBA_CACHE_DIR=str(kept))
    assert {file: file.stat().st_mtime_ns for file in kept.rglob("*.nbc")} == compiled


def unwritable(file: Path) -> dict[str, str]:
    """No folder can be made below a file, not even by root."""
    return {"NUMBA_CACHE_DIR": str(file / "no"), "XDG_CACHE_HOME": str(file / "no")}


def test_a_private_temporary_folder_is_the_last_resort(copied: Path, tmp_path: Path) -> None:
    file, temporary = tmp_path / "file", tmp_path / "temporary"
    file.write_text("")
    temporary.mkdir()
    done = run(copied, **unwritable(file), TMPDIR=str(temporary))
    assert done.stdout == "[1 0]\n"
    assert done.stderr == ""
    assert list(temporary.rglob("*.nbc"))
    (folder,) = temporary.glob("peploss-*")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_where_no_private_folder_can_be_written_it_says_so_and_works(copied: Path, tmp_path: Path) -> None:
    file, temporary = tmp_path / "file", tmp_path / "temporary"
    file.write_text("")
    folder = temporary / f"peploss-{os.getuid()}"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    done = run(copied, **unwritable(file), TMPDIR=str(temporary))
    assert done.stdout == "[1 0]\n"
    assert "Set NUMBA_CACHE_DIR to a folder that can be written" in done.stderr
    assert not list(temporary.rglob("*.nbc"))


def test_kernels_compiled_into_a_read_only_folder_are_used(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an image with a read-only root has: the kernels lie there, and nothing can be written beside them."""
    from peploss.kernels import compiled

    image, temporary = tmp_path / "image", tmp_path / "temporary"
    kept = image / f"kernels-{compiled.digest()}"
    kept.mkdir(parents=True)
    (kept / "sort.nbi").write_text("compiled")
    temporary.mkdir()
    real = tempfile.TemporaryFile

    def read_only(*, dir: str) -> object:
        if str(image) in dir:
            raise OSError(30, "Read-only file system")
        return real(dir=dir)

    monkeypatch.setattr(compiled.tempfile, "TemporaryFile", read_only)
    monkeypatch.setattr(compiled.tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(compiled.numba.config, "CACHE_DIR", str(image))
    monkeypatch.setattr(compiled, "_of_the_user", lambda: str(image / "sort.nbi" / "no"))
    folder = compiled.cache_folder()
    assert folder is not None
    assert folder.startswith(str(temporary))
    assert Path(folder, "sort.nbi").read_text() == "compiled"
