"""Spectra of a set as a library: mzSpecLib text of what was observed, or MGF of what was predicted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from peploss.analysis.one_psm.explained import on_grid
from peploss.analysis.one_psm.matching import match
from peploss.analysis.one_psm.mzpaf import peak_labels
from peploss.atomic import whole_file
from peploss.dataset.export.chosen import chosen
from peploss.intensities.heights import fragments_with_heights
from peploss.peptides.peptide import Peptide, charge_in_force
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum
from peploss.spectra.writers import to_mgf

HEADER: Final = "<mzSpecLib>\nMS:1003186|library format version=1.0\nMS:1003188|library name={name}\n"


def to_mzspeclib(number: int, spectrum: Spectrum, peptide: Peptide, settings: LossSettings) -> str:
    """One entry of an mzSpecLib text library: the peaks as read, each with its mzPAF.

    Args:
        number: of the entry, from 1.
        settings: which fragments there are, and sigma: a match lies within 3 sigma.
    Source:
        mzSpecLib 1.0, HUPO-PSI.
    """
    charge = charge_in_force(peptide.charge, spectrum.precursor_charge)
    (heights,) = fragments_with_heights([peptide], settings, [charge])
    ions = heights.fragments
    sides = on_grid((ions.mz, ions.intensity), settings), on_grid((spectrum.mz, spectrum.intensity), settings)
    labels = peak_labels(ions, match(*sides[0], *sides[1], settings), len(spectrum))
    form = peptide.with_charge(charge).proforma
    lines = [f"<Spectrum={number}>", f"MS:1003061|library spectrum name={' '.join(spectrum.name.split())}"]
    if spectrum.precursor_mz is not None:
        lines.append(f"MS:1003208|experimental precursor monoisotopic m/z={spectrum.precursor_mz!r}")
    if spectrum.scan is not None:
        lines.append(f"MS:1003057|scan number={spectrum.scan}")
    lines += [f"MS:1003059|number of peaks={len(spectrum)}", "<Analyte=1>"]
    lines.append(f"MS:1000888|stripped peptide sequence={peptide.sequence}")
    lines.append(f"MS:1003270|proforma peptidoform ion notation={form}")
    if charge is not None:
        lines.append(f"MS:1000041|charge state={charge}")
    lines += [f"MS:1001117|theoretical mass={peptide.neutral_mass!r}", "<Interpretation=1>", "<Peaks>"]
    lines += [f"{mz!r}\t{height!r}\t{label}" for mz, height, label in
              zip(spectrum.mz.tolist(), spectrum.intensity.tolist(), labels, strict=True)]  # fmt: skip
    return "\n".join([*lines, "", ""])


def predicted(spectrum: Spectrum, peptide: Peptide, settings: LossSettings) -> Spectrum:
    """What was predicted for a PSM, as a spectrum: fragments with weight, at the precursor that the peptide has."""
    charge = charge_in_force(peptide.charge, spectrum.precursor_charge)
    (heights,) = fragments_with_heights([peptide], settings, [charge])
    ions = heights.fragments
    keep = np.flatnonzero(ions.intensity > 0)
    return replace(
        spectrum, mz=ions.mz[keep], intensity=ions.intensity[keep], peptide=peptide.proforma,
        precursor_charge=charge, precursor_mz=None if charge is None else peptide.mz(charge), notes=(),
    )  # fmt: skip


def write_library(
    source: str | os.PathLike[str], ids: Sequence[int], out: Path, settings: LossSettings
) -> tuple[int, list[str]]:
    """Write PSMs to ``out``: MGF of the predicted spectra where it ends with ``.mgf``, else mzSpecLib text.

    Returns:
        How many PSMs, and why others are left out, a sentence each.
    """
    problems: list[str] = []
    n = 0
    with whole_file(out) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        if out.suffix != ".mgf":
            file.write(HEADER.format(name=Path(source).stem) + "\n")
        for one in chosen(source, ids, settings):
            if one.spectrum is None or one.peptide is None:
                problems.append(f"PSM {one.id}: {one.problem}")
                continue
            n += 1
            if out.suffix == ".mgf":
                file.write(to_mgf(predicted(one.spectrum, one.peptide, settings)) + "\n")
            else:
                file.write(to_mzspeclib(n, one.spectrum, one.peptide, settings))
    return n, problems
