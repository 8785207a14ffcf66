"""Charts of one comparison: what they leave out is counted."""

from __future__ import annotations

import re

import numpy as np
import pytest

from peploss.analysis.one_psm.explanation import Explanation
from peploss.explorer.figures import charts


@pytest.mark.parametrize("of", ["fragments", "peaks"])
def test_the_bars_that_are_left_out_are_counted_and_summed(
    explained: Explanation, of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "MOST_BARS", 3)
    figure = charts.shares_figure(explained, of=of)
    share = explained.shares.fragment_cosine if of == "fragments" else explained.shares.peak_cosine
    drawn = np.asarray(figure["data"][0]["y"], dtype=float)
    assert drawn.tolist() == sorted(share, reverse=True)[:3]
    notes = [n["text"] for n in figure["layout"].get("annotations", [])]
    found = next(m for text in notes if (m := re.search(r"(\d+) more add ([\d.]+)", text)))
    assert int(found[1]) == int((share > 0).sum()) - 3 > 0
    assert float(found[2]) == pytest.approx(explained.cosine - drawn.sum(), abs=5e-5)
