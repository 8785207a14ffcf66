"""``peploss score --parts``: sets as the parts of one, and results in parts that the workers write."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from peploss.cli.common import NOT_ALL, progress_bar, say

if TYPE_CHECKING:
    from peploss.dataset.scoring.plan import Plan


def check_sources(context: click.Context, sources: tuple[Path, ...], out: Path | None, parts: Path | None) -> None:
    """Hold what was given against what goes together.

    Raises:
        click.UsageError: it does not.
    """
    if (out is None) == (parts is None):
        raise click.UsageError("Give -o FILE for one file of results, or --parts FOLDER for results in parts.")
    if parts is None:
        if len(sources) > 1 or sources[0].is_dir():
            raise click.UsageError(
                "-o takes one set. Give --parts FOLDER to score several as parts of one, or join them before: "
                "peploss join SET... -o SET."
            )
        return
    given = [n for n in ("go_on", "worst") if context.get_parameter_source(n) is ParameterSource.COMMANDLINE]
    if "go_on" in given:
        raise click.UsageError("With --parts the same command goes on by itself: leave --go-on out.")
    causes = context.get_parameter_source("causes") is ParameterSource.COMMANDLINE and context.params["causes"]
    if given or causes == "worst":
        raise click.UsageError("The worst are known when all parts are there: with --parts causes are none or all.")


def score_in_parts(
    sources: tuple[Path, ...], folder: Path, plan: Plan, strict: bool, as_json: bool, **how: Any
) -> None:
    """Score and say what came of it.

    Args:
        how: engine, workers and device.
    """
    from peploss.dataset.scoring.parts.run import score_parts

    with progress_bar("scoring", "PSMs") as progress:
        report = score_parts(sources, folder, plan, progress=progress, **how)
    kept = f" ({report.n_kept:,} were there)" if report.n_kept else ""
    lines = [
        f"{report.n_scored:,} PSMs scored on {report.device} into {report.n_files:,} files{kept} in {folder}; "
        f"{report.n_problems:,} have no loss.",
        f"One file of them: peploss join {folder} -o RESULTS.",
    ]
    values = {"results": str(folder), **dataclasses.asdict(report)}
    say([*report.notes, *report.again, *report.damaged, *lines], values, as_json)
    if strict and (report.damaged or report.n_problems):
        sys.exit(NOT_ALL)
