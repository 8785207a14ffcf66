"""``peploss fragments`` writes the fragments or the spectra of a set for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from peploss.cli.common import EXISTING, say, settings_options, told
from peploss.settings import LossSettings

LIBRARY = (".mzlib.txt", ".mzspeclib.txt", ".mzspeclib", ".mgf")


@click.command()
@click.argument("source", type=EXISTING, metavar="SET")
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
    help="NAME.parquet or NAME.csv: a row for each fragment. NAME.mzspeclib.txt: the observed spectra as a library, "
    "their peaks labelled. NAME.mgf: the predicted spectra.",
)  # fmt: skip
@click.option(
    "--where", default="", help='Condition in SQL, for example "charge = 2". Columns of SET, or of --results.'
)
@click.option("--results", type=EXISTING, help="Results of SET, whose columns --where then asks for (loss > 0.9).")
@click.option("--limit", type=click.IntRange(min=1), help="The first so many.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@settings_options
@told
def fragments(
    source: Path,
    out: Path,
    where: str,
    results: Path | None,
    limit: int | None,
    as_json: bool,
    settings: LossSettings,
) -> None:
    """Write the fragments of the PSMs of SET as a table or a library, with mzPAF labels."""
    from peploss.dataset.export.chosen import chosen_ids
    from peploss.dataset.export.fragment_table import write_fragments
    from peploss.dataset.export.libraries import write_library

    if not out.name.endswith((".parquet", ".csv", *LIBRARY)):
        raise click.UsageError(f"-o must end with .parquet, .csv, {', '.join(LIBRARY)}; {out.name} does not.")
    ids = chosen_ids(source, where, results=results, limit=limit)
    write = write_library if out.name.endswith(LIBRARY) else write_fragments
    n, problems = write(source, ids, out, settings)
    lines = [*problems[:10], f"{n:,} PSMs into {out}; {len(problems):,} could not be used."]
    say(lines, {"out": str(out), "n_psms": n, "problems": problems}, as_json)
