"""``peploss variance`` measures how calm each loss is from batch to batch."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from peploss.cli.common import EXISTING, progress_bar, settings_options, told
from peploss.cli.tune import read_psms, table
from peploss.settings import LossSettings

if TYPE_CHECKING:
    from peploss.analysis.variance.study import Study
    from peploss.analysis.variance.study_samples import StudySamples


@click.command()
@click.argument("sets", nargs=-1, type=EXISTING, metavar="[SET]...")
@click.option("--stage", type=click.IntRange(1, 10), help="Synthetic spectra of this stage of Curriculum V2.")
@click.option(
    "--clean", type=click.FloatRange(0, 1), help="Share of clean spectra among the synthetic; the rest as the stage's."
)
@click.option("--samples", type=click.IntRange(min=1), default=2000, show_default=True, help="Spectra to draw from.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Spectra in a batch.")
@click.option("--batches", type=click.IntRange(min=2), default=200, show_default=True, help="Batches.")
@click.option("--loss", "names", multiple=True, help="Compare this loss with the spectrum loss; may be repeated. [all]")
@click.option(
    "--certainty", type=click.FloatRange(0, 1, min_open=True), default=0.999, show_default=True,
    help="Probability of the right residue where gradients are taken.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of spectra, batches and bootstrap.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@settings_options
@told
def variance(
    sets: tuple[Path, ...],
    stage: int | None,
    clean: float | None,
    samples: int,
    batch: int,
    batches: int,
    names: tuple[str, ...],
    certainty: float,
    seed: int,
    as_json: bool,
    settings: LossSettings,
) -> None:
    """Measure how each loss varies from batch to batch: of SETs of right peptides, or of synthetic spectra (--stage).

    Scale-free measures come first: sd / mean of a batch's loss, against the spectrum loss's on the same batches, and
    the signal-to-noise ratio of the gradient by the bias of a model's last layer. Intervals are 95 %, by bootstrap
    over batches. Then the share of the variance between spectra that length, charge, peaks or noise make.
    """
    from peploss.analysis.loss_comparison.every_loss import chosen_losses
    from peploss.analysis.variance.study import study
    from peploss.analysis.variance.study_samples import samples_of_curriculum, samples_of_set
    from peploss.training.curriculum import CURRICULUM_V2

    if bool(sets) == (stage is not None):
        raise click.UsageError("Give SETs, or --stage for synthetic spectra.")
    if clean is not None and stage is None:
        raise click.UsageError("--clean goes with --stage.")
    chosen = chosen_losses(names or None)
    drawn: StudySamples
    with progress_bar("evaluating", "spectra") as progress:
        if stage is not None:
            difficulty = CURRICULUM_V2[stage - 1].difficulty
            if clean is not None:
                difficulty = dataclasses.replace(difficulty, clean_share=clean)
            about = f"{samples:,} synthetic spectra of stage {stage}, {difficulty.clean_share:.0%} of them clean."
            drawn = samples_of_curriculum(
                samples, difficulty, settings, chosen, seed=seed, certainty=certainty, about=about, progress=progress
            )
        else:
            psms, left_out, notes = read_psms(sets, samples, seed)
            about = " ".join(f"{note}" for note in notes)
            if left_out:
                about += f" {len(left_out):,} spectra left out, the first ({left_out[0].name}): {left_out[0].reason}"
            drawn = samples_of_set(psms, settings, chosen, certainty=certainty, about=about, progress=progress)
    found = study(drawn, batch_size=batch, n_batches=batches, seed=seed)
    if as_json:
        click.echo(json.dumps(_everything(found, settings), indent=2))
    else:
        _tell(found)


def _tell(found: Study) -> None:
    from peploss.analysis.loss_comparison.every_loss import LOSSES

    for sentence in found.verdict():
        click.echo(click.wrap_text(sentence, width=110))
    click.echo()
    classes = list(found.samples.classes)
    rows = [["loss", "sd / mean", "times the spectrum loss's", "gradient's signal / noise", "mean of batches", "sd",
             *(f"variance by {c}" for c in classes)]]  # fmt: skip
    for c in found.calm:
        unit = LOSSES[c.name].unit
        rows.append(
            [
                LOSSES[c.name].title,
                f"{c.variation:.3f} ({c.variation_low:.3f} to {c.variation_high:.3f})",
                f"{c.against:.2f} ({c.against_low:.2f} to {c.against_high:.2f})",
                f"{c.signal:.2f} ({c.signal_low:.2f} to {c.signal_high:.2f})",
                f"{c.mean:.3f} {unit}".rstrip(),
                f"{c.sd:.4f}",
                *(f"{c.by_class[name]:.0%}" if c.by_class[name] == c.by_class[name] else "-" for name in classes),
            ]
        )
    table(rows)
    click.echo(
        f"\n{found.samples.about}\n{found.n_batches} batches of {found.batch_size}. Gradients at a probability of "
        f"{found.samples.certainty:g} of the right residue. Seed {found.seed}."
    )
    for line in found.cannot_tell():
        click.echo(line)
    for reason, count in found.samples.left_out.items():
        click.echo(f"{count:,} spectra left out: {reason}")


def _everything(found: Study, settings: LossSettings) -> dict[str, object]:
    return {
        "about": found.samples.about,
        "spectra": len(found.samples),
        "batch_size": found.batch_size,
        "batches": found.n_batches,
        "seed": found.seed,
        "certainty": found.samples.certainty,
        "settings": settings.to_dict(defaults=True),
        "losses": {c.name: {k: v for k, v in vars(c).items() if k != "name"} for c in found.calm},
        "verdict": found.verdict(),
        "cannot_tell": found.cannot_tell(),
        "left_out": dict(found.samples.left_out),
    }
