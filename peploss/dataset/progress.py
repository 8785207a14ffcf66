"""The type of callback by which long work reports progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total). An exception it raises ends the work; an index can be resumed later."""
