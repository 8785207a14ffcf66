"""What answers the pointer."""

from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.one_psm.explanation import Explanation
from peploss.explorer.explore import payload
from peploss.explorer.figures.spectra import tips as pointer
from peploss.explorer.figures.spectra.spectrum import Shown, spectrum_figure
from peploss.explorer.shell.view import View


def trace(figure: dict, name: str) -> dict:
    return next(t for t in figure["data"] if t.get("name") == name)


def test_of_very_many_peaks_the_highest_and_those_that_match_answer_the_pointer(
    explained: Explanation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pointer, "MOST_TOLD", 3)
    figure = spectrum_figure(explained, Shown())
    points = trace(figure, "peaks and fragments")
    n = len(points["x"]) - len(explained.fragments)
    highest = np.sort(explained.observed.intensity)[-3:]
    heights = dict(zip(points["customdata"][:n], points["y"][:n], strict=True))
    wanted = np.union1d(np.flatnonzero(np.isin(explained.observed.intensity, highest)), explained.matches.peak)
    assert list(heights) == [f"{mz:.4f}" for mz in explained.observed.mz[wanted]]
    assert len(wanted) < len(explained.observed)
    assert len(points["text"]) == len(points["x"]) == len(points["customdata"])
    told = payload.stage(explained, View(), source="")["guard"]
    assert f"All {len(explained.observed):,} peaks are drawn" in told
    monkeypatch.undo()
    assert pointer.untold(explained) is None
    assert list(pointer.told_peaks(explained)) == list(range(len(explained.observed)))
