"""What ``SampleLog`` costs a training loop: the call, and the whole loop with and without it.

    python -m benchmarks.sample_log --threads 1

The model is the two-layer transformer of ``benchmarks.learning``, batches of 32. Steps with and without logging
alternate. Times are of the processor, so that other work on the machine does not count: ``step_ms`` and ``call_ms`` of
the loop's own thread, ``writer_ms`` of the log's thread for each logged step, its Parquet part included, and
``whole_share`` of all threads, measured as the difference of two loops: it scatters by some per cent.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.common import arguments, show, write
from benchmarks.learning.model import Model
from benchmarks.learning.spectra import VOCABULARY, synthetic
from peploss import CombinedLoss
from peploss.training.sample_log import SampleLog

STEPS, TURN, BATCH = 128, 8, 32


def measure(every: int, full_logits: bool) -> dict[str, object]:
    """Median times of a step and of the call, and of the loop."""
    generator = torch.Generator().manual_seed(0)
    model, batches = Model(), [synthetic(BATCH, generator) for _ in range(8)]
    loss = CombinedLoss(spectrum_weight=0.1, precursor_weight=0.01, vocabulary=VOCABULARY, reduction="none")
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    steps: dict[bool, list[float]] = {True: [], False: []}
    whole: dict[bool, list[float]] = {True: [], False: []}
    calls: list[float] = []
    logged = sum(step // TURN % 2 == 1 and step % every == 0 for step in range(2 * STEPS))
    with (
        tempfile.TemporaryDirectory() as folder,
        SampleLog(folder, full_logits=full_logits, loss=loss, rows=logged * BATCH) as log,
    ):
        for step in range(2 * STEPS):
            logging = step // TURN % 2 == 1  # some steps with, as many without
            data = batches[step % 8]
            start, start_all = time.thread_time(), time.process_time()
            logits = model(data)[None]
            total, metrics = loss(logits, *data[:5], data.mass)
            optimizer.zero_grad()
            total.mean().backward()
            optimizer.step()
            if logging and step % every == 0:
                before = time.thread_time()
                ids = [f"{step % 8}-{i}" for i in range(BATCH)]
                log.add(step, ids, logits, data.targets, data.mask, metrics, peaks=tuple(data[2:5]))  # type: ignore[arg-type]
                calls.append(time.thread_time() - before)
            if step >= 20:
                steps[logging].append(time.thread_time() - start)
                whole[logging].append(time.process_time() - start_all)
        while not list(Path(folder).glob("part-*.parquet")):
            time.sleep(0.01)
        writer = time.clock_gettime(time.pthread_getcpuclockid(log._thread.ident or 0))
    plain = float(np.median(steps[False]))
    return {
        "logs": f"every {'step' if every == 1 else f'{every}th step'}{', full logits' if full_logits else ''}",
        "step_ms": 1e3 * plain,
        "call_ms": 1e3 * float(np.median(calls)),
        "call_share": float(np.median(calls)) / every / plain,
        "writer_ms": 1e3 * writer / logged,
        "whole_share": float(np.mean(whole[True])) / float(np.mean(whole[False])) - 1,
    }


def main() -> None:
    options = arguments(__doc__, "sample_log.csv").parse_args()
    torch.set_num_threads(options.threads)
    import pyarrow.parquet  # noqa: F401  imported by the first part of any log: no part of a step

    rows = [measure(every, full) for every, full in ((1, False), (1, True), (10, False), (10, True))]
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
