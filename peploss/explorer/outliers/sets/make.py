"""Two dialogs: a new set from files of the data folder, and new scores of a set."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from peploss.dataset.index.join import KINDS as JOINS
from peploss.dataset.scoring.batch import Plan
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.plain import FIELDS, guess
from peploss.dataset.tables.psm import PsmTable
from peploss.dataset.tables.sniff import FORMATS, header, sniff
from peploss.errors import PeplossError, SourceError
from peploss.explorer.outliers.columns import label
from peploss.explorer.outliers.sets import jobs
from peploss.explorer.shell import set_files, state
from peploss.explorer.shell.set_files import SetFile
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.losses.baselines import BASELINES
from peploss.settings import LossSettings
from peploss.spectra.folder import ENVIRONMENT, data_folder, is_spectrum_name, list_folder, resolve_in

AUTO: Final = "look at the content"
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
    """Choose spectra and tables, say what joins them, and begin."""
    root = data_folder()
    if root is None:
        st.info(
            f"Files are read where they lie, nothing is uploaded: set {ENVIRONMENT} to their folder and start the app "
            "again. Or make the set with peploss index."
        )
        return
    spectra = [f.name for f in list_folder(root, is_spectrum_name)]
    if not spectra:
        st.info("There is no file of spectra in the data folder (MGF, mzML, mzXML, MSP; gzipped too).")
        return
    chosen = st.multiselect("Spectra", spectra, key="make-spectra", placeholder="Files of spectra")
    found = set_files.available()
    sets = {s.name for s in (*found.sets, *(r for results in found.results.values() for r in results))}
    names = [f.name for f in list_folder(root, is_table_name) if f.name not in sets]
    tables = st.multiselect(
        "Tables of PSMs", names, key="make-tables", placeholder="None: peptides that the spectra bring (SEQ=, MSP)",
        help="What psm-utils reads (MaxQuant, Sage, FragPipe, mzIdentML, pepXML, …), mzTab, or any TSV or CSV.",
    )  # fmt: skip
    read: list[PsmTable] = []
    wrong = False
    for name in tables:
        table = _table(root, name)
        wrong |= table is None
        read += [table] if table else []
    left, right = st.columns(2)
    by = left.selectbox("Joined by", [AUTO, *JOINS], help="What of a PSM names its spectrum. Index counts from 0.")
    usual = Path(chosen[0]).name.partition(".")[0] if chosen else ""
    name = right.text_input("Name of the set", key="make-name", placeholder=usual) or usual
    begin = st.button(
        "Make it", key="make-begin", type="primary", disabled=not chosen or wrong, icon=":material/play_arrow:"
    )
    if begin:
        try:
            out = jobs.output_path(root, name)
            files = [resolve_in(root, file) for file in chosen]
        except PeplossError as error:
            st.error(sentence(error), icon=":material/error:")
            return
        jobs.make(files, read, out, by=None if by == AUTO else by)
        st.rerun()


def _table(root: Path, name: str) -> PsmTable | None:
    """One table with what can be said of it; None where it cannot be read yet."""
    path = resolve_in(root, name, is_table_name)
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
        head = [line for line, _ in zip(file, range(5), strict=False)]
    names = header("".join(head))
    if not names:
        raise SourceError("The table has no columns.", where=name)
    guessed = guess(names)
    found: dict[str, str] = {}
    for place, (what, column) in zip(st.columns(4) * len(FIELDS), _offered(guessed).items(), strict=False):
        options = [NONE, *names]
        picked = place.selectbox(
            _WORDS.get(what, what.capitalize()), options, index=options.index(column), key=f"column-{name}-{what}",
        )  # fmt: skip
        if picked != NONE:
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
    limits = state.WIDTHS if unit == "Da" else state.WIDTHS_PPM
    start = view.sigma if unit == view.unit else state.View.of({"unit": unit}).sigma
    sigma = left.number_input(
        "Peak width σ", min_value=limits[0], max_value=limits[1], value=start, format="%.4g", key=f"score-sigma-{unit}"
    )
    width = right.number_input(
        "Bin width h, Th", min_value=state.WIDTHS[0], max_value=state.WIDTHS[1], value=view.bin, format="%.4g"
    )
    st.caption("Ions, peaks and the rest are those of the sidebar.")
    losses = st.multiselect("Further losses", list(BASELINES), format_func=label, placeholder="None")
    decoys = st.toggle("A decoy of each PSM", help="Its residues in an order of chance, the last kept.")
    causes = st.number_input(
        "Causes of the worst", min_value=0, value=min(1000, chosen.n_psms), step=500,
        help="Each takes some ten milliseconds; 0 looks for none.",
    )  # fmt: skip
    usual = f"{chosen.path.stem}.sigma{sigma:g}{'' if unit == 'Da' else unit}"
    name = st.text_input("Name of the scores", key="score-name", placeholder=usual) or usual
    if st.button("Score", key="score-begin", type="primary", icon=":material/play_arrow:"):
        try:
            out = jobs.output_path(chosen.path.parent, name)
            whole = settings.replace(sigma=sigma, sigma_unit=unit, bin_width=width)
        except PeplossError as error:
            st.error(sentence(error), icon=":material/error:")
            return
        jobs.score(chosen.path, out, Plan(settings=whole, losses=tuple(losses), decoys=decoys), worst=int(causes))
        st.rerun()
