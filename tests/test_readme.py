"""Every Python block of the README runs as written and prints what stands under it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL)


def test_there_are_blocks() -> None:
    assert len(BLOCKS) == README.count("```python") == 2


@pytest.mark.parametrize(("code", "output"), BLOCKS)
def test_block_prints_what_stands_under_it(code: str, output: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout == output


def test_the_picture_and_the_links_are_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert ".github/explore.png" in links
    missing = [link for link in links if not link.startswith("http") and not (ROOT / link).exists()]
    assert not missing
