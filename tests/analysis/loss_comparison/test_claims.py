"""The claims: one table for the page and the README."""

from __future__ import annotations

from pathlib import Path

from peploss.analysis.loss_comparison.claims import ABOUT, CLAIMS, as_markdown

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_holds_the_same_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert as_markdown() in text
    assert ABOUT in text


def test_every_row_names_a_command_that_is_there() -> None:
    for claim in CLAIMS:
        module = claim.command.removeprefix("python -m ").split()[0]
        if claim.command.startswith("python -m "):
            assert (README.parent / (module.replace(".", "/") + ".py")).exists(), claim.command
        else:
            assert claim.command.startswith("peploss "), claim.command
