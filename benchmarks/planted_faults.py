"""Faults planted in real spectra, one for each cause, so that the right answer is known.

Spectra are the built-in ones whose peptide is right. They are split in two halves by a hash of their title: the
rules of ``peploss.analysis.causes.rules`` were set by the tuning half alone, and the held-out half says how good they
are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from zlib import crc32

import numpy as np

from peploss.analysis.causes.counterfactuals.edits import Edit, edits
from peploss.analysis.causes.counterfactuals.setting_changes import more_ions
from peploss.analysis.one_psm.matching import match
from peploss.analysis.tuning.psm_set import Psm, predicted, sample_psms
from peploss.constants import ISOTOPE_SPACING, PROTON
from peploss.kernels import Peaks
from peploss.losses.spectrum import spectrum_loss_at
from peploss.peptides.decoys import decoys
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import ModificationSite
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

Case = tuple[Psm, LossSettings]
Plant = Callable[[Psm, LossSettings, np.random.Generator], Case | None]

BEAM = LossSettings()
TRAP = LossSettings(sigma=0.2)
"""Settings that fit the instrument: peaks of the ion-trap files scatter by 0.11 Th about their ions, the default sigma
is 0.05."""
UNSEEN = (
    "hcd_qe_pyascore_phospho.mgf", "hcd_ltqvelos_openms_spectra.mgf", "cid_iontrap_pyascore_velos_phospho.mgf",
)  # fmt: skip
"""Files that no threshold was set by."""
RARE = ("Dimethyl", "Nitro", "Propionyl", "Trioxidation", "Succinyl", "GG")
"""Modifications that are not among the common ones, so that only the open one finds them."""


def is_trap(psm: Psm) -> bool:
    """Whether the spectrum was taken in an ion trap."""
    return "trap" in psm.group


def settings_of(psm: Psm) -> LossSettings:
    """Settings that fit the PSM's instrument."""
    return TRAP if is_trap(psm) else BEAM


def held_out(psm: Psm) -> bool:
    """Whether the spectrum is in the half that no rule was set by."""
    return crc32(psm.spectrum.title.encode()) % 2 == 1


def source_of(psm: Psm) -> str:
    """``"unseen files"``, or which half of the other files: ``"tuning"`` or ``"held out"``."""
    if psm.spectrum.source in UNSEEN:
        return "unseen files"
    return "held out" if held_out(psm) else "tuning"


def right_psms() -> list[Psm]:
    """The built-in spectra with peptides that are right, but for those with a fault of their own that is known.

    A precursor off by an isotope (more than 20 ppm), peaks that the reader finds to be samples of a profile.
    """
    out = []
    for psm in sample_psms():
        spectrum, z = psm.spectrum, psm.charge
        if spectrum.precursor_mz is None or z is None:
            continue
        off = (spectrum.precursor_mz - PROTON) * z / psm.peptide.neutral_mass - 1
        if abs(off) <= 20e-6 and not any("profile" in note for note in spectrum.notes):
            out.append(psm)
    return out


def _with_peaks(spectrum: Spectrum, mz: np.ndarray, intensity: np.ndarray) -> Spectrum:
    return dataclasses.replace(
        spectrum, mz=np.concatenate([spectrum.mz, mz]), intensity=np.concatenate([spectrum.intensity, intensity])
    )


def fine(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case:
    """No fault at all."""
    return psm, settings


def isotope(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case | None:
    """The precursor's isotope -1, +1, +2 or +3 was picked."""
    if psm.spectrum.precursor_mz is None or psm.charge is None:
        return None
    mz = psm.spectrum.precursor_mz + int(rng.choice([-1, 1, 2, 3])) * ISOTOPE_SPACING / psm.charge
    return dataclasses.replace(psm, spectrum=dataclasses.replace(psm.spectrum, precursor_mz=mz)), settings


def charge(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case | None:
    """The precursor's charge is told one too high or too low, to spectrum and peptide alike."""
    if psm.charge is None:
        return None
    z = max(1, psm.charge + int(rng.choice([-1, 1])))
    wrong = dataclasses.replace(psm.spectrum, precursor_charge=z)
    return dataclasses.replace(psm, spectrum=wrong, peptide=psm.peptide.with_charge(z)), settings


def modification(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case | None:
    """A modification that is there is left out, or one that is not is written: a common one, or a rare one."""
    peptide = psm.peptide
    options = [e for e in edits(peptide) if e.kind == "remove"]
    if not options or rng.random() < 0.5:
        options = [e for e in edits(peptide) if e.kind == "add"]
        if not options or rng.random() < 0.3:
            from peploss.peptides.modifications import unimod

            name = str(rng.choice(RARE))
            site = ModificationSite(int(rng.integers(len(peptide))), name, unimod.resolve(name).mass)
            options = [Edit("add", name, site.mass, new=site)]
        else:  # each modification as likely, whatever its number of sites
            wanted = rng.choice(sorted({e.name for e in options}))
            options = [e for e in options if e.name == wanted]
    return dataclasses.replace(psm, peptide=options[int(rng.integers(len(options)))].apply(peptide)), settings


def calibration(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case:
    """All peaks lie 0.1 to 0.45 Th off (ion trap: 0.25 to 0.45), or 20 to 50 ppm (not in an ion trap)."""
    mz, sign = psm.spectrum.mz, float(rng.choice([-1, 1]))
    if not is_trap(psm) and rng.random() < 0.5:
        mz = mz * (1 + sign * rng.uniform(20, 50) * 1e-6)
    else:
        mz = mz + sign * rng.uniform(0.25 if is_trap(psm) else 0.1, 0.45)
    return dataclasses.replace(psm, spectrum=dataclasses.replace(psm.spectrum, mz=mz)), settings


def unmodelled(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case | None:
    """Peaks at every ion of one kind that is left out, once to twice the intensity of all that was there."""
    kinds = [(name, changed) for name, changed in more_ions(settings, psm.charge) if name != "all"]
    _, changed = kinds[int(rng.integers(len(kinds)))]
    old = fragments(psm.peptide, settings, psm.charge).mz
    new = fragments(psm.peptide, changed, psm.charge).mz
    new = np.array([m for m in new if np.abs(old - m).min(initial=np.inf) > 1e-6])
    new = new[(new > 0) & (new < settings.max_mz)]
    if not new.size:
        return None
    height = rng.uniform(0.3, 1.0, new.size)
    height *= rng.uniform(1, 2) * psm.spectrum.intensity.sum() / height.sum()
    new = new + rng.normal(0, 0.1 if is_trap(psm) else 0.001, new.size)
    return dataclasses.replace(psm, spectrum=_with_peaks(psm.spectrum, new, height)), settings


def noise(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case:
    """100 to 300 peaks anywhere, four to eight times the intensity of all that was there."""
    n = int(rng.integers(100, 300))
    mz = rng.uniform(100, max(psm.spectrum.mz.max(), 800.0), n)
    height = rng.exponential(1.0, n)
    height *= rng.uniform(4, 8) * psm.spectrum.intensity.sum() / height.sum()
    return dataclasses.replace(psm, spectrum=_with_peaks(psm.spectrum, mz, height)), settings


def few_peaks(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case:
    """Only the one to four highest peaks are left."""
    keep = np.argsort(-psm.spectrum.intensity)[: int(rng.integers(1, 5))]
    few = dataclasses.replace(psm.spectrum, mz=psm.spectrum.mz[keep], intensity=psm.spectrum.intensity[keep])
    return dataclasses.replace(psm, spectrum=few), settings


def intensity_pattern(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case | None:
    """One peak that is a predicted ion is made five to ten times all the others together."""
    pred = predicted(psm, settings)
    found = match(*pred, psm.spectrum.mz, psm.spectrum.intensity, settings)
    if not len(found):
        return None
    at = int(rng.choice(found.peak))
    height = psm.spectrum.intensity.copy()
    height[at] = 0.0
    height[at] = rng.uniform(5, 10) * height.sum()
    return dataclasses.replace(psm, spectrum=dataclasses.replace(psm.spectrum, intensity=height)), settings


def wrong_peptide(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case | None:
    """A peptide of the same residues in another order, or that of another spectrum."""
    if rng.random() < 0.5:
        others = [p for p in right_psms_of(psm.group) if p.peptide.sequence != psm.peptide.sequence]
        other = others[int(rng.integers(len(others)))].peptide.with_charge(psm.charge)
    else:
        shuffled = decoys(psm.peptide, 1, int(rng.integers(2**32)))
        if not shuffled:
            return None
        other = shuffled[0]
    return dataclasses.replace(psm, peptide=other), settings


_of_group: dict[str, list[Psm]] = {}


def right_psms_of(group: str) -> list[Psm]:
    """The right PSMs of one file."""
    if not _of_group:
        for p in right_psms():
            _of_group.setdefault(p.group, []).append(p)
    return _of_group[group]


def off_grid(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case:
    """The grid ends where more than half of the intensity still comes, or its bins are far wider than sigma."""
    if rng.random() < 0.5:
        share = np.cumsum(psm.spectrum.intensity) / psm.spectrum.intensity.sum()
        end = float(psm.spectrum.mz[np.searchsorted(share, rng.uniform(0.2, 0.45))]) - 5.0
        return psm, settings.replace(max_mz=max(end, 100.0))
    return psm, settings.replace(bin_width=settings.sigma * rng.uniform(40, 80))


def profile(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case:
    """Every peak is the samples of its shape: resolution 17,500 at m/z 200 in an Orbitrap, 0.5 Th wide in a trap."""
    mz = psm.spectrum.mz
    width = np.full(mz.size, 0.5) if is_trap(psm) else mz / 17_500 * np.sqrt(mz / 200)
    step = np.arange(-4, 5)
    at = mz[:, None] + step * width[:, None] / 6 + rng.uniform(-0.08, 0.08, (mz.size, 1)) * width[:, None]
    shape = np.exp(-4 * np.log(2) * ((at - mz[:, None]) / width[:, None]) ** 2)
    height = psm.spectrum.intensity[:, None] * shape
    order = np.argsort(at.ravel())
    sampled = dataclasses.replace(psm.spectrum, mz=at.ravel()[order], intensity=height.ravel()[order])
    return dataclasses.replace(psm, spectrum=sampled), settings


def order(psm: Psm, settings: LossSettings, rng: np.random.Generator) -> Case | None:
    """Two neighbouring residues of unlike mass change places, where that costs at least 0.05.

    Where the spectrum has no ion of the bond between them, neither order is any better.
    """
    options = [e for e in edits(psm.peptide) if e.kind == "swap"]
    sides = [predicted(psm, settings), *(predicted(psm, settings, e.apply(psm.peptide)) for e in options)]
    seen = Peaks.from_list([(psm.spectrum.mz, psm.spectrum.intensity)] * len(sides))
    loss = spectrum_loss_at(Peaks.from_list(sides), seen, settings).numpy()
    options = [e for e, cost in zip(options, loss[1:] - loss[0], strict=True) if cost >= 0.05]
    if not options:
        return None
    return dataclasses.replace(psm, peptide=options[int(rng.integers(len(options)))].apply(psm.peptide)), settings


FAULTS: dict[str, Plant] = {
    "precursor isotope": isotope,
    "precursor charge": charge,
    "wrong or missing modification": modification,
    "residue order": order,
    "calibration": calibration,
    "unmodelled ions": unmodelled,
    "noise": noise,
    "too few peaks": few_peaks,
    "intensity pattern": intensity_pattern,
    "wrong peptide": wrong_peptide,
    "peaks off the grid": off_grid,
    "profile data": profile,
    "annotation fine": fine,
}
"""Cause -> what plants it."""


def planted(cause: str, psms: list[Psm], seed: int = 0) -> list[Case]:
    """The fault in every PSM that can have it; chance comes from the seed, the cause and the spectrum's title.

    Which peaks are ions is looked at with settings that fit the instrument; the case then has the default settings, but
    for what the fault itself sets.
    """
    out = []
    for psm in psms:
        rng = np.random.default_rng([seed, crc32(cause.encode()), crc32(psm.spectrum.title.encode())])
        fitting = settings_of(psm)
        case = FAULTS[cause](psm, fitting, rng)
        if case is not None:
            out.append((case[0], case[1].replace(sigma=BEAM.sigma)))
    return out
