from __future__ import annotations

import pytest

from peploss.errors import SettingsError
from peploss.explorer.shell import controls
from peploss.explorer.shell.boxes import Boxes, link_of, values_of
from peploss.explorer.shell.weights_text import read_weights, weights_text
from peploss.settings import LossSettings


def test_weights_come_back_as_they_were_written() -> None:
    weights = {"b1": 0.402, "y1": 1.0, "y2": 0.0}
    assert read_weights(weights_text(weights)) == weights
    assert read_weights("") == {} == read_weights(" , ")


@pytest.mark.parametrize("bad", ["y1", "y1 much", "0.5", "y1 0.5 0.6"])
def test_what_is_no_weight_is_named(bad) -> None:
    with pytest.raises(SettingsError, match=r"like y1 0\.5"):
        read_weights(f"b1 1, {bad}")


@pytest.mark.parametrize(
    "settings",
    [
        LossSettings(sigma=1.2),
        LossSettings(sigma=0.5, sigma_unit="ppm"),
        LossSettings(bin_width=2.0),
        LossSettings(max_fragment_charge=7),
        LossSettings(max_mz=20_000.0),
        LossSettings(relative_threshold=0.995),
        LossSettings(precursor_scale=0.5),
        LossSettings(precursor_tolerance=1e-4),
    ],
)
def test_what_no_widget_can_hold_is_named(settings: LossSettings) -> None:
    assert len(controls.misfits(settings)) == 1


def test_what_is_carried_to_another_page_keeps_all_digits() -> None:
    settings = LossSettings(ion_weights={"b1": 0.40234567, "y": 1 / 3}, max_fragment_charge=5, top_n=20, sigma=1.0)
    assert controls.misfits(settings) == controls.misfits(LossSettings()) == []
    link = link_of(settings)
    assert read_weights(str(link["iw"])) == settings.ion_weights
    assert link == {"iw": link["iw"], "zmax": "5", "top": "20"}  # what is as at first needs no place in a link
    assert Boxes.of(link) == Boxes({}).changed(**values_of(settings))


@pytest.mark.parametrize(
    "link",
    [{"source": "nowhere"}, {"ions": ["q"]}, {"top": "-3"}, {"top": "2.5"}, {"maxmz": "1e99"}, {"rel": "nan"},
     {"sqrt": "maybe"}, {"zmax": "9"}, {"lo": "low"}, {"errors": "parsec"}],
)  # fmt: skip
def test_what_makes_no_sense_in_a_link_is_as_at_first(link: dict) -> None:
    assert Boxes.of(link) == Boxes({})


def test_no_ion_type_at_all_is_something_that_a_link_says() -> None:
    none = Boxes({}).changed(ions=[])
    assert none["ions"] == ()
    assert none.link() == {"ions": [""]}
    assert Boxes.of(none.link()) == none
    assert Boxes.of({"ions": ["y", "b"]}) == Boxes({})  # in whatever order they were clicked
