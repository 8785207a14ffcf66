"""``peploss tune`` recommends sigma and bin width for a set, with the evidence."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from peploss.cli.common import EXISTING, progress_bar, settings_options, told
from peploss.settings import LossSettings

if TYPE_CHECKING:
    from peploss.analysis.tuning.file_psms import FileSample
    from peploss.analysis.tuning.prepared_set import LeftOut, PreparedSet
    from peploss.analysis.tuning.psm_set import Psm
    from peploss.analysis.tuning.recommendation.recommend import Recommendation
    from peploss.analysis.tuning.recommendation.setting_score import Score
    from peploss.analysis.tuning.set_landscape import SetLandscape
    from peploss.dataset.query.right_psms import RightPsms


@click.command()
@click.argument("sets", nargs=-1, required=True, type=EXISTING, metavar="SET...")
@click.option(
    "--limit", type=click.IntRange(min=1), default=2000, show_default=True, help="Use at most this many spectra."
)
@click.option("--decoys", type=click.IntRange(min=1), default=2, show_default=True, help="Decoys per spectrum.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sample and of the decoys.")
@click.option(
    "--max-grid-artefact", type=click.FloatRange(min=0), default=0.01, show_default=True,
    help="Highest grid artefact allowed in nine losses of ten.",
)  # fmt: skip
@click.option(
    "--max-phase-spread", type=click.FloatRange(min=0), default=0.02, show_default=True,
    help="Largest change allowed in nine losses of ten when the grid is shifted.",
)  # fmt: skip
@click.option(
    "--min-reach", type=click.FloatRange(min=0), default=0.05, show_default=True,
    help="Least distance, in Th, over which a peak must pull.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--toml", "as_toml", is_flag=True, help="Print only the recommended settings, as TOML.")
@settings_options
@told
def tune(
    sets: tuple[Path, ...],
    limit: int,
    decoys: int,
    seed: int,
    max_grid_artefact: float,
    max_phase_spread: float,
    min_reach: float,
    as_json: bool,
    as_toml: bool,
    settings: LossSettings,
) -> None:
    """Recommend sigma and bin width for SETs, whose peptides are taken to be right.

    A SET is a file made by `peploss index`, or annotated spectra (MGF with SEQ=, MSP). Decoys, second ranks and
    q-values above 0.01 are left out.

    Each peptide is compared with decoys of the same residues at 40 x 40 settings. The setting that separates them best
    within the limits is recommended, and compared with the present settings (the options given, or the defaults).
    """
    from peploss.analysis.tuning.prepared_set import prepare
    from peploss.analysis.tuning.recommendation.recommend import recommend
    from peploss.analysis.tuning.recommendation.setting_score import Limits

    if as_json and as_toml:
        raise click.UsageError("Choose one of --json and --toml.")
    psms, left_out, notes = read_psms(sets, limit, seed)
    prepared = prepare(psms, settings, limit=limit, n_decoys=decoys, seed=seed)
    limits = Limits(max_grid_artefact=max_grid_artefact, max_phase_spread=max_phase_spread, min_reach=min_reach)
    landscape = _look(prepared)
    advice = recommend(landscape, prepared, settings, limits)
    left_out = (*left_out, *prepared.left_out)
    if as_json:
        click.echo(json.dumps(_everything(advice, prepared, left_out, notes), indent=2))
    elif as_toml:
        if advice.settings is None:
            raise click.ClickException(advice.sentences[0])
        click.echo(advice.settings.to_toml(), nl=False)
    else:
        _tell(advice, prepared, landscape, left_out, notes)


def read_psms(sets: tuple[Path, ...], limit: int, seed: int) -> tuple[list[Psm], tuple[LeftOut, ...], list[str]]:
    """Read spectra with peptides of all files: the PSMs, what was left out and why, and notes on the sampling."""
    from peploss.analysis.tuning.file_psms import file_psms
    from peploss.dataset.query.right_psms import right_psms
    from peploss.dataset.store import ParquetStore
    from peploss.spectra.readers import open_spectra

    psms: list[Psm] = []
    notes: list[str] = []
    left_out: list[LeftOut] = []
    found: FileSample | RightPsms
    for path in sets:
        if _is_parquet(path):
            with ParquetStore(path) as store:
                found = right_psms(store, limit=limit, seed=seed)
        else:
            with open_spectra(path) as file:
                found = file_psms(file, limit=limit, seed=seed)
        psms += found.psms
        left_out += found.left_out
        notes.append(f"{path.name}: {found.summary()}.")
    return psms, tuple(left_out), notes


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _look(prepared: PreparedSet) -> SetLandscape:
    """Compute the landscape, with a progress bar on a terminal."""
    from peploss.analysis.tuning.landscape import default_axes
    from peploss.analysis.tuning.set_landscape import set_landscapes

    with progress_bar("looking", "spectra") as progress:
        for picture in set_landscapes(prepared, default_axes(prepared.settings.sigma_unit)):
            progress(round(picture.progress * len(prepared)), len(prepared))
    return picture


def _tell(
    advice: Recommendation,
    prepared: PreparedSet,
    landscape: SetLandscape,
    left_out: tuple[LeftOut, ...],
    notes: list[str],
) -> None:
    from peploss.analysis.tuning.recommendation.group_scores import by_group

    click.secho(advice.sentences[0], bold=True)
    for sentence in advice.sentences[1:]:
        click.echo(click.wrap_text(f"- {sentence}", width=100, subsequent_indent="  "))
    click.echo()
    columns = advice.evidence()
    rows = [["", *columns], *([name, *(values[name] for values in columns.values())] for name in columns["now"])]
    each = by_group(advice.best or advice.present, prepared.groups)
    table(rows)
    if each:
        click.echo(f"\nBy file, {'recommended' if advice.best else 'now'}")
        table([
            ["", "spectra", "median loss", "decoys", "AUC"],
            *([name, f"{s.n:,}", f"{s.target_median:.3f}", f"{s.decoy_median:.3f}",
               f"{s.auc:.3f} ({s.auc_low:.3f} to {s.auc_high:.3f})"] for name, s in each.items()),
        ])  # fmt: skip
    click.echo(f"\n{landscape.summary()} Seed {prepared.seed}.")
    for note in notes:
        click.echo(note)
    for reason in sorted({x.reason for x in left_out}):
        names = [x.name for x in left_out if x.reason == reason]
        click.echo(f"Left out, {names[0]}{f' and {len(names) - 1:,} more' if len(names) > 1 else ''}: {reason}")


def table(rows: list[list[str]]) -> None:
    """Print rows as columns of equal width."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _everything(
    advice: Recommendation, prepared: PreparedSet, left_out: tuple[LeftOut, ...], notes: list[str]
) -> dict[str, Any]:
    from peploss.analysis.tuning.recommendation.group_scores import by_group

    def score(found: Score | None) -> dict[str, Any] | None:
        if found is None:
            return None
        return {name: value for name, value in vars(found).items() if name not in ("target", "decoy")}

    shown = advice.best or advice.present
    return {
        "spectra": len(prepared),
        "drawn_from": prepared.n_given,
        "decoys": prepared.n_decoys,
        "seed": prepared.seed,
        "limits": asdict(advice.limits),
        "settings": None if advice.settings is None else advice.settings.to_dict(defaults=True),
        "keep": advice.keep,
        "changes": [asdict(change) for change in advice.changes],
        "broken": list(advice.broken),
        "now": score(advice.present),
        "recommended": score(advice.best),
        "without_limits": score(advice.free),
        "auc_gain": [advice.gain, advice.gain_low, advice.gain_high],
        "by_file": {
            name: {"spectra": s.n} | {field: float(getattr(s, field)) for field in _FIELDS}
            for name, s in by_group(shown, prepared.groups).items()
        },
        "sentences": list(advice.sentences),
        "notes": notes,
        "left_out": [x._asdict() for x in left_out],
    }


_FIELDS = (
    "target_median", "decoy_median", "win_rate", "win_low", "win_high", "auc", "auc_low", "auc_high",
)  # fmt: skip
