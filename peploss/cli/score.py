"""``peploss score`` computes the losses of every PSM of a set."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from peploss.cli.common import EXISTING_PARTS, NOT_ALL, progress_bar, say, settings_options, told
from peploss.cli.score_parts import check_sources, score_in_parts
from peploss.losses.names import BASELINE_NAMES, OLD_NAMES
from peploss.settings import LossSettings

if TYPE_CHECKING:
    from peploss.dataset.interrupted import Asked, Interrupted


@click.command()
@click.argument("sources", nargs=-1, required=True, type=EXISTING_PARTS, metavar="SET...")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Results of one set, Parquet.")
@click.option(
    "--parts", type=click.Path(path_type=Path, file_okay=False),
    help="A folder for results in parts, which the workers write: of one set, or of several that count as one. The "
    "same command goes on after an interruption; peploss join makes one file of it.",
)  # fmt: skip
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
@click.option(
    "--go-on", is_flag=True,
    help="Compute what was asked for when scoring into the same --out was interrupted; takes no other settings.",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), help="Threads.  [default: one a core]")
@click.option("--strict", is_flag=True, help=f"Exit with {NOT_ALL} if a PSM has no loss.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
@settings_options
@told
def score(
    context: click.Context,
    sources: tuple[Path, ...],
    out: Path | None,
    parts: Path | None,
    losses: tuple[str, ...],
    decoys: bool,
    seed: int,
    causes: str,
    worst: int,
    engine: str,
    device: str,
    go_on: bool,
    workers: int | None,
    strict: bool,
    as_json: bool,
    settings: LossSettings,
) -> None:
    """Score every PSM of SET: spectrum and precursor loss, ppm, explained intensity, and the losses asked for.

    With --parts several SETs, or folders of them, count as one: the ids of their PSMs count on in the order given.
    """
    from peploss.dataset.interrupted import EVERY, Asked, noted
    from peploss.dataset.scoring.belief import belief_of, in_words
    from peploss.dataset.scoring.plan import Plan
    from peploss.dataset.scoring.run import score_set
    from peploss.dataset.scoring.worst import add_causes
    from peploss.dataset.store import ParquetStore

    check_sources(context, sources, out, parts)
    named = BASELINE_NAMES if "all" in losses else losses
    if out is None:
        whole = Plan(settings=settings, losses=named, decoys=decoys, seed=seed, causes=causes == "all")
        how = {"engine": engine, "workers": workers, "device": device}
        score_in_parts(sources, Path(str(parts)), whole, strict, as_json, **how)
        return
    (source,) = sources
    before = _told_before(out)
    if go_on:
        asked = _taken_up(before, source, out, context)
    else:
        asked = Asked(
            f"Scoring {source.name}", out.name, "score", (str(source.resolve()),), settings=settings.to_dict(),
            losses=named, decoys=decoys, seed=seed,
            worst={"none": 0, "worst": worst, "all": EVERY}[causes], begun="command",
        )  # fmt: skip
    every = asked.worst == EVERY
    chosen = LossSettings.from_dict(asked.settings)
    plan = Plan(settings=chosen, losses=asked.losses, decoys=asked.decoys, seed=asked.seed, causes=every)
    with ParquetStore(source):  # what is no set leaves no note, and makes no folder
        pass
    with noted(asked, out.parent):
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
        n_causes = report.n_scored if every else 0
        if asked.worst and not every:
            with progress_bar("causes", "PSMs") as progress:
                n_causes = add_causes(source, out, asked.worst, workers=workers, progress=progress, notes=report.notes)
    belief = belief_of(out)
    about = f"{report.n_problems:,} have no loss, {n_causes:,} a cause"
    lines = [f"{report.n_scored:,} PSMs scored on {report.device} into {out}; {about}."]
    if told_of_causes := in_words(belief):
        lines.append(told_of_causes)
    values = {"results": str(out), **dataclasses.asdict(report), "n_causes": n_causes, "belief": belief}
    say([*report.notes, *report.damaged, *lines], values, as_json)
    if strict and (report.damaged or report.n_problems):
        sys.exit(NOT_ALL)


def _told_before(out: Path) -> Interrupted | None:
    """Tell of work in the folder of the results that was interrupted; that on the same file."""
    from peploss.dataset.interrupted import found

    same = None
    for work in found([out.parent], anywhere=True):
        name = work.asked.target
        if name == out.name and work.asked.work == "score":
            same = work
            how = "--go-on computes what was asked for then; without it, what is asked for now"
        elif work.asked.work == "score":
            how = f"peploss score {work.asked.spectra[0]} -o {work.note.with_name(name)} --go-on takes it up"
        else:
            how = "the page Outliers of peploss serve takes it up"
        click.echo(f"{work.told} It was to be {name}: {how}.", err=True)
    return same


def _taken_up(before: Interrupted | None, source: Path, out: Path, context: click.Context) -> Asked:
    """What was asked for when it was interrupted.

    Raises:
        click.UsageError: nothing was, or of another set, or something else is asked for now.
    """
    if before is None:
        raise click.UsageError(f"No scoring into {out} was interrupted. Leave --go-on out.")
    if Path(before.asked.spectra[0]).resolve() != source.resolve():
        raise click.UsageError(f"The scoring into {out} that was interrupted was of {before.asked.spectra[0]}.")
    names = ["losses", "decoys", "seed", "causes", "worst", "settings"]
    names += [field.name for field in dataclasses.fields(LossSettings)]
    given = [n for n in names if context.get_parameter_source(n) is ParameterSource.COMMANDLINE]
    if given:
        options = {o.name: o.opts[-1] for o in context.command.params}
        raise click.UsageError(f"--go-on computes what was asked for then: leave {options[given[0]]} out.")
    return before.asked
