"""``peploss join`` makes one file of the parts of a set, or of results in parts."""

from __future__ import annotations

from pathlib import Path

import click

from peploss.cli.common import EXISTING_PARTS, progress_bar, say, told


@click.command()
@click.argument("sources", nargs=-1, required=True, type=EXISTING_PARTS, metavar="PART...")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The one file.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@told
def join(sources: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Make one file of the folder that `peploss score --parts` wrote, or one set of several.

    PARTs of a set are files, or folders of them, in the order that was given to `peploss score --parts`: the ids of the
    joined set are then those of the joined results.
    """
    from peploss.dataset.joined_parts import join_sets
    from peploss.dataset.scoring.parts.join import is_results, join_results

    results = [source for source in sources if is_results(source)]
    if results and len(sources) > 1:
        raise click.UsageError(f"{results[0]} holds results in parts, which are joined alone.")
    with progress_bar("joining", "PSMs") as progress:
        n = join_results(results[0], out, progress=progress) if results else join_sets(sources, out, progress=progress)
    kind = "results" if results else "set"
    say([f"{n:,} PSMs in {out}, {'results' if results else 'a set'}."], {kind: str(out), "n_psms": n}, as_json)
