from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.tuning.calibration import calibrate
from peploss.analysis.tuning.ion_weights import fit_ion_weights
from peploss.analysis.tuning.psm_set import sample_psms
from peploss.analysis.tuning.reach import DEAMIDATION, reach_curves
from peploss.constants import ISOTOPE_SPACING
from peploss.explorer.browser.wire import pack
from peploss.explorer.figures.tuning.reach import reach_figure
from peploss.explorer.figures.tuning.tuning import descent_figure, mass_errors_figure, weights_figure
from peploss.settings import LossSettings


@pytest.fixture(scope="module")
def psms():
    return sample_psms(["hcd_qe_openms_qc.mgf"])


@pytest.fixture(scope="module")
def reach(psms):
    return reach_curves(psms[0], LossSettings(), [0.02, 0.1, 0.2])


def test_reach_has_a_curve_and_a_bar_for_each_sigma(reach) -> None:
    figure = reach_figure(reach, reach, 0.1)
    for curve in reach.curves:
        own = [t for t in figure["data"] if t["name"] == f"σ {curve.sigma:g} Da"]
        loss, slope, basin, reached = own
        np.testing.assert_allclose(loss["y"], curve.loss, rtol=1e-6)
        np.testing.assert_allclose(slope["y"], curve.gradient, rtol=1e-5, atol=1e-12)
        assert tuple(basin["x"]) == curve.basin
        assert tuple(reached["x"]) == curve.reach
        # Only what lies below a bin is dotted.
        assert loss["line"]["dash"] == ("dot" if curve.sigma < 0.1 else "solid")
    assert pack(figure)


def test_reach_marks_the_common_errors_on_both_sides(reach, psms) -> None:
    figure = reach_figure(reach, reach, 0.1)
    at = sorted(shape["x0"] for shape in figure["layout"]["shapes"])
    ppm = 10e-6 * psms[0].spectrum.precursor_mz
    want = [ppm, DEAMIDATION, ISOTOPE_SPACING]
    assert at == pytest.approx(sorted([*want, *(-x for x in want)]))
    texts = {note["text"] for note in figure["layout"]["annotations"]}
    assert texts >= {"10 ppm", "deamidation 0.984", "isotope 1.003"}


def test_a_narrow_range_shows_the_marks_inside_it_only(reach, psms) -> None:
    near = reach_curves(psms[0], LossSettings(), [0.02, 0.1, 0.2], farthest=0.1, step=0.00025)
    figure = reach_figure(near, reach, 0.1)
    assert figure["layout"]["xaxis"]["range"] == pytest.approx([-0.1, 0.1])
    assert len(figure["layout"]["shapes"]) == 2


def test_kinks_lie_on_the_min_distance_loss(reach) -> None:
    figure = reach_figure(reach, reach, 0.1)
    (kinks,) = [t for t in figure["data"] if t["name"] == "kinks"]
    assert reach.kinks.size
    np.testing.assert_array_equal(kinks["x"], reach.kinks)
    assert (kinks["y"] >= reach.min_distance.loss.min()).all()


def test_reach_without_kinks_is_drawn(psms) -> None:
    one = reach_curves(
        psms[0], LossSettings(ion_types=("y",), max_mz=2000), [0.1], fragment=0, farthest=0.01, step=0.001
    )
    assert pack(reach_figure(one, one, 0.1))


@pytest.mark.parametrize("unit", ["Da", "ppm"])
def test_the_normal_curve_holds_as_many_fragments_as_were_kept(psms, unit) -> None:
    found = calibrate(psms, LossSettings())
    spread = found.da if unit == "Da" else found.ppm
    figure = mass_errors_figure(found, unit)
    bars, curve = figure["data"]
    assert sum(bars["y"]) <= found.error_da.size
    width = bars["x"][1] - bars["x"][0]
    floor = curve["y"].min()
    area = np.trapezoid(curve["y"] - floor, curve["x"]) / width
    inside = (bars["x"] >= spread.low) & (bars["x"] <= spread.high)
    assert area == pytest.approx((bars["y"][inside] - floor).sum(), rel=0.01)
    assert curve["x"][curve["y"].argmax()] == pytest.approx(spread.offset, abs=width)
    assert pack(figure)


def test_too_few_errors_are_drawn_without_a_curve(psms) -> None:
    assert len(mass_errors_figure(calibrate(psms[:1], LossSettings(sigma=0.001)), "ppm")["data"]) in (1, 2)


def test_weights_and_descent(psms) -> None:
    found = fit_ion_weights(psms[:30], LossSettings(), steps=10)
    figure = weights_figure(found)
    assert sorted(figure["data"][0]["y"]) == sorted(found.weights.values())
    assert "y 1+" in figure["data"][0]["x"]
    np.testing.assert_array_equal(descent_figure(found)["data"][0]["y"], found.trace)
    assert pack([figure, descent_figure(found)])
