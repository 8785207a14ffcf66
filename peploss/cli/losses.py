"""``peploss losses`` puts every loss on the same spectra: separation from decoys, and how alike they order them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from peploss.cli.common import EXISTING, progress_bar, settings_options, told
from peploss.cli.tune import read_psms, table
from peploss.settings import LossSettings


@click.command()
@click.argument("sets", nargs=-1, required=True, type=EXISTING, metavar="SET...")
@click.option("--loss", "names", multiple=True, help="Compare this loss with the spectrum loss; may be repeated. [all]")
@click.option(
    "--limit", type=click.IntRange(min=1), default=2000, show_default=True, help="Use at most this many spectra."
)
@click.option("--decoys", type=click.IntRange(min=1), default=2, show_default=True, help="Decoys per spectrum.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sample and of the decoys.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@settings_options
@told
def losses(
    sets: tuple[Path, ...],
    names: tuple[str, ...],
    limit: int,
    decoys: int,
    seed: int,
    as_json: bool,
    settings: LossSettings,
) -> None:
    """Compare all losses on SETs, whose peptides are taken to be right.

    A SET is a file made by `peploss index`, or annotated spectra (MGF with SEQ=, MSP).

    For each loss: the median of right peptides and of decoys; the AUC, the chance that a right peptide costs less than
    a decoy, and its difference from the spectrum loss's, both with 95 % intervals, the second paired by spectrum;
    Spearman's r with the spectrum loss; and how many spectra are outliers under it alone of the two.
    """
    from peploss.analysis.loss_comparison.compared_set import compare_losses
    from peploss.analysis.loss_comparison.every_loss import LOSSES, SPECTRUM, chosen_losses
    from peploss.analysis.tuning.prepared_set import prepare

    chosen = chosen_losses(names or None)
    psms, left_out, notes = read_psms(sets, limit, seed)
    prepared = prepare(psms, settings, limit=limit, n_decoys=decoys, seed=seed)
    with progress_bar("comparing", "spectra") as progress:
        found = compare_losses(prepared, settings, chosen, progress=progress)
    each, (gain, low, high), r = found.separation(), found.auc_gain(), found.rank_correlation()
    only = {name: len(found.outliers_of_one(name, SPECTRUM)[0]) for name in found.names}
    left_out = (*left_out, *prepared.left_out)
    if as_json:
        values = {
            "spectra": len(found),
            "decoys": prepared.n_decoys,
            "seed": seed,
            "settings": settings.to_dict(defaults=True),
            "losses": {
                name: {
                    "median": float(each.target_median[k]),
                    "decoy_median": float(each.decoy_median[k]),
                    "auc": [float(each.auc[k]), float(each.auc_low[k]), float(each.auc_high[k])],
                    "auc_gain": [float(gain[k]), float(low[k]), float(high[k])],
                    "spearman": float(r[0, k]),
                    "outliers_of_this_alone": only[name],
                    "unit": LOSSES[name].unit,
                }
                for k, name in enumerate(found.names)
            },
            "cannot_tell": found.cannot_tell(),
            "notes": notes,
            "left_out": [x._asdict() for x in left_out],
        }
        click.echo(json.dumps(values, indent=2))
        return
    rows = [["loss", "median", "decoys", "AUC", "less the spectrum loss's", "Spearman r", "outliers of it alone"]]
    for k, name in enumerate(found.names):
        rows.append(
            [
                LOSSES[name].title,
                f"{each.target_median[k]:.3f} {LOSSES[name].unit}".rstrip(),
                f"{each.decoy_median[k]:.3f}",
                f"{each.auc[k]:.3f} ({each.auc_low[k]:.3f} to {each.auc_high[k]:.3f})",
                "" if k == 0 else f"{gain[k]:+.3f} ({low[k]:+.3f} to {high[k]:+.3f})",
                f"{r[0, k]:.2f}",
                "" if k == 0 else f"{only[name]}",
            ]
        )
    table(rows)
    click.echo(f"\n{len(found):,} spectra, {prepared.n_decoys} decoys each. Seed {seed}.")
    for line in (*found.cannot_tell(), *notes):
        click.echo(line)
    if left_out:
        click.echo(f"{len(left_out):,} spectra left out, the first ({left_out[0].name}): {left_out[0].reason}")
