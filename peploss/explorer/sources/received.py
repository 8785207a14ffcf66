"""The box that takes uploads, spectra and PSM tables together, and what it has received."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from peploss.dataset.tables.sniff import sniff
from peploss.errors import PeplossError, SourceError
from peploss.explorer.shell.text import bytes_text
from peploss.explorer.sources import uploads
from peploss.explorer.sources.uploads import Upload
from peploss.spectra.folder import is_spectrum_name
from peploss.spectra.readers import open_spectra

_IN_BOX: Final = "_received"
TABLES: Final = "MaxQuant, FragPipe, Sage, mzIdentML, pepXML, mzTab, any TSV or CSV"


@dataclass(frozen=True)
class Received:
    """Uploads by what they are, newest first.

    Attributes:
        came: the newest file of spectra, if it was received by this run.
    """

    spectra: tuple[Upload, ...]
    tables: tuple[Upload, ...]
    came: Upload | None = None


def box(key: str) -> Received:
    """Draw the box and keep what is put into it.

    Raises:
        SourceError: a file cannot be kept, or is neither spectra nor a table of PSMs.
    """
    store, owner = uploads.store(), uploads.owner()
    received = f"{_IN_BOX}-{key}"
    known: dict[str, str] = st.session_state.get(received, {})

    def changed() -> None:  # not called where the box is drawn anew, and empty for that
        there = {file.file_id for file in st.session_state[key]}
        for name in (name for file_id, name in known.items() if file_id not in there):
            store.drop(owner, name)

    given = st.file_uploader(
        "Spectra (MGF, mzML, mzXML, MSP; also gzipped), and PSM tables to take peptides from",
        key=key,
        accept_multiple_files=True,
        on_change=changed,
        help=f"Tables: {TABLES}.",
    )
    st.caption(
        f"Together at most {bytes_text(uploads.MOST_SESSION)}. Only this app reads them. They are removed "
        f"{uploads.GRACE / 60:.0f} minutes after you close the page."
    )
    now: dict[str, str] = {}
    came: Upload | None = None
    wrong: PeplossError | None = None
    for file in given:
        if file.file_id not in known:
            kept = store.keep(owner, file.name, file)
            try:
                came = kept if is_spectra(str(kept.path), kept.digest) else came
            except PeplossError as error:
                store.drop(owner, file.name)
                wrong = error
                continue
            uploads.let_go(file)
        now[file.file_id] = file.name
    st.session_state[received] = now
    if wrong is not None:
        raise wrong
    there = uploaded()
    return Received(there.spectra, there.tables, came)


def uploaded() -> Received:
    """What the owner of this session has uploaded and is still there, without a box."""
    spectra: list[Upload] = []
    tables: list[Upload] = []
    for kept in reversed(uploads.store().files(uploads.owner())):
        (spectra if is_spectra(str(kept.path), kept.digest) else tables).append(kept)
    return Received(tuple(spectra), tuple(tables))


@st.cache_resource(max_entries=200, show_spinner=False)
def is_spectra(path: str, digest: str) -> bool:
    """Whether a file holds spectra; else it is a table of PSMs.

    Raises:
        SourceError: it is neither.
    """
    try:
        open_spectra(path).close()
    except PeplossError as error:
        try:
            format_ = "spectra" if is_spectrum_name(path) else sniff(Path(path))
        except PeplossError:
            raise error from None
        if format_ == "spectra":
            raise
        return False
    return True


def lost() -> SourceError:
    """Why an address that speaks of an upload cannot show it."""
    return SourceError(
        "The upload that this address names is gone.",
        remedy=f"Upload it again: uploads are kept while the page is open and {uploads.GRACE / 60:.0f} minutes after.",
    )
