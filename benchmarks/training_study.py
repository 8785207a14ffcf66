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
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.common import arguments, environment, show
from peploss import MzGrid, Peaks, Vocabulary, spectrum_loss
from peploss.constants import PROTON
from peploss.errors import PeplossError
from peploss.losses.baselines import min_distance_loss
from peploss.losses.precursor import precursor_loss
from peploss.peptides.peptide import Peptide
from peploss.peptides.precursor_mass import neutral_mass
from peploss.peptides.soft import expected_residue_masses, soft_fragments, soft_neutral_mass
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import sample_files, sample_labels
from peploss.training.synthetic import Difficulty, synthetic_batch

VOCABULARY = Vocabulary()
STEPS, TUNED, BUILT_IN, PRETRAINED, BATCH, HELD_OUT = 300, 100, 60, 450, 32, 512
DIFFICULTY = Difficulty(min_length=7, max_length=10, clean_share=0.3, noise_peaks=5, dropout=0.05, mass_error_ppm=5)
MULTI = (0.05, 0.2, 0.5, 2.0, 10.0)
NEAR = 2  # residues next to a cut that keep their gradient
SEEDS = (0, 1, 2)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is added to the cross-entropy.

    Args:
        weight, precursor: of the spectrum and the precursor loss.
        sigma: at the start and at the end, in Th; by a constant factor a step.
        bins: in Th; 0 for none.
        form: how probabilities become masses. ``"soft"``: expectation over residues. ``"absolute"``: over all tokens.
            ``"hard"``: the most probable, with the gradient of the expectation (straight-through). ``"gumbel"``: a
            drawn one, likewise. ``"near"``: the expectation, whose gradient reaches only residues near the cut.
            ``"others"``: one expected residue at each cut, all others right.
        multi: mean over the sigmas of ``MULTI``.
        heights: fragments have the heights that the spectra were made with, not 1.
        distance: min-distance loss in place of the cosine.
        balanced: the gradient on the logits is scaled to ``weight`` of that of the cross-entropy.
    """

    weight: float = 0.15
    precursor: float = 0.0
    sigma: tuple[float, float] = (0.05, 0.05)
    bins: float = 0.1
    form: str = "soft"
    multi: bool = False
    heights: bool = False
    distance: bool = False
    balanced: bool = False


VARIANTS = {
    "cross-entropy": Variant(weight=0),
    "spectrum 0.15": Variant(),
    "spectrum 0.01": Variant(weight=0.01),
    "spectrum 1": Variant(weight=1),
    "sigma 0.2": Variant(sigma=(0.2, 0.2)),
    "sigma 0.5": Variant(sigma=(0.5, 0.5)),
    "sigma 2": Variant(sigma=(2, 2)),
    "sigma annealed 5 to 0.05": Variant(sigma=(5, 0.05)),
    "multi-sigma": Variant(multi=True),
    "bins 0.01": Variant(bins=0.01),
    "no bins": Variant(bins=0),
    "precursor 0.08": Variant(weight=0, precursor=0.08),
    "spectrum and precursor": Variant(precursor=0.08),
    "min-distance": Variant(distance=True),
    "absolute expectation": Variant(form="absolute"),
    "straight-through": Variant(form="hard"),
    "gumbel straight-through": Variant(form="gumbel"),
    "gradient near the cut": Variant(form="near"),
    "others right": Variant(form="others"),
    "others right, sigma 0.5": Variant(form="others", sigma=(0.5, 0.5)),
    "others right, sigma 0.5, weight 1": Variant(form="others", sigma=(0.5, 0.5), weight=1),
    "others right, multi-sigma, weight 1": Variant(form="others", multi=True, weight=1),
    "known heights": Variant(heights=True),
    "known heights, others right, weight 1": Variant(heights=True, form="others", sigma=(0.5, 0.5), weight=1),
    "balanced 0.1": Variant(weight=0.1, balanced=True),
    "balanced 0.1, multi-sigma": Variant(weight=0.1, balanced=True, multi=True),
}

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


class Data(NamedTuple):
    """A batch: tokens (B, L), where they count, peaks (B, P), neutral masses (B,), heights of b and y (B, 2 L)."""

    targets: Tensor
    mask: Tensor
    mz: Tensor
    intensity: Tensor
    peaks: Tensor
    mass: Tensor
    heights: Tensor


def heights_of(residues: Tensor) -> Tensor:
    """(B, 2 L) a plain pattern: y ions higher than b, the middle of the peptide higher than its ends."""
    n = residues.sum(1, keepdim=True).clamp(min=2)
    place = residues.cumsum(1) / n
    bell = torch.exp(-((place - 0.5) ** 2) / 0.08)
    return torch.cat([0.35 * bell + 0.05, 0.9 * bell + 0.1], 1).double()


def synthetic(n: int, generator: torch.Generator) -> Data:
    """Random peptides; fragments have the heights of ``heights_of``, each times a log-normal error of 0.3."""
    drawn = synthetic_batch(n, DIFFICULTY, generator=generator)
    residues = VOCABULARY.residue_mask(drawn.targets) & drawn.target_mask
    heights = heights_of(residues)
    masses = torch.where(residues, VOCABULARY.mass_tensor()[drawn.targets], 0.0)
    right, valid = soft_fragments(masses, residues)
    gap = torch.where(valid[:, None, :], (drawn.observed_masses[:, :, None] - right[:, None, :]).abs(), torch.inf)
    nearest, which = gap.min(2)
    of_fragment = nearest < 0.05
    error = torch.exp(0.3 * torch.randn(drawn.observed_intensities.shape, generator=generator, dtype=torch.float64))
    intensity = torch.where(of_fragment, heights.gather(1, which) * error, drawn.observed_intensities * 0.3)
    intensity = torch.where(drawn.peak_mask, intensity, 0.0)
    return Data(
        drawn.targets, drawn.target_mask, drawn.observed_masses, intensity, drawn.peak_mask, drawn.precursor_mass,
        heights,
    )  # fmt: skip


def built_in(most: int = 60, longest: int = 18) -> Data:
    """Labelled built-in spectra of unmodified peptides, their ``most`` highest peaks."""
    rows: list[tuple[str, np.ndarray, np.ndarray, float]] = []
    settings = LossSettings(top_n=most)
    for file in sample_files():
        labels = {title: label.proforma for title, label in sample_labels(file.name).items()}
        with open_spectra(file.path, peptides=labels) as spectra:
            for place in range(len(spectra)):
                try:
                    spectrum = spectra.read(place)
                    peptide = Peptide.parse(spectrum.peptide or "")
                    peaks = preprocess(spectrum, settings)
                except PeplossError:
                    continue
                charge = spectrum.precursor_charge
                fits = (
                    not peptide.modifications
                    and len(peptide) <= longest
                    and set(peptide.residues) <= set(VOCABULARY.tokens)
                )
                if fits and charge and spectrum.precursor_mz and len(peaks):
                    rows.append(
                        (peptide.sequence, peaks.mz, peaks.intensity, neutral_mass(spectrum.precursor_mz, charge))
                    )
    targets, mask = VOCABULARY.encode([row[0] for row in rows])
    width = max(len(row[1]) for row in rows)
    mz, intensity = (torch.zeros(len(rows), width, dtype=torch.float64) for _ in range(2))
    for i, (_, m, y, _) in enumerate(rows):
        mz[i, : len(m)], intensity[i, : len(m)] = torch.tensor(m), torch.tensor(y / y.max())
    residues = VOCABULARY.residue_mask(targets) & mask
    mass = torch.tensor([row[3] for row in rows], dtype=torch.float64)
    return Data(targets, mask, mz, intensity, mz > 0, mass, heights_of(residues))


def take(data: Data, which: Tensor) -> Data:
    """Some of the rows."""
    return Data(*(each[which] for each in data))


def waves(mass: Tensor, size: int) -> Tensor:
    """(..., size) sines and cosines of a mass, of wavelengths from 0.05 to 5000 Da."""
    length = torch.logspace(np.log10(0.05), np.log10(5000.0), size // 2, dtype=torch.float64)
    phase = mass.double()[..., None] * (2 * torch.pi / length)
    return torch.cat([phase.sin(), phase.cos()], -1).float()


def evidence(data: Data, prefix: Tensor, height: Tensor) -> Tensor:
    """(B, L, 2 V) how high the peaks within some 0.02 Th of the b and the y ion are that each token would make here."""
    after = prefix[..., None] + VOCABULARY.mass_tensor()  # (B, L, V)
    ions = torch.cat([after + PROTON, data.mass[:, None, None] - after + PROTON], -1)
    gap = (data.mz[:, None, None, :] - ions[..., None]).float()
    near = torch.exp(-(gap**2) / (2 * 0.02**2)) * torch.where(data.peaks, height, 0.0)[:, None, None, :]
    return near.sum(-1)


class Model(nn.Module):
    """Peaks in, logits of every position out; a position knows the mass before and behind it, the
    tokens before, and which peaks its candidates would explain."""

    def __init__(self, size: int = 64, heads: int = 4) -> None:
        super().__init__()
        self.size = size
        self.peak = nn.Linear(3 * size + 1, size)
        self.token = nn.Embedding(len(VOCABULARY), size)
        self.place = nn.Linear(2 * size + 2 * len(VOCABULARY), size)
        kwargs = {"dropout": 0.0, "batch_first": True, "norm_first": True}
        layer = nn.TransformerEncoderLayer(size, heads, 2 * size, **kwargs)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(size, heads, 2 * size, **kwargs), 2)
        self.out = nn.Linear(size, len(VOCABULARY))

    def forward(self, data: Data) -> Tensor:
        """(B, L, V)."""
        whole = data.mass[:, None] + 2 * PROTON
        features = [
            waves(data.mz, self.size),
            waves(whole - data.mz, self.size),
            waves(data.mass[:, None].expand_as(data.mz), self.size),
        ]
        height = (data.intensity / data.intensity.amax(1, keepdim=True).clamp(min=1e-9)).sqrt().float()
        memory = self.encoder(
            self.peak(torch.cat([*features, height[..., None]], -1)), src_key_padding_mask=~data.peaks
        )
        before = torch.zeros_like(data.targets)
        before[:, 1:] = data.targets[:, :-1]
        residue = VOCABULARY.residue_mask(before)
        prefix = torch.where(residue, VOCABULARY.mass_tensor()[before], 0.0).cumsum(1)
        places = [waves(prefix, self.size), waves(data.mass[:, None] - prefix, self.size)]
        at = torch.cat([*places, evidence(data, prefix, height)], -1)
        length = data.targets.shape[1]
        causal = torch.triu(torch.ones(length, length, dtype=torch.bool), 1)
        said = self.decoder(
            self.token(before) + self.place(at), memory, tgt_mask=causal, memory_key_padding_mask=~data.peaks
        )
        return self.out(said)


def cross_entropy(logits: Tensor, data: Data) -> Tensor:
    """(B,)."""
    each = nn.functional.cross_entropy(logits.movedim(-1, 1), data.targets, reduction="none")
    return torch.where(data.mask, each, 0.0).sum(1) / data.mask.sum(1)


def masses_of(logits: Tensor, residues: Tensor, form: str) -> Tensor:
    """(B, L) Da, 0 where there is no residue."""
    probs = logits.double().softmax(-1)
    if form == "absolute":
        return torch.where(residues, probs @ VOCABULARY.mass_tensor(), 0.0)
    soft = expected_residue_masses(probs, residue_mask=residues).masses
    if form not in ("hard", "gumbel"):
        return soft
    scores = torch.where(VOCABULARY.residue_tensor(), logits.double(), -torch.inf)
    if form == "gumbel":
        scores = scores - torch.log(-torch.log(torch.rand_like(scores).clamp(1e-12, 1 - 1e-12)))
    hard = torch.where(residues, VOCABULARY.mass_tensor()[scores.argmax(-1)], 0.0)
    return soft + (hard - soft).detach()


def kept_near(masses: Tensor, residues: Tensor, right: Tensor | None) -> tuple[Tensor, Tensor]:
    """Fragments as ``soft_fragments`` gives them, of residues that have their gradient (and, where ``right`` is given,
    their value) at a cut alone: b and y from the mass of everything else, and the last ``NEAR`` (or one) residues."""
    fixed = masses.detach() if right is None else right
    mz, valid = soft_fragments(fixed, residues)
    free = masses - fixed  # 0 where right is None, with its gradient
    length = masses.shape[1]
    forward, backward = free.clone(), free.clone()
    for k in range(1, NEAR if right is None else 1):
        forward = forward + nn.functional.pad(free, (k, 0))[:, :length]
        backward = backward + nn.functional.pad(free, (0, k))[:, -length:]
    return mz + torch.where(valid, torch.cat([forward, backward], 1), 0.0), valid


def added(logits: Tensor, data: Data, how: Variant, share: float) -> Tensor:
    """(B,) the spectrum loss, or what stands in its place, before its weight."""
    residues = VOCABULARY.residue_mask(data.targets) & data.mask
    masses = masses_of(logits, residues, how.form)
    right = torch.where(residues, VOCABULARY.mass_tensor()[data.targets], 0.0)
    if how.form in ("near", "others"):
        mz, valid = kept_near(masses, residues, right if how.form == "others" else None)
    else:
        mz, valid = soft_fragments(masses, residues)
    heights = data.heights if how.heights else torch.ones_like(mz)
    predicted = Peaks.from_padded(mz, heights, valid)
    observed = Peaks.from_padded(data.mz, data.intensity, data.peaks)
    if how.distance:
        return min_distance_loss(predicted, observed)
    grid = MzGrid(bin_width=how.bins) if how.bins else None
    start, end = how.sigma
    sigmas = MULTI if how.multi else (start * (end / start) ** share,)
    return torch.stack([spectrum_loss(predicted, observed, sigma=s, grid=grid) for s in sigmas]).mean(0)


def total(logits: Tensor, data: Data, how: Variant, share: float) -> tuple[Tensor, Tensor, Tensor]:
    """The loss, and the gradients on the logits of the cross-entropy and of what is added (without its weight)."""
    leaf = logits.detach().requires_grad_()
    ce = cross_entropy(leaf, data).mean()
    (of_ce,) = torch.autograd.grad(ce, leaf)
    of_added = torch.zeros_like(of_ce)
    slope = of_ce
    if how.weight:
        (of_added,) = torch.autograd.grad(added(leaf, data, how, share).mean(), leaf)
        scale = how.weight * (of_ce.norm() / of_added.norm().clamp(min=1e-12) if how.balanced else 1.0)
        slope = slope + scale * of_added
    if how.precursor:
        residues = VOCABULARY.residue_mask(data.targets) & data.mask
        mass = soft_neutral_mass(masses_of(leaf, residues, "soft"), residues)
        (more,) = torch.autograd.grad(precursor_loss(mass, data.mass).mean(), leaf)
        slope = slope + how.precursor * more
        of_added = of_added if how.weight else more
    # A loss with just this gradient on the logits.
    return (logits * slope).sum(), of_ce, of_added


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


def stream(seed: int) -> Iterator[Data]:
    """Synthetic batches without end."""
    generator = torch.Generator().manual_seed(1000 + seed)
    while True:
        yield synthetic(BATCH, generator)


def epochs(data: Data, seed: int) -> Iterator[Data]:
    """Batches of a fixed set without end, in an order of its own for every epoch."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        for which in torch.randperm(len(data.mass), generator=generator).split(BATCH):
            yield take(data, which)


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
