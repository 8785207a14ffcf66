"""A filter of thousands of brackets is refused before DuckDB takes seconds and half a gigabyte to read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.query.results import Results
from peploss.dataset.query.where import DEEPEST
from peploss.errors import SettingsError


def nested(n: int) -> str:
    return "(" * n + "loss > 0.5" + ")" * n


@pytest.mark.parametrize("where", ["(" * 2000, nested(DEEPEST + 1), "lower(" * 400, "[" * 100, "{'a': " * 100])
def test_too_many_brackets_are_refused(where: str, sample_results: Path) -> None:
    with Results(sample_results) as results, pytest.raises(SettingsError, match=f"at most {DEEPEST} brackets"):
        results.count(where)


def test_brackets_side_by_side_are_not_nested(sample_results: Path) -> None:
    with Results(sample_results) as results:
        assert results.count(nested(DEEPEST)) == results.count("loss > 0.5")
        assert results.count(" OR ".join(["(loss > 0.5)"] * 100)) == results.count("loss > 0.5")
