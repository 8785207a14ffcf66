"""``peploss figure`` draws many PSMs into files, without a browser."""

from __future__ import annotations

import os
import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from peploss.cli.common import EXISTING, progress_bar, say, settings_options, told
from peploss.settings import LossSettings

if TYPE_CHECKING:
    from peploss.explorer.figures.still.marks import Picture

MOST_WAITING: Final = 16
"""Pictures that are drawn and not yet written."""


@click.command()
@click.argument("source", type=EXISTING, metavar="SET")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder.")
@click.option(
    "--where", default="", help='Condition in SQL, for example "charge = 2". Columns of SET, or of --results.'
)
@click.option("--results", type=EXISTING, help="Results of SET, whose columns --where then asks for (loss > 0.9).")
@click.option("--limit", type=click.IntRange(min=1), help="The first so many.")
@click.option("--format", "kind", type=click.Choice(["svg", "png"]), default="svg", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@settings_options
@told
def figure(
    source: Path,
    out: Path,
    where: str,
    results: Path | None,
    limit: int | None,
    kind: str,
    as_json: bool,
    settings: LossSettings,
) -> None:
    """Draw PSMs of SET into a folder, a file each: title, peptide, loss, settings, ladder and mirror."""
    from peploss.analysis.one_psm.explanation import explain
    from peploss.atomic import whole_file
    from peploss.dataset.export.chosen import chosen, chosen_ids
    from peploss.explorer.figures.still.mirror import still
    from peploss.explorer.figures.still.write import to_png, to_svg

    ids = chosen_ids(source, where, results=results, limit=limit)
    out.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    n = 0

    def save(picture: Picture, stem: str) -> None:
        with whole_file(out / f"{stem[:100]}.{kind}") as part:
            part.write_bytes(to_svg(picture).encode() if kind == "svg" else to_png(picture))

    with progress_bar("drawing", "PSMs") as progress, ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        waiting: deque[Future[None]] = deque()
        for one in chosen(source, ids, settings):
            if one.spectrum is None or one.peptide is None:
                problems.append(f"PSM {one.id}: {one.problem}")
                continue
            picture = still(explain(one.spectrum, one.peptide, settings))
            stem = re.sub(r"[^A-Za-z0-9.+-]+", "_", f"{one.id}_{one.spectrum.name}_{one.peptide.sequence}").strip("._")
            waiting.append(pool.submit(save, picture, stem))
            n += 1
            while len(waiting) > MOST_WAITING or (waiting and waiting[0].done()):
                waiting.popleft().result()
            progress(n, len(ids))
        for last in waiting:
            last.result()
    lines = [*problems[:10], f"{n:,} figures in {out}; {len(problems):,} PSMs could not be drawn."]
    say(lines, {"folder": str(out), "n_figures": n, "problems": problems}, as_json)
