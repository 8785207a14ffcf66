"""How long a descent takes and what it finds: ``python -m benchmarks.descent [--steps 300] [--spectra 50]``.

Every start has 60 % on the right residue, and a fifth of its positions begin as another one; Adam with a rate of 0.1.
Times are of one descent after a short one that compiles; ``cpu_s`` is of all threads. ``right_start`` and ``right_end``
are shares of the residues whose most probable token is right, over the spectra.
"""

from __future__ import annotations

import time

import torch

from benchmarks.common import arguments, show, write
from peploss.training.descent.run import CROSS_ENTROPY, SPECTRUM, Descent, descend
from peploss.training.descent.starts import synthetic_starts

CORRECT, SWAPPED = 0.6, 0.2
LOSSES: dict[str, tuple[dict[str, float], tuple[float, float]]] = {
    "cross-entropy": ({CROSS_ENTROPY: 1.0}, (0.05, 0.05)),
    "spectrum": ({SPECTRUM: 1.0}, (0.05, 0.05)),
    "spectrum, sigma 5 to 0.05": ({SPECTRUM: 1.0}, (5.0, 0.05)),
    "cross-entropy and spectrum": ({CROSS_ENTROPY: 1.0, SPECTRUM: 1.0}, (0.05, 0.05)),
    "min-distance": ({"min_distance_loss": 1.0}, (0.05, 0.05)),
}
"""What is descended, with its weights, and sigma in Th at the start and at the end."""


def measure(name: str, n: int, steps: int) -> dict[str, object]:
    """One loss on ``n`` synthetic spectra."""
    weights, sigma = LOSSES[name]
    start = synthetic_starts(n, correct=CORRECT, swapped=SWAPPED)
    given = (start.probs, start.targets, start.mask, start.observed)
    descend(*given, Descent(weights=weights, steps=3, sigma=sigma), vocabulary=start.vocabulary)
    wall, cpu = time.perf_counter(), time.process_time()
    found = descend(*given, Descent(weights=weights, steps=steps, sigma=sigma), vocabulary=start.vocabulary)
    return {
        "loss": name,
        "spectra": n,
        "steps": steps,
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "right_start": float(found.accuracy[0].mean()),
        "right_end": float(found.accuracy[-1].mean()),
    }


def main() -> None:
    parser = arguments(__doc__, "descent.csv")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--spectra", type=int, nargs="+", default=[1, 50])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = [measure(name, n, options.steps) for n in options.spectra for name in LOSSES]
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
