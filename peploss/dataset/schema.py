"""The columns of sets and of results, and the metadata of their Parquet files."""

from __future__ import annotations

import json
from typing import Any, Final

import pyarrow as pa

KEY: Final = b"peploss"
FORMAT: Final = 1
"""Version of the layout below; a file of a later one is not read."""

_TEXT = pa.dictionary(pa.int32(), pa.string())

ABOUT: Final = pa.schema([
    pa.field("id", pa.int64(), False),
    pa.field("file", _TEXT),
    pa.field("index", pa.int32()),
    pa.field("scan", pa.int64()),
    pa.field("native_id", pa.string()),
    pa.field("title", pa.string()),
    pa.field("precursor_mz", pa.float64()),
    pa.field("charge", pa.int16()),
    pa.field("spectrum_charge", pa.int16()),
    pa.field("rt", pa.float64()),
    pa.field("n_peaks", pa.int32()),
    pa.field("peptide", pa.string()),
    pa.field("sequence", pa.string()),
    pa.field("length", pa.int16()),
    pa.field("modifications", _TEXT),
    pa.field("mass", pa.float64()),
    pa.field("rank", pa.int32()),
    pa.field("engine_score", pa.float64()),
    pa.field("q_value", pa.float64()),
    pa.field("label", _TEXT),
    pa.field("protein", pa.string()),
    pa.field("table", _TEXT),
    pa.field("joined_by", _TEXT),
    pa.field("notes", _TEXT),
    pa.field("mass_difference", pa.float64()),
    pa.field("truth", pa.string()),
])  # fmt: skip
"""What is known of a PSM; the results repeat these columns, so that a question needs one file.

``charge`` is the peptide's where its table gives one, else ``spectrum_charge``; ``peptide`` is ProForma without it,
``modifications`` its modifications with their residues, ``mass`` its neutral monoisotopic mass in Da, ``rank`` its
place among the candidates of its spectrum, ``table`` where it was read, ``notes`` what the readers of
spectrum and table had to assume, leave out or doubt, in sentences, ``mass_difference`` the mass that the table states,
with the shift that an open search found, less ``mass``, in Da, null where it states none, ``truth`` the right peptide
where a table names it beside a prediction.
"""

DOUBLES = pa.list_(pa.float64())
PEAKS: Final = pa.schema([
    pa.field("mz", DOUBLES),
    pa.field("intensity", pa.list_(pa.float32())),
    pa.field("residue_masses", DOUBLES),
    pa.field("n_term_mass", pa.float64()),
    pa.field("c_term_mass", pa.float64()),
])  # fmt: skip
"""What a score is computed from. m/z in Th, ascending, float64: float32 is off by 0.06 ppm at m/z 1000. Intensities
are float32, as instruments give them; a spectrum beyond its range is scaled, which no loss sees."""

CONFIDENCE: Final = pa.schema([
    pa.field("residue_scores", pa.list_(pa.float32())),
    pa.field("n_term_score", pa.float32()),
])  # fmt: skip
"""What a sequencing model says of its own answer: a probability for each residue, and one for the modifications of the
N-terminus where they are tokens of their own; null where the table says nothing."""

SET: Final = pa.schema([*ABOUT, *PEAKS, *CONFIDENCE])


def with_about(schema: pa.Schema, about: dict[str, Any]) -> pa.Schema:
    """The schema with what the file says about itself."""
    return schema.with_metadata({KEY: json.dumps({"format": FORMAT, **about}).encode()})
