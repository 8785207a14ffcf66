"""The sidebar's choice of where spectra come from."""

from __future__ import annotations

import streamlit as st

from peploss.errors import SourceError
from peploss.explorer.shell import link
from peploss.explorer.shell.boxes import BOXES, KINDS, box
from peploss.explorer.shell.text import escape_markdown
from peploss.explorer.sources import received, set_files
from peploss.explorer.sources.source import EAGER_BYTES, PastedList, Source, from_path, listing, of_upload, stored
from peploss.spectra.folder import ENVIRONMENT, MAX_FILES, data_folder, resolve_in
from peploss.spectra.pasted import parse_peak_list
from peploss.spectra.samples import sample_files

MOST_LISTED = 20_000  # PSMs of a set that are listed one by one


class AbsentError(SourceError):
    """A link names a file that is not there; no other one may be shown in its place."""


def source() -> Source | None:
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
