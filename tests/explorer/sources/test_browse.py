from __future__ import annotations

import io
import threading
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from peploss.explorer.shell import state
from peploss.explorer.sources import browse
from peploss.explorer.sources.source import Source
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra

PEAKS = ("100 1", "", "100 1", "100 1", "", "", "100 1")  # usable: 0, 2, 3, 6


@pytest.mark.parametrize("eager", [True, False])
@pytest.mark.parametrize(
    ("here", "by", "there"), [(0, 1, 2), (0, 3, 6), (0, 4, 0), (6, -2, 2), (2, -2, 6), (0, -1, 6), (3, 9, 6)]
)
def test_several_steps_at_once_pass_over_what_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, eager: bool, here: int, by: int, there: int
) -> None:
    text = "".join(f"BEGIN IONS\nPEPMASS=500\n{peaks}\nEND IONS\n" for peaks in PEAKS)
    source = Source(f"steps{eager}", open_spectra(io.BytesIO(text.encode()), "x.mgf"), False, eager)
    opened: list[int] = []
    monkeypatch.setattr(state, "index", lambda: here)
    monkeypatch.setattr(browse, "go", opened.append)
    browse.step(source, LossSettings(), by)
    assert opened[-1] == there


def test_the_table_comes_before_its_losses(monkeypatch: pytest.MonkeyPatch) -> None:
    told, real = threading.Event(), browse.losses

    def late(*given: Any) -> pd.Series:
        told.wait(60)
        return real(*given)

    def script() -> None:
        import io

        from peploss.explorer.sources import browse
        from peploss.explorer.sources.source import Source
        from peploss.settings import LossSettings
        from peploss.spectra.readers import open_spectra

        text = "BEGIN IONS\nPEPMASS=500\nCHARGE=2+\nSEQ=PEPTIDEK\n98.06 1\n227.1 2\nEND IONS\n"
        source = Source("late", open_spectra(io.BytesIO(text.encode()), "x.mgf"), False, True)
        browse.panel(source, LossSettings())

    monkeypatch.setattr(browse, "losses", late)
    app = AppTest.from_function(script, default_timeout=120).run()
    (table,) = app.dataframe
    assert "loss" not in table.value
    assert any("being computed" in caption.value for caption in app.caption)
    told.set()
    for _ in range(100):
        app.run()
        if "loss" in app.dataframe[0].value:
            break
    assert 0 < app.dataframe[0].value["loss"].iloc[0] < 1
    assert not any("being computed" in caption.value for caption in app.caption)
