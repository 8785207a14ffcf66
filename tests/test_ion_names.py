from __future__ import annotations

import pytest

from peploss.errors import SettingsError
from peploss.ion_names import ION_TYPES, NEUTRAL_LOSSES, read_ion
from peploss.peptides.ions import ION_OFFSETS, LOSS_MASSES, ion_kinds
from peploss.peptides.soft import ION_NAMES, parse_ion_name
from peploss.settings import LossSettings


@pytest.mark.parametrize("kind", ION_TYPES)
@pytest.mark.parametrize("loss", ["", *NEUTRAL_LOSSES])
def test_pluses_and_a_digit_say_the_same(kind: str, loss: str) -> None:
    end = f"-{loss}" if loss else ""
    assert read_ion(kind + end) == (kind, None, loss)
    for charge in (1, 2, 5):
        assert read_ion(f"{kind}{'+' * charge}{end}") == read_ion(f"{kind}{charge}{end}") == (kind, charge, loss)
        assert read_ion(f"{kind}{'+' * charge}{end}").text == f"{kind}{charge}{end}"


@pytest.mark.parametrize("name", ["", "q", "y0", "y10", "y+2", "y-CO", "Y", "y 1", "z+12x", "immonium"])
def test_what_is_no_ion(name: str) -> None:
    assert read_ion(name) is None
    with pytest.raises(SettingsError, match="There is no ion"):
        parse_ion_name(name)


def test_the_table_knows_the_types_that_have_a_mass() -> None:
    assert set(ION_TYPES) == set(ION_OFFSETS)
    assert {"", *NEUTRAL_LOSSES} == set(LOSS_MASSES)


def test_one_series_without_a_charge_is_at_charge_one_and_a_weight_is_for_all() -> None:
    assert parse_ion_name("y") == parse_ion_name("y1") == ("y", 1, "")
    assert all(parse_ion_name(name)[1] == max(1, name.count("+")) for name in ION_NAMES)
    settings = LossSettings(ion_types=("y",), max_fragment_charge=3, ion_weights={"y": 0.5, "y++": 0.2})
    assert [kind.weight for kind in ion_kinds(settings, 3)] == [0.5, 0.2, 0.5]


def test_weights_are_kept_in_one_spelling_and_named_once() -> None:
    assert LossSettings(ion_weights={"y++": 0.2}) == LossSettings(ion_weights={"y2": 0.2})
    with pytest.raises(SettingsError, match="names the ion y2 twice"):
        LossSettings(ion_weights={"y++": 0.2, "y2": 0.3})
    with pytest.raises(SettingsError, match="no ion 'y2-H2O'"):
        LossSettings(ion_weights={"y2-H2O": 0.2})
