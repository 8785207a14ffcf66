"""Finding a spectrum: the table of a file, its losses, and stepping through it."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from peploss.errors import PeplossError, SpectrumError
from peploss.explorer.shell import state
from peploss.explorer.shell.follow import follow
from peploss.explorer.shell.jobs import Job
from peploss.explorer.shell.text import sentence
from peploss.explorer.sources.source import Source
from peploss.intensities.heights import fragments_with_heights
from peploss.kernels import Peaks
from peploss.losses.spectrum import spectrum_loss_at
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide, charge_in_force
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess

F64 = NDArray[np.float64]

MOST_LOSSES = 5000
A_MOMENT = 0.2  # s that the table waits for its losses before it is drawn without them
MOST_TRIES = 2000  # unusable spectra passed over by one step

FIRST = ["title", "loss", "peptide", "#"]

ORDERS = {
    "file": "File order",
    "loss": "Loss, highest first",
    "mz": "Precursor m/z",
    "rt": "Retention time",
    "peaks": "Peaks, most first",
}


@st.cache_resource(max_entries=8, show_spinner="Reading the spectra's headers…")
def table(key: str, _source: Source) -> pd.DataFrame:
    """One row a usable spectrum, indexed by its 0-based place in the file; not to be changed."""
    usable = [h for h in _source.spectra.headers() if h.usable]
    return pd.DataFrame(
        {
            "title": [h.name for h in usable],
            "scan": pd.array([h.scan for h in usable], dtype="Int64"),
            "precursor m/z": pd.array([h.precursor_mz for h in usable], dtype="Float64"),
            "z": pd.array([h.precursor_charge for h in usable], dtype="Int64"),
            "RT min": pd.array([None if h.rt is None else h.rt / 60 for h in usable], dtype="Float64"),
            "peaks": [h.n_peaks for h in usable],
            "peptide": [h.peptide or "" for h in usable],
        },
        index=pd.Index([h.index for h in usable], name="place"),
    )


@st.cache_resource
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="browse")


@st.cache_resource(max_entries=16, show_spinner=False)
def _job(key: str, settings_toml: str, _source: Source, _settings: LossSettings) -> Job[pd.Series]:
    """The losses of a file's spectra, computed behind the table's back, once for all sessions."""
    own = table(key, _source)["peptide"]
    return Job(lambda _: iter([losses(own, _source, _settings)])).start(_pool())


def losses(own: pd.Series, source: Source, settings: LossSettings) -> pd.Series:
    """Loss of every spectrum with its own peptide, the first ``MOST_LOSSES`` of them, in one kernel call.

    Args:
        own: peptides in ProForma by the spectra's places in the file, ``""`` where there is none.
    """
    places: list[int] = []
    peptides: list[Peptide] = []
    charges: list[int | None] = []
    observed: list[tuple[F64, F64]] = []
    for place, text in own.items():
        if not text:
            continue
        if len(places) == MOST_LOSSES:
            break
        try:
            spectrum = source.spectra.read(int(place))
            peptide = Peptide.parse(text)
            charge = charge_in_force(peptide.charge, spectrum.precursor_charge)
            fragments(peptide, settings, charge)
            peaks = preprocess(spectrum, settings)
        except PeplossError:
            continue  # shown with its reason once it is opened; here it has no loss
        places.append(int(place))
        peptides.append(peptide)
        charges.append(charge)
        observed.append((peaks.mz, peaks.intensity))
    ions = [each.fragments for each in fragments_with_heights(peptides, settings, charges)]
    predicted = [(each.mz, each.intensity) for each in ions]
    values = spectrum_loss_at(Peaks.from_list(predicted), Peaks.from_list(observed), settings).numpy()
    return pd.Series(values, index=pd.Index(places, dtype="int64"), dtype="float64")


def wanted() -> str:
    """What is searched for, in lower case."""
    return str(st.session_state.get("q") or "").strip().lower()


def ordered(source: Source, settings: LossSettings) -> pd.DataFrame:
    """The table as the search and the order in the browser want it; prev and next step through this."""
    rows = table(source.key, source)
    text = wanted()
    order = st.session_state.get("sort") or "file"
    if text:
        scan = rows["scan"].astype("string").fillna("")
        mz = rows["precursor m/z"].map("{:.4f}".format, na_action="ignore").astype("string").fillna("")
        known = rows["title"].str.lower() + " " + rows["peptide"].str.lower() + " " + scan + " " + mz
        rows = rows[known.str.contains(text, regex=False)]
    if order == "loss":
        job = _losses(source, settings)
        with st.spinner("Computing the losses…"):
            job.wait()
        return _with_losses(rows, job).sort_values("loss", ascending=False, kind="stable")
    columns = {"mz": ("precursor m/z", True), "rt": ("RT min", True), "peaks": ("peaks", False)}
    if order in columns:
        name, ascending = columns[order]
        return rows.sort_values(name, ascending=ascending, kind="stable")
    return rows


def _losses(source: Source, settings: LossSettings) -> Job[pd.Series]:
    return _job(source.key, settings.to_toml(), source, settings)


def _with_losses(rows: pd.DataFrame, job: Job[pd.Series]) -> pd.DataFrame:
    """The rows with a column of losses; of none where they could not be computed."""
    found = pd.Series(dtype="float64") if job.latest is None else job.latest
    return rows.assign(loss=found.reindex(rows.index))


def step(source: Source, settings: LossSettings, by: int) -> None:
    """Go ``by`` usable spectra on, or back where it is negative, in the order of the table."""
    here = state.index()
    if source.eager:
        places = ordered(source, settings).index
        if not len(places):
            return
        at = places.get_loc(here) + by if here in places else (by - 1 if by > 0 else by)
        go(int(places[at % len(places)]))
        return
    at = 0 if here is None else here
    left, ahead = abs(by), 1 if by > 0 else -1
    for _ in range(min(MOST_TRIES, len(source.spectra) * left)):
        at = (at + ahead) % len(source.spectra)
        try:
            source.spectra.read(at)
        except SpectrumError:
            continue
        go(at)
        left -= 1
        if not left:
            return


def first(source: Source, wanted_title: str = "") -> int:
    """Where to start in a file: the spectrum of that title, else the first usable one.

    Raises:
        SpectrumError: none can be used; the reason is that of the first.
    """
    if wanted_title and wanted_title in source.spectra.ids:
        return source.spectra.ids.index(wanted_title)
    reason: SpectrumError | None = None
    for at in range(min(MOST_TRIES, len(source.spectra))):
        try:
            source.spectra.read(at)
        except SpectrumError as error:
            reason = reason or error
            continue
        return at
    if reason is None:
        raise SpectrumError("The file holds no spectrum.")
    raise reason


def go(place: int) -> None:
    """Open a spectrum, with its own peptide as the candidate."""
    st.session_state["_fill"] = True
    state.set_index(place)


def panel(source: Source, settings: LossSettings) -> None:
    """Search, order, table and problems, for a popover."""
    left, right = st.columns([3, 2])
    left.text_input(
        "Search",
        key="q",
        bind="query-params",
        placeholder="title, peptide, scan, m/z",
        icon=":material/search:",
        label_visibility="collapsed",
        live=True,
    )
    right.selectbox(
        "Order",
        list(ORDERS),
        format_func=ORDERS.__getitem__,
        key="sort",
        bind="query-params",
        label_visibility="collapsed",
        required=True,
    )
    job = _losses(source, settings)
    rows = ordered(source, settings)
    with contextlib.suppress(TimeoutError):
        job.wait(A_MOMENT)
    known = not job.running
    if known:
        rows = _with_losses(rows, job)
    if rows.empty:
        st.caption("No spectrum matches the search." if wanted() else "There is no usable spectrum.")
        return
    rows["#"] = rows.index + 1
    # What tells one from another comes first: a narrow window shows the left of the table.
    first = [name for name in FIRST if name in rows]
    shown = rows[first + [name for name in rows if name not in first]].dropna(axis="columns", how="all")

    def chosen() -> None:
        picked = st.session_state["browse"]["selection"]["rows"]
        if picked:
            go(int(rows.index[picked[0]]))

    here = state.index()
    at = [int(rows.index.get_loc(here))] if here in rows.index else []
    st.dataframe(
        shown,
        key="browse",
        on_select=chosen,
        selection_mode="single-row",
        selection_default={"selection": {"rows": at}},
        hide_index=True,
        height=320,
        column_config={
            "#": st.column_config.NumberColumn(width=50, help="Place in the file"),
            "title": st.column_config.TextColumn(width=130),
            "scan": st.column_config.NumberColumn(width=60, format="%d"),
            "precursor m/z": st.column_config.NumberColumn(width=90, format="%.4f"),
            "z": st.column_config.NumberColumn(width=36),
            "RT min": st.column_config.NumberColumn(width=64, format="%.2f"),
            "peaks": st.column_config.NumberColumn(width=58),
            "peptide": st.column_config.TextColumn(width=220),
            "loss": st.column_config.NumberColumn(width=68, format="%.4f", help="With its own peptide"),
        },
    )
    labelled = int((table(source.key, source)["peptide"] != "").sum())
    told = f"{len(rows):,} of {len(source.spectra):,} entries. "
    told += "Previous and next follow the search and the order chosen above, not a sort by a column's header."
    if labelled > MOST_LOSSES:
        told += f" Losses are computed for the first {MOST_LOSSES:,} of {labelled:,} spectra with a peptide."
    st.caption(told)
    if job.error is not None:
        st.caption(f"The losses could not be computed: {sentence(job.error)}")
    if not known:
        words = "The losses are being computed; their column comes in a moment."
        follow(lambda: job.running, lambda: st.caption(words), key="browse-losses", begun=True)
