"""Does the spectrum loss help a model to learn? A small transformer, many ways to use the loss, three seeds each.

    python -m benchmarks.training_study                 # resumes: rows that are in the CSV are not computed again
    python -m benchmarks.training_study --summary       # the table that the documentation quotes

The model is an encoder over peaks and a decoder of two layers, teacher-forced. Validation is on spectra that training
has not seen; a peptide counts as right if all its tokens are. ``scratch`` starts from random weights, ``tuned`` from a
model that cross-entropy alone has trained for ``PRETRAINED`` steps, and ``built-in`` fine-tunes that model on the
labelled built-in spectra, a quarter of which is held out. Everything that differs between two rows of one seed and
start is the loss: data, order and first weights are the same.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.common import arguments, environment, show
from benchmarks.learning.model import Model
from benchmarks.learning.spectra import Data, built_in, epochs, stream, synthetic, take
from benchmarks.learning.variants import VARIANTS, Variant, added, cross_entropy, total

STEPS, TUNED, BUILT_IN, PRETRAINED, HELD_OUT = 300, 100, 60, 450, 512
SEEDS = (0, 1, 2)
FROM_SCRATCH = (
    "cross-entropy", "spectrum 0.15", "spectrum 0.01", "sigma 0.5", "sigma annealed 5 to 0.05", "multi-sigma",
    "min-distance", "straight-through", "gradient near the cut", "others right, sigma 0.5, weight 1", "known heights",
    "balanced 0.1",
)  # fmt: skip
ON_BUILT_IN = (
    "cross-entropy", "spectrum 0.15", "spectrum 0.01", "sigma 0.5", "multi-sigma", "straight-through",
    "others right, sigma 0.5", "others right, sigma 0.5, weight 1",
)  # fmt: skip
STARTS = {"tuned": tuple(VARIANTS), "scratch": FROM_SCRATCH, "built-in": ON_BUILT_IN}
"""Which variants are tried from where; all of them where a run is short."""


@torch.no_grad()
def validated(model: Model, data: Data) -> dict[str, float]:
    """Cross-entropy, accuracies and the spectrum loss at sigma 0.05 and 0.5 on held-out spectra."""
    logits = model(data)
    hits = (logits.argmax(-1) == data.targets) | ~data.mask
    out = {
        "ce": float(cross_entropy(logits, data).mean()),
        "tokens_right": float((hits & data.mask).sum() / data.mask.sum()),
        "peptides_right": float(hits.all(1).float().mean()),
    }
    for sigma in (0.05, 0.5):
        out[f"spectrum_{sigma:g}"] = float(added(logits, data, Variant(sigma=(sigma, sigma)), 1.0).mean())
    return out


def train(model: Model, batches: Iterator[Data], steps: int, rate: float, how: Variant) -> dict[str, float]:
    """Train in place; returns medians over the steps of what the gradients do."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    ratios: list[float] = []
    cosines: list[float] = []
    for step in range(steps):
        warm = min(1.0, (step + 1) / 50)
        for group in optimizer.param_groups:
            group["lr"] = rate * warm * (1 - 0.9 * step / steps)
        data = next(batches)
        loss, of_ce, of_added = total(model(data), data, how, step / max(steps - 1, 1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        norm = float(of_added.norm())
        if norm > 0:
            ratios.append(norm / float(of_ce.norm()))
            cosines.append(float((of_added * of_ce).sum()) / (norm * float(of_ce.norm())))
    return {
        "gradient_ratio": float(np.median(ratios)) if ratios else np.nan,
        "gradient_cosine": float(np.median(cosines)) if cosines else np.nan,
    }


class Study:
    """Runs what is missing, a row at a time."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.end = path, time.monotonic() + seconds
        self.rows: list[dict[str, str]] = []
        if path.exists():
            with path.open(newline="") as file:
                self.rows = list(csv.DictReader(file))
        self.done = {(r["start"], r["variant"], r["seed"]) for r in self.rows}
        self._pretrained: dict[int, dict[str, Tensor]] = {}
        self._held_out = synthetic(HELD_OUT, torch.Generator().manual_seed(99))
        self._built_in: Data | None = None

    def run(self, start: str, name: str, seed: int) -> None:
        """One row, unless it is there."""
        if (start, name, str(seed)) in self.done or time.monotonic() > self.end:
            return
        how, began = VARIANTS[name], time.monotonic()
        torch.manual_seed(seed)
        model = Model()
        held_out = self._held_out
        if start == "scratch":
            told = train(model, stream(seed), STEPS, 1e-3, how)
        else:
            model.load_state_dict(self._weights(seed))
            batches, steps, rate = stream(seed + 50), TUNED, 3e-4
            if start == "built-in":
                if self._built_in is None:
                    self._built_in = built_in()
                order = torch.randperm(len(self._built_in.mass), generator=torch.Generator().manual_seed(seed))
                quarter = len(order) // 4
                steps = BUILT_IN
                held_out = take(self._built_in, order[:quarter])
                batches = epochs(take(self._built_in, order[quarter:]), seed)
            told = train(model, batches, steps, rate, how)
        row = {"start": start, "variant": name, "seed": seed, **validated(model, held_out), **told}
        self._write(row | {"n_held_out": len(held_out.mass), "seconds": time.monotonic() - began})
        print(f"{start} {name} {seed}: ce {row['ce']:.3f}, peptides {row['peptides_right']:.3f}", flush=True)

    def _weights(self, seed: int) -> dict[str, Tensor]:
        if seed not in self._pretrained:
            torch.manual_seed(seed)
            model = Model()
            train(model, stream(seed + 100), PRETRAINED, 1e-3, VARIANTS["cross-entropy"])
            self._pretrained[seed] = {name: value.clone() for name, value in model.state_dict().items()}
        return self._pretrained[seed]

    def _write(self, row: dict[str, object]) -> None:
        whole = row | environment()
        fresh = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(whole), lineterminator="\n")
            if fresh:
                writer.writeheader()
            writer.writerow(whole)
        self.rows.append({name: str(value) for name, value in whole.items()})


def summary(rows: list[dict[str, str]]) -> list[dict[str, object]]:
    """Mean over the seeds of each variant, and how far it lies from cross-entropy alone, seed by seed."""
    table: list[dict[str, object]] = []
    base = {(r["start"], r["seed"]): r for r in rows if r["variant"] == "cross-entropy"}
    for start in dict.fromkeys(r["start"] for r in rows):
        for name in VARIANTS:
            here = [r for r in rows if r["start"] == start and r["variant"] == name]
            paired = [(r, base[start, r["seed"]]) for r in here if (start, r["seed"]) in base]
            if not paired:
                continue

            def mean(of: Callable[[dict[str, str]], float], among: list[dict[str, str]] = here) -> float:
                return float(np.mean([of(r) for r in among]))

            change = [float(r["ce"]) - float(b["ce"]) for r, b in paired]
            table.append(
                {
                    "start": start,
                    "variant": name,
                    "seeds": len(here),
                    "ce": mean(lambda r: float(r["ce"])),
                    "against_ce_alone": float(np.mean(change)),
                    "least": min(change),
                    "most": max(change),
                    "tokens_right": mean(lambda r: float(r["tokens_right"])),
                    "peptides_right": mean(lambda r: float(r["peptides_right"])),
                    "spectrum_0.5": mean(lambda r: float(r["spectrum_0.5"])),
                    "gradient_ratio": mean(lambda r: float(r["gradient_ratio"])),
                    "gradient_cosine": mean(lambda r: float(r["gradient_cosine"])),
                }
            )
    return table


def main() -> None:
    parser = arguments(__doc__, "training_study.csv")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long; the next call goes on")
    parser.add_argument("--summary", action="store_true", help="print what is there and compute nothing")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    study = Study(options.csv, options.seconds)
    if not options.summary:
        for seed in SEEDS:  # all variants of a seed before the next, so that a study cut short compares like with like
            for start, names in STARTS.items():
                for name in names:
                    study.run(start, name, seed)
    show(summary(study.rows))


if __name__ == "__main__":
    main()
