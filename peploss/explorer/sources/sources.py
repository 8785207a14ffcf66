"""Where spectra come from: the sidebar's source widgets, and files opened once and shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from peploss.errors import SourceError, SpectrumError
from peploss.explorer.shell import link
from peploss.explorer.shell.boxes import BOXES, KINDS, box
from peploss.explorer.shell.text import escape_markdown
from peploss.explorer.sources import received, set_files
from peploss.explorer.sources.beside import peptides
from peploss.explorer.sources.stored import StoredSpectra
from peploss.explorer.sources.uploads import Upload
from peploss.spectra.folder import ENVIRONMENT, MAX_FILES, FolderFile, data_folder, list_folder, resolve_in
from peploss.spectra.pasted import parse_peak_list
from peploss.spectra.readers import Header, Problem, SpectrumFile, open_spectra
from peploss.spectra.samples import sample_files, sample_labels
from peploss.spectra.spectrum import Spectrum

EAGER_BYTES = 30_000_000  # up to this size all headers are read at once when a file is opened

MOST_LISTED = 20_000  # PSMs of a set that are listed one by one


class AbsentError(SourceError):
    """A link names a file that is not there; no other one may be shown in its place."""


class PastedList:
    """One pasted spectrum, with the face of a file."""

    format = "peak list"
    ids = ("pasted",)
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    not_ms2 = 0

    def __init__(self, spectrum: Spectrum) -> None:
        self.spectrum = spectrum
        self.name = "pasted"
        self.path = "pasted.mgf"

    def __len__(self) -> int:
        return 1

    def read(self, index: int) -> Spectrum:
        """The spectrum, at index 0."""
        if index != 0:
            raise SpectrumError("There is one pasted spectrum.")
        return self.spectrum

    def headers(self, progress: Callable[[int, int], None] | None = None) -> list[Header]:
        """Its line in the table; nothing to wait for."""
        s = self.spectrum
        return [
            Header(
                index=0,
                title="pasted",
                precursor_mz=s.precursor_mz,
                precursor_charge=s.precursor_charge,
                n_peaks=len(s),
                notes=s.notes,
            )
        ]


@dataclass(frozen=True, eq=False)
class Source:
    """An opened source.

    Attributes:
        key: the same text for the same content, for caches.
        spectra: the opened file, pasted list or set.
        in_link: whether a link alone can open it again.
        eager: whether its headers are read at once.
        about: one line on what it is.
        sample: name of the built-in file, ``""`` for any other.
    """

    key: str
    spectra: SpectrumFile | PastedList | StoredSpectra
    in_link: bool
    eager: bool
    about: str = ""
    sample: str = ""


def choose() -> Source | None:
    """Draw the source widgets and open what they name; None where nothing is chosen yet.

    Raises:
        AbsentError: the link names what is not there.
        SourceError: it cannot be opened as spectra.
        SpectrumError: a pasted list is no spectrum.
    """
    kind = st.selectbox("Spectra from", KINDS, key=box("source"))
    return {"Samples": _sample, "Upload": _upload, "Folder": _folder, "Paste": _paste, "Set": _set}[kind]()


def _sample() -> Source:
    by_title = {sample.title: sample for sample in sample_files()}
    sample = by_title[_pick("Sample", list(by_title), "sample", "among the samples")]
    about = f"{sample.instrument}. From {sample.origin}, {sample.licence}. Usual tolerance {sample.tolerance}."
    return from_path(sample.path, "sample", about, sample.name)


def _folder() -> Source | None:
    root = data_folder()
    if root is None:
        st.info(f"Set {ENVIRONMENT} to a folder and start the app again; its spectrum files are then listed here.")
        return None
    names = [entry.name for entry in listing(root)]
    if not names:
        st.info("The folder holds no MGF, mzML, mzXML or MSP file.")
        return None
    if len(names) == MAX_FILES:
        st.caption(f"The first {MAX_FILES:,} files are listed.")
    return from_path(resolve_in(root, _pick("File", names, "file", "in the folder")), "folder")


def _set() -> Source | None:
    found = set_files.available()
    if not found.sets:
        st.info("There is no set yet: make one on the page Outliers.")
        return None
    by_name = {one.name: one for one in found.sets}
    chosen = by_name[_pick("Set", list(by_name), "psms", "among the sets")]
    return Source(f"set:{chosen.stamp}", stored(*chosen.stamp), True, chosen.n_psms <= MOST_LISTED)


@st.cache_resource(max_entries=8, show_spinner=False)
def stored(path: str, mtime_ns: int, size: int) -> StoredSpectra:
    """The PSMs of a set, opened once for all sessions; time of change and size tell contents apart."""
    return StoredSpectra(Path(path))


def _pick(label: str, names: list[str], key: str, where: str) -> str:
    """One of ``names``: the first, or the one of the link; a link to none of them leaves the choice open."""
    asked = str(BOXES.now()[key]) or names[0]
    there = asked in names
    st.selectbox(
        label,
        names,
        index=0 if there else None,
        key=BOXES.put(key, asked if there else None, names[0]),
        label_visibility="collapsed",
        placeholder="Pick one",
        required=there,
    )
    if not there:
        raise AbsentError(f"The link names {asked}, which is not {where}.", remedy="Pick one in the sidebar.")
    return asked


@st.cache_data(ttl=10, max_entries=4, show_spinner=False)
def listing(root: Path) -> list[FolderFile]:
    """Files of spectra in the data folder, as of a few seconds ago."""
    return list_folder(root)


def from_path(path: Path, kind: str, about: str = "", sample: str = "") -> Source:
    """A file, opened once for all sessions.

    Args:
        kind: of the source, for its key.
        about: one line on what it is.
        sample: name of the built-in file, ``""`` for any other.
    Raises:
        SourceError: it cannot be opened as spectra.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise SourceError(f"The file cannot be opened: {error.strerror}.", where=path.name) from error
    stamp = (str(path), stat.st_mtime_ns, stat.st_size)
    spectra = _opened(*stamp, sample)
    return Source(f"{kind}:{stamp}", spectra, True, stat.st_size <= EAGER_BYTES, about, sample)


@st.cache_resource(max_entries=8, show_spinner="Opening the file…")
def _opened(path: str, mtime_ns: int, size: int, sample: str) -> SpectrumFile:
    labels = sample_labels(sample) if sample else {}
    return open_spectra(path, peptides={title: label.proforma for title, label in labels.items()})


def _upload() -> Source | None:
    # Any name: what a file is, its content says.
    found = received.box("upload")
    if found.came is not None:
        BOXES.set(uploaded=found.came.name)
    if not found.spectra:
        if found.tables:
            st.info("Add the file of spectra that the table speaks of.", icon=":material/table_rows:")
        elif "_source" not in st.session_state and link.is_new():
            raise received.lost()  # a reload, or a link from elsewhere
        return None
    by_name = {upload.name: upload for upload in found.spectra}
    chosen = by_name[_pick("Uploaded spectra", list(by_name), "uploaded", "among your uploads")]
    stat = chosen.path.stat()
    spectra, told = of_upload(chosen, found.tables)
    for note in told:
        st.caption(escape_markdown(note))
    key = "|".join(("upload", chosen.name, chosen.digest, *(table.digest for table in found.tables)))
    return Source(key, spectra, False, stat.st_size <= EAGER_BYTES)


def of_upload(upload: Upload, tables: Sequence[Upload]) -> tuple[SpectrumFile, tuple[str, ...]]:
    """An upload with the peptides of the tables uploaded beside it, and what to tell of them."""
    return _with_peptides(str(upload.path), upload.digest, tuple((str(t.path), t.digest) for t in tables))


@st.cache_resource(max_entries=8, show_spinner="Opening the upload…")
def _with_peptides(path: str, digest: str, tables: tuple[tuple[str, str], ...]) -> tuple[SpectrumFile, tuple[str, ...]]:
    """A file with the peptides of the tables beside it, and what to tell of them; digests tell contents apart."""
    spectra = open_spectra(path)
    if not tables:
        return spectra, ()
    found = peptides(spectra, [Path(table) for table, _ in tables])
    spectra.peptides = found.peptides
    return spectra, tuple(found.told)


def _paste() -> Source | None:
    text = st.text_area(
        "Peaks: m/z and intensity, one peak a line",
        key="paste",
        height=150,
        persist_state="session",
        placeholder="175.1190  1200\n288.2030  3400\n…",
    )
    left, right = st.columns(2)
    mz = left.number_input(
        "Precursor m/z", min_value=0.0, value=None, format="%.4f", key="paste_mz", persist_state="session"
    )
    charge = right.number_input(
        "Charge", min_value=1, max_value=50, value=None, step=1, key="paste_z", persist_state="session"
    )
    if not text.strip():
        return None
    spectrum = parse_peak_list(text, mz or None, charge)
    return Source(f"paste:{hash((text, mz, charge))}", PastedList(spectrum), False, True)
