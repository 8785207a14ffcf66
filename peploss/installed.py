"""Finds the app, its pages, its settings and the built-in spectra, in a checkout or a wheel.

In a checkout they lie at its root, beside the package. A wheel carries the same files inside the package, in ``_app``
(see ``pyproject.toml``), so that the app finds its pages and settings beside ``app.py`` either way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent
_CARRIED: Final = _PACKAGE / "_app"

ROOT: Final = _CARRIED if _CARRIED.is_dir() else _PACKAGE.parent
"""Folder of ``app.py``, ``pages/``, ``.streamlit/`` and ``sample_spectra/``."""

APP: Final = ROOT / "app.py"
SAMPLES: Final = ROOT / "sample_spectra"
