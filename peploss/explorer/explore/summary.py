"""What is said in words and figures about one comparison: the numbers, the ladder, the tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from peploss.analysis.one_psm.explanation import Explanation
from peploss.explorer.figures.digits import signed
from peploss.kernels.dispatch import device_name

NONE = "–"
TERMINI = ("n_term", "c_term")


def numbers(ex: Explanation) -> list[dict[str, Any]]:
    """Groups of numbers for the head of the page, the loss first; each with its definition."""
    s = ex.settings
    width = f"{s.sigma:g} {s.sigma_unit}"
    spread = ex.phases.high - ex.phases.low
    warn = "warn" if ex.guard else ""
    return [
        {
            "title": "Spectrum",
            "items": [
                _item(
                    "loss",
                    "spectrum loss",
                    f"{ex.loss:.4f}",
                    "1 − cosine of the two Gaussian-rendered spectra, "
                    f"σ = {width}, bins of {s.bin_width:g} Da.\n0: the same shape. 1: no overlap at all. "
                    "(For non-negative intensities the cosine cannot be negative, so the loss never passes 1.)\n"
                    "In the plot sticks and curves are each scaled to their own maximum: a curve adds up peaks that "
                    "lie close together, and can stand higher than its sticks.\n"
                    f"Computed and drawn on the {device_name('cpu')}: single spectra are, also where there is a GPU.",
                ),
            ],
        },
        {
            "title": "Grid",
            "items": [
                _item(
                    "continuum",
                    "continuum",
                    f"{ex.continuum_loss:.4f}",
                    "The same loss for infinitely narrow bins: what it would be without a grid.",
                ),
                _item(
                    "artefact",
                    "grid artefact",
                    signed(ex.grid_artefact, ".4f"),
                    "Spectrum loss minus its continuum limit: the part that only the bins make.",
                    tone=warn,
                ),
                _item(
                    "spread",
                    "phase spread",
                    f"{spread:.4f}",
                    f"Shifting the grid by less than one bin moves the loss from {ex.phases.low:.4f} to "
                    f"{ex.phases.high:.4f} (the difference), though nothing about the spectra changes.",
                    tone=warn,
                ),
            ],
        },
        {"title": "Precursor", "items": _precursor(ex)},
        {
            "title": "Match",
            "items": [
                _item(
                    "matched",
                    "fragments",
                    f"{ex.n_matched}/{ex.n_matchable}",
                    "Fragments matched to a peak, of those in the m/z range. Matched: each is the other's nearest, "
                    f"within 3 σ.{_unseen(ex)}",
                ),
                _item(
                    "explained",
                    "intensity",
                    f"{100 * ex.explained_intensity:.1f}",
                    unit="%",
                    text="Share of the observed intensity (after preprocessing) that lies in matched peaks."
                    + _unseen(ex),
                ),
            ],
        },
        {
            "title": "Another loss",
            "items": [
                _item(
                    "mindist",
                    "min-distance",
                    NONE if ex.min_distance_loss is None else f"{ex.min_distance_loss:.4g}",
                    "Mean distance of each observed peak to the nearest predicted one, weighted by its intensity, "
                    "through a Huber function with δ = 0.2 Da. Has no upper bound and knows nothing of σ.",
                ),
            ],
        },
    ]


def _unseen(ex: Explanation) -> str:
    """What to know of matches that the loss does not see, as a sentence after a definition."""
    n = ex.n_matched_unseen
    if not n:
        return ""
    pairs = "1 matched pair falls" if n == 1 else f"{n} matched pairs fall"
    return f"\n{pairs} between bins: counted here, for the m/z agree, but not seen by the loss."


def _precursor(ex: Explanation) -> list[dict[str, Any]]:
    if ex.precursor is None:
        missing = "Needs the precursor's m/z and charge, and one of them is not known."
        return [
            _item("ppm", "error", NONE, missing),
            _item("isotope", "best isotope", NONE, missing),
            _item("precursor", "precursor loss", NONE, missing),
        ]
    p = ex.precursor
    return [
        _item(
            "ppm",
            "error",
            _ppm(p.ppm),
            unit="ppm",
            text="Observed neutral mass minus the candidate's, over the observed one.",
        ),
        _item(
            "isotope",
            f"isotope {signed(p.isotope, 'd')}" if p.isotope else "monoisotopic",
            _ppm(p.isotope_ppm),
            unit="ppm",
            text="The same against the nearest 13C peak of the candidate (−1 to +3): an instrument often picks "
            f"another than the first. The best here is {signed(p.isotope, 'd')}"
            f"{'' if p.isotope else ', the monoisotopic one'}.",
        ),
        _item(
            "precursor",
            "precursor loss",
            f"{p.loss:.2g}",
            f"log(1 + |ppm| / {ex.settings.precursor_scale:,.0f}) of the signed error. It is small by design: "
            "10 ppm cost 0.0001.",
        ),
    ]


def _item(name: str, label: str, value: str, text: str, *, unit: str = "", tone: str = "") -> dict[str, Any]:
    return {"id": name, "label": label, "value": value, "unit": unit, "help": text, "tone": tone}


def _ppm(value: float) -> str:
    return signed(value, ".1f" if abs(value) < 1000 else ",.0f")


def ladder(ex: Explanation) -> dict[str, Any]:
    """The peptide with a mark at each bond for its N- and C-terminal side; see ``frontend/ladder.js``."""
    named = {site.position: site.name for site in ex.peptide.modifications if isinstance(site.position, int)}
    residues = [{"letter": letter, "modification": named.get(i, "")} for i, letter in enumerate(ex.peptide.residues)]
    kinds = set(ex.fragments.ion_type.tolist())
    has_n, has_c = bool(kinds & {"a", "b", "c"}), bool(kinds & {"y", "z", "z+1"})
    left = [_side(bond.n_terminal, f"bond {bond.position}, N-terminal ions") if has_n else None for bond in ex.bonds]
    right = [_side(bond.c_terminal, f"bond {bond.position}, C-terminal ions") if has_c else None for bond in ex.bonds]
    summary = f"{''.join(ex.peptide.residues)}: {ex.n_bonds_covered} of {len(ex.bonds)} bonds covered"
    ends = {end: ", ".join(s.name for s in ex.peptide.modifications if s.position == end) for end in TERMINI}
    return {"residues": residues, "left": left, "right": right, "summary": summary, **ends}


def _side(labels: tuple[str, ...], place: str) -> dict[str, str]:
    return {"label": ", ".join(labels) or place, "state": "matched" if labels else "missing"}


def fragment_table(ex: Explanation) -> dict[str, Any]:
    """One row a fragment, as columns; floats are NaN where there is no matched peak."""
    f = ex.fragments
    n = len(f)
    observed, da, ppm = (np.full(n, np.nan) for _ in range(3))
    intensity = np.full(n, np.nan)
    m = ex.matches
    observed[m.fragment] = ex.observed.mz[m.peak]
    da[m.fragment], ppm[m.fragment] = m.error_da, m.error_ppm
    highest = float(ex.observed.intensity.max(initial=0.0)) or 1.0
    intensity[m.fragment] = 100 * ex.observed.intensity[m.peak] / highest
    return {
        "ion": list(f.plain_label),
        "type": f.ion_type,
        "ordinal": f.ordinal,
        "charge": f.charge,
        "m/z": f.mz,
        "weight": f.intensity,
        "state": ex.fragment_state,
        "observed m/z": observed,
        "error Da": da,
        "error ppm": ppm,
        "intensity %": intensity,
        "share of cosine": ex.shares.fragment_cosine,
        "share of loss": ex.shares.fragment_loss,
        "slope per Da": ex.gradient.by_mz,
        "slope without grid": ex.gradient.continuum_by_mz,
    }
