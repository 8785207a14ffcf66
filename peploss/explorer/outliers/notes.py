"""Tags and notes of the set that is shown; nothing is written beside it before there is something to write."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from peploss.dataset.query.notes import Notes, notes_path
from peploss.errors import PeplossError
from peploss.explorer.shell.text import sentence
from peploss.explorer.sources.set_files import SetFile

_WRONG = "_notes_wrong"  # where something could not be written, and why


def there(chosen: SetFile) -> Notes | None:
    """What has been noted; None where nothing has.

    Raises:
        SourceError: it cannot be read.
    """
    return Notes(chosen.path) if notes_path(chosen.path).is_file() else None


def write(chosen: SetFile, change: Callable[[Notes], object], at: str) -> bool:
    """From a callback: make a change, or have ``told(at)`` say why it failed; returns whether it is kept."""
    try:
        change(Notes(chosen.path))
    except PeplossError as error:
        remedy = "" if _writable(chosen.path) else " The folder of the set cannot be written."
        st.session_state[_WRONG] = at, sentence(error) + remedy
        return False
    st.session_state.pop(_WRONG, None)
    return True


def told(at: str) -> None:
    """What could not be written there, in its place on the page; of another PSM it would mislead."""
    place, wrong = st.session_state.get(_WRONG) or ("", "")
    if wrong and place == at:
        st.error(wrong, icon=":material/error:")


def _writable(path: Path) -> bool:
    return os.access(path.parent, os.W_OK)
