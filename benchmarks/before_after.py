"""The losses of two commits on one machine, in turns, so that what else runs there slows both alike.

    python -m benchmarks.before_after 47d59a9 [--after COMMIT]

Commits are checked out into temporary folders; without ``--after`` it is the code that this file lies beside. Every row
is forward
and backward of one batch: ``spectrum_loss`` from peaks, ``SpectrumMatchingLoss`` from probabilities. A row is printed
only if both give the same losses to 1e-9. ``cpu`` is the median processor time of all threads, which other programs
disturb less than the wall clock.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.common import show, write

ROOT = Path(__file__).resolve().parents[1]
SHAPES = ((1, 100, 150), (64, 100, 150), (4096, 100, 150), (64, 200, 300), (64, 400, 600), (64, 800, 1200))
TURNS = 5


def cases() -> Iterator[tuple[str, Callable[[], torch.Tensor]]]:
    """Name and one step of each row; returns the losses. Only names that both commits have are used."""
    import peploss

    rng = np.random.default_rng(0)
    for batch, n, m in SHAPES:
        pm, om = (np.sort(rng.uniform(100, 1900, (batch, k)), 1) for k in (n, m))
        om[:, : n // 2] = pm[:, ::2][:, : n // 2] + rng.normal(0, 0.02, (batch, n // 2))
        om.sort(1)
        obs = torch.from_numpy(om), torch.from_numpy(rng.random((batch, m)) + 0.01)
        mz = torch.from_numpy(pm).requires_grad_()

        def step(mz: torch.Tensor = mz, obs: tuple[torch.Tensor, ...] = obs) -> torch.Tensor:
            mz.grad = None
            pred = peploss.Peaks.from_padded(mz, torch.ones_like(mz))
            losses = peploss.spectrum_loss(pred, peploss.Peaks.from_padded(*obs))
            losses.mean().backward()
            return losses.detach()

        yield f"{batch} spectra, {n} + {m} peaks", step

    vocabulary = peploss.Vocabulary()
    targets, mask = vocabulary.encode(["".join(rng.choice(list("ACDEFGHIKL"), 51)) for _ in range(64)])
    lean = 8.0 * torch.nn.functional.one_hot(targets, len(vocabulary)).double()
    probs = (lean + torch.from_numpy(rng.normal(0, 1, lean.shape))).softmax(-1).float().requires_grad_()
    peaks = torch.from_numpy(np.sort(rng.uniform(100, 1900, (64, 150)), 1)), torch.from_numpy(rng.random((64, 150)))
    loss = peploss.SpectrumMatchingLoss(reduction="none")

    def matching() -> torch.Tensor:
        probs.grad = None
        losses = loss(probs, *peaks, torch.ones(64, 150, dtype=torch.bool), mask)
        losses.mean().backward()
        return losses.detach()

    yield "SpectrumMatchingLoss, 64 x 53 tokens", matching


def measure(seconds: float) -> dict[str, dict[str, list[float]]]:
    """Seconds of each call and the losses, for every row."""
    out = {}
    for name, step in cases():
        losses = step()
        times: list[float] = []
        cpu: list[float] = []
        end = time.perf_counter() + seconds
        while len(times) < 5 or time.perf_counter() < end:
            start, start_cpu = time.perf_counter(), time.process_time()
            step()
            times.append(time.perf_counter() - start)
            cpu.append(time.process_time() - start_cpu)
        out[name] = {"times": times, "cpu": cpu, "losses": losses.tolist()}
    return out


def _of(tree: str, seconds: float, threads: int) -> dict[str, dict[str, list[float]]]:
    code = (
        "import sys, json, torch; sys.path[:0] = [sys.argv[1], sys.argv[2]]; torch.set_num_threads(int(sys.argv[4]))\n"
        "from importlib.util import spec_from_file_location, module_from_spec\n"
        "spec = spec_from_file_location('before_after', sys.argv[5]); module = module_from_spec(spec)\n"
        "spec.loader.exec_module(module); print(json.dumps(module.measure(float(sys.argv[3]))))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, tree, str(ROOT), str(seconds), str(threads), __file__],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def checked_out(commit: str, folder: Path) -> str:
    """The files of a commit, in a new folder."""
    folder.mkdir()
    archive = subprocess.run(["git", "-C", ROOT, "archive", commit], capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return str(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("commit", help="what to compare with")
    parser.add_argument("--after", help="the commit that is compared (default: the code beside this file)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each row and turn")
    parser.add_argument("--turns", type=int, default=TURNS, help="of both (default: %(default)s)")
    parser.add_argument("--csv", type=Path, default=ROOT / "benchmarks" / "results" / "before_after.csv")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        before = checked_out(options.commit, Path(folder) / "before")
        after = checked_out(options.after, Path(folder) / "after") if options.after else str(ROOT)
        turns = [
            [_of(tree, options.seconds, options.threads) for tree in (before, after)] for _ in range(options.turns)
        ]
    rows: list[dict[str, object]] = []
    for name in turns[0][0]:
        old, new = ([turn[k][name] for turn in turns] for k in (0, 1))
        worst = float(np.abs(np.subtract(old[0]["losses"], new[0]["losses"])).max())
        if not worst <= 1e-9:
            raise SystemExit(f"{name}: the losses differ by {worst}. No row is printed.")
        row: dict[str, object] = {"what": name}
        for which, side in (("before", old), ("after", new)):
            times = np.concatenate([turn["times"] for turn in side]) * 1e6
            for q, label in ((0.1, "q10"), (0.5, "median"), (0.9, "q90")):
                row[f"{which}_{label}_us"] = float(np.quantile(times, q))
            row[f"{which}_cpu_us"] = float(np.median(np.concatenate([turn["cpu"] for turn in side]))) * 1e6
        row["times_faster_q10"] = row["before_q10_us"] / row["after_q10_us"]  # type: ignore[operator]
        row["times_faster_median"] = row["before_median_us"] / row["after_median_us"]  # type: ignore[operator]
        row["times_less_cpu"] = row["before_cpu_us"] / row["after_cpu_us"]  # type: ignore[operator]
        rows.append(row)
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
