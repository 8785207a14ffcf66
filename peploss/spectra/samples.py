"""The built-in spectra: real, annotated and free to share."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from peploss import installed
from peploss.errors import SourceError


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One built-in file.

    Args:
        name: file name inside the samples' folder.
        title: what to call it in a list.
        instrument: instrument and fragmentation.
        n_spectra: number of spectra.
        tolerance: usual fragment tolerance of that instrument, in words.
        origin: where the spectra come from.
        licence: under which they may be passed on; its text lies in ``licences/``.
    """

    name: str
    title: str
    instrument: str
    n_spectra: int
    tolerance: str
    origin: str
    licence: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return samples_folder() / self.name


@dataclass(frozen=True, slots=True)
class SampleLabel:
    """What is known of one built-in spectrum.

    Args:
        proforma: its peptide.
        charge: its precursor charge.
        label: ``"good"``, ``"poor"`` or ``"decoy"``.
        ppm: signed precursor error.
        by_fraction: share of the intensity that b and y ions explain, in [0, 1].
        bond_coverage: share of the peptide's bonds with a b or y ion, in [0, 1].
    """

    proforma: str
    charge: int
    label: str
    ppm: float
    by_fraction: float
    bond_coverage: float


_HCD: Final = "20 ppm"
_TRAP: Final = "0.5 Da"

SAMPLE_FILES: Final = (
    SampleFile(
        "hcd_qe_openms_qc.mgf", "Q Exactive HCD", "Thermo Q Exactive, HCD", 109, _HCD, "OpenMS 2.6.0", "BSD-3-Clause"
    ),
    SampleFile(
        "hcd_casanovo_mouse.mgf",
        "Mouse HCD (square-rooted)",
        "Orbitrap, HCD; intensities already square-rooted",
        128,
        _HCD,
        "casanovo 5.2.1",
        "Apache-2.0",
    ),
    SampleFile(
        "hcd_qe_pyascore_phospho.mgf",
        "Phospho HCD",
        "Thermo Q Exactive, HCD",
        10,
        _HCD,
        "pyAscore 1.0.1",
        "MIT",
    ),
    SampleFile(
        "hcd_ltqvelos_openms_spectra.mgf",
        "LTQ Velos HCD",
        "Thermo LTQ Orbitrap Velos, HCD",
        3,
        _HCD,
        "OpenMS 2.6.0",
        "BSD-3-Clause",
    ),
    SampleFile(
        "cid_iontrap_openms_ecoli.mgf",
        "E. coli ion-trap CID",
        "Thermo LTQ Orbitrap XL, ion-trap CID",
        135,
        _TRAP,
        "OpenMS 2.6.0",
        "BSD-3-Clause",
    ),
    SampleFile(
        "cid_iontrap_openms_bsa1.mgf",
        "BSA ion-trap CID",
        "Thermo LTQ Orbitrap XL, ion-trap CID",
        99,
        _TRAP,
        "OpenMS 2.6.0",
        "BSD-3-Clause",
    ),
    SampleFile(
        "cid_iontrap_pyascore_velos_phospho.mgf",
        "Phospho ion-trap CID",
        "Thermo LTQ Velos, ion-trap CID",
        30,
        _TRAP,
        "pyAscore 1.0.1",
        "MIT",
    ),
    SampleFile(
        "native/test_spectra.mzML",
        "Phospho HCD as mzML",
        "Thermo Q Exactive, HCD",
        10,
        _HCD,
        "pyAscore 1.0.1",
        "MIT",
    ),
)
"""All built-in files; the first is opened first."""

DEFAULT_FILE: Final = "hcd_qe_openms_qc.mgf"
DEFAULT_TITLE: Final = "QC1.175"
DEFAULT_PEPTIDE: Final = "VGEAAASGELRK/2"
"""The spectrum to start with: b or y ions at every bond, -0.4 ppm, 52 % of the intensity explained by b and y."""


def samples_folder() -> Path:
    """Folder of the built-in spectra.

    Raises:
        SourceError: they are missing.
    """
    if not installed.SAMPLES.is_dir():
        raise SourceError(
            "The built-in spectra are missing.",
            where=str(installed.SAMPLES),
            remedy="Reinstall peploss, or open a file of your own.",
        )
    return installed.SAMPLES


def sample_files() -> tuple[SampleFile, ...]:
    """The built-in files that are there; the first is opened first.

    Raises:
        SourceError: as ``samples_folder``.
    """
    folder = samples_folder()
    return tuple(f for f in SAMPLE_FILES if (folder / f.name).is_file())


@cache
def sample_labels(name: str) -> dict[str, SampleLabel]:
    """Labels of one built-in file, by spectrum title (the mzML: by native id).

    Args:
        name: as in ``SampleFile.name``; a file without labels (casanovo's) gives an empty mapping.
    Raises:
        SourceError: as ``samples_folder``.
    """
    with (samples_folder() / "psms.tsv").open(encoding="utf-8", newline="") as table:
        return {
            row["title"]: SampleLabel(
                proforma=row["proforma"],
                charge=int(row["charge"]),
                label=row["label"],
                ppm=float(row["ppm"]),
                by_fraction=float(row["by_fraction"]),
                bond_coverage=float(row["bond_coverage"]),
            )
            for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["file"] == name
        }
