"""Compiled code is kept by what all kernel sources say, and a machine that keeps nothing still works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import peploss

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


def test_where_nothing_can_be_written_it_says_so_and_works(copied: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = run(copied, NUMBA_CACHE_DIR=str(file / "no"), XDG_CACHE_HOME=str(file / "no"))
    assert done.stdout == "[1 0]\n"
    assert "Set NUMBA_CACHE_DIR to a folder that can be written" in done.stderr
