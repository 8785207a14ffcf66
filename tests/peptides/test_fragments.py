from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyteomics import mass as pyteomics_mass

from peploss.constants import AMMONIA, CARBON_MONOXIDE, HYDROGEN, ISOTOPE_SPACING, PROTON, WATER
from peploss.errors import PeptideError
from peploss.peptides.fragments import Fragments, fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import EXTRA_IONS, ION_TYPES, LossSettings

EVERYTHING = LossSettings(
    ion_types=ION_TYPES,
    max_fragment_charge=3,
    neutral_losses=("H2O", "NH3"),
    immonium=True,
    precursor=True,
    isotopes=1,
)
PYTEOMICS_NAMES = {"z+1": "z-dot"}  # pyteomics has its z+1 one hydrogen higher
sequences = st.text(st.sampled_from("ADEFGHIKLNPQRSTVWY"), min_size=1, max_size=30)


def by_label(ions: Fragments) -> dict[str, float]:
    return dict(zip(ions.plain_label, ions.mz.tolist(), strict=True))


def test_by_hand():
    # PEPTIDE, a textbook table of b and y ions (monoisotopic, 1+).
    ions = by_label(fragments(Peptide.parse("PEPTIDE"), LossSettings()))
    expected = {"b2": 227.10263, "b3": 324.15540, "b6": 653.31408, "y1": 148.06043, "y2": 263.08738, "y6": 703.31447}
    for label, mz in expected.items():
        assert ions[label] == pytest.approx(mz, abs=2e-5)
    assert list(ions) == [f"b{i}" for i in range(1, 7)] + [f"y{i}" for i in range(1, 7)]


@settings(max_examples=30)
@given(sequences, st.integers(1, 4))
def test_every_ion_is_that_of_pyteomics(sequence, charge):
    ions = fragments(Peptide.parse(sequence), EVERYTHING, charge)
    lost = {"": 0.0, "H2O": pyteomics_mass.calculate_mass("H2O"), "NH3": pyteomics_mass.calculate_mass("NH3")}
    for mz, kind, ordinal, z, loss, isotope in zip(
        ions.mz, ions.ion_type, ions.ordinal, ions.charge, ions.neutral_loss, ions.isotope, strict=True
    ):
        if kind == "immonium":
            continue
        if kind == "precursor":
            expected = pyteomics_mass.fast_mass(sequence, charge=int(z))
        else:
            part = sequence[:ordinal] if kind in "abc" else sequence[len(sequence) - ordinal :]
            expected = pyteomics_mass.fast_mass(part, ion_type=PYTEOMICS_NAMES.get(kind, kind), charge=int(z))
        assert mz == pytest.approx(expected - lost[loss] / z + isotope * ISOTOPE_SPACING / z, abs=1e-6)


@given(
    st.text(st.sampled_from("ACDEFGHIKLMNPQRSTVWY"), min_size=2, max_size=20),
    st.sampled_from(["", "[+42.0106]-"]),
    st.integers(0, 19),
    st.integers(1, 3),
)
def test_backbone_ions_are_those_of_spectrum_utils(sequence, n_term, at, charge):
    annotation = pytest.importorskip("spectrum_utils.fragment_annotation")
    proforma = pytest.importorskip("spectrum_utils.proforma")
    at %= len(sequence)
    text = f"{n_term}{sequence[: at + 1]}[+79.9663]{sequence[at + 1 :]}"
    losses = {None: 0.0, "H2O": -18.010565, "NH3": -17.026549}
    theirs = sorted(
        mz
        for _, mz in annotation.get_theoretical_fragments(
            proforma.parse(text)[0], "abcy", max_isotope=1, max_charge=charge, neutral_losses=losses
        )
    )
    loss_settings = LossSettings(
        ion_types=("a", "b", "c", "y"), max_fragment_charge=charge, neutral_losses=("H2O", "NH3"), isotopes=1
    )
    ours = np.sort(fragments(Peptide.parse(text), loss_settings).mz)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=6e-6)  # they round C, M and the losses to 6 decimals


modified = st.lists(
    st.tuples(st.sampled_from("ACDEFGHIKLMNPQRSTVWY"), st.sampled_from(["", "[Oxidation]", "[+79.96]", "[-10.5]"])).map(
        "".join
    ),
    min_size=2,
    max_size=20,
).map("".join)


@given(st.sampled_from(["", "[Acetyl]-"]), modified, st.sampled_from(["", "-[Amidated]"]), st.integers(1, 3))
def test_complements_sum_to_the_precursor(before, middle, after, charge):
    peptide = Peptide.parse(before + middle + after)
    loss_settings = LossSettings(ion_types=ION_TYPES, max_fragment_charge=charge)
    ions = fragments(peptide, loss_settings)
    neutral = (ions.mz - PROTON) * ions.charge

    def of(kind: str) -> np.ndarray:
        return neutral[(ions.ion_type == kind) & (ions.charge == charge)]

    precursor = peptide.neutral_mass
    assert np.allclose(of("b") + of("y")[::-1], precursor, rtol=0, atol=1e-8)
    assert np.allclose(of("a") + CARBON_MONOXIDE + of("y")[::-1], precursor, rtol=0, atol=1e-8)
    assert np.allclose(of("c") + of("z")[::-1], precursor, rtol=0, atol=1e-8)
    assert np.allclose(of("z+1") - of("z"), HYDROGEN, rtol=0, atol=1e-8)
    assert np.allclose(of("y") - of("z"), AMMONIA, rtol=0, atol=1e-8)


def test_three_spellings_give_the_same_fragments():
    tables = [fragments(Peptide.parse(f"AM[{tag}]CK/2"), EVERYTHING) for tag in ("Oxidation", "UNIMOD:35", "+15.9949")]
    assert tables[0].mz.tolist() == tables[1].mz.tolist()
    np.testing.assert_allclose(tables[0].mz, tables[2].mz, rtol=0, atol=2e-5)  # the digits that were given


@pytest.mark.parametrize(
    ("asked", "precursor", "highest"),
    [
        (None, None, 1),
        (None, 1, 1),
        (None, 2, 1),
        (None, 3, 2),
        (None, 6, 2),
        (3, None, 3),
        (3, 2, 2),
        (3, 5, 3),
        (1, 5, 1),
    ],
)
def test_charges(asked, precursor, highest):
    ions = fragments(Peptide.parse("PEPTIDE"), LossSettings(max_fragment_charge=asked), precursor)
    assert set(ions.charge.tolist()) == set(range(1, highest + 1))


def test_the_charge_given_comes_before_the_peptides():
    assert fragments(Peptide.parse("PEPTIDE/2"), LossSettings(), 3).charge.max() == 2
    assert fragments(Peptide.parse("PEPTIDE/3"), LossSettings()).charge.max() == 2
    assert fragments(Peptide.parse("PEPTIDE/3"), LossSettings(), 2).charge.max() == 1
    with pytest.raises(PeptideError, match="at least 1"):
        fragments(Peptide.parse("PEPTIDE"), LossSettings(), 0)


def test_immonium_ions_once_for_each_residue_mass():
    ions = fragments(Peptide.parse("AM[Oxidation]LAIM"), LossSettings(ion_types=(), immonium=True))
    assert ions.plain_label == ("IA", "II", "IM", "IM[Oxidation]")
    assert ions.mz[0] == pytest.approx(44.0495, abs=1e-4)
    assert ions.mz[1] == pytest.approx(86.0964, abs=1e-4)
    assert ions.mz[2] == pytest.approx(104.0528, abs=1e-4)
    assert ions.mz[3] == pytest.approx(120.0478, abs=1e-4)


def test_precursor():
    loss_settings = LossSettings(ion_types=(), precursor=True, isotopes=1)
    ions = fragments(Peptide.parse("{Hex}PEPTIDE"), loss_settings, 2)
    mass = pyteomics_mass.fast_mass("PEPTIDE") + 162.052824
    assert ions.mz.tolist() == pytest.approx([mass / 2 + PROTON, mass / 2 + PROTON + ISOTOPE_SPACING / 2], abs=1e-6)
    assert ions.label == ("[M+2H]²⁺", "[M+2H]+i²⁺")
    assert ions.plain_label == ("p^2", "p+i^2")
    with pytest.raises(PeptideError, match="needs a charge"):
        fragments(Peptide.parse("PEPTIDE"), loss_settings)


def test_weights():
    loss_settings = EVERYTHING.replace(
        ion_weights={"y": 0.5, "y2": 0.25, "immonium": 0.1, "precursor": 2, "z+1": 0.3, "a": 0}
    )
    ions = fragments(Peptide.parse("PEPTIDE"), loss_settings, 3)
    weight = {
        (kind, charge): set(ions.intensity[(ions.ion_type == kind) & (ions.charge == charge)].tolist())
        for kind in (*ION_TYPES, *EXTRA_IONS)
        for charge in (1, 2, 3)
    }
    assert weight["y", 1] == weight["y", 3] == {0.5}
    assert weight["y", 2] == {0.25}
    assert weight["b", 2] == weight["z", 2] == {1.0}
    assert weight["z+1", 1] == weight["z+1", 2] == {0.3}
    assert weight["a", 1] == {0.0}
    assert weight["immonium", 1] == {0.1}
    assert weight["precursor", 3] == {2.0}


def test_labels():
    ions = fragments(
        Peptide.parse("GAS/3"), EVERYTHING.replace(ion_types=("b", "z+1"), immonium=False, precursor=False)
    )
    labels = dict(zip(ions.plain_label, ions.label, strict=True))
    assert labels["b1"] == "b1"
    assert labels["b2-H2O^2"] == "b2-H2O²⁺"
    assert labels["z1+H"] == "z1•"
    assert labels["z2+H-NH3+i^3"] == "z2•-NH3+i³⁺"
    assert len(labels) == len(ions)
    assert all(label.isascii() for label in labels)


def test_labels_name_one_ion_each():
    ions = fragments(Peptide.parse("[Acetyl]-M[Oxidation]APIK/4"), EVERYTHING)
    assert len(set(ions.label)) == len(set(ions.plain_label)) == len(ions)


def test_order_is_fixed():
    ions = fragments(Peptide.parse("GAS/3"), EVERYTHING)
    kinds = [*ION_TYPES, "immonium", "precursor"]
    rank = {"": 0, "H2O": 1, "NH3": 2}
    keys = [
        (kinds.index(kind), charge, rank[loss], isotope, ordinal)
        for kind, charge, loss, isotope, ordinal in zip(
            ions.ion_type, ions.charge, ions.neutral_loss, ions.isotope, ions.ordinal, strict=True
        )
    ]
    assert keys == sorted(keys)


@pytest.mark.parametrize("text", ["G", "GA", "[Acetyl]-G-[Amidated]"])
@pytest.mark.parametrize("loss_settings", [LossSettings(), EVERYTHING, LossSettings(ion_types=())])
def test_columns_are_equally_long_and_typed(text, loss_settings):
    ions = fragments(Peptide.parse(text), loss_settings, 2)
    for field in dataclasses.fields(ions):
        column = getattr(ions, field.name)
        assert column.shape == (len(ions),)
    assert ions.mz.dtype == ions.intensity.dtype == np.float64
    assert ions.charge.dtype == ions.ordinal.dtype == ions.isotope.dtype == np.int64
    assert len(ions.label) == len(ions.plain_label) == len(ions)
    assert (ions.mz > 0).all()


def test_one_residue_has_no_backbone_ions():
    assert len(fragments(Peptide.parse("K/2"), LossSettings())) == 0


def test_a_loss_larger_than_its_fragment_makes_no_ion():
    peptide = Peptide.parse("G[-40]AK")  # b1 of 17.02 Da: a1 and b1-H2O cannot be
    labels = fragments(peptide, LossSettings(ion_types=("a", "b"), neutral_losses=("H2O",))).plain_label
    assert "b1" in labels
    assert "b1-H2O" in labels  # 17.02 - 18.01 + a proton is just above zero
    assert "a1" not in labels
    assert "a2" in labels


def test_water_is_on_the_c_terminal_side():
    ions = by_label(fragments(Peptide.parse("GG"), LossSettings()))
    assert ions["y1"] - ions["b1"] == pytest.approx(WATER)
