from __future__ import annotations

import io

import pytest

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
