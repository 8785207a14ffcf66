"""One comparison as what the plot's component needs."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from typing import Any

from peploss.analysis.candidates.deciding import Deciding
from peploss.analysis.loss_comparison.drawn import Drawn
from peploss.analysis.one_psm.explanation import Explanation
from peploss.explorer.explore import summary
from peploss.explorer.figures.spectra import spectrum as figures
from peploss.explorer.figures.spectra.pair import pair_figure
from peploss.explorer.figures.spectra.tips import untold
from peploss.explorer.shell import state
from peploss.explorer.shell.view import WIDTHS, WIDTHS_PPM, View
from peploss.peptides.confidence import Confidence

START = View()


@dataclass(frozen=True, eq=False)
class Beside:
    """What is shown beside a comparison.

    Attributes:
        rows: the table of all candidates, as ``frontend/candidates.js`` takes it; None where there is one.
        below: the candidate that is drawn below, None for none.
        alone: what tells the two apart, each way.
        numbers: of the two, from 1.
    """

    rows: dict[str, Any] | None = None
    below: Explanation | None = None
    alone: tuple[Deciding, Deciding] | None = None
    numbers: tuple[int, int] = (1, 0)


ONE = Beside()


def stage(
    ex: Explanation,
    view: View,
    *,
    source: str,
    reference: dict[str, Any] | None = None,
    beside: Beside = ONE,
    confidence: Confidence | None = None,
    other: Drawn | None = None,
) -> dict[str, Any]:
    """Numbers, ladder and figure of a comparison in one view.

    Args:
        source: what identifies the spectrum, so that the browser knows a figure it has already drawn.
        reference: the losses of right peptides and decoys, as ``reference.payload`` gives them.
        beside: further candidates.
        confidence: of a model in the residues of the candidate that is shown.
        other: another loss; not drawn where two candidates are.
    """
    shown = figures.Shown(
        mirror=view.mode == "mirror", bins=view.bins, gradient=view.grad, errors=view.strip, labels=view.labels
    )
    if beside.below is None or beside.alone is None:
        figure = figures.spectrum_figure(ex, shown, other)
    else:
        figure = pair_figure(ex, beside.below, beside.alone, beside.numbers, shown)
    below = "" if beside.below is None else f"{beside.below.peptide.proforma} {beside.numbers}"
    compared = f"{source}|{ex.spectrum.index}|{ex.peptide.proforma}|{ex.charge}|{ex.settings.to_toml()}"
    told = f"{compared}|{shown}|{below}|{other.loss.name if other else ''}"
    return {
        **figure,
        "revision": hashlib.blake2b(told.encode(), digest_size=8).hexdigest(),
        "numbers": summary.numbers(ex, other),
        "ladder": summary.ladder(ex, confidence),
        "reference": reference,
        "candidates": beside.rows,
        "guard": " ".join(filter(None, [*ex.notices, ex.guard, untold(ex)])) or None,
        "remedy": _remedy(ex),
        "view": view.payload(),
        "seq": state.sequence(),
        "defaults": {"sigma": START.sigma, "unit": START.unit, "bin": START.bin},
        "filename": file_stem(ex),
        "caption": _caption(ex, beside.below),
    }


def _caption(ex: Explanation, below: Explanation | None) -> dict[str, Any]:
    """What is written over a saved picture: the spectrum, the peptide, the loss and the widths it was computed with."""
    s = ex.settings
    charge = f"charge {ex.charge}+" if ex.charge else "charge not given"
    facts = (charge, f"spectrum loss {ex.loss:.4f}", f"σ = {s.sigma:g} {s.sigma_unit}", f"h = {s.bin_width:g} Da")
    second = [] if below is None else [f"below: {below.peptide.text} · spectrum loss {below.loss:.4f}"]
    return {"title": ex.spectrum.name, "lines": [ex.peptide.text, " · ".join(facts), *second]}


def _remedy(ex: Explanation) -> dict[str, Any] | None:
    """The least sigma that is no narrower than a bin, to be set by one click; None where there is nothing to mend."""
    if ex.guard is None:
        return None
    needed = ex.settings.sigma / ex.sigma_per_bin[0]
    power = 10.0 ** (math.floor(math.log10(needed)) - 2)
    sigma = float(f"{math.ceil(needed / power - 1e-9) * power:.3g}")
    highest = (WIDTHS if ex.settings.sigma_unit == "Da" else WIDTHS_PPM)[1]
    if sigma > highest:
        return None
    return {"sigma": sigma, "label": f"Use σ = {sigma:g} {ex.settings.sigma_unit}"}


def file_stem(ex: Explanation) -> str:
    """A file name for what is saved: the spectrum's name and the peptide, without anything a file name cannot hold."""
    stem = re.sub(r"[^A-Za-z0-9.+-]+", "_", f"{ex.spectrum.name}_{ex.peptide.sequence}").strip("._")
    return stem[:80] or "spectrum"
