from __future__ import annotations

import pytest

from peploss.errors import PeplossError, PeptideError, SettingsError, SourceError, SpectrumError
from peploss.explorer.shell.text import escape_markdown, pointed, sentence


def test_markdown_from_a_file_stays_text() -> None:
    assert escape_markdown("[x](http://e.vil) **b** $a$ :smile:") == (
        "\\[x\\]\\(http\\:\u2060" r"\/\/e\.vil\) \*\*b\*\* \$a\$ \:smile\:"
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


@pytest.mark.parametrize(
    ("error", "start"),
    [
        (SourceError("The file is empty.", where="empty.mzML"), "empty"),
        (SpectrumError("It has no peaks.", where="my run, spectrum 2"), "my run"),
        (SpectrumError("It has no peaks.", where="pasted list"), "Pasted list"),
        (SettingsError("sigma_unit must be Da or ppm."), "sigma"),
        (PeptideError("no residue.", position=2), "At character 3"),
        (PeplossError("no."), "No"),
    ],
)
def test_a_sentence_starts_with_a_capital_but_names_stay_as_they_are(error: PeplossError, start: str) -> None:
    assert sentence(error).startswith(start)
