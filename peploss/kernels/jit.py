"""Compiles the kernels with numba and keeps the compiled code on disk.

numba's own cache checks only the file that defines a function. After a change in a file that the function calls into (a
package upgrade, a switched branch) it would run old code. So the cache folder is named by a digest of all kernel
sources.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])

_HERE = Path(__file__).resolve().parent


def digest() -> str:
    """Digest of every source file of the kernels."""
    sources = hashlib.sha256()
    for path in sorted(_HERE.rglob("*.py")):
        sources.update(path.name.encode() + path.read_bytes())
    return sources.hexdigest()[:16]


def _cache_folder() -> str | None:
    """A folder that can be written: numba's if one is set, else beside the code, else the user's; None if none can."""
    bases = [numba.config.CACHE_DIR] if numba.config.CACHE_DIR else [str(_HERE / "__pycache__")]
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    bases.append(os.path.join(home, "peploss"))
    for base in bases:
        folder = os.path.join(base, f"kernels-{digest()}")
        try:
            os.makedirs(folder, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        return folder
    warnings.warn(
        f"No folder to keep compiled kernels in ({', '.join(bases)} cannot be written): every process compiles them "
        "anew, for about 15 s. Set NUMBA_CACHE_DIR to a folder that can be written.",
        RuntimeWarning,
        stacklevel=2,
    )
    return None


_FOLDER = _cache_folder()


def jit(function: F) -> F:
    """Compile on first call, without the GIL, dividing by zero as numpy does; kept for other processes."""
    return _compile(function, inline="never")


def jit_inline(function: F) -> F:
    """The same for a small function that a caller's loop can vectorise only with its body in place."""
    return _compile(function, inline="always")


def _compile(function: F, inline: str) -> F:
    options = {"nogil": True, "error_model": "numpy", "inline": inline}
    if _FOLDER is None:
        return numba.njit(**options)(function)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = _FOLDER  # read when a function is decorated, and not after
    try:
        return numba.njit(cache=True, **options)(function)
    finally:
        numba.config.CACHE_DIR = before
