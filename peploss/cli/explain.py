"""``peploss explain`` takes one PSM apart, in words and numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from peploss.cli.common import EXISTING, say, settings_options, told
from peploss.settings import LossSettings


@click.command()
@click.argument("source", type=EXISTING, metavar="SET")
@click.argument("psm", metavar="PSM")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@settings_options
@told
def explain(source: Path, psm: str, as_json: bool, settings: LossSettings) -> None:
    """Say why one PSM of SET has the loss it has. PSM is its id, or the title of its spectrum."""
    from peploss.analysis.causes.diagnosis import diagnose
    from peploss.analysis.one_psm.explanation import explain as explained
    from peploss.dataset.psm_row import psm_of
    from peploss.dataset.query.results import find_psm
    from peploss.dataset.scoring.runs import runs_of
    from peploss.dataset.store import ParquetStore

    with ParquetStore(source) as store:
        row = store.row(find_psm(source, psm))
        note = store.version_note
        run = runs_of(store, settings, only=row["file"]).get(row["file"])
    spectrum, peptide = psm_of(row)
    told = explained(spectrum, peptide, settings)
    why = diagnose(spectrum, peptide, settings, run=run)
    values: dict[str, Any] = {
        "id": row["id"],
        "file": row["file"],
        "spectrum": spectrum.name,
        "peptide": peptide.proforma,
        "loss": told.loss,
        "continuum_loss": told.continuum_loss,
        "precursor": None if told.precursor is None else told.precursor._asdict(),
        "matched": told.n_matched,
        "fragments": len(told.fragments),
        "steps": [{"step": s.name, "loss": s.value} for s in told.steps],
        "cause": why.cause,
        "confidence": why.confidence,
        "text": why.text,
        "fix": None if why.fix is None else {"text": why.fix.text, "loss": why.fix.loss},
        "notices": list(told.notices),
    }
    lines = [
        f"{peptide.proforma} on {spectrum.name} ({row['file']}, PSM {row['id']})",
        f"spectrum loss {told.loss:.4f} = " + " + ".join(f"{s.name} {s.value:.4f}" for s in told.steps),
        f"{told.n_matched} of {len(told.fragments)} fragments matched",
    ]
    if told.precursor is not None:
        p = told.precursor
        lines.append(f"precursor {p.ppm:+.1f} ppm, {p.isotope_ppm:+.1f} against isotope {p.isotope:+d}")
    lines.append(f"cause: {why.cause} (confidence {why.confidence:.2f}). {why.text}")
    if why.fix is not None:
        lines.append(f"{why.fix.text}: loss {why.fix.loss:.4f}")
    lines += [] if run is None else run.notes(settings)
    if note:
        click.echo(note, err=True)
    if as_json:
        say([], values, True)
    else:
        for line in [*lines, *told.notices]:
            click.echo(line)
