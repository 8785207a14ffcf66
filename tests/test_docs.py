"""Every code block of the documentation runs, and what its pages name is there."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

from tests.snippets import ROOT, blocks, run_page

PAGES = sorted((ROOT / "docs" / "pages").glob("*.md"))
RUN = [page for page in PAGES if {block.language for block in blocks(page.read_text())} & {"python", "sh"}]


@pytest.mark.parametrize("page", RUN, ids=lambda p: p.stem)
def test_blocks_print_what_stands_under_them(page: Path, tmp_path: Path) -> None:
    for block, printed in run_page(page.read_text(encoding="utf-8"), tmp_path):
        if block.printed is not None:
            assert printed == block.printed, block.code


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_pictures_and_pages_that_are_linked_are_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not link.startswith("http") and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_paths_that_are_named_are_there(page: Path) -> None:
    """``peploss/...`` and ``tests/...`` in code type are files or folders of the repository."""
    named = re.findall(r"`((?:peploss|tests|benchmarks|docs)/[\w/.]*)`", page.read_text(encoding="utf-8"))
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


def test_the_reference_names_what_there_is() -> None:
    named = re.findall(r"^::: ([\w.]+)", (ROOT / "docs/pages/api.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(named) > 20
    for name in named:
        module, _, own = name.rpartition(".")
        assert hasattr(importlib.import_module(module), own), name


def test_the_reference_leaves_out_no_public_name() -> None:
    import peploss

    text = (ROOT / "docs/pages/api.md").read_text(encoding="utf-8")
    named = {name.rpartition(".")[2] for name in re.findall(r"^::: ([\w.]+)", text, re.MULTILINE)}
    public = {
        name for name in peploss.__all__ if not name.startswith("_") and not inspect.ismodule(getattr(peploss, name))
    }
    assert public - named == set()


def test_every_option_of_the_commands_is_named() -> None:
    from peploss.cli import main

    text = (ROOT / "docs/pages/command_line.md").read_text(encoding="utf-8")
    named = set(re.findall(r"--[a-z][a-z0-9-]+", text))
    for command in main.commands.values():
        for parameter in command.params:
            options = [name for name in parameter.opts if name.startswith("--")]
            assert set(options) & named or not options, f"{command.name} {options}"


def test_every_number_above_the_plot_is_explained() -> None:
    """The labels of Explore's head stand in bold type on the page that says what numbers mean."""
    from peploss.analysis.one_psm.explanation import explain
    from peploss.explorer.explore.summary import numbers
    from peploss.peptides.peptide import Peptide
    from peploss.settings import LossSettings
    from peploss.spectra.readers import open_spectra

    with open_spectra(ROOT / "sample_spectra/hcd_qe_openms_qc.mgf") as spectra:
        spectrum = spectra.read(0)
    groups = numbers(explain(spectrum, Peptide.parse(spectrum.peptide or ""), LossSettings()))
    labels = {item["label"].partition(":")[0] for group in groups for item in group["items"]}
    text = (ROOT / "docs/pages/numbers.md").read_text(encoding="utf-8")
    explained = {
        name.strip() for bold in re.findall(r"^\| \*\*(.+?)\*\* \|", text, re.MULTILINE) for name in bold.split(",")
    }
    assert labels - explained == set()
    assert len(labels) > 8
