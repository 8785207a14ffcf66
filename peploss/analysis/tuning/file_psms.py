"""Reads spectra with peptides from a file, or a random sample if there are many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from peploss.analysis.tuning.prepared_set import MAX_SPECTRA, LeftOut
from peploss.analysis.tuning.psm_set import Psm
from peploss.errors import ArgumentError, PeptideError, SourceError, SpectrumError
from peploss.peptides.peptide import Peptide
from peploss.spectra.spectrum import Spectrum

EVERY = 32


class Readable(Protocol):
    """What is asked of a file of spectra."""

    name: str

    def __len__(self) -> int: ...

    def read(self, index: int) -> Spectrum:
        """One spectrum."""


@dataclass(frozen=True, eq=False)
class FileSample:
    """Spectra of a file with their peptides.

    Attributes:
        psms: in random order.
        n_entries: entries of the file.
        n_looked_at: how many of them were read, at random, until there were enough.
        n_without_peptide: of those, spectra that name no peptide.
        left_out: of those, what cannot be used, and why.
    """

    psms: tuple[Psm, ...]
    n_entries: int
    n_looked_at: int
    n_without_peptide: int
    left_out: tuple[LeftOut, ...]

    def summary(self) -> str:
        """How many spectra these are, of how many, without a full stop."""
        told = f"{len(self.psms):,} spectra with a peptide"
        if self.n_looked_at < self.n_entries:
            told += f", drawn at random from {self.n_entries:,} entries ({self.n_looked_at:,} were looked at)"
        if self.n_without_peptide:
            told += f"; {self.n_without_peptide:,} without a peptide"
        return told


def file_psms(
    file: Readable,
    *,
    limit: int = MAX_SPECTRA,
    seed: int = 0,
    group: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> FileSample:
    """Read entries in random order until ``limit`` of them have a peptide.

    Args:
        limit: most to take, at least 1.
        seed: of the order.
        group: of every PSM; the file's name where it is empty.
        progress: called with (done, total) now and then; what it raises ends the reading.
    Raises:
        SourceError: nothing in the file can be used.
        ArgumentError: limit is below 1.
    """
    if limit < 1:
        raise ArgumentError(f"limit must be at least 1, not {limit}.")
    psms: list[Psm] = []
    left_out: list[LeftOut] = []
    without = looked_at = 0
    total = len(file)
    for place in np.random.default_rng(seed).permutation(total).tolist():
        if len(psms) == limit:
            break
        looked_at += 1
        if progress and (looked_at % EVERY == 0 or looked_at == total):
            # Stops when there are enough or the file ends.
            share = max(looked_at / total, len(psms) / limit)
            progress(round(share * total), total)
        try:
            spectrum = file.read(place)
            if not spectrum.peptide:
                without += 1
                continue
            psms.append(Psm(spectrum, Peptide.parse(spectrum.peptide), group or file.name, place))
        except SpectrumError as error:
            left_out.append(LeftOut(error.where or f"spectrum {place + 1}", error.problem))
        except PeptideError as error:
            left_out.append(LeftOut(f"spectrum {place + 1} ({spectrum.name})", str(error)))
    if not psms:
        raise SourceError(
            f"None of {looked_at:,} entries is a spectrum with a peptide that can be read.",
            where=file.name,
            remedy="Give an annotated file: MGF with SEQ=, or an MSP library.",
        )
    return FileSample(tuple(psms), total, looked_at, without, tuple(left_out))
