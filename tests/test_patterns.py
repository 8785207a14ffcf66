"""No regular expression of the package is slow on any text: each is run on texts made to slow it down."""

from __future__ import annotations

import re
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.patterns import Found, attacks, patterns

LENGTH = 12_000
SECONDS = 0.12
"""A quadratic pattern needs 72 million steps, and longer. What takes longer is looked at once more, at a quarter of the
length: a machine that is busy is slow on that too."""


class TooSlow(Exception):
    """Raised in the middle of a match: ``re`` looks at signals."""


@pytest.fixture
def cut_short() -> Iterator[Callable[[Callable[[], object]], float]]:
    """``cut_short(call)``: processor seconds of a call, which is ended after four times what is allowed."""

    def slow(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, slow)

    def measured(call: Callable[[], object]) -> float:
        start = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, 4 * SECONDS)
        try:
            call()
        except TooSlow:
            return 4 * SECONDS
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return time.process_time() - start

    yield measured
    signal.signal(signal.SIGVTALRM, before)


def slowest(found: Found, measured: Callable[[Callable[[], object]], float]) -> tuple[float, str]:
    compiled = re.compile(found.pattern, found.flags)

    def every(text: Any) -> None:
        deque(compiled.finditer(text), maxlen=0)

    worst = 0.0, ""
    for call in sorted({"match", "fullmatch"} & found.calls) + ["finditer"] * bool(
        found.calls - {"match", "fullmatch"}
    ):
        for before, body, after in attacks(found.pattern, found.flags):
            method = every if call == "finditer" else getattr(compiled, call)

            def took(length: int, text: tuple[str, str, str] = (before, body, after), method: Any = method) -> float:
                whole: Any = text[0] + text[1] * (length // len(text[1])) + text[2]
                whole = whole.encode("latin-1", "replace") if isinstance(found.pattern, bytes) else whole
                return measured(partial(method, whole))

            seconds = took(LENGTH)
            if seconds > SECONDS and seconds / 8 < took(LENGTH // 4) < SECONDS:
                seconds = SECONDS
            worst = max(worst, (seconds, f"{call} on {before!r} + {body!r} * n + {after!r}"))
            if seconds > SECONDS:
                return worst
    return worst


def test_the_test_sees_bad_patterns(cut_short: Callable[[Callable[[], object]], float]) -> None:
    for pattern, call in (
        (r"(?:\d+)+x", "match"),
        (r"\d+\d*x", "match"),
        (r"\s+x", "search"),
        (r"(a|a)*b", "fullmatch"),
    ):
        assert slowest(Found("", pattern, 0, frozenset((call,))), cut_short)[0] > SECONDS, pattern
    for pattern, call in ((r"\d++x", "match"), (r"(?<!\s)\s++x", "search"), (r"a*b", "fullmatch")):
        assert slowest(Found("", pattern, 0, frozenset((call,))), cut_short)[0] < SECONDS, pattern


EVERY = patterns()


def test_they_are_found() -> None:
    assert len(EVERY) > 150
    assert any(p.where.startswith("peploss/peptides/notations/lists.py") for p in EVERY)
    assert any(isinstance(p.pattern, bytes) and b"<spectrum" in p.pattern for p in EVERY)


@pytest.mark.parametrize("found", EVERY, ids=lambda f: f"{f.where} {f.pattern!r}"[:80])
def test_no_text_makes_it_slow(found: Found, cut_short: Callable[[Callable[[], object]], float]) -> None:
    seconds, how = slowest(found, cut_short)
    assert seconds <= SECONDS, how
