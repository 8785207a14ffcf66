"""What is said of the spectrum loss, and what is measured on the built-in spectra.

    python -m benchmarks.claims

Right peptides only (label "good", or casanovo's own annotation), b and y ions of the default charges, raw
intensities, sigma 0.05, bins of 0.1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.common import arguments, show, write
from peploss import (
    LossSettings,
    Peaks,
    Peptide,
    fragments,
    min_distance_loss,
    open_spectra,
    precursor_loss,
    spectrum_loss,
)
from peploss.spectra.samples import sample_files, sample_labels

Spectra = list[tuple[np.ndarray, np.ndarray]]
LOSSES: dict[str, Callable[[Peaks, Peaks], Tensor]] = {"spectrum": spectrum_loss, "min-distance": min_distance_loss}


def samples(name: str) -> tuple[Spectra, Spectra, list[int]]:
    """Predicted and observed peaks of one built-in file, and the peptides' lengths."""
    predicted, observed, lengths = [], [], []
    file = next(f for f in sample_files() if f.name == name)
    labels = sample_labels(name)
    with open_spectra(file.path) as spectra:
        for i in range(len(spectra)):
            spectrum = spectra.read(i)
            label = labels.get(spectrum.title)
            if spectrum.peptide is None or (label is not None and label.label != "good"):
                continue
            peptide = Peptide.parse(spectrum.peptide)
            ions = fragments(peptide, LossSettings(), spectrum.precursor_charge)
            predicted.append((ions.mz, ions.intensity))
            observed.append((spectrum.mz, spectrum.intensity))
            lengths.append(len(peptide))
    return predicted, observed, lengths


def ranks(values: np.ndarray) -> np.ndarray:
    """(n,) ranks, ties at their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def variation(values: np.ndarray) -> float:
    """Standard deviation over mean."""
    return float(values.std() / values.mean())


def jump_of_gradient(loss: Callable[[Peaks, Peaks], Tensor], predicted: Spectra, observed: Spectra) -> float:
    """Largest jump of d loss / d shift between shifts 1e-4 Da apart, over the gradient's range; median of spectra.

    All fragments are shifted together, by -0.5 to 0.5 Da. A smooth gradient hardly moves over 1e-4 Da.
    """
    shifts = np.arange(-0.5, 0.5, 1e-4)
    jumps = []
    for (mz, intensity), obs in zip(predicted[:20], observed[:20], strict=True):
        moved = torch.tensor(mz[None, :] + shifts[:, None]).requires_grad_()
        pred = Peaks.from_padded(moved, torch.tensor(intensity).expand_as(moved))
        loss(pred, Peaks.from_list([obs] * len(shifts))).sum().backward()
        assert moved.grad is not None
        by_shift = moved.grad.sum(1).numpy()
        jumps.append(np.abs(np.diff(by_shift)).max() / np.ptp(by_shift))
    return float(np.median(jumps))


def main() -> None:
    options = arguments(__doc__, "claims.csv").parse_args()
    torch.set_num_threads(options.threads)
    rows: list[dict[str, object]] = []

    def add(claim: str, where: str, measure: str, **values: float) -> None:
        numbers = {k: values.get(k) for k in ("spectrum", "min_distance")}
        rows.append({"claim": claim, "spectra": where, "measure": measure, **numbers})

    one, other = Peaks.from_arrays([500.0, 600.0], [1.0, 2.0]), Peaks.from_arrays([700.0], [1.0])
    add("range", "made", "the same spectrum", spectrum=float(spectrum_loss(one, one)))
    add("range", "made", "no overlap", spectrum=float(spectrum_loss(one, other)))
    ten_ppm = precursor_loss(torch.tensor([1000.0 * (1 + 10e-6)]).double(), torch.tensor([1000.0]).double())
    add("precursor term", "made", "loss at 10 ppm", spectrum=float(ten_ppm))
    start = 500 + np.arange(0, 0.1, 0.001)
    for sigma in (0.05, 0.1):
        pairs = ([([m], [1.0]) for m in start], [([m + 0.02], [1.0]) for m in start])
        shifted = spectrum_loss(*map(Peaks.from_list, pairs), sigma=sigma)
        add("sigma of half a bin", f"made, sigma {sigma:g}", "lowest, shift of 0.02 Da", spectrum=float(shifted.min()))
        add("sigma of half a bin", f"made, sigma {sigma:g}", "highest, shift of 0.02 Da", spectrum=float(shifted.max()))
    free = spectrum_loss(*map(Peaks.from_list, ([([500.0], [1.0])], [([500.02], [1.0])])), grid=None)
    add("sigma of half a bin", "made, sigma 0.05", "without bins, shift of 0.02 Da", spectrum=float(free))
    names = (
        "hcd_casanovo_mouse.mgf",
        "hcd_qe_openms_qc.mgf",
        "cid_iontrap_openms_ecoli.mgf",
        "cid_iontrap_openms_bsa1.mgf",
    )
    for name in names:
        predicted, observed, lengths = samples(name)
        pred, obs = Peaks.from_list(predicted), Peaks.from_list(observed)
        values = {k: loss(pred, obs).numpy() for k, loss in LOSSES.items()}
        where = f"{name.removesuffix('.mgf')} ({len(lengths)})"

        def both(of: Callable[[np.ndarray], float], v: dict[str, np.ndarray] = values) -> dict[str, float]:
            return {"spectrum": of(v["spectrum"]), "min_distance": of(v["min-distance"])}

        add("range", where, "median", **both(lambda x: float(np.median(x))))
        add("range", where, "lowest", **both(lambda x: float(x.min())))
        add("range", where, "highest", **both(lambda x: float(x.max())))
        add("variance", where, "sd / mean over spectra", **both(variation))
        of_length = ranks(np.array(lengths, dtype=float))
        add(
            "independence of length",
            where,
            "Spearman r with length",
            **both(lambda x, r=of_length: float(np.corrcoef(ranks(x), r)[0, 1])),
        )
        jumps = {k.replace("-", "_"): jump_of_gradient(loss, predicted, observed) for k, loss in LOSSES.items()}
        add("smoothness", where, "largest jump of gradient in 1e-4 Da", **jumps)
        scaled = [(mz, intensity / intensity.max()) for mz, intensity in observed]
        change = np.abs(spectrum_loss(pred, Peaks.from_list(scaled)).numpy() - values["spectrum"]).max()
        add("divide by the maximum", where, "largest change of the loss", spectrum=float(change))
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
