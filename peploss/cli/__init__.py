"""The ``peploss`` command; each of its subcommands is one file."""

from __future__ import annotations

import os
import sys

import click

from peploss.cli.explain import explain
from peploss.cli.figure import figure
from peploss.cli.fragments import fragments
from peploss.cli.heights import heights
from peploss.cli.index import index
from peploss.cli.join import join
from peploss.cli.losses import losses
from peploss.cli.score import score
from peploss.cli.serve import serve
from peploss.cli.tune import tune
from peploss.cli.variance import variance
from peploss.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="peploss")
def main() -> None:
    """Why a peptide's spectrum loss is what it is: for one PSM, or a million.

    Exit codes: 0 done; 1 failed, the message says why; 2 the command line is wrong; 3 done, but --strict was given and
    some of the input could not be used; 130 stopped by Ctrl-C, what was read is kept.
    """


for command in (index, score, join, explain, figure, fragments, heights, serve, tune, losses, variance):
    main.add_command(command)


def entry() -> None:
    """The ``peploss`` program."""
    try:
        main(prog_name="peploss")
    except BrokenPipeError:  # the reader of the pipe has closed it, as in `peploss explain ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
