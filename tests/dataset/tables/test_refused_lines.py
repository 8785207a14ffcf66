"""A table most of whose lines are no PSMs is given up where these are too many; one with more PSMs is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss import limits
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.columns.plain import read_plain
from peploss.errors import LimitError

OPEN = '1,"AK\n'


def table(path: Path, *rows: str) -> Path:
    path.write_text("scan,peptide\n" + "".join(rows))
    return path


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.REFUSED.variable, "5")


@pytest.mark.parametrize("by_rows", [False, True])
def test_too_many_that_are_none(tmp_path: Path, by_rows: bool) -> None:
    path = table(tmp_path / "x.csv", OPEN * 40)
    told = r"x\.csv: Of the first \d+ lines \d+ are no PSMs\. Line 2: A quote is opened .*PEPLOSS_MAX_REFUSED"
    with pytest.raises(LimitError, match=told):
        read_plain(path, {}, by_rows=by_rows)


def test_few_that_are_none_or_fewer_than_the_psms(tmp_path: Path) -> None:
    five = read_psms(table(tmp_path / "five.csv", OPEN * 5, "2,AK\n"))
    assert (len(five.psms), len(five.refused)) == (1, 5)
    more = read_psms(table(tmp_path / "more.csv", *(["2,AK\n", OPEN] * 21), "3,AK\n"))
    assert (len(more.psms), len(more.refused)) == (22, 21)
