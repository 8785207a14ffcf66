from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.candidates.compare import compare_candidates
from peploss.analysis.candidates.deciding import deciding
from peploss.analysis.one_psm.explanation import explain
from peploss.explorer.figures.spectra.pair import MARK, MARK_PX, ROOM_PX, TITLE_PX, pair_figure
from peploss.explorer.figures.spectra.spectrum import MARGIN, Shown
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

TEXTS = ("AS[Phospho]AATAAK", "ASAAT[Phospho]AAK")
SETTINGS = LossSettings()


@pytest.fixture(scope="module")
def figure() -> dict:
    ions = fragments(Peptide.parse(TEXTS[0]), SETTINGS)
    order = np.argsort(ions.mz)
    spectrum = Spectrum(mz=ions.mz[order], intensity=np.ones(len(ions)), title="<i>both</i>")
    first, second = compare_candidates(spectrum, TEXTS, SETTINGS)
    alone = (deciding(first, second, SETTINGS), deciding(second, first, SETTINGS))
    return pair_figure(*(explain(spectrum, text, SETTINGS) for text in TEXTS), alone, (1, 3), Shown())


def test_each_candidate_lies_on_its_side_over_the_same_peaks(figure: dict) -> None:
    named = {trace["uid"]: np.asarray(trace["y"], dtype=float) for trace in figure["data"]}
    up, down = named["observed-curve"], named["lower-observed-curve"]
    assert np.nanmin(up) >= 0 >= np.nanmax(down)
    assert np.array_equal(up, -down, equal_nan=True)
    assert np.nanmin(named["lower-b-ions-dashed"]) == -1.0
    assert len(named) == len(figure["data"])  # no two traces share what the legend hides them by
    assert all(not trace.get("showlegend", True) for trace in figure["data"] if trace["uid"].startswith("lower-"))


def test_deciding_fragments_are_marked_filled_where_there_is_a_peak(figure: dict) -> None:
    (found,) = (trace for trace in figure["data"] if trace.get("name") == "deciding, with a peak")
    (missing,) = (trace for trace in figure["data"] if trace.get("name") == "deciding, without")
    assert found["y"] == [MARK] * 6
    assert missing["y"] == [-MARK] * 6
    assert (found["marker"]["symbol"], missing["marker"]["symbol"]) == ("diamond", "diamond-open")
    ions = fragments(Peptide.parse(TEXTS[0]), SETTINGS)
    assert sorted(found["x"]) == pytest.approx(sorted(
        ions.mz[[i for i, label in enumerate(ions.plain_label) if label in ("b2", "b3", "b4", "y4", "y5", "y6")]]
    ))  # fmt: skip


def test_both_are_named_with_their_loss_and_their_labels_point_away(figure: dict) -> None:
    titles = [note["text"] for note in figure["layout"]["annotations"]]
    assert titles[0].startswith("<b>1</b>  AS[Phospho]AATAAK  loss 0.0000")
    assert titles[1].startswith("<b>3</b>  ASAAT[Phospho]AAK  loss ")
    y = figure["labels"]["y"]
    assert (y > 0).sum() == 14  # every fragment of the right one
    assert (y < 0).sum() == 8  # those of the other that the two share
    assert len(figure["labels"]["text"]) == len(y) == len(figure["labels"]["weight"])


def test_labels_marks_and_titles_each_have_a_strip_of_their_own(figure: dict) -> None:
    top = figure["layout"]["yaxis"]["range"][1]
    inner = figure["height"] - MARGIN["t"] - MARGIN["b"]
    strips = np.array([1, figure["labels"]["room"], 2 * MARK - figure["labels"]["room"], top]) * inner / (2 * top)
    assert np.diff(strips) == pytest.approx([ROOM_PX, MARK_PX, TITLE_PX], abs=1)
    assert figure["layout"]["yaxis"]["range"] == [-top, top]
