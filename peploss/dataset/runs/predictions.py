"""A table of predictions, Casanovo's mzTab or InstaNovo's CSV, as a run of one step."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from peploss.dataset.index.resolve import resolve
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm import Psm
from peploss.errors import PeplossError, PeptideError, SourceError
from peploss.peptides.confidence import aligned
from peploss.peptides.peptide import Peptide
from peploss.peptides.precursor_mass import neutral_mass, precursor_ppm
from peploss.training.by_hand.peptide_tokens import peptide_tokens, with_tokens_of
from peploss.training.log_rows import PART, SPECTRA, write_about, write_rows


def write_predictions(path: Path, into: Path) -> None:
    """Write a table as a run: what was decoded, with the probability of each residue where the table has it.

    Of a beam the first answer counts. The right answers are those that the table names beside its predictions, if it
    does. Lines that cannot be read are left out of the run and counted in its metric ``refused_lines``.
    ``answer_loss`` is the mean of -log probability over the residues of the model's own answer.

    Raises:
        SourceError: the table cannot be read or has no peptide that can.
    """
    table = read_psms(path)
    rows: list[tuple[Psm, Peptide, Peptide | None]] = []
    reasons = [refused.reason for refused in table.refused]
    for psm in table.psms:
        if psm.label == "truth" or (psm.rank or 1) > 1:  # what it is compared with, and further answers of a beam
            continue
        try:
            rows.append((psm, _peptide(psm.peptide), _peptide(psm.truth) if psm.truth else None))
        except PeplossError as error:
            reasons.append(str(error))
    if not rows:
        raise SourceError(f"No line of the table can be read. {reasons[0] if reasons else ''}".strip(), where=path.name)
    vocabulary = with_tokens_of([p for _, *both in rows for p in both if p is not None])
    seen: dict[str, int] = {}
    made = []
    for psm, said, right in rows:
        name = str(psm.spectrum or psm.line)
        seen[name] = seen.get(name, 0) + 1
        tokens, truth = ([token for token, _ in peptide_tokens(p).values()] if p else [] for p in (said, right))
        decoded, target = ([vocabulary.id(token) for token in each] for each in (tokens, truth))
        probability = _confidence(psm, said)
        made.append(
            {
                "step": 0,
                "id": name if seen[name] == 1 else f"{name} ({seen[name]})",
                "length": max(len(decoded), len(target)),
                "n_correct": sum(a == b for a, b in zip(decoded, target, strict=False)) if right else None,
                "target": target or None,
                "decoded": [decoded],
                "top_token": decoded,
                "top_probability": probability,
                "refused_lines": float(len(reasons)),
            }
            | _metrics(psm, said, probability)
        )
    into.mkdir(parents=True, exist_ok=True)
    charges = [{"id": row["id"], "charge": psm.charge} for row, (psm, *_) in zip(made, rows, strict=True)]
    write_rows(charges, into / f"{SPECTRA}-000000.parquet")
    write_rows(made, into / f"{PART}-000000.parquet")
    write_about(into, vocabulary)


def _peptide(text: str) -> Peptide:
    found = resolve(text)
    if isinstance(found, str):
        raise SourceError(found)
    return Peptide.parse(found.peptide)


def _metrics(psm: Psm, said: Peptide, probability: list[float]) -> dict[str, float]:
    out: dict[str, float] = {}
    if psm.score is not None:
        out["score"] = float(psm.score)
    if np.isfinite(probability).all():
        out["answer_loss"] = float(-np.log(np.clip(probability, 1e-12, 1)).mean())
    if psm.precursor_mz and psm.charge:
        observed = neutral_mass(psm.precursor_mz, float(psm.charge))
        out["ppm_error"] = abs(float(precursor_ppm(said.neutral_mass, observed)))
    return out


def _confidence(psm: Psm, said: Peptide) -> list[float]:
    """A probability for each residue token; a modification of the N-terminus that is scored by itself is part of the
    first one. NaN where the table has no scores, or they do not fit."""
    ends = sum(site.position == "n_term" for site in said.modifications)
    may_end = all(site.position != 0 for site in said.modifications)
    try:
        return aligned(psm.token_scores, len(said), ends, may_end=may_end).with_n_term.tolist()
    except PeptideError:
        return [float("nan")] * len(said)
