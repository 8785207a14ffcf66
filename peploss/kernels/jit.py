"""Compiles the kernels with numba and keeps the compiled code on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

from peploss.kernels.compiled import ByContent, cache_folder

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
        return _one_version(numba.njit(**options)(function))
    config = numba.config  # read when a function is decorated, and not after
    before = config.CACHE_DIR, getattr(config, "CACHE_LOCATOR_CLASSES", "")
    config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = _FOLDER, f"{ByContent.__module__}.{ByContent.__name__}"
    try:
        return _one_version(numba.njit(cache=True, **options)(function))
    finally:
        config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = before


def _one_version(compiled: Any) -> Any:
    """Compile one version for a number that a caller knows beforehand and for one that it does not.

    Numba would compile another version for each constant among the arguments, ``n = 0`` before a loop included,
    whose version is never called: that is a tenth of the wait when a machine starts the app for the first time.
    """
    template = compiled.get_call_template

    def of_types(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        plain = tuple(numba.types.unliteral(arg) for arg in args)
        return template(plain, {name: numba.types.unliteral(kind) for name, kind in kws.items()})

    compiled.get_call_template = of_types
    return compiled
