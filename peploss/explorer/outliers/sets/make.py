"""Two dialogs: a new set from files of the data folder and uploads, and new scores of a set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from peploss import limits
from peploss.dataset.index.headers import KINDS as JOINS
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.columns.names import FIELDS, guess
from peploss.dataset.tables.psm import PsmTable
from peploss.dataset.tables.sniff import FORMATS, header, sniff
from peploss.errors import PeplossError, SourceError
from peploss.explorer.outliers.columns import label
from peploss.explorer.outliers.sets import jobs, names
from peploss.explorer.shell import state
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.shell.view import WIDTHS, WIDTHS_PPM, View
from peploss.explorer.sources import received, set_files, uploads
from peploss.explorer.sources.set_files import SetFile
from peploss.explorer.sources.uploads import Upload
from peploss.losses.baselines import BASELINES
from peploss.settings import LossSettings
from peploss.spectra.folder import ENVIRONMENT, data_folder, is_spectrum_name, list_folder, resolve_in

AUTO: Final = "Detect automatically"
NONE: Final = "not in the table"
_WORDS: Final = {
    "precursor_mz": "Precursor m/z",
    "rt": "Retention time",
    "q_value": "q-value",
    "native_id": "Native id",
}
TABLE_ENDINGS: Final = (
    ".txt", ".tsv", ".csv", ".mzid", ".pepxml", ".pep.xml", ".t.xml", ".xml", ".idxml", ".mztab", ".pin", ".pout",
    ".peprec", ".msf", ".json", ".cbor", ".parquet",
)  # fmt: skip


def is_table_name(name: str) -> bool:
    """Whether a file may be a table of PSMs, by its name."""
    return name.lower().removesuffix(".gz").endswith(TABLE_ENDINGS)


@st.dialog("Make a set", width="large")
def make_set() -> None:
    """Choose spectra and tables, of the data folder and uploaded, say what joins them, and begin."""
    root = data_folder()
    try:
        uploaded = received.box("make-upload")
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
        uploaded = received.Received((), ())
    spectra = _files(root, is_spectrum_name, uploaded.spectra)
    if not spectra:
        more = "" if root else f" To read files where they lie, start the app with their folder in {ENVIRONMENT}."
        st.info(f"Upload spectra and a table of PSMs.{more}", icon=":material/upload_file:")
        return
    chosen = st.multiselect(
        "Spectra", list(spectra), default=_new("make-spectra", uploaded.spectra), key="make-spectra",
        placeholder="Files of spectra",
    )  # fmt: skip
    found = set_files.available()
    sets = {s.path for s in (*found.sets, *(r for results in found.results.values() for r in results))}
    tables = _files(root, is_table_name, uploaded.tables)
    tables = {name: path for name, path in tables.items() if path not in sets}
    picked = st.multiselect(
        "Tables of PSMs", list(tables), default=_new("make-tables", uploaded.tables), key="make-tables",
        placeholder="None: peptides that the spectra bring (SEQ=, MSP)", help=f"{received.TABLES}.",
    )  # fmt: skip
    read: list[PsmTable] = []
    wrong = False
    for name in picked:
        table = _table(tables[name], name)
        wrong |= table is None
        read += [table] if table else []
    left, right = st.columns(2)
    by = left.selectbox("Joined by", [AUTO, *JOINS], help="What of a PSM names its spectrum. Index counts from 0.")
    folder = root or uploads.store().folder(uploads.owner())
    usual = names.of_set([spectra[c].name for c in chosen], lambda name: (folder / f"{name}.parquet").exists())
    name = right.text_input("Name of the set", key="make-name", placeholder=usual) or usual
    if root is None:
        st.caption("The set is removed with its uploads. Save it under About to keep it.")
    begin = st.button(
        "Make it", key="make-begin", type="primary", disabled=not chosen or wrong, icon=":material/play_arrow:"
    )
    if begin:
        try:
            out = jobs.output_path(folder, name)
        except PeplossError as error:
            st.error(sentence(error), icon=":material/error:")
            return
        jobs.make([spectra[file] for file in chosen], read, out, by=None if by == AUTO else by)
        st.rerun()


def _files(root: Path | None, wanted: Callable[[str], bool], given: Sequence[Upload]) -> dict[str, Path]:
    """Files to choose from, by the name that they are shown with; uploads first."""
    found = {_name_of(upload): upload.path for upload in given}
    if root is not None:
        found |= {file.name: resolve_in(root, file.name, wanted) for file in list_folder(root, wanted)}
    return found


def _name_of(upload: Upload) -> str:
    return f"{upload.name} (uploaded)"


def _new(key: str, given: Sequence[Upload]) -> list[str]:
    """What a choice of files begins with: all uploads. Those that come later are added to what was chosen."""
    known, now = st.session_state.get(f"_{key}", set()), {_name_of(upload) for upload in given}
    if key in st.session_state:
        kept = [name for name in st.session_state[key] if not name.endswith("(uploaded)") or name in now]
        st.session_state[key] = [*kept, *sorted(now - known)]
    st.session_state[f"_{key}"] = now
    return [] if key in st.session_state else sorted(now)


def _table(path: Path, name: str) -> PsmTable | None:
    """One table with what can be said of it; None where it cannot be read yet."""
    with st.container(border=True):
        st.markdown(f"**{escape_markdown(name)}**")
        stat = path.stat()
        format_ = st.selectbox("Format", [AUTO, *FORMATS], key=f"format-{name}") or AUTO
        try:
            taken = sniff(path) if format_ == AUTO else format_
            columns = _columns(path, name) if taken == "plain" else {}
            table = _read(str(path), stat.st_mtime_ns, stat.st_size, taken, tuple(sorted(columns.items())))
        except PeplossError as error:
            st.error(sentence(error), icon=":material/error:")
            return None
        told = f"{len(table.psms):,} PSMs, read as {'a plain table' if taken == 'plain' else taken}."
        if table.refused:
            first = table.refused[0]
            told += f" {len(table.refused):,} lines are no PSM; line {first.line}: {first.reason}"
        st.caption(escape_markdown(told))
        return table


def _columns(path: Path, name: str) -> dict[str, str]:
    """Which column holds what, over the table's first lines."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        head = [file.readline(limits.ROW.most) for _ in range(5)]
    names = header("".join(head))
    limits.COLUMNS.hold(len(names), name)
    if not names:
        raise SourceError("The table has no columns.", where=name)
    guessed = guess(names)
    found: dict[str, str] = {}
    for place, (what, column) in zip(st.columns(4) * len(FIELDS), _offered(guessed).items(), strict=False):
        options = [NONE, *names]
        picked = place.selectbox(
            _WORDS.get(what, what.capitalize()), options, index=options.index(column), key=f"column-{name}-{what}",
        )  # fmt: skip
        if picked not in (NONE, guessed.get(what)):  # what is guessed anyway may be blank in some rows
            found[what] = picked
    try:
        st.dataframe(
            pd.read_csv(path, sep=None, engine="python", nrows=3, dtype=str), hide_index=True, height="content"
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise SourceError(f"The first lines are no table: {error}", where=name) from error
    return found


def _offered(guessed: dict[str, str]) -> dict[str, str]:
    return {what: guessed.get(what, NONE) for what in FIELDS}


@st.cache_resource(max_entries=8, show_spinner="Reading the table…")
def _read(path: str, mtime_ns: int, size: int, format_: str, columns: tuple[tuple[str, str], ...]) -> PsmTable:
    return read_psms(path, format_, dict(columns) or None)


@st.dialog("Score the set", width="medium")
def score(chosen: SetFile, settings: LossSettings) -> None:
    """Say what is computed, and begin."""
    view = state.view()
    left, middle, right = st.columns([1, 0.8, 1])
    unit = middle.selectbox("Unit of σ", ["Da", "ppm"], index=("Da", "ppm").index(view.unit)) or "Da"
    limits = WIDTHS if unit == "Da" else WIDTHS_PPM
    start = view.sigma if unit == view.unit else View.of({"unit": unit}).sigma
    sigma = left.number_input(
        "Peak width σ", min_value=limits[0], max_value=limits[1], value=start, format="%.4g", key=f"score-sigma-{unit}"
    )
    width = right.number_input(
        "Bin width h, Th", min_value=WIDTHS[0], max_value=WIDTHS[1], value=view.bin, format="%.4g"
    )
    st.caption("Ions, peaks and the rest are those of the sidebar.")
    losses = st.multiselect("Also compute", list(BASELINES), format_func=label, placeholder="None")
    decoys = st.toggle(
        "Also score one decoy per PSM", help="The peptide with its residues shuffled; the last one stays."
    )
    causes = st.number_input(
        "Explain the worst … PSMs", min_value=0, value=min(1000, chosen.n_psms), step=500,
        help="Each takes about ten milliseconds. 0 skips the causes.",
    )  # fmt: skip
    try:
        whole = settings.replace(sigma=sigma, sigma_unit=unit, bin_width=width)
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    folder = chosen.path.parent
    usual = names.of_scores(
        chosen.path.stem, whole, lambda name: (folder / f"{name}.parquet").exists(), decoys=decoys
    )  # fmt: skip
    name = st.text_input("Name of the scores", key="score-name", placeholder=usual) or usual
    if st.button("Score", key="score-begin", type="primary", icon=":material/play_arrow:"):
        try:
            out = jobs.output_path(folder, name)
        except PeplossError as error:
            st.error(sentence(error), icon=":material/error:")
            return
        jobs.score(chosen.path, out, Plan(settings=whole, losses=tuple(losses), decoys=decoys), worst=int(causes))
        st.rerun()
