"""The set of spectra that settings are judged on: chosen, read and looked at in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import streamlit as st

from peploss.analysis.file_psms import file_psms
from peploss.analysis.landscape import default_axes
from peploss.analysis.prepared_set import LeftOut, PreparedSet, prepare
from peploss.analysis.psm_set import Psm, sample_psms
from peploss.analysis.set_landscape import SetLandscape, set_landscapes
from peploss.errors import PeplossError
from peploss.explorer.jobs import Job, Report
from peploss.explorer.sources import Source
from peploss.explorer.text import escape_markdown, sentence
from peploss.explorer.tune_state import BODY
from peploss.kernels import SigmaUnit
from peploss.settings import LossSettings

FILE, SAMPLES = "This file", "All built-in samples"
READING = 0.1  # share of the work that reading is taken for
LOOK_EVERY = 0.4  # s
_JOB = "_tune_job"


@dataclass(frozen=True, eq=False)
class TuneSet:
    """A set as far as it is known.

    Attributes:
        psms: spectra with their peptides.
        about: what they are, as a sentence in Markdown.
        prepared: the same with decoys.
        left_out: what cannot be used, and why.
        landscape: newest picture; None before the first.
        spectra: the same text for the same spectra, for caches.
        whole: the same text for the same spectra and the same settings of their peaks.
        picture: the same text for the same picture of it.
    """

    psms: tuple[Psm, ...]
    about: str
    prepared: PreparedSet
    left_out: tuple[LeftOut, ...]
    landscape: SetLandscape | None
    spectra: str
    whole: str
    picture: str


@st.cache_resource
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="tune")


def start(work: Callable[[Report], Iterator[object]]) -> Job:
    """Begin a job on the pool that all sessions share."""
    return Job(work).start(_pool())


def chosen(source: Source, settings: LossSettings) -> Job[TuneSet]:
    """Draw the choice of the set and return the job that looks at it; one that is not wanted any more is ended."""
    which = st.segmented_control(
        "Set",
        [FILE, SAMPLES],
        default=FILE,
        required=True,
        key="set",
        bind="query-params",
        label_visibility="collapsed",
    )
    return job(source, settings, which or FILE)


def job(source: Source, settings: LossSettings, which: str) -> Job[TuneSet]:
    """The session's job for this set and these settings, begun where there is none yet."""
    base = settings.replace(sigma=1.0, sigma_unit="Da", bin_width=1.0)  # neither plays a part in what is compared
    unit = settings.sigma_unit
    spectra = f"{which}|{source.key if which == FILE else ''}"
    key = f"{spectra}|{unit}|{base.to_toml()}"
    known = st.session_state.get(_JOB)
    if known is not None and known[0] == key:
        return known[1]
    if known is not None:
        known[1].cancel()
    new = start(lambda report: _work(report, source, base, unit, which, (spectra, key)))
    st.session_state[_JOB] = (key, new)
    return new


def again() -> None:
    """Callback: forget the session's job, so that the next look begins anew."""
    known = st.session_state.pop(_JOB, None)
    if known is not None:
        known[1].cancel()
    st.rerun(BODY)


def _work(
    report: Report, source: Source, base: LossSettings, unit: SigmaUnit, which: str, keys: tuple[str, str]
) -> Iterator[TuneSet]:
    report(0.0, "Reading the spectra")
    psms, about, left_out = _read(report, source, which)
    report(READING, "Fragmenting and shuffling")
    prepared = prepare(psms, base)
    now = TuneSet(psms, about, prepared, (*left_out, *prepared.left_out), None, *keys, keys[1])
    for n, picture in enumerate(set_landscapes(prepared, default_axes(unit))):
        if picture is not now.landscape:
            now = replace(now, landscape=picture, picture=f"{keys[1]}|{n if not picture.done else 'done'}")
        yield now
        report(READING + (1 - READING) * picture.progress, "Refining")


def _read(report: Report, source: Source, which: str) -> tuple[tuple[Psm, ...], str, tuple[LeftOut, ...]]:
    if which == SAMPLES:
        psms = sample_psms()
        return psms, f"{len(psms):,} built-in spectra whose peptide is known to be right.", ()
    if source.sample:
        psms = sample_psms([source.sample])
        return psms, f"{len(psms):,} spectra of this file whose peptide is known to be right.", ()
    found = file_psms(source.spectra, progress=lambda done, all_: report(READING * done / all_, "Reading the spectra"))
    return found.psms, f"{found.summary()}. Their peptides are taken to be right.", found.left_out


def watch(job: Job[TuneSet], draw: Callable[[TuneSet], None]) -> None:
    """Draw what is known of the set, again and again while more comes, with its progress and a way to end it."""
    begun = job.running

    @st.fragment(key="watch", run_every=LOOK_EVERY if begun else None)
    def look() -> None:
        running = job.running
        if begun and not running:
            st.rerun()
        if running:
            _bar(job)
        elif job.error is not None:
            st.error(sentence(job.error), icon=":material/error:")
            st.caption("Another set can be chosen above; another file, in the sidebar.")
        elif job.cancelled:
            with st.container(horizontal=True, vertical_alignment="center", key="stopped"):
                st.markdown(f"Cancelled at {job.progress:.0%}. What is shown is of what was looked at until then.")
                st.button("Start again", icon=":material/refresh:", on_click=again)
        if job.latest is not None:
            try:
                draw(job.latest)
            except PeplossError as error:
                st.error(sentence(error), icon=":material/error:")
        elif running:
            st.caption("The first picture comes in a second or two.")

    look()


def _bar(job: Job[TuneSet]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        st.progress(min(job.progress, 1.0), f"{job.words or 'Waiting for a free thread'} … {job.progress:.0%}")
        st.button("Cancel", icon=":material/close:", on_click=job.cancel)


def told(found: TuneSet) -> None:
    """What the set is, in small print, with what is left out behind a click."""
    parts = [found.about]
    if found.landscape is not None:
        parts.append(escape_markdown(found.landscape.summary()))
    st.caption(" ".join(parts))
    if found.left_out:
        with st.expander(f"{len(found.left_out):,} spectra are left out"):
            st.dataframe(
                [{"spectrum": x.name, "why": x.reason} for x in found.left_out],
                hide_index=True,
                height=min(38 + 35 * len(found.left_out), 260),
            )
