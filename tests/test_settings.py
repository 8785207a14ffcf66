"""Settings: equal ones are one, bad ones are refused in words, and nothing is lost on the way to text and back."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peploss.errors import SettingsError
from peploss.grid import MzGrid
from peploss.settings import ION_TYPES, LossSettings

everything = st.builds(
    LossSettings,
    sigma=st.floats(1e-6, 1e3),
    bin_width=st.floats(1e-3, 10),
    sigma_unit=st.sampled_from(["Da", "ppm"]),
    ion_types=st.lists(st.sampled_from(ION_TYPES), unique=True).map(tuple),
    max_fragment_charge=st.none() | st.integers(1, 5),
    ion_weights=st.dictionaries(st.sampled_from(["b", "y2", "z+1", "z+12", "immonium"]), st.floats(0, 10)),
    top_n=st.none() | st.integers(1, 500),
    relative_threshold=st.floats(0, 0.99),
    min_peak_mz=st.none() | st.floats(0, 100),
)


@given(everything)
def test_nothing_is_lost_on_the_way_to_toml_and_back(settings: LossSettings) -> None:
    for again in (
        LossSettings.from_toml(settings.to_toml()),
        LossSettings.from_dict(settings.to_dict()),
        pickle.loads(pickle.dumps(settings)),
    ):
        assert again == settings
        assert hash(again) == hash(settings)


@pytest.mark.parametrize(
    "text", ["sigma = " + "9" * 5000, "sigma = " + "[" * 5000, "x = {" * 5000, "sigma = 0x" + "f" * 5000, "sigma ="]
)
def test_a_text_that_nobody_wrote_is_refused_in_words(text: str) -> None:
    with pytest.raises(SettingsError, match=r"not valid TOML|not a whole number of more"):
        LossSettings.from_toml(text)


def test_equal_settings_hash_alike() -> None:
    pairs = [
        (LossSettings(max_mz=2000), LossSettings(max_mz=2000.0)),
        (LossSettings(ion_weights={"b": 1, "y": 2}), LossSettings(ion_weights={"y": 2.0, "b": 1.0})),
        (LossSettings(ion_types=("y", "b")), LossSettings(ion_types=("b", "y"))),
    ]
    for a, b in pairs:
        assert a == b
        assert hash(a) == hash(b)
    assert LossSettings() != LossSettings(sigma=0.06)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sigma": 0}, "sigma must be a positive finite number, not 0"),
        ({"sigma": True}, "sigma must be a positive finite number, not True"),
        ({"sigma_unit": "Th"}, "sigma_unit must be one of Da, ppm, not 'Th'"),
        ({"ion_types": "by"}, "ion_types must be a list of names, not 'by'"),
        ({"ion_types": ["x"]}, "ion_types must be one of a, b, c, y, z, z.1, not 'x'"),
        ({"top_n": 0}, "top_n must be a whole number of at least 1, or not given, not 0"),
        ({"isotopes": 2}, "isotopes must be one of 0, 1, not 2"),
        ({"relative_threshold": 1.0}, r"relative_threshold must lie in \[0, 1\), not 1.0"),
        ({"min_peak_mz": 500.0, "max_peak_mz": 100.0}, r"min_peak_mz \(500.0\) must lie below max_peak_mz \(100.0\)"),
        ({"ion_weights": {"y": -1.0}}, "must be a finite number of at least 0, not -1.0"),
        ({"ion_weights": {"q": 1.0}}, "has no ion 'q'"),
        ({"bin_width": 1e-9}, "bins; 1 to 50,000,000 are possible"),
        ({"gamma": 1.0}, "There is no setting 'gamma'"),
        ({"sigma": 1e308}, r"sigma must be .* not 1e\+308. Give 1e-07 to 100000"),
        ({"sigma": 1e-300}, "sigma must be a positive finite number, not 1e-300"),
        ({"sigma": float("nan")}, "not nan"),
        ({"sigma": float("inf"), "sigma_unit": "ppm"}, "not inf"),
        ({"sigma": 10**5000}, "not a whole number of more than 60 digits"),
        ({"max_mz": 10**5000}, "not a whole number of more than 60 digits"),
        ({"bin_width": 1e-300}, "bin_width must be a positive finite number of Th, not 1e-300"),
        ({"precursor_scale": 1e-300}, "precursor_scale must be"),
        ({"precursor_tolerance": 1e308}, "precursor_tolerance must be"),
        ({"top_n": 10**5000}, "top_n must be .* Give no more than 1,000,000,000"),
        ({"max_fragment_charge": 10**30}, "max_fragment_charge must be"),
        ({"ion_weights": {"y": 1e308}}, "must be a finite number"),
        ({"ion_types": [[1]]}, "ion_types must be one of"),
    ],
)
def test_bad_settings_are_refused_in_words(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        LossSettings.from_dict(values)


def test_text_that_is_not_toml_is_refused_in_words() -> None:
    with pytest.raises(SettingsError, match="not valid TOML"):
        LossSettings.from_toml("sigma = = 1")


def test_width_in_th() -> None:
    assert LossSettings(sigma=0.02).sigma_in_th(1500.0) == 0.02
    assert LossSettings(sigma=20.0, sigma_unit="ppm").sigma_in_th(500.0) == pytest.approx(0.01)


@pytest.mark.parametrize(("max_mz", "bin_width", "bins"), [(2000, 0.1, 20000), (0.3, 0.1, 3), (2000, 0.3, 6667)])
def test_number_of_bins_is_rounded(max_mz: float, bin_width: float, bins: int) -> None:
    grid = MzGrid(max_mz, bin_width)
    assert grid.n_bins == len(grid.centers) == bins
    assert grid.centers[0] == pytest.approx(bin_width / 2)
