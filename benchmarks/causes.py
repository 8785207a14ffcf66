"""How often a planted fault is named right, what is named in spectra as they are, and how long it takes.

    python -m benchmarks.causes

Everything at the default settings, for beam-type and ion-trap spectra alike, each with its own run known. Faults of
``benchmarks/planted_faults.py`` are planted in every built-in spectrum whose peptide is right. The rules were set on
the tuning half of four files; the held-out half of them, and three more files, were looked at for this table only.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import torch

from benchmarks.common import arguments, show, write
from benchmarks.planted_faults import FAULTS, Case, is_trap, planted, right_psms, right_psms_of, source_of
from peploss import LossSettings
from peploss.analysis.causes.diagnosis import Diagnosis, diagnose, diagnose_many
from peploss.analysis.causes.false_discovery import decoy_psms, false_discovery
from peploss.analysis.causes.find_run import run_of
from peploss.analysis.causes.run import Run
from peploss.analysis.tuning.psm_set import Psm, sample_psms
from peploss.spectra.samples import sample_files, sample_labels

RANGES = (0.5, 0.55, 0.6, 0.7, 0.8, 1.01)
LABELS = ("good", "poor", "decoy")


@cache
def run_of_group(group: str) -> Run | None:
    """What is known of a built-in file: all of its right PSMs are looked at."""
    return run_of(right_psms_of(group), LossSettings())


def diagnosed(cases: Sequence[Case]) -> list[Diagnosis]:
    """Diagnoses in the order of the cases, those of one run and equal settings in one batch."""
    out: dict[int, Diagnosis] = {}
    places: dict[tuple[str, LossSettings], list[int]] = {}
    for i, (psm, settings) in enumerate(cases):
        places.setdefault((psm.group, settings), []).append(i)
    for (group, settings), own in places.items():
        psms = [(cases[i][0].spectrum, cases[i][0].peptide) for i in own]
        out.update(zip(own, diagnose_many(psms, settings, run=run_of_group(group)), strict=True))
    return [out[i] for i in range(len(cases))]


def named_right(psms: Sequence[Psm], seed: int) -> tuple[list[dict[str, object]], list[tuple[bool, float]]]:
    """A row for each fault, and every held-out answer with its confidence."""
    rows: list[dict[str, object]] = []
    answers: list[tuple[bool, float]] = []
    for cause in FAULTS:
        cases = planted(cause, list(psms), seed)
        found = diagnosed(cases)
        for trap, source in itertools.product((False, True), ("tuning", "held out", "unseen files")):
            own = [
                d for (psm, _), d in zip(cases, found, strict=True) if (is_trap(psm), source_of(psm)) == (trap, source)
            ]
            if not own:
                continue
            named = Counter(d.cause for d in own)
            others = ", ".join(f"{k} {v}" for k, v in named.most_common() if k != cause)
            rows.append(
                {
                    "planted": cause, "instrument": "ion trap" if trap else "beam-type", "spectra": source,
                    "cases": len(own), "named right": round(named[cause] / len(own), 3), "named instead": others or "-",
                }
            )  # fmt: skip
            if source != "tuning":
                answers += [(d.cause == cause, d.confidence) for d in own]
    return rows, answers


def by_confidence(answers: Sequence[tuple[bool, float]]) -> list[dict[str, object]]:
    """Share of right answers, of those in each range of confidence."""
    rows: list[dict[str, object]] = []
    for low, high in itertools.pairwise(RANGES):
        own = [right for right, sure in answers if low <= sure < high]
        share = round(sum(own) / len(own), 3) if own else None
        rows.append({"confidence": f"{low:g} to {min(high, 1):g}", "cases": len(own), "named right": share})
    return rows


def as_they_are() -> list[dict[str, object]]:
    """What is named in every built-in file, by label."""
    rows: list[dict[str, object]] = []
    for sample in sample_files():
        if not sample.name.endswith(".mgf"):
            continue
        for label in LABELS if sample_labels(sample.name) else ("good",):
            psms = sample_psms([sample.name], labels=(label,))
            if psms:
                named = Counter(d.cause for d in diagnosed([(p, LossSettings()) for p in psms]))
                rows.append({"file": sample.name, "label": label, "spectra": len(psms), "named": _told(named)})
    return rows


def believed() -> list[dict[str, object]]:
    """Of the PSMs a cause is named for, how many would be wrong peptides all the same; all built-in files together."""
    named: list[list[Diagnosis]] = [[], []]
    for sample in sample_files():
        if not sample.name.endswith(".mgf"):
            continue
        psms = sample_psms([sample.name], labels=LABELS)
        if not psms:
            continue
        run = run_of_group(psms[0].group)
        pairs = [(p.spectrum, p.peptide) for p in psms]
        named[0] += diagnose_many(pairs, LossSettings(), run=run)
        named[1] += diagnose_many(decoy_psms(pairs, seed=1), LossSettings(), run=run)
    found = false_discovery(*([d.cause for d in side] for side in named))
    return [
        {
            "cause": f.cause, "PSMs": f.n, "decoys": f.n_decoys,
            "estimated wrong": None if f.false_discovery is None else round(f.false_discovery, 3),
        }
        for f in found
    ]  # fmt: skip


def milliseconds(psms: Sequence[Psm], repeats: int = 10) -> tuple[float, float]:
    """Per PSM, least of several runs: in batches, and one at a time."""
    pairs = [(p.spectrum, p.peptide) for p in psms]
    settings = LossSettings()
    batched, alone = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        list(diagnose_many(pairs, settings))
        batched.append(time.perf_counter() - start)
        start = time.perf_counter()
        for spectrum, peptide in pairs:
            diagnose(spectrum, peptide, settings)
        alone.append(time.perf_counter() - start)
    return min(batched) / len(pairs) * 1e3, min(alone) / len(pairs) * 1e3


def _told(named: Counter[str] | Iterable[str]) -> str:
    return ", ".join(f"{cause} {n}" for cause, n in Counter(named).most_common())


def main() -> None:
    parser = arguments(__doc__, "causes.csv")
    parser.add_argument("--seed", type=int, default=0, help="of the planting (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=10, help="of the timings (default: %(default)s)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    psms = right_psms()
    rows, answers = named_right(psms, options.seed)
    show(rows)
    print("\nAll causes, held-out half and unseen files:")
    show(by_confidence(answers))
    print("\nSpectra as they are:")
    as_is = as_they_are()
    show(as_is)
    print("\nOf PSMs and of their decoys:")
    show(believed())
    print()
    for name, trap in (("beam-type", False), ("ion trap", True)) if options.repeats else ():
        batched, alone = milliseconds([p for p in psms if is_trap(p) is trap][:128], options.repeats)
        print(f"{name}: {batched:.2f} ms a PSM in batches, {alone:.2f} ms alone (least of {options.repeats} runs)")
    write(rows, options.csv)
    write(as_is, options.csv.with_name(options.csv.stem + "_as_they_are.csv"))


if __name__ == "__main__":
    main()
