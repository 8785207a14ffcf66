"""Numbers of many lines are those of ``float``, to the last bit, or none."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from peploss.spectra.readers.mgf_blocks import plain_peaks
from peploss.spectra.readers.number_lines import number_lines

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WRITTEN = st.one_of(NUMBERS.map(repr), NUMBERS.map("{:.5f}".format), NUMBERS.map("{:.25e}".format))


@given(st.lists(st.tuples(WRITTEN, WRITTEN), min_size=1, max_size=20))
def test_values_are_those_of_float(lines: list[tuple[str, str]]) -> None:
    found = number_lines("".join(f"{a} {b}\n" for a, b in lines).encode(), len(lines))
    assert found is not None
    assert [x.tolist() for x in found] == [[float(a) for a, _ in lines], [float(b) for _, b in lines]]


@given(st.text("0123456789.eE+- \n", max_size=40))
@example("1 2\n\n")
@example("1 2\n 3\n")
@example("1 \n2 3\n")
@example("1e400 1\n")
@example("1e-400 -0\n")
@example("1. .5\n")
def test_any_text_of_their_characters_is_refused_or_means_the_same(text: str) -> None:
    lines = text.count("\n")
    found = number_lines(text.encode(), lines)
    if found is not None:
        assert text.endswith("\n") or lines == 0 or found[0].size == lines
        rows = [line.split(" ") for line in text.splitlines()]
        assert [len(row) for row in rows] == [2] * lines
        assert [x.tolist() for x in found] == [[float(row[i]) for row in rows] for i in (0, 1)]


def test_what_is_not_plain_costs_only_itself() -> None:
    bodies = [b"100 1\n", b"100 1e\n", b"200 2\r\n300 3\r\n", b"100  1\n", b"1 2 3\n4\n", b"400\t4\n", b"", b"500 5"]
    found = plain_peaks(bodies)
    assert [None if x is None else x[0].tolist() for x in found] == [
        [100.0], None, [200.0, 300.0], None, None, [400.0], None, None
    ]  # fmt: skip
