"""What is true of the built-in spectra, from a reference that shares nothing with the package but the definition."""

from __future__ import annotations

import csv
import re
from functools import cache

import numpy as np
import pytest

from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.psm_set import sample_psms
from peploss.analysis.tuning.recommendation.setting_score import score
from peploss.settings import LossSettings
from peploss.spectra.samples import samples_folder

RESIDUES = {
    "G": 57.02146, "A": 71.03711, "S": 87.03203, "P": 97.05276, "V": 99.06841, "T": 101.04768, "C": 103.00919,
    "L": 113.08406, "I": 113.08406, "N": 114.04293, "D": 115.02694, "Q": 128.05858, "K": 128.09496, "E": 129.04259,
    "M": 131.04049, "H": 137.05891, "F": 147.06841, "R": 156.10111, "Y": 163.06333, "W": 186.07931,
}  # fmt: skip
MODIFICATIONS = {
    "Oxidation": 15.994915,
    "Carbamidomethyl": 57.021464,
    "Deamidated": 0.984016,
    "Ammonia-loss": -17.026549,
    "Gln->pyro-Glu": -17.026549,
}
PROTON, WATER = 1.007276467, 18.010565
H = 0.1
FILES = {
    "hcd_casanovo_mouse.mgf": 128,
    "hcd_qe_openms_qc.mgf": 95,
    "cid_iontrap_openms_ecoli.mgf": 77,
    "cid_iontrap_openms_bsa1.mgf": 76,
}


def ions(text: str, charge: int) -> np.ndarray:
    start, masses = 0.0, []
    for residue, mod, end in re.findall(r"([A-Z])?(?:\[([^\]]*)\])?(-)?", text):
        if end:
            start += MODIFICATIONS[mod]
        elif residue:
            masses.append(RESIDUES[residue] + (MODIFICATIONS[mod] if mod else 0.0))
    b = start + np.cumsum(masses)[:-1]
    y = start + sum(masses) - b + WATER
    neutral = np.concatenate([b, y])
    return np.concatenate([neutral / z + PROTON for z in range(1, 3 if charge >= 3 else 2)])


def rendered(mz: np.ndarray, intensity: np.ndarray, sigma: float) -> np.ndarray:
    centres = (np.arange(20_000) + 0.5) * H
    out = np.zeros(20_000)
    for m, a in zip(mz, intensity, strict=True):
        near = slice(max(0, int((m - 10 * sigma) / H)), max(0, int((m + 10 * sigma) / H) + 2))
        out[near] += a * np.exp(-((centres[near] - m) ** 2) / (2 * sigma**2))
    return out


@cache
def spectra(name: str) -> tuple[tuple[str, int, np.ndarray, np.ndarray], ...]:
    with (samples_folder() / "psms.tsv").open(newline="") as table:
        labels = {r["title"]: r["label"] for r in csv.DictReader(table, delimiter="\t") if r["file"] == name}
    out = []
    for block in (samples_folder() / name).read_text().split("BEGIN IONS")[1:]:
        head = dict(re.findall(r"^(\w+)=(.*)$", block, re.MULTILINE))
        if labels and labels[head["TITLE"]] != "good":
            continue
        peaks = np.array([[float(x) for x in p] for p in re.findall(r"^([\d.]+) +([\d.e+-]+)", block, re.MULTILINE)])
        out.append((head["SEQ"], int(head["CHARGE"].rstrip("+")), peaks[:, 0], peaks[:, 1]))
    return tuple(out)


@cache
def reference_losses(name: str, sigma: float) -> np.ndarray:
    losses = []
    for text, charge, mz, intensity in spectra(name):
        fragments = ions(text, charge)
        p, o = rendered(fragments, np.ones(fragments.size), sigma), rendered(mz, intensity, sigma)
        losses.append(1 - p @ o / np.sqrt((p @ p) * (o @ o)))
    return np.array(losses)


@pytest.mark.parametrize(
    ("name", "sigma", "median"),
    [
        ("hcd_casanovo_mouse.mgf", 0.05, 0.640),
        ("hcd_qe_openms_qc.mgf", 0.05, 0.757),
        ("cid_iontrap_openms_ecoli.mgf", 0.05, 0.733),
        ("cid_iontrap_openms_bsa1.mgf", 0.05, 0.821),
        ("cid_iontrap_openms_ecoli.mgf", 0.2, 0.606),
        ("cid_iontrap_openms_bsa1.mgf", 0.2, 0.701),
    ],
)
def test_medians_of_right_peptides(name: str, sigma: float, median: float) -> None:
    want = reference_losses(name, sigma)
    assert len(want) == FILES[name]
    assert np.median(want) == pytest.approx(median, abs=0.005)
    prepared = prepare(sample_psms([name]), LossSettings(), n_decoys=1)
    found = score(prepared, sigma, "Da", H)
    assert found.n == FILES[name]
    assert found.target_median == pytest.approx(np.median(want), abs=1e-4)
    # Masses here have five decimals, so single losses agree less well than their median.
    np.testing.assert_allclose(np.sort(found.target), np.sort(want), atol=5e-4)


@pytest.mark.parametrize("name", ["hcd_casanovo_mouse.mgf", "hcd_qe_openms_qc.mgf"])
def test_wider_peaks_hardly_move_hcd(name: str) -> None:
    assert abs(np.median(reference_losses(name, 0.2)) - np.median(reference_losses(name, 0.05))) < 0.01
    prepared = prepare(sample_psms([name]), LossSettings())
    assert abs(score(prepared, 0.2, "Da", H).auc - score(prepared, 0.05, "Da", H).auc) < 0.02


@pytest.mark.parametrize("seed", [0, 7])
def test_wider_peaks_separate_the_ion_traps_better(seed: int) -> None:
    """BSA's AUC goes from about 0.96 to about 0.98, against decoys that share at most half of the bonds."""
    prepared = prepare(sample_psms(["cid_iontrap_openms_bsa1.mgf"]), LossSettings(), n_decoys=3, seed=seed)
    narrow, wide = score(prepared, 0.05, "Da", H), score(prepared, 0.2, "Da", H)
    assert narrow.auc == pytest.approx(0.961, abs=0.01)
    assert wide.auc == pytest.approx(0.981, abs=0.01)
    assert wide.auc - narrow.auc > 0.015


def test_sample_psms_are_the_good_ones_by_file() -> None:
    psms = sample_psms()
    assert {p.spectrum.source for p in psms} >= set(FILES)
    assert not any(p.spectrum.source.endswith("mzML") for p in psms)
    for name, n in FILES.items():
        assert sum(p.spectrum.source == name for p in psms) == n
    decoys = sample_psms(["cid_iontrap_openms_ecoli.mgf"], labels=("decoy",))
    assert len(decoys) == 22
    assert len({p.group for p in psms}) == 7
