from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.browser

LADDER = ".pl-ladder-svg"


def test_a_long_peptide_wraps_into_rows_and_its_ends_are_named(url: str, open_page: Callable[..., Any]) -> None:
    peptide = "[Acetyl]-" + "VGEAAASGELRK" * 5 + "-[Amidated]"
    page = open_page(f"{url}/?peptide={quote(peptide)}")
    rows = page.eval_on_selector_all(
        f"{LADDER} .pl-residue:not(.pl-terminus)", "nodes => nodes.map((n) => n.getAttribute('y'))"
    )
    assert sorted(map(rows.count, set(rows))) == [30, 30]
    ends = page.eval_on_selector_all(f"{LADDER} .pl-terminus", "nodes => nodes.map((n) => n.firstChild.textContent)")
    assert ends == ["Acetyl–", "–Amidated"]
    inside = """figure => {
      const [, , width, height] = figure.getAttribute("viewBox").split(" ").map(Number);
      const box = figure.getBBox();
      return box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
    }"""
    assert page.eval_on_selector(LADDER, inside)
