"""``peploss score`` computes the losses of every PSM of a set."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import click

from peploss.cli.common import EXISTING, NOT_ALL, progress_bar, say, settings_options, told
from peploss.losses.names import BASELINE_NAMES, OLD_NAMES
from peploss.settings import LossSettings


@click.command()
@click.argument("source", type=EXISTING, metavar="SET")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Results, Parquet.")
@click.option(
    "--loss", "losses", multiple=True, type=click.Choice([*BASELINE_NAMES, *OLD_NAMES, "all"]),
    metavar=f"[{'|'.join([*BASELINE_NAMES, 'all'])}]",
    help="Also compute this loss. May be repeated.",
)  # fmt: skip
@click.option("--decoys", is_flag=True, help="Also score one decoy (a shuffled peptide) per PSM.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the decoys.")
@click.option(
    "--causes", type=click.Choice(["none", "worst", "all"]), default="worst", show_default=True,
    help="Explain none, the PSMs of highest loss, or all (a thousand times slower than scoring).",
)  # fmt: skip
@click.option(
    "--worst",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="How many PSMs --causes worst explains.",
)
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
    help="Threads, or Ray on the cluster that RAY_ADDRESS names, else on this machine.",
)  # fmt: skip
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True,
    help="Where the spectrum loss is computed; auto takes a GPU if there is one.",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), help="Threads.  [default: one a core]")
@click.option("--strict", is_flag=True, help=f"Exit with {NOT_ALL} if a PSM has no loss.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@settings_options
@told
def score(
    source: Path,
    out: Path,
    losses: tuple[str, ...],
    decoys: bool,
    seed: int,
    causes: str,
    worst: int,
    engine: str,
    device: str,
    workers: int | None,
    strict: bool,
    as_json: bool,
    settings: LossSettings,
) -> None:
    """Score every PSM of SET: spectrum and precursor loss, ppm, explained intensity, and the losses asked for."""
    from peploss.dataset.scoring.belief import belief_of, in_words
    from peploss.dataset.scoring.plan import Plan
    from peploss.dataset.scoring.run import score_set
    from peploss.dataset.scoring.worst import add_causes

    plan = Plan(
        settings=settings,
        losses=BASELINE_NAMES if "all" in losses else losses,
        decoys=decoys,
        seed=seed,
        causes=causes == "all",
    )
    with progress_bar("scoring", "PSMs") as progress:
        report = score_set(
            source,
            out,
            plan,
            engine=engine,  # type: ignore[arg-type]
            workers=workers,
            device=device,
            progress=progress,
        )
    n_causes = report.n_scored if causes == "all" else 0
    if causes == "worst":
        with progress_bar("causes", "PSMs") as progress:
            n_causes = add_causes(source, out, worst, workers=workers, progress=progress, notes=report.notes)
    belief = belief_of(out)
    about = f"{report.n_problems:,} have no loss, {n_causes:,} a cause"
    lines = [f"{report.n_scored:,} PSMs scored on {report.device} into {out}; {about}."]
    if told_of_causes := in_words(belief):
        lines.append(told_of_causes)
    values = {"results": str(out), **dataclasses.asdict(report), "n_causes": n_causes, "belief": belief}
    say([*report.notes, *report.damaged, *lines], values, as_json)
    if strict and (report.damaged or report.n_problems):
        sys.exit(NOT_ALL)
