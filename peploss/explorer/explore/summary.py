"""What is said in words and figures about one comparison: the numbers, the ladder, the tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from peploss.analysis.loss_comparison.drawn import Drawn
from peploss.analysis.one_psm.confidence import reversed_here, sure_without_ions
from peploss.analysis.one_psm.explanation import Explanation
from peploss.explorer.figures.digits import signed
from peploss.kernels.dispatch import device_name
from peploss.peptides.confidence import Confidence
from peploss.peptides.precursor_mass import MOST_PPM, neutral_mass, ppm_in_da

NONE = "–"
TERMINI = ("n_term", "c_term")


def numbers(ex: Explanation, other: Drawn | None = None) -> list[dict[str, Any]]:
    """Groups of numbers for the head of the page, the loss first, another one last; each with its definition."""
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
                    "without bins",
                    f"{ex.continuum_loss:.4f}",
                    "The same loss with infinitely narrow bins (its continuum limit).",
                ),
                _item(
                    "artefact",
                    "grid artefact",
                    signed(ex.grid_artefact, ".4f"),
                    "Spectrum loss minus the loss without bins: the part that the bins alone cause.",
                    tone=warn,
                ),
                _item(
                    "spread",
                    "change if grid shifts",
                    f"{spread:.4f}",
                    f"If the grid shifts by less than one bin, the loss lies between {ex.phases.low:.4f} and "
                    f"{ex.phases.high:.4f}, although the spectra stay the same. This is the difference.",
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
            "title": "For comparison",
            "items": [
                _item(
                    "mindist",
                    "min-distance loss",
                    NONE if ex.min_distance_loss is None else f"{ex.min_distance_loss:.4g}",
                    "Mean distance of each observed peak to the nearest predicted one, weighted by its intensity, "
                    "through a Huber function with δ = 0.2 Da. Has no upper bound and knows nothing of σ.",
                ),
                *([] if other is None else [_of_other(other)]),
            ],
        },
    ]


def _of_other(other: Drawn) -> dict[str, Any]:
    low, high = other.loss.range
    text = f"{other.loss.formula}.\nBetween {low:g} and {'no upper bound' if high == np.inf else f'{high:g}'}. Source: "
    value = f"{other.value:.4g}"
    return _item("other", other.loss.title, value, text + other.loss.source + ".", unit=other.loss.unit)


def _unseen(ex: Explanation) -> str:
    """What to know of matches that the loss does not see, as a sentence after a definition."""
    n = ex.n_matched_unseen
    if not n:
        return ""
    pairs = "1 matched pair falls" if n == 1 else f"{n} matched pairs fall"
    return f"\n{pairs} between bins: counted here, for the m/z agree, but not seen by the loss."


def _precursor(ex: Explanation) -> list[dict[str, Any]]:
    if ex.precursor is None:
        missing = "This needs the precursor's m/z and charge; the file lacks one of them."
        return [
            _item("ppm", "error", NONE, missing),
            _item("isotope", "nearest isotope", NONE, missing),
            _item("precursor", "precursor loss", NONE, missing),
        ]
    p = ex.precursor
    value, unit = _error(p.ppm, ex)
    isotope_value, isotope_unit = _error(p.isotope_ppm, ex)
    return [
        _item(
            "ppm",
            "mass error",
            value,
            unit=unit,
            text="Observed neutral mass minus the candidate's"
            + (", over the observed mass." if unit == "ppm" else f". In ppm: {signed(p.ppm, ',.0f')}."),
        ),
        _item(
            "isotope",
            f"nearest isotope: {signed(p.isotope, 'd')}",
            isotope_value,
            unit=isotope_unit,
            text="Mass error against the nearest 13C isotope of the candidate (−1 to +3). Instruments often pick "
            "another isotope than the monoisotopic one, which is 0.",
        ),
        _item(
            "precursor",
            "precursor loss",
            f"{p.loss:.2g}",
            f"log(1 + |ppm| / {ex.settings.precursor_scale:,.0f}). It is small by design: 10 ppm cost 0.0001.",
        ),
    ]


def _item(name: str, label: str, value: str, text: str, *, unit: str = "", tone: str = "") -> dict[str, Any]:
    return {"id": name, "label": label, "value": value, "unit": unit, "help": text, "tone": tone}


def _error(ppm: float, ex: Explanation) -> tuple[str, str]:
    """A precursor error and its unit: ppm where it may be one of calibration, else Da, which tell what it may be."""
    if abs(ppm) < MOST_PPM or ex.spectrum.precursor_mz is None or ex.charge is None:
        return signed(ppm, ".1f" if abs(ppm) < MOST_PPM else ",.0f"), "ppm"
    return signed(ppm_in_da(ppm, neutral_mass(ex.spectrum.precursor_mz, ex.charge)), ",.4f"), "Da"


def ladder(ex: Explanation, confidence: Confidence | None = None) -> dict[str, Any]:
    """The peptide with a mark at each bond for its N- and C-terminal side; see ``frontend/ladder.js``.

    Args:
        confidence: of a model in its residues; None where there is none.
    """
    named = {site.position: site.name for site in ex.peptide.modifications if isinstance(site.position, int)}
    residues: list[dict[str, Any]] = [
        {"letter": letter, "modification": named.get(i, "")} for i, letter in enumerate(ex.peptide.residues)
    ]
    scored = _scored(ex, confidence, residues)
    kinds = set(ex.fragments.ion_type.tolist())
    has_n, has_c = bool(kinds & {"a", "b", "c"}), bool(kinds & {"y", "z", "z+1"})
    left = [_side(bond.n_terminal, f"bond {bond.position}, N-terminal ions") if has_n else None for bond in ex.bonds]
    right = [_side(bond.c_terminal, f"bond {bond.position}, C-terminal ions") if has_c else None for bond in ex.bonds]
    summary = f"{''.join(ex.peptide.residues)}: {ex.n_bonds_covered} of {len(ex.bonds)} bonds covered"
    ends = {end: ", ".join(s.name for s in ex.peptide.modifications if s.position == end) for end in TERMINI}
    return {"residues": residues, "left": left, "right": right, "summary": summary, **ends, **scored}


def _scored(ex: Explanation, confidence: Confidence | None, residues: list[dict[str, Any]]) -> dict[str, Any]:
    """What a model's confidence adds to the ladder; each residue gets its score."""
    if confidence is None or len(confidence) != len(residues):
        return {}
    for residue, score in zip(residues, confidence.residues.tolist(), strict=True):
        residue["score"] = score
    scores = confidence.residues
    unproven = {
        k: f"Bond {k}: no ion proves it, though the model is sure of the residues beside it "
        f"({scores[k - 1]:.2f} and {scores[k]:.2f})"
        for k in sure_without_ions(confidence, ex.bonds)
    }
    return {
        "scored": True,
        "n_term_score": confidence.n_term,
        "unproven": unproven,
        "note": reversed_here(confidence, ex.bonds),
    }


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
