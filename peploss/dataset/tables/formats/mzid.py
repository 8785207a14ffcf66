"""Reads mzIdentML."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from peploss.dataset.tables.columns.names import PER_CHARGE, number
from peploss.dataset.tables.formats.xml import Hit, children, parameters, read_hits
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.peptides.notations import placed

_SCORES: Final = (
    "MS-GF:RawScore", "Comet:xcorr", "Sequest:xcorr", "SEQUEST:xcorr", "PEAKS:peptideScore", "Mascot:score",
    "X!Tandem:hyperscore", "X\\!Tandem:hyperscore", "MSFragger:hyperscore", "Andromeda:score", "Amanda:AmandaScore",
    "MyriMatch:MVH", "MetaMorpheus:score", "Morpheus:Morpheus score", "percolator:score", "Byonic:Score",
    "search engine specific score for PSMs",
)  # fmt: skip
_Q_VALUES: Final = ("PSM-level q-value", "MS-GF:QValue", "percolator:Q value", "q-value for peptides")
_TITLE, _SCAN, _TIMES = "MS:1000796", "MS:1001115", ("MS:1000016", "MS:1000894", "MS:1000895")
_WITHOUT_MASS: Final = ("unknown modification", "")


@dataclass
class _Lists:
    """What results refer to, by id."""

    peptides: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, tuple[str, bool | None, str]] = field(default_factory=dict)
    proteins: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def read_mzid(path: Path) -> PsmTable:
    """Read every spectrum identification item; a peptide that cannot be read costs its PSMs and no others.

    Raises:
        SourceError: it is not mzIdentML, or has no items.
    """
    lists = _Lists()

    def hits(kind: str, element: Any) -> Iterator[Hit]:
        if kind != "SpectrumIdentificationResult":
            _keep(kind, element, lists)
            return
        for item in children(element, "SpectrumIdentificationItem"):
            yield partial(_psm, element, item, lists)

    table = PsmTable(str(path), "mzid", [], mass_column="calculatedMassToCharge", mass_meanings=(PER_CHARGE,))
    wanted = "DBSequence", "Peptide", "PeptideEvidence", "SpectraData", "SpectrumIdentificationResult"
    return read_hits(table, wanted, "mzIdentML", hits)


def _keep(kind: str, element: Any, lists: _Lists) -> None:
    own = element.get("id") or ""
    if kind == "DBSequence":
        lists.proteins[own] = element.get("accession") or own
    elif kind == "PeptideEvidence":
        decoy = {"true": True, "1": True, "false": False, "0": False}.get((element.get("isDecoy") or "").lower())
        protein = element.get("dBSequence_ref") or element.get("DBSequence_Ref") or ""
        lists.evidence[own] = protein, decoy, element.get("peptide_ref") or ""
    elif kind == "SpectraData":
        lists.files[own] = element.get("name") or element.get("location") or ""
        if element.get("location"):
            lists.files[own] = element.get("location")
    else:
        try:
            lists.peptides[own] = _peptide(element)
        except ValueError as error:
            lists.wrong[own] = str(error)


def _peptide(element: Any) -> str:
    written = next((c.text for c in children(element, "PeptideSequence", "peptideSequence")), None)
    sequence = list((written or "").strip())
    if not sequence:
        raise ValueError("There is no peptide sequence.")
    sites: list[tuple[int, str]] = []
    for entry in children(element, "SubstitutionModification"):
        at = int(entry.get("location") or 0)
        if not 1 <= at <= len(sequence) or not entry.get("replacementResidue"):
            raise ValueError(f"A substitution at {at} of {''.join(sequence)} cannot be read.")
        sequence[at - 1] = entry.get("replacementResidue")
    for entry in children(element, "Modification"):
        names = parameters(entry)
        if any(n.startswith(("XLMOD:", "cross-link")) for n in names):
            raise ValueError("This is a cross-link: a pair of peptides has no fragments of one.")
        if entry.get("location") is None:
            raise ValueError(f"A modification of {''.join(sequence)} has no place, which leaves the fragments open.")
        sites.append((int(entry.get("location")), _tag(entry, names)))
    return placed("".join(sequence), sorted(sites))


def _tag(entry: Any, names: dict[str, str]) -> str:
    for name in names:
        if name.upper().startswith("UNIMOD:") and name.partition(":")[2].isdigit():
            return name
    mass = entry.get("monoisotopicMassDelta") or entry.get("avgMassDelta") or ""
    if number(mass) is not None:
        return f"{number(mass):+.6f}"
    name = next((n for n in names if n not in _WITHOUT_MASS and ":" not in n), "")
    if not name:
        raise ValueError("A modification has neither a name nor a mass.")
    return name


def _psm(result: Any, item: Any, lists: _Lists, line: int) -> Psm:
    reference = item.get("peptide_ref") or item.get("Peptide_ref") or ""
    evidence = [
        lists.evidence[e]
        for c in children(item, "PeptideEvidenceRef", "PeptideEvidence")
        if (e := c.get("peptideEvidence_ref") or c.get("PeptideEvidence_Ref") or "") in lists.evidence
    ]
    reference = reference or next((p for _, _, p in evidence if p), "")
    if reference in lists.wrong:
        raise ValueError(lists.wrong[reference])
    if reference not in lists.peptides:
        raise ValueError(f"There is no peptide {reference!r} in the file.")
    charge = int(item.get("chargeState") or 0) or None
    about, scores = parameters(result), parameters(item)
    spectrum = result.get("spectrumID") or ""
    keys: dict[str, str | int] = {"native id": spectrum} if spectrum else {}
    if about.get(_TITLE):
        keys["title"] = about[_TITLE]
    if about.get(_SCAN, "").isdigit():
        keys["scan"] = int(about[_SCAN])
    decoys = {d for _, d, _ in evidence}
    label = "" if not decoys or decoys == {None} else "target" if False in decoys else "decoy"
    ranked = next((s for s in (*_SCORES, *scores) if number(scores.get(s, "")) is not None), "")
    peptide = lists.peptides[reference]
    return Psm(
        peptide=f"{peptide}/{charge}" if charge else peptide,
        spectrum=spectrum or about.get(_TITLE, ""),
        line=line,
        run=sys.intern(lists.files.get(result.get("spectraData_ref") or result.get("SpectraData_ref") or "", "")),
        charge=charge,
        precursor_mz=number(item.get("experimentalMassToCharge") or ""),
        rt=next((rt for t in _TIMES if (rt := number(about.get(t, ""))) is not None), None),
        rank=int(item.get("rank") or 0) or None,
        score=number(scores.get(ranked, "")),
        q_value=next((q for n in _Q_VALUES if (q := number(scores.get(n, ""))) is not None), None),
        label=label,
        protein=sys.intern(";".join(dict.fromkeys(lists.proteins.get(p, p) for p, _, _ in evidence if p))),
        keys=keys,
        mass=number(item.get("calculatedMassToCharge") or ""),
    )
