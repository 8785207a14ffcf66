"""How often a planted fault is named right, and how long it takes.

    python -m benchmarks.causes

Every fault of ``benchmarks/planted_faults.py`` in every built-in spectrum whose peptide is right, at settings that fit
the instrument. The rules were set on the tuning half; the held-out half was looked at for this table only.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Sequence

import torch

from benchmarks.common import arguments, show, write
from benchmarks.planted_faults import FAULTS, TRAP, Case, held_out, planted, right_psms
from peploss import LossSettings
from peploss.analysis.causes.diagnosis import Diagnosis, diagnose, diagnose_many
from peploss.analysis.tuning.psm_set import Psm, sample_psms

RANGES = (0.5, 0.55, 0.6, 0.7, 0.8, 1.01)


def diagnosed(cases: Sequence[Case]) -> list[Diagnosis]:
    """Diagnoses in the order of the cases, those of equal settings in one batch."""
    out: dict[int, Diagnosis] = {}
    places: dict[LossSettings, list[int]] = {}
    for i, (_, settings) in enumerate(cases):
        places.setdefault(settings, []).append(i)
    for settings, own in places.items():
        psms = [(cases[i][0].spectrum, cases[i][0].peptide) for i in own]
        out.update(zip(own, diagnose_many(psms, settings), strict=True))
    return [out[i] for i in range(len(cases))]


def judged(
    cause: str, psms: Sequence[Psm], seed: int = 0, settings: LossSettings | None = None
) -> list[tuple[str, float]]:
    """What was named in each case, and its confidence; settings as for ``planted``."""
    return [(d.cause, d.confidence) for d in diagnosed(planted(cause, list(psms), seed, settings))]


def by_confidence(answers: Sequence[tuple[bool, float]]) -> list[dict[str, object]]:
    """Share of right answers, of those in each range of confidence."""
    rows: list[dict[str, object]] = []
    for low, high in itertools.pairwise(RANGES):
        own = [right for right, sure in answers if low <= sure < high]
        share = round(sum(own) / len(own), 3) if own else None
        rows.append({"confidence": f"{low:g} to {min(high, 1):g}", "cases": len(own), "named right": share})
    return rows


def search_engine_decoys() -> list[dict[str, object]]:
    """What is named of the decoys that Comet chose for E. coli spectra, which are harder than shuffled ones."""
    decoys = sample_psms(["cid_iontrap_openms_ecoli.mgf"], labels=("decoy",))
    pairs = [(p.spectrum, p.peptide) for p in decoys]
    rows: list[dict[str, object]] = []
    for settings in (LossSettings(), TRAP):
        named = Counter(d.cause for d in diagnose_many(pairs, settings))
        told = ", ".join(f"{cause} {n}" for cause, n in named.most_common())
        rows.append({"sigma": settings.sigma, "decoys": len(pairs), "named": told})
    return rows


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


def main() -> None:
    parser = arguments(__doc__, "causes.csv")
    parser.add_argument("--seed", type=int, default=0, help="of the planting (default: %(default)s)")
    parser.add_argument(
        "--default-settings", action="store_true", help="the default settings for all, which no ion trap fits"
    )
    options = parser.parse_args()
    settings = LossSettings() if options.default_settings else None
    torch.set_num_threads(options.threads)
    psms = right_psms()
    halves = {"tuning": [p for p in psms if not held_out(p)], "held out": [p for p in psms if held_out(p)]}
    rows: list[dict[str, object]] = []
    answers: list[tuple[bool, float]] = []
    for cause in FAULTS:
        row: dict[str, object] = {"planted": cause}
        for half, own in halves.items():
            found = judged(cause, own, options.seed, settings)
            named = Counter(name for name, _ in found)
            others = ", ".join(f"{k} {v}" for k, v in named.most_common() if k != cause)
            row |= {f"{half}: cases": len(found), f"{half}: named right": round(named[cause] / len(found), 3)}
            row[f"{half}: named instead"] = others or "-"
        rows.append(row)
        answers += [(name == cause, sure) for name, sure in found]  # of the last half, the held-out one
    show([{k: v for k, v in r.items() if k != "tuning: named instead"} for r in rows])
    print("\nAll causes, held-out half:")
    show(by_confidence(answers))
    print("\nDecoys that a search engine chose:")
    show(search_engine_decoys())
    print()
    for name, trap in (("beam-type", False), ("ion trap", True)):
        batched, alone = milliseconds([p for p in psms if ("trap" in p.group) is trap][:128])
        print(f"{name}: {batched:.2f} ms a PSM in batches, {alone:.2f} ms alone (least of 10 runs)")
    write(rows, options.csv)


if __name__ == "__main__":
    main()
