from __future__ import annotations

from pathlib import Path

import streamlit

from peploss.explorer.browser.streamlit_scripts import FOLDER, WIDGETS, late_scripts

STATIC = Path(streamlit.__file__).parent / "static"


def test_every_widget_of_the_list_has_its_script() -> None:
    names = [Path(script).name for script in late_scripts()]
    assert {name.split(".")[0] for name in names} >= set(WIDGETS)
    assert len(names) == len(set(names))


def test_they_are_files_that_streamlits_own_page_does_not_name() -> None:
    own = (STATIC / "index.html").read_text()
    for script in late_scripts():
        assert script.startswith(f"./{FOLDER}/")
        assert (STATIC / script).is_file()
        assert Path(script).name not in own
