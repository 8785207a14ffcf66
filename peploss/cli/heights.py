"""``peploss heights`` says which source of fragment heights fits a set."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from peploss.cli.common import EXISTING, say, settings_options, told
from peploss.settings import LossSettings


@click.command()
@click.argument("source", type=EXISTING, metavar="SET")
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="PSMs that are looked at.")
@click.option("--from", "others", multiple=True, metavar="SOURCE", help="Also this one, for example file:PATH.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@settings_options
@told
def heights(source: Path, limit: int, others: tuple[str, ...], as_json: bool, settings: LossSettings) -> None:
    """Compare the sources of fragment heights on SET: uniform, the models that are here, and --intensities."""
    import numpy as np

    from peploss.analysis.tuning.height_sources import fit_of_sources, wrong_source
    from peploss.analysis.tuning.psm_set import Psm
    from peploss.dataset.export.chosen import chosen, chosen_ids
    from peploss.intensities.source import names

    every = chosen_ids(source)
    ids = [every[i] for i in np.unique(np.linspace(0, len(every) - 1, min(limit, len(every))).astype(int)).tolist()]
    read = list(chosen(source, ids, LossSettings()))
    psms = [Psm(one.spectrum, one.peptide) for one in read if one.spectrum is not None and one.peptide is not None]
    asked = dict.fromkeys([*names(), *others, settings.intensities])
    fits = fit_of_sources(psms, settings, list(asked))
    lines = [f"{len(psms):,} PSMs of {source.name}. Median loss:"]
    for fit in sorted(fits, key=lambda fit: (not fit.n, fit.median)):
        lacks = "" if not fit.why_not else f"; {len(psms) - fit.n} without: {fit.why_not}"
        lines.append(
            f"  {fit.source}: {fit.median:.3f} ({fit.n:,} PSMs{lacks})" if fit.n else f"  {fit.source}: {lacks}"
        )
    wrong = wrong_source(fits, settings.intensities)
    lines.append(wrong or f"No source fits clearly better than {settings.intensities}.")
    values = {
        "sources": [{"source": f.source, "n": f.n, "median": f.median, "why_not": f.why_not} for f in fits],
        "wrong": wrong,
        "settings": dataclasses.asdict(settings),
    }
    if as_json:
        say([], values, True)
    else:
        for line in lines:
            click.echo(line)
