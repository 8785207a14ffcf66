"""What a column can be, and by which names each is known."""

from __future__ import annotations

import re
from typing import Final

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "peptide": (
        "proforma", "peptidoform", "modified sequence", "modified peptide", "full sequence", "annotated sequence",
        "mod sequence", "eg modifiedpeptide", "eg modifiedsequence", "eg precursorid", "pep strippedsequence",
        "peptide modified sequence", "peptide modified sequence monoisotopic masses",
        "final prediction", "predictions", "preds", "prediction", "predicted sequence",
        "predicted peptide", "denovo peptide", "output seq", "instanovoplus predictions", "diffusion predictions",
        "instanovo predictions", "transformer predictions", "denovo seq", "denovo sequence", "matched peptide",
        "peptide", "sequence", "seq", "plain peptide", "stripped peptide", "pep seq", "peptide sequence",
        "peptide < proteinmetrics confidential >",
    ),
    "modifications": (
        "modifications", "assigned modifications", "mods", "modification info", "modification", "pep var mod",
        "var mods", "ptm", "ptms", "modifications in peptide",
    ),
    "modification places": ("mod sites", "ptm locations", "pep var mod pos"),
    "title": (
        "title", "spectrum title", "spectrum id", "spectrum", "spec id", "psm id", "specid", "psmid",
        "pep scan title", "spectrum name", "scan title",
    ),
    "native id": ("native id", "nativeid", "spectrum ref", "spectra ref", "spectrum native id"),
    "scan": (
        "scan", "scan number", "scannr", "scan id", "scannum", "scans", "ms2 scan number", "scan no", "scannumber",
        "first scan", "ms2 id", "ms2 scans", "spectrum number", "start scan",
    ),
    "index": ("index", "spectrum index", "spectrumindex"),
    "run": (
        "file", "filename", "file name", "raw file", "run", "source file", "source", "spectrum file", "specfile",
        "reference file name", "spectra file", "rawfile", "raw file name", "ms file", "experiment name", "r filename",
    ),
    "charge": (
        "charge", "precursor charge", "z", "assumed charge", "charge state", "pep exp z", "spectrum charge",
        "psm charge", "query charge", "theor z", "fg charge",
    ),
    "precursor_mz": (
        "calibrated observed m z", "precursor mz", "mz", "m z", "observed m z", "exp mz", "m z da", "mz da",
        "pep exp mz", "precursor m z", "precursor m z da", "observed mz", "precursor mz th", "precursor",
        "exp mass to charge", "mz observed", "spectrum precursor m z", "prec m z", "fg precmz",
    ),
    "rt": (
        "rt", "retention time", "rtinseconds", "rt min", "retention", "retention time min", "retention time sec",
        "observed retention time", "rt observed", "rt sec", "retention time s", "eg apexrt",
    ),
    "rank": ("rank", "hit rank", "num", "pep rank", "xcorr rank", "search engine rank"),
    "score": (
        "score", "engine score", "search engine score", "sage discriminant score", "hyperscore", "xcorr",
        "xcorr score", "x corr score", "log probs", "log probability", "log probabilities", "psm score",
        "amanda score", "pep score", "cscore", "peaks score", "10lgp", "predicted score", "final log probability",
        "denovo score", "alc %", "msgfscore", "percolator score", "morpheus score", "eg cscore",
    ),
    "q_value": (
        "q value", "qvalue", "psm q value", "percolator q value", "qval", "spectrum q", "q", "tdc q value", "fdr",
        "posterior q value", "eg qvalue", "q value %", "qvalue %", "fdr %",
    ),
    "label": (
        "target decoy", "decoy contaminant target", "is decoy", "decoy", "reverse", "label", "database", "eg isdecoy",
    ),
    "protein": (
        "protein", "proteins", "protein id", "accession", "protein list", "proteinids", "protein ids",
        "protein accessions", "locus name", "mp accessions", "prot acc", "leading proteins",
        "pg proteinaccessions", "pg proteingroups",
    ),
    "mass": (
        "calc neutral pep mass", "calc neutral mass", "calculated peptide mass", "calculated neutral mass",
        "pep calc mr", "theor mw", "peptidemh", "calc mass m+h", "calculated +1h peptide mass amu",
        "calc mh", "calc mh+", "theo mh da", "theo mh+ da", "peptide mh", "calculated mh", "calcmass",
        "calc mass", "calculated mass", "peptide mass", "peptide monoisotopic mass", "monoisotopic mass",
        "theoretical mass", "theo mass", "calc mass to charge", "calculatedmasstocharge", "calculated m z",
        "calculated mz", "calc m z", "calc mz", "theoretical m z", "theoretical mz", "theo m z", "theo m z da", "mass",
    ),
    "mass shift": (
        "delta mass", "massdiff", "mass diff", "delta mass da", "mass diff da", "mass difference da",
        "original delta mass", "precursor mass shift",
    ),
    "truth": ("targets", "target", "target seq", "target sequence", "ground truth", "true sequence", "truth"),
    "token scores": (
        "opt ms run 1 aa scores", "opt global aa scores", "aa scores", "prediction token log probabilities",
        "predictions token log probabilities", "token log probabilities", "token log probs",
        "instanovoplus prediction token log probabilities", "instanovo prediction token log probabilities",
        "predictions token log probabilities beam 0", "token log probs beam 0", "token log probs 0",
    ),
}  # fmt: skip
"""What a column can be, with the names it is known by (case, ``_ . -`` and brackets do not count), the best first."""

SPECTRUM: Final = ("native id", "title", "scan", "index")
IGNORE: Final = "ignore"
"""Columns that are not to be looked at, between tabs."""

PREDICTED: Final = frozenset(n for n in FIELDS["peptide"] if re.search("predict|pred|output|denovo", n))
_TRUE_BESIDE: Final = ("peptide", "sequence", "seq", "modified sequence", "proforma", "peptidoform", "modified peptide")
_BEAM: Final = re.compile(r"(?:\w+ )?(?:predictions?|preds?|sequences?|peptides?) beam (\d+)|beam (\d+)")

_MODIFYING: Final = re.compile(r"\b(?:mods?|modifications?|ptms?|modified|glycans?|glycancomposition)\b")
_NOT_MODIFYING: Final = re.compile(
    r"prob|score|confiden|value|\bids?\b|count|number|locali|type|without|site|max|modified peptide|modified sequence|"
    r"\bpep(?:tide)? ids?|protein|formula|level|specific|informative|pos\b|ascore|is modified|sequence|has|unmodified|"
    r"q |mass"
)

NEUTRAL, PROTONATED, PER_CHARGE = "neutral", "MH+", "m/z"


def plain(name: str) -> str:
    """A column's name for comparison.

    >>> plain("Theo. MH+ [Da]"), plain("Precursor.Charge"), plain("#SpecFile")
    ('theo mh+ da', 'precursor charge', 'specfile')
    >>> plain("# Proteins"), plain("Decoy?")
    ('number of proteins', 'decoy')
    """
    out = re.sub(r"^#\s+(?=\w)", "number of ", name.strip().lower()).lstrip("#")
    for sign in "_.-/()[]#?":
        out = out.replace(sign, " ")
    return " ".join(out.split())


def guess(names: list[str]) -> dict[str, str]:
    """Which column is what, by its name.

    >>> guess(["Scan Number", "Peptide", "Modified_Sequence", "z"])
    {'peptide': 'Modified_Sequence', 'scan': 'Scan Number', 'charge': 'z'}
    >>> guess(["predictions", "sequence", "scan"])
    {'peptide': 'predictions', 'scan': 'scan', 'truth': 'sequence'}
    """
    by_name = {plain(n): n for n in reversed(names)}
    found = {
        field: next(by_name[k] for k in known if k in by_name)
        for field, known in FIELDS.items()
        if any(k in by_name for k in known)
    }
    if "peptide" in found and any(k in PREDICTED for k in by_name):  # beside a prediction, a sequence is the truth
        first = next(k for k in FIELDS["peptide"] if k in PREDICTED and k in by_name)
        beside = next((by_name[k] for k in _TRUE_BESIDE if k in by_name), None)
        found["peptide"] = by_name[first]
        if beside and "truth" not in found:
            found["truth"] = beside
    elif "truth" in found and "peptide" not in found:
        found["peptide"] = found.pop("truth")
    if "truth" in found and plain(found["truth"]) == "target" and not any(k in PREDICTED for k in by_name):
        del found["truth"]
    return found


def others_for_peptide(names: list[str], taken: str) -> list[str]:
    """Columns that hold the peptide where the one that was taken is blank, as FragPipe's ``Modified Peptide`` is."""
    if plain(taken) in PREDICTED:
        return []
    by_name = {plain(n): n for n in reversed(names)}
    return [by_name[k] for k in FIELDS["peptide"] if k in by_name and k not in PREDICTED and by_name[k] != taken]


def beams(names: list[str]) -> list[tuple[int, str]]:
    """Columns of further candidates, as beam search writes them, with their places from 0.

    >>> beams(["preds_beam_1", "predictions_beam_0", "log_probs_beam_0"])
    [(0, 'predictions_beam_0'), (1, 'preds_beam_1')]
    """
    return sorted((int(found[1] or found[2]), n) for n in names if (found := _BEAM.fullmatch(plain(n))))


def modifying(names: list[str]) -> list[str]:
    """Columns that look as if they held modifications.

    >>> modifying(["Peptide", "Variable Modifications", "PTM Localization Probability", "Modified Peptide", "PTM"])
    ['Variable Modifications', 'PTM']
    """
    return [n for n in names if _MODIFYING.search(plain(n)) and not _NOT_MODIFYING.search(plain(n))]


def meanings(column: str) -> tuple[str, ...]:
    """What the number in a column of masses may be, the likelier first.

    >>> meanings("calc_mh"), meanings("Calculated m/z"), meanings("CalcMass"), meanings("calc_neutral_pep_mass")
    (('MH+',), ('m/z',), ('neutral', 'MH+'), ('neutral',))
    """
    known = plain(column)
    if re.search(r"mh\b|mh\+|m\+h|\+1h", known):
        return (PROTONATED,)
    if re.search(r"m z|mz|charge", known):
        return (PER_CHARGE,)
    return (NEUTRAL,) if "neutral" in known or known.endswith(" mr") else (NEUTRAL, PROTONATED)


def number(text: str) -> float | None:
    """A number with a decimal point or comma, or in percent; None where nothing is there, or a word for it.

    >>> number("1%"), number("0,5 %")
    (0.01, 0.005)
    >>> number("464.73"), number("464,73"), number("1.234,5"), number("1,234.5"), number("n/a")
    (464.73, 464.73, 1234.5, 1234.5, None)
    """
    text = text.strip()
    if text.endswith("%"):
        share = number(text[:-1])
        return None if share is None else share / 100
    try:
        value = float(text)
    except ValueError:
        pass
    else:
        return None if value != value else value
    if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", text):
        return float(text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+", text):
        return float(text.replace(",", ""))
    if re.fullmatch(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?", text):
        return float(text.replace(",", "."))
    return None
