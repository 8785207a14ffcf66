"""Which engines carry the scoring, and where the losses are computed with each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from peploss.dataset.scoring.gpu import device_for
from peploss.errors import BackendError, SettingsError
from peploss.intensities.source import FILE
from peploss.settings import LossSettings

Engine = Literal["local", "ray"]


def engine_device(engine: str, device: str, settings: LossSettings) -> str:
    """``"cpu"`` or ``"cuda"``: where an engine computes the spectrum losses.

    Raises:
        BackendError: the engine or the device is not known or not there, or they do not go together.
        SettingsError: predicted heights lie in a file whose path workers would not find.
    """
    if engine not in ("local", "ray"):
        raise BackendError(f"There is no engine {engine!r}.", remedy="Use local or ray.")
    if engine == "local":
        return device_for(device)
    if device == "cuda":
        raise BackendError("With Ray scores are computed on the CPU.", remedy="Use --engine local, or --device cpu.")
    heights = settings.intensities
    if heights.startswith(FILE) and not Path(heights.removeprefix(FILE)).is_absolute():
        raise SettingsError(
            f"Workers run in folders of their own and would not find {heights}.",
            remedy=f"Give the whole path: {FILE}{os.path.abspath(heights.removeprefix(FILE))}",
        )
    return "cpu"
