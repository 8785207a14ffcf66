from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.explorer.shell.view import WIDTHS, WIDTHS_PPM, View
from peploss.settings import LossSettings

VIEWS = st.builds(
    View,
    sigma=st.floats(*WIDTHS),
    bin=st.floats(*WIDTHS),
    mode=st.sampled_from(["mirror", "overlay"]),
    bins=st.booleans(),
    grad=st.booleans(),
    labels=st.booleans(),
    sel=st.sampled_from(["", "y5", "b3-H2O^2"]),
) | st.builds(View, unit=st.just("ppm"), sigma=st.floats(*WIDTHS_PPM))


@given(VIEWS)
def test_a_link_restores_the_view_to_the_last_digit(view: View) -> None:
    assert View.of_link(view.link()) == view


def test_the_default_view_needs_no_link() -> None:
    assert View().link() == {}
    assert View().settings(LossSettings()) == LossSettings()


def test_the_zoom_travels() -> None:
    assert View.of_link(View(x=(100.1234, 200.5)).link()).x == (100.1234, 200.5)


@pytest.mark.parametrize(
    "values",
    [{"sigma": "x"}, {"sigma": -1}, {"sigma": "nan"}, {"sigma": 5}, {"bin": None}, {"x": [3, 2]}, {"x": ["a", "b"]},
     {"mode": "<script>"}, {"unit": "parsec"}],
)  # fmt: skip
def test_what_makes_no_sense_takes_its_default(values: dict) -> None:
    assert View.of(values) == View()
