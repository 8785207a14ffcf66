"""The set of spectra that settings are judged on: chosen, read and looked at in the background."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import streamlit as st

from peploss.analysis.tuning.file_psms import file_psms
from peploss.analysis.tuning.landscape import default_axes
from peploss.analysis.tuning.prepared_set import LeftOut, PreparedSet, prepare
from peploss.analysis.tuning.psm_set import Psm, sample_psms
from peploss.analysis.tuning.set_landscape import SetLandscape, set_landscapes
from peploss.dataset.query.right_psms import right_psms
from peploss.dataset.store import ParquetStore
from peploss.errors import PeplossError, SourceError
from peploss.explorer.shell.follow import follow
from peploss.explorer.shell.jobs import Job, Report
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.sources.set_files import is_set_name
from peploss.explorer.sources.source import Source
from peploss.explorer.tune.state import BODY
from peploss.kernels import SigmaUnit
from peploss.settings import LossSettings
from peploss.spectra.folder import ENVIRONMENT, data_folder, list_folder, resolve_in

FILE, SAMPLES, SCORED = "This file", "All built-in samples", "A set of PSMs"
READING = 0.1  # share of the work that reading is taken for
FEW, MANY = 64, 500  # spectra: what a first picture is of, and from which on it is worth its time
_JOB = "_tune_job"


Read = tuple[tuple[Psm, ...], str, tuple[LeftOut, ...]]
"""Spectra with their peptides, what they are in Markdown, and what cannot be used."""
T = TypeVar("T")
Begin = Callable[[str, LossSettings, Callable[[Report], Read]], Job[T]]
"""From spectra (a text names them), settings and a way to read them: the job of the session, begun if there is none."""


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


def chosen(source: Source, settings: LossSettings, begin: Begin[T], key: str = "set") -> Job[T] | None:
    """Draw the choice of the set and return the job that looks at it; one that is not wanted any more is ended.

    Args:
        key: of the choice, and its name in a link; each page has its own.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        which = st.segmented_control(
            "Set",
            [FILE, SAMPLES, SCORED],
            default=FILE,
            required=True,
            key=key,
            bind="query-params",
            label_visibility="collapsed",
        )
        if which == SCORED:
            return _scored(settings, begin, psms_key(key))
    if which == SAMPLES:
        return begin("samples", settings, _read_samples)
    return begin(source.key, settings, lambda report: _read_file(report, source))


def psms_key(key: str) -> str:
    """Of the choice of one set of PSMs."""
    return f"{key}_psms"


def _scored(settings: LossSettings, begin: Begin[T], key: str) -> Job[T] | None:
    root = data_folder()
    names = [] if root is None else [file.name for file in list_folder(root, is_set_name)]
    if root is None or not names:
        st.info(
            f"No set in {ENVIRONMENT}. Make one with peploss index and put it there."
            if root
            else f"Set {ENVIRONMENT} to a folder and start the app again; its sets (.parquet) are then listed here."
        )
        return None
    name = st.selectbox("Set of PSMs", names, key=key, bind="query-params", label_visibility="collapsed", width=320)
    path = resolve_in(root, name, is_set_name)
    stat = path.stat()
    return begin(f"{path}|{stat.st_mtime_ns}|{stat.st_size}", settings, lambda report: _read_set(report, path))


def job(spectra: str, settings: LossSettings, read: Callable[[Report], Read]) -> Job[TuneSet]:
    """The session's job for these spectra and settings, begun where there is none yet."""
    base = settings.replace(sigma=1.0, sigma_unit="Da", bin_width=1.0)  # neither plays a part in what is compared
    unit = settings.sigma_unit
    key = f"{spectra}|{unit}|{base.to_toml()}"
    known = st.session_state.get(_JOB)
    if known is not None and known[0] == key:
        return known[1]
    if known is not None:
        known[1].cancel()
    new = start(lambda report: _work(report, read, base, unit, (spectra, key)))
    st.session_state[_JOB] = (key, new)
    return new


def again() -> None:
    """Callback: forget the session's job, so that the next look begins anew."""
    known = st.session_state.pop(_JOB, None)
    if known is not None:
        known[1].cancel()
    st.rerun(BODY)


def _work(
    report: Report, read: Callable[[Report], Read], base: LossSettings, unit: SigmaUnit, keys: tuple[str, str]
) -> Iterator[TuneSet]:
    report(0.0, "Reading the spectra")
    psms, about, left_out = read(report)
    report(READING, "Fragmenting and shuffling")
    if len(psms) > MANY:  # a coarse picture of a few of them, while the others are prepared
        with contextlib.suppress(SourceError):  # none of these few can be used, and others may
            few = prepare(psms, base, limit=FEW)
            picture = next(set_landscapes(few, default_axes(unit)))
            of_few = f"{keys[1]}|{FEW}"
            yield TuneSet(psms, about, few, (*left_out, *few.left_out), picture, keys[0], of_few, of_few)
    prepared = prepare(psms, base)
    now = TuneSet(psms, about, prepared, (*left_out, *prepared.left_out), None, *keys, keys[1])
    for n, picture in enumerate(set_landscapes(prepared, default_axes(unit))):
        if picture is not now.landscape:
            now = replace(now, landscape=picture, picture=f"{keys[1]}|{n if not picture.done else 'done'}")
        yield now
        report(READING + (1 - READING) * picture.progress, "Refining")


def _read_samples(report: Report) -> Read:
    psms = sample_psms()
    return psms, f"{len(psms):,} built-in spectra whose peptide is known to be right.", ()


def _read_file(report: Report, source: Source) -> Read:
    if source.sample:
        psms = sample_psms([source.sample])
        return psms, f"{len(psms):,} spectra of this file whose peptide is known to be right.", ()
    found = file_psms(source.spectra, progress=_reading(report))
    return found.psms, f"{found.summary()}. Their peptides are taken to be right.", found.left_out


def _read_set(report: Report, path: Path) -> Read:
    with ParquetStore(path) as store:
        found = right_psms(store, progress=_reading(report))
    return found.psms, f"{found.summary()}. Their peptides are taken to be right.", found.left_out


def _reading(report: Report) -> Callable[[int, int], None]:
    return lambda done, total: report(READING * done / total, "Reading the spectra")


def watch(
    job: Job[T] | None,
    draw: Callable[[T], None],
    restart: Callable[[], None] = again,
    meanwhile: str = "The first picture comes in a second or two.",
) -> None:
    """Draw what is known of the set, again and again while more comes, with its progress and a way to end it.

    Args:
        restart: callback that begins a cancelled job anew.
        meanwhile: what is said until something can be drawn.
    """
    if job is None:
        return

    def now() -> None:
        running = job.running
        if running:
            bar(job)
        elif job.error is not None:
            st.error(sentence(job.error), icon=":material/error:")
            st.caption("Another set can be chosen above; another file, in the sidebar.")
        elif job.cancelled:
            with st.container(horizontal=True, vertical_alignment="center", key="stopped"):
                st.markdown(f"Cancelled at {job.progress:.0%}. The results so far are shown.")
                st.button("Start again", icon=":material/refresh:", on_click=restart)
        if job.latest is not None:
            try:
                draw(job.latest)
            except PeplossError as error:
                st.error(sentence(error), icon=":material/error:")
        elif running:
            st.caption(meanwhile)

    follow(lambda: job.running, now, key="watch")


def bar(job: Job[T]) -> None:
    """How far a job is, and a way to end it."""
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        st.progress(min(job.progress, 1.0), f"{job.words or 'Waiting for a free thread'} … {job.progress:.0%}")
        st.button("Cancel", icon=":material/close:", on_click=job.cancel)


def told(found: TuneSet) -> None:
    """What the set is, in small print, with what is left out behind a click."""
    parts = [found.about]
    if found.landscape is not None:
        parts.append(escape_markdown(found.landscape.summary()))
    st.caption(" ".join(parts))
    listed(found.left_out)


def listed(left_out: tuple[LeftOut, ...]) -> None:
    """What is left out, behind a click, where there is any."""
    if left_out:
        with st.expander(f"{len(left_out):,} spectra are left out"):
            st.dataframe(
                [{"spectrum": x.name, "why": x.reason} for x in left_out],
                hide_index=True,
                height=min(38 + 35 * len(left_out), 260),
            )
