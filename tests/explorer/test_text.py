from __future__ import annotations

from peploss.errors import PeptideError
from peploss.explorer.text import escape_markdown, pointed


def test_markdown_from_a_file_stays_text() -> None:
    assert escape_markdown("[x](http://e.vil) **b** $a$ :smile:") == (
        r"\[x\]\(http\:\/\/e\.vil\) \*\*b\*\* \$a\$ \:smile\:"
    )
    assert "\n" not in escape_markdown("a\n# heading")


def test_the_caret_stands_under_the_place() -> None:
    lines = pointed(PeptideError("Bad.", text="PEPM[Oxidatoin]K", position=5)).split("\n")
    assert lines[-3][lines[-2].index("^")] == "O"


def test_the_caret_of_a_long_text_still_stands_under_the_place() -> None:
    text = "A" * 500 + "!" + "C" * 100
    lines = pointed(PeptideError("Bad.", text=text, position=500)).split("\n")
    assert lines[-3][lines[-2].index("^")] == "!"
    assert len(lines[-3]) < 120


def test_backticks_cannot_leave_the_box() -> None:
    lines = pointed(PeptideError("Bad.", text="A````B", position=1)).split("\n")
    assert lines[1] == lines[-1]
    assert set(lines[1]) == {"`"}
    assert len(lines[1]) > 4
