"""Compiles the kernels with numba and keeps the compiled code on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

from peploss.kernels.compiled import cache_folder

F = TypeVar("F", bound=Callable[..., Any])


_FOLDER = cache_folder()


def jit(function: F) -> F:
    """Compile on first call, without the GIL, dividing by zero as numpy does; kept for other processes."""
    return _compile(function, inline="never")


def jit_inline(function: F) -> F:
    """The same for a small function that a caller's loop can vectorise only with its body in place."""
    return _compile(function, inline="always")


def jit_fused(function: F) -> F:
    """As ``jit``, with a product and a sum in one instruction, rounded once; nothing else is rearranged."""
    return _compile(function, inline="never", fused={"contract"})


def _compile(function: F, inline: str, fused: set[str] | bool = False) -> F:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "inline": inline, "fastmath": fused}
    if _FOLDER is None:
        return numba.njit(**options)(function)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = _FOLDER  # read when a function is decorated, and not after
    try:
        return numba.njit(cache=True, **options)(function)
    finally:
        numba.config.CACHE_DIR = before
