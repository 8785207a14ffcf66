"""What a loss is beside: the losses of right peptides and decoys of the same file, made behind the page's back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from peploss.analysis.tuning.file_psms import Readable, file_psms
from peploss.analysis.tuning.prepared_set import PreparedSet, prepare
from peploss.analysis.tuning.psm_set import Psm, sample_psms
from peploss.analysis.tuning.reference import FEWEST, MAX_REFERENCE, Reference, reference, similar_sample
from peploss.dataset.query.right_psms import right_psms
from peploss.dataset.store import ParquetStore
from peploss.errors import SourceError
from peploss.explorer.shell.follow import follow as follow_work
from peploss.explorer.shell.jobs import Job, Report
from peploss.explorer.sources.source import Source
from peploss.explorer.sources.stored import StoredSpectra
from peploss.kernels import SigmaUnit
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

N_BINS = 50
MOST_KNOWN = 8  # files
MOST_LOOKED_AT = 2000  # spectra of a file
KEPT = 3  # of a session: who switches between two settings waits once for each
_JOBS = "_reference_jobs"
_DRAWN = "_reference_drawn"


@dataclass(frozen=True, eq=False)
class Peptides:
    """Peptides that are taken for right, ready for the kernel.

    Attributes:
        key: the same text for the same peptides and settings of their fragments and peaks, for caches.
        name: whose they are, to follow "of".
        about: what they are, as a sentence.
        prepared: with decoys.
    """

    key: str
    name: str
    about: str
    prepared: PreparedSet


class _Part:
    """So much of a file as is looked through for peptides: a long one that names none is not read to its end."""

    def __init__(self, spectra: Readable) -> None:
        self.name = spectra.name
        self._spectra = spectra
        self._places = np.random.default_rng(0).permutation(len(spectra))[:MOST_LOOKED_AT]

    def __len__(self) -> int:
        return len(self._places)

    def read(self, index: int) -> Spectrum:
        """One of its spectra."""
        return self._spectra.read(int(self._places[index]))


@st.cache_resource
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="reference")


def known(source: Source, base: LossSettings) -> Peptides | None:
    """The peptides to compare with, as far as they have been read by now."""
    job = _jobs().get(_key(source, base))
    return None if job is None else job.latest


def _jobs() -> dict[str, Job[Peptides]]:
    """This session's, the latest last."""
    found: dict[str, Job[Peptides]] = st.session_state.setdefault(_JOBS, {})
    return found


def note_drawn(source: Source, base: LossSettings, known: bool) -> None:
    """Keep in mind whether the peptides were known when the page was drawn, or its problem was; called at the end."""
    st.session_state[_DRAWN] = _key(source, base) if known else ""


def follow(source: Source, base: LossSettings, psm: Psm) -> None:
    """Begin to read the peptides where that has not been done, and draw the page again once they are there.

    Called after everything else of the page, so that nothing waits for it. They may have come since the page was
    drawn, too.
    """
    key, jobs = _key(source, base), _jobs()
    drawn = st.session_state.get(_DRAWN) == key
    for other, one in list(jobs.items()):
        if other != key and (one.running or one.latest is None):
            one.cancel()
            del jobs[other]
    if key not in jobs:
        jobs[key] = Job(_work(key, source, base, psm)).start(_pool())
        for oldest in list(jobs)[:-KEPT]:
            del jobs[oldest]
    job = jobs[key]
    missing = not drawn and (job.running or job.latest is not None)
    follow_work(lambda: job.running, key="reference", begun=missing)


def payload(peptides: Peptides | None, settings: LossSettings, loss: float) -> dict[str, Any] | None:
    """What the strip beside the loss shows; None as long as the peptides are not there."""
    if peptides is None:
        return None
    among = _at(peptides.key, settings.sigma, settings.sigma_unit, settings.bin_width, peptides)
    right, decoys = among.histogram(N_BINS)
    return {
        "right": right.astype("float32"),
        "decoys": decoys.astype("float32"),
        "here": loss,
        "words": among.words(loss),
        "about": f"{peptides.about} Their decoys are the same peptides, shuffled. All at the sigma, bin width and "
        "other settings in force.",
    }


@st.cache_resource(max_entries=64, show_spinner=False)
def _at(key: str, sigma: float, unit: SigmaUnit, bin_width: float, _peptides: Peptides) -> Reference:
    settings = _peptides.prepared.settings.replace(sigma=sigma, sigma_unit=unit, bin_width=bin_width)
    return reference(_peptides.prepared, settings, _peptides.name)


def _key(source: Source, base: LossSettings) -> str:
    return f"{source.key}|{_but_widths(base).to_toml()}"


def _but_widths(settings: LossSettings) -> LossSettings:
    """Sigma and bin width play no part in what is read."""
    return settings.replace(sigma=1.0, sigma_unit="Da", bin_width=1.0)


def _work(key: str, source: Source, base: LossSettings, psm: Psm) -> Callable[[Report], Iterator[Peptides]]:
    def work(report: Report) -> Iterator[Peptides]:
        known = _KNOWN.pop(key, None) or _right_peptides(key, source, base, psm, report)
        _KNOWN[key] = known
        while len(_KNOWN) > MOST_KNOWN:
            del _KNOWN[next(iter(_KNOWN))]
        yield known

    return work


_KNOWN: dict[str, Peptides] = {}
"""What was read for any session, the last used last; only the pool's one thread looks here."""


@functools.lru_cache(maxsize=4)
def _of_sample(name: str, settings: LossSettings) -> tuple[int, PreparedSet]:
    """A built-in file's peptides, which serve every file that has too few: how many, and ready for the kernel."""
    psms = sample_psms([name])
    return len(psms), prepare(psms, settings, limit=MAX_REFERENCE)


def _right_peptides(key: str, source: Source, base: LossSettings, psm: Psm, report: Report) -> Peptides:
    """Peptides of the source itself, or of a built-in file like it where it has too few."""

    def progress(done: int, total: int) -> None:
        report(done / (total + 1))

    settings = _but_widths(base)
    if source.sample:
        n, prepared = _of_sample(source.sample, settings)
        if n >= FEWEST:
            about = f"{n:,} spectra of this file whose peptide is known to be right."
            return Peptides(key, "this file", about, prepared)
    else:
        try:
            if isinstance(source.spectra, StoredSpectra):
                with ParquetStore(Path(source.spectra.path)) as store:
                    psms, name = right_psms(store, limit=MAX_REFERENCE, progress=progress).psms, "this set"
            else:
                part = _Part(source.spectra)
                psms, name = file_psms(part, limit=MAX_REFERENCE, progress=progress).psms, "this file"
            if len(psms) >= FEWEST:
                about = f"{len(psms):,} spectra of {name}; their peptides are taken to be right."
                return Peptides(key, name, about, prepare(psms, settings, limit=MAX_REFERENCE))
        except SourceError:
            pass  # none with a peptide: that is what the built-in file is for
    sample = similar_sample(psm, base)
    n, prepared = _of_sample(sample.name, settings)
    few = f"fewer than {FEWEST} spectra with a peptide"
    about = (
        f"{n:,} spectra of the built-in file {sample.title} whose peptide is known to be right: this one holds {few}."
    )
    return Peptides(key, f"the built-in {sample.title}", about, prepared)
