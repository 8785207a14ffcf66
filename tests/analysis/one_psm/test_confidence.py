"""Scores in reversed order are told, right and random ones are not; bonds without ions are marked."""

from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.one_psm.confidence import (
    Order,
    bonds_of,
    evidence,
    order_of,
    reversed_here,
    reversed_in_all,
    sure_without_ions,
)
from peploss.analysis.one_psm.explanation import explain
from peploss.analysis.one_psm.ladder import Bond
from peploss.peptides.confidence import Confidence
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import sample_labels, samples_folder

QC = "hcd_qe_openms_qc.mgf"


def bond(position: int, covered: bool) -> Bond:
    return Bond(position, ("b",) if covered else (), ())


@pytest.fixture(scope="module")
def qc_bonds() -> list[tuple[Bond, ...]]:
    labels = sample_labels(QC)
    with open_spectra(samples_folder() / QC) as file:
        spectra = [file.read(i) for i in range(len(file))]
    return [bonds_of(s, Peptide.parse(labels[s.title].proforma), LossSettings()) for s in spectra]


def test_bonds_are_those_of_the_explanation() -> None:
    peptide = Peptide.parse("VGEAAASGELRK")
    with open_spectra(samples_folder() / QC) as file:
        spectrum = file.read(file.ids.index("QC1.175"))
    assert bonds_of(spectrum, peptide, LossSettings()) == explain(spectrum, peptide).bonds


def test_evidence_is_the_share_of_proven_bonds() -> None:
    assert evidence([bond(1, True), bond(2, False), bond(3, True)]).tolist() == [1.0, 0.5, 0.5, 1.0]


def test_a_bond_is_marked_where_both_residues_are_sure_and_no_ion_is_there() -> None:
    confidence = Confidence(np.array([0.95, 0.9, 0.89, 0.99, 1.0]))
    bonds = [bond(1, False), bond(2, False), bond(3, False), bond(4, False)]
    assert sure_without_ions(confidence, bonds) == [1, 4]
    bonds[0] = bond(1, True)
    assert sure_without_ions(confidence, bonds) == [4]


def test_the_order_of_a_table_is_judged(qc_bonds: list[tuple[Bond, ...]]) -> None:
    rng = np.random.default_rng(0)
    right, back, random = [], [], []
    for bonds in qc_bonds:
        scores = np.clip(0.6 + 0.3 * evidence(bonds) + rng.normal(0, 0.1, len(bonds) + 1), 0, 1)
        right.append(order_of(Confidence(scores), bonds))
        back.append(order_of(Confidence(scores[::-1]), bonds))
        random.append(order_of(Confidence(rng.uniform(size=scores.size)), bonds))
    assert reversed_in_all(o for o in right if o) is None
    assert reversed_in_all(o for o in random if o) is None
    told = reversed_in_all(o for o in back if o)
    assert told is not None
    assert "reversed order" in told
    assert reversed_in_all([o for o in back if o][:19]) is None  # too few


def test_one_psm_is_told_of_only_where_it_is_clear() -> None:
    bonds = [bond(i, i > 3) for i in range(1, 9)]
    sure = Confidence(np.array([0.3, 0.4, 0.3, 0.8, 0.9, 0.95, 0.9, 0.95, 0.9]))
    assert reversed_here(sure, bonds) is None
    told = reversed_here(Confidence(sure.residues[::-1]), bonds)
    assert told is not None
    assert "may be in reversed order" in told


def test_nothing_is_said_where_there_is_nothing_to_compare() -> None:
    bonds = [bond(i, i > 3) for i in range(1, 9)]
    assert order_of(Confidence(np.full(9, 0.9)), bonds) is None
    assert order_of(Confidence(np.array([0.1, 0.9, 0.9])), bonds[:2]) is None
    assert order_of(Confidence(np.linspace(0, 1, 9)), [bond(i, True) for i in range(1, 9)]) is None
    assert reversed_in_all([Order(0.5, 0.5)] * 30) is None
