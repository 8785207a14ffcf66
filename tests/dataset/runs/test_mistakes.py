"""What is wrong with an answer, case by case, and as a filter of a run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.training_run import large_run
from peploss import Vocabulary
from peploss.dataset.runs.mistakes import MISTAKES, mistakes
from peploss.dataset.runs.samples import Among, RunSamples

VOCABULARY = Vocabulary()


def tokens(text: str) -> list[int]:
    return [VOCABULARY.id("<PAD>" if letter == "-" else letter) for letter in text]


@pytest.mark.parametrize(
    ("right", "said", "want"),
    [
        ("PEPTIDEK", "PEPTIDEK", "right"),
        ("PEPTIDEK", "PEPT-DEK", "special token"),
        ("PEPTIDEK", "EPPTIDEK", "order"),
        ("PEPTIDEK", "PEPTLDEK", "same mass"),
        ("GASK", "AGSQ", "several residues"),  # K to Q is 0.036 Da, and the swap is two more
        ("PEPTIDEK", "PEPTIDEQ", "one residue"),
        ("PEPTIDEK", "PEPTWWEK", "several residues"),
        ("NK", "QK", "one residue"),
    ],
)
def test_each_kind(right: str, said: str, want: str) -> None:
    found = mistakes(pa.array([tokens(right)]), pa.array([tokens(said)]), VOCABULARY)
    assert found.to_pylist() == [want]


def test_no_answer_is_null_and_others_keep_their_place() -> None:
    right = pa.array([None, tokens("GA"), [], tokens("GA"), tokens("GA")], pa.list_(pa.int32()))
    said = pa.array([tokens("GA"), tokens("AG"), [], tokens("GAS"), tokens("GA")], pa.list_(pa.int32()))
    assert mistakes(right, said, VOCABULARY).to_pylist() == [None, "order", None, None, "right"]
    assert len(mistakes(right[:0], said[:0], VOCABULARY)) == 0


def test_samples_are_filtered_by_it(tmp_path: Path) -> None:
    large_run(tmp_path / "run", 400, 3)
    run = RunSamples(tmp_path / "run")
    rows = run.page(Among(), 0, 2000, limit=1000).to_pylist()
    counts = Counter(row["cause"] for row in rows)
    assert set(counts) <= set(MISTAKES)
    assert counts["several residues"] > 100
    for cause in MISTAKES:
        assert run.count(Among(cause=cause), 0, 2000) == counts[cause]
    only = run.page(Among(cause="right"), 0, 2000).to_pylist()
    assert all(row["right"] for row in only)
    assert run.curve("accuracy", Among(cause="right"), 0, 2000).mean[-1] == 1.0
    assert run.change(Among(cause="right"), 0, 2000).n == counts["right"]
