"""Where compiled kernels are kept on disk.

numba's own cache checks only the file that defines a function. After a change in a file that the function calls into (a
package upgrade, a switched branch) it would run old code. So the folder is named by a digest of all kernel sources. And
it is named by nothing else: another copy of the same sources, in another environment say, finds them compiled.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import CacheImpl

from peploss.own_folder import is_private, temporary_name

_HERE = Path(__file__).resolve().parent


_ByPath: Any = CacheImpl._locator_classes[0]  # that of NUMBA_CACHE_DIR, whose name depends on numba's version


class ByContent(_ByPath):
    """Keeps a function's code in a folder named by its module and by what its file says, wherever the file lies."""

    def __init__(self, function: Any, path: str) -> None:
        super().__init__(function, path)
        content = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
        self._cache_path = os.path.join(numba.config.CACHE_DIR, f"{function.__module__}-{content}")


def digest() -> str:
    """Digest of every source file of the kernels."""
    sources = hashlib.sha256()
    for path in sorted(_HERE.rglob("*.py")):
        sources.update(path.name.encode() + path.read_bytes())
    return sources.hexdigest()[:16]


def cache_folder() -> str | None:
    """The first folder that can be written: numba's or the one beside the code, the user's, a private temporary one.

    Kernels that lie compiled in a folder that can only be read (an image with a read-only root) are copied to the
    folder that is taken.

    Returns:
        The folder's path; None, with a warning, if there is none.
    """
    bases = [numba.config.CACHE_DIR or str(_HERE / "__pycache__"), _of_the_user()]
    temporary = temporary_name()
    if temporary:
        bases.append(temporary)
    compiled = None
    for base in bases:
        folder = os.path.join(base, f"kernels-{digest()}")
        is_new = not os.path.isdir(folder)
        try:
            os.makedirs(base, mode=0o700, exist_ok=True)
            os.makedirs(folder, mode=0o700, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            compiled = compiled or (None if is_new else folder)
            continue
        if base == temporary and not is_private(base):
            continue
        if is_new and compiled:
            shutil.copytree(compiled, folder, dirs_exist_ok=True)
        return folder
    warnings.warn(
        f"No folder to keep compiled kernels in ({', '.join(bases)} cannot be written by you alone): every process "
        "compiles them anew, for about half a minute. Set NUMBA_CACHE_DIR to a folder that can be written.",
        RuntimeWarning,
        stacklevel=2,
    )
    return None


def _of_the_user() -> str:
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "peploss")
