"""Tags and notes of the set that is shown; nothing is written beside it before there is something to write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from peploss.dataset.notes import Notes, notes_path
from peploss.errors import PeplossError
from peploss.explorer.set_files import SetFile
from peploss.explorer.text import sentence

_WRONG = "_notes_wrong"


def there(chosen: SetFile) -> Notes | None:
    """What has been noted; None where nothing has.

    Raises:
        SourceError: it cannot be read.
    """
    return Notes(chosen.path) if notes_path(chosen.path).is_file() else None


def write(chosen: SetFile, change: Callable[[Notes], object]) -> bool:
    """From a callback: make a change, and say where it fails; returns whether it is kept."""
    try:
        change(Notes(chosen.path))
    except PeplossError as error:
        remedy = "" if _writable(chosen.path) else " The folder of the set cannot be written."
        st.session_state[_WRONG] = sentence(error) + remedy
        return False
    st.session_state.pop(_WRONG, None)
    return True


def told() -> None:
    """What could not be written, in its place on the page."""
    if wrong := st.session_state.get(_WRONG):
        st.error(wrong, icon=":material/error:")


def _writable(path: Path) -> bool:
    import os

    return os.access(path.parent, os.W_OK)
