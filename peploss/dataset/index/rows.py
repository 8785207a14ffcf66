"""The rows of a set, as columns: what spectra and the PSMs joined to them say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from peploss.dataset.index.parts import HEADERS
from peploss.dataset.index.residue_scores import ScoreOrder, scores_of
from peploss.dataset.index.resolve import Resolved
from peploss.dataset.tables.psm import Psm
from peploss.peptides.peptide import charge_in_force

Row = tuple[int, Psm, str, str, Resolved]
"""Place among some spectra, PSM, its table, what joined it, its peptide."""


def rows_of(
    spectra: pa.RecordBatch,
    rows: list[Row],
    file: str,
    first_id: int,
    schema: pa.Schema,
    order: ScoreOrder,
) -> pa.Table:
    """A table of the set's columns.

    Args:
        spectra: of a part.
        rows: by their places in it, rising.
        file: of the spectra.
        first_id: of the first row.
        schema: of the set, without dictionaries.
        order: gets some of the PSMs whose residues have scores.
    """
    places = np.array([r[0] for r in rows])
    if len(places) == spectra.num_rows and (places == np.arange(len(places))).all():
        taken = spectra  # every spectrum once, as where they bring their own peptides: nothing is copied
    else:
        taken = spectra.select([n for n in spectra.schema.names if n != "peptide"]).take(pa.array(places))
    peptides = [r[4] for r in rows]
    spectrum_charges = taken["spectrum_charge"].to_pylist()
    ranks: Counter[int] = Counter()
    columns: dict[str, Any] = {
        n: taken[n] for n in (*HEADERS, "mz", "intensity") if n not in ("peptide", "problem", "unread")
    }
    columns |= {
        "id": np.arange(first_id, first_id + len(rows)),
        "file": [file] * len(rows),
        "charge": [
            charge_in_force(p.charge, r[1].charge, z) for p, r, z in zip(peptides, rows, spectrum_charges, strict=True)
        ],
        "residue_masses": _lists([p.residue_masses for p in peptides]),
        "rank": [],
    }  # fmt: skip
    for name in ("peptide", "sequence", "length", "modifications", "mass", "n_term_mass", "c_term_mass"):
        columns[name] = [getattr(p, name) for p in peptides]
    for at, psm, *_ in rows:
        ranks[at] += 1
        columns["rank"].append(psm.rank if psm.rank is not None else ranks[at])
    columns["engine_score"] = [r[1].score for r in rows]
    columns["q_value"] = [r[1].q_value for r in rows]
    columns["label"] = [r[1].label or None for r in rows]
    columns["protein"] = [r[1].protein or None for r in rows]
    columns["table"] = [Path(r[2]).name for r in rows]
    columns["joined_by"] = [r[3] for r in rows]
    columns["mass_difference"] = [r[1].mass_difference for r in rows]
    columns["truth"] = [r[1].truth or None for r in rows]
    columns |= _confidence(rows, taken, columns["charge"], order)
    said = [" ".join(filter(None, (r[1].notes, _two_charges(r[1], r[4])))) for r in rows]
    if any(said):
        of_spectra = taken["notes"].to_pylist()
        columns["notes"] = [
            " ".join(filter(None, (own, note))) or None for own, note in zip(said, of_spectra, strict=True)
        ]
    arrays = [
        values if isinstance(values, pa.ChunkedArray | pa.Array) else pa.array(values, schema.field(name).type)
        for name, values in ((n, columns[n]) for n in schema.names)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _two_charges(psm: Psm, peptide: Resolved) -> str:
    """What to say where a table gives one charge beside the peptide and another behind it."""
    if not peptide.charge or not psm.charge or peptide.charge == psm.charge:
        return ""
    return f"The peptide says charge {peptide.charge}, and its table {psm.charge}; the peptide's was taken."


def _confidence(rows: list[Row], taken: Any, charges: list[int | None], order: ScoreOrder) -> dict[str, list[Any]]:
    """The columns of ``schema.CONFIDENCE``; some of the PSMs are looked at for the order of their scores."""
    scores = [scores_of(psm, peptide) for _, psm, _, _, peptide in rows]
    for i, (_, _, table, _, peptide) in enumerate(rows):
        found = scores[i]
        if found is not None and order.wants(table):
            spectrum = {
                "mz": np.asarray(taken["mz"][i].values),
                "intensity": np.asarray(taken["intensity"][i].values),
                "precursor_mz": taken["precursor_mz"][i].as_py(),
                "spectrum_charge": taken["spectrum_charge"][i].as_py(),
            }
            order.add(table, found, peptide.peptide, charges[i], spectrum)
    return {
        "residue_scores": [None if s is None else s.residues for s in scores],
        "n_term_score": [None if s is None else s.n_term for s in scores],
    }


def _lists(values: list[np.ndarray]) -> pa.Array:
    ends = np.cumsum([0, *(v.size for v in values)])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(np.concatenate([np.empty(0), *values])))
