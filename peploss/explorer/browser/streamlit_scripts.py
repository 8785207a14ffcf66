"""Which of Streamlit's own scripts our pages need after its first ones.

Streamlit asks for the script of a widget once a page has such a widget, and for what that script imports after that.
Every page of ours has the same few, so that the browser can fetch them while it waits for the page.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

WIDGETS: Final = (
    "BidiComponent",
    "Button",
    "ButtonGroup",
    "Checkbox",
    "Html",
    "NumberInput",
    "Selectbox",
    "TextInput",
)
FOLDER: Final = "static/js"
"""Where they lie, below Streamlit's own static folder and below the address of a page alike."""
_IMPORT: Final = re.compile(r'(?:from|import)\s*"\./([\w.-]+\.js)"')


@cache
def late_scripts() -> tuple[str, ...]:
    """Addresses, relative to a page, of the scripts of ``WIDGETS`` and of all that they import.

    Those that Streamlit's page names itself are left out. A widget that this version of Streamlit does not know is
    none, as is everything where its files lie elsewhere: then the browser asks for them when it needs them.
    """
    import streamlit

    static = Path(streamlit.__file__).parent / "static"
    index = static / "index.html"
    if not index.is_file():
        return ()
    known = index.read_text(encoding="utf-8")
    found: dict[str, None] = {}
    todo = [path.name for name in WIDGETS for path in (static / FOLDER).glob(f"{name}.*.js")]
    while todo:
        name = todo.pop()
        path = static / FOLDER / name
        if name not in found and name not in known and path.is_file():
            found[name] = None
            todo += _IMPORT.findall(path.read_text(encoding="utf-8"))
    return tuple(f"./{FOLDER}/{name}" for name in found)
