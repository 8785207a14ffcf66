"""Inputs by chance at every boundary, by a seed that changes each day; and faults that the fuzzer must find."""

from __future__ import annotations

import datetime
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.fuzz import boundaries, child
from benchmarks.fuzz.boundaries import BOUNDARIES, SHARES
from benchmarks.fuzz.child import tried
from benchmarks.fuzz.run import fuzzed, in_turn
from peploss.errors import SourceError

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is counted on Linux")
INPUTS = int(os.environ.get("PEPLOSS_FUZZ_INPUTS", "20000" if os.environ.get("CI") else "2000"))
SECONDS = float(os.environ.get("PEPLOSS_FUZZ_SECONDS", "60"))
"""After so many no more inputs are made: a slow machine tries fewer of them, and each day others."""
SEED = int(os.environ.get("PEPLOSS_FUZZ_SEED", datetime.date.today().toordinal()))
NEVER_REFUSED = {"link", "job"}


def test_inputs_by_chance_give_results_or_errors_of_this_package() -> None:
    found: list[str] = []
    counts: dict[str, Counter[str]] = {name: Counter() for name in BOUNDARIES}
    for answer in fuzzed(list(BOUNDARIES), INPUTS, SEED, 1, SECONDS):
        counts[answer["boundary"]][answer["outcome"]] += 1
        if answer["outcome"] == "finding":
            found.append(f'--only {answer["boundary"]} --again "{answer["seed"]}": {answer["told"]}')
    assert not found, "python -m benchmarks.fuzz " + "\n".join(found)
    # Inputs are near enough to valid ones to be read at all, and far enough from them to be refused.
    assert all(c["result"] for c in counts.values()), counts
    assert all(c["typed"] for name, c in counts.items() if name not in NEVER_REFUSED), counts


def test_any_part_of_a_round_has_some_of_all() -> None:
    assert SHARES.keys() == BOUNDARIES.keys()
    turn = in_turn(list(BOUNDARIES))
    assert Counter(turn) == SHARES
    half = Counter(turn[: len(turn) // 2])
    assert all(abs(half[name] - share / 2) <= 1 for name, share in SHARES.items())


def untyped() -> None:
    raise KeyError("no such column")


def typed() -> None:
    raise SourceError("No such column.")


def without_end() -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        pass


def without_bound() -> None:
    assert len(b"x" * 600_000_000)


@pytest.mark.parametrize(
    ("attempt", "outcome", "told"),
    [
        (untyped, "finding", "KeyError at "),
        (without_end, "finding", "TooLongError at "),
        (without_bound, "finding", " MB"),
        (typed, "typed", "SourceError"),
        (lambda: 1, "result", ""),
    ],
)
def test_faults_are_found(attempt, outcome: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import signal

    monkeypatch.setattr(child, "SECONDS", 1 if attempt is without_end else 30)
    monkeypatch.setitem(boundaries.BOUNDARIES, "planted", lambda dice, folder: attempt)
    before = signal.signal(signal.SIGPROF, child._too_long)
    monkeypatch.setenv(child.KEEP, str(tmp_path / "kept"))
    (tmp_path / "input.mgf").write_text("x")
    try:
        answer = tried("planted", "1 1", tmp_path)
    finally:
        signal.signal(signal.SIGPROF, before)
    assert answer["outcome"] == outcome
    assert told in answer["told"]
    assert (tmp_path / "kept" / "planted-1-1.mgf").exists() == (outcome == "finding")


@pytest.mark.parametrize("name", ["peptide", "notation", "pasted", "toml"])
def test_a_seed_is_one_input(name: str, tmp_path: Path) -> None:
    def inputs(seed: str) -> list[object]:
        attempt = BOUNDARIES[name](random.Random(seed), tmp_path)
        return [cell.cell_contents for cell in attempt.__closure__ or ()]

    assert inputs("1 5") == inputs("1 5")
    assert inputs("1 5") != inputs("1 6")
