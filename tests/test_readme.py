"""Every code block of the README runs as written and prints what stands under it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.snippets import ROOT, blocks, run_page

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_blocks_print_what_stands_under_them(tmp_path: Path) -> None:
    told = run_page(README, tmp_path)
    assert len(told) >= 3
    for block, printed in told:
        if block.printed is not None:
            assert printed == block.printed, block.code


def test_there_are_blocks_of_each_kind() -> None:
    languages = [block.language for block in blocks(README)]
    assert languages.count("python") == README.count("```python") == 2
    assert "sh" in languages


def test_the_pictures_and_the_links_are_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert "docs/pages/pictures/explore.png" in links
    missing = [link for link in links if not link.startswith("http") and not (ROOT / link).exists()]
    assert not missing
