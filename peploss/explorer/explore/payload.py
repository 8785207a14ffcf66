"""One comparison as what the plot's component needs."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from peploss.analysis.one_psm.explanation import Explanation
from peploss.explorer.explore import summary
from peploss.explorer.figures import spectrum as figures
from peploss.explorer.shell import state

START = state.View()


def stage(ex: Explanation, view: state.View, *, source: str) -> dict[str, Any]:
    """Numbers, ladder and figure of a comparison in one view.

    Args:
        source: what identifies the spectrum, so that the browser knows a figure it has already drawn.
    """
    shown = figures.Shown(mirror=view.mode == "mirror", bins=view.bins, gradient=view.grad, labels=view.labels)
    figure = figures.spectrum_figure(ex, shown)
    told = f"{source}|{ex.spectrum.index}|{ex.peptide.proforma}|{ex.charge}|{ex.settings.to_toml()}|{shown}"
    return {
        **figure,
        "revision": hashlib.blake2b(told.encode(), digest_size=8).hexdigest(),
        "numbers": summary.numbers(ex),
        "ladder": summary.ladder(ex),
        "guard": " ".join([*ex.notices, *([ex.guard] if ex.guard else [])]) or None,
        "view": state.as_payload(view),
        "seq": state.sequence(),
        "defaults": {"sigma": START.sigma, "unit": START.unit, "bin": START.bin},
        "filename": file_stem(ex),
    }


def file_stem(ex: Explanation) -> str:
    """A file name for what is saved: the spectrum's name and the peptide, without anything a file name cannot hold."""
    stem = re.sub(r"[^A-Za-z0-9.+-]+", "_", f"{ex.spectrum.name}_{ex.peptide.sequence}").strip("._")
    return stem[:80] or "spectrum"
