"""Writes the run that the page Training shows at first: a small model that learns, logged as any training loop logs.

    python -m benchmarks.example_run            # into sample_spectra/training_run, half a minute

The model is that of ``benchmarks.learning`` with an answer after each of its decoder's layers, as refinement
steps; the samples are held-out synthetic spectra.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.learning.model import Model
from benchmarks.learning.spectra import VOCABULARY, Data, stream, synthetic
from peploss import CombinedLoss
from peploss.training.sample_log import SampleLog

STEPS, EVERY, SAMPLES = 300, 50, 24


class Refining(Model):
    """The same, with logits after every layer of the decoder."""

    def forward(self, data: Data) -> Tensor:
        """(T, B, L, V)."""
        states: list[Tensor] = []
        hooks = [layer.register_forward_hook(lambda *a: states.append(a[2])) for layer in self.decoder.layers]
        super().forward(data)
        for hook in hooks:
            hook.remove()
        return torch.stack([self.out(state) for state in states])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("sample_spectra/training_run"))
    folder = parser.parse_args().folder
    shutil.rmtree(folder, ignore_errors=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, batches = Refining(), stream(0)
    held_out = synthetic(SAMPLES, torch.Generator().manual_seed(7))
    settings = {"spectrum_weight": 0.1, "precursor_weight": 0.01, "sigma": 0.5, "iteration_weights": "linear"}
    loss = CombinedLoss(**settings, vocabulary=VOCABULARY)  # type: ignore[arg-type]
    logged = CombinedLoss(**settings, vocabulary=VOCABULARY, reduction="none")  # type: ignore[arg-type]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    with SampleLog(folder, vocabulary=VOCABULARY, full_logits=True, loss=logged) as log:
        for step in range(STEPS + 1):
            if step % EVERY == 0:
                with torch.no_grad():
                    said = model(held_out)
                    _, metrics = logged(said, *held_out[:5], held_out.mass)
                names = [f"held out {i + 1}" for i in range(SAMPLES)]
                log.add(
                    step, names, said, held_out.targets, held_out.mask, metrics,
                    peaks=(held_out.mz, held_out.intensity, held_out.peaks), precursor_mass=held_out.mass,
                    charges=[2] * SAMPLES,
                )  # fmt: skip
                print(step, float(metrics["total_loss"].mean()))
            data = next(batches)
            total, _ = loss(model(data), *data[:5], data.mass)
            optimizer.zero_grad()
            total.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
    print(sum(file.stat().st_size for file in folder.iterdir()), "bytes")


if __name__ == "__main__":
    main()
