"""Values of an address that nobody wrote on purpose."""

from __future__ import annotations

import pytest

from peploss.explorer.shell.address import whole_number


@pytest.mark.parametrize("text", [None, "", "-1", "1.5", "1e3", "x", "9" * 19, "9" * 5000, " 1", "²"])
def test_what_is_no_number_is_none(text: str | None) -> None:
    assert whole_number(text) is None


def test_a_number_is_read() -> None:
    assert whole_number("0") == 0
    assert whole_number("9" * 18) == 10**18 - 1
