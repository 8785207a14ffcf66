from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from peploss.errors import PeptideError
from peploss.peptides.modifications import unimod
from peploss.peptides.modifications.unimod import Modification, resolve, suggestions
from peploss.peptides.peptide import Peptide


@pytest.fixture
def no_sockets(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    unimod._tables.cache_clear()
    unimod._by_name.cache_clear()


def test_no_socket_is_opened(no_sockets):
    with pytest.raises(AssertionError, match="socket"):
        socket.create_connection(("localhost", 1))
    assert resolve("Oxidation").mass == 15.994915
    for name in ("no such modification", "MOD:00046", "XLMOD:02001", "RESID:AA0581", "UNIMOD:99999"):
        with pytest.raises(PeptideError):
            resolve(name)
    assert len(Peptide.parse("[Acetyl]-PEPT[Phospho]IDE")) == 7


def test_nothing_heavy_is_imported():
    code = (
        "import sys\n"
        "from peploss.peptides.peptide import Peptide\n"
        "Peptide.parse('M[Oxidation]K')\n"
        "print([m for m in ('psims', 'sqlalchemy', 'pandas', 'pyteomics.mass', 'numba') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("given", "name", "number", "mass"),
    [
        ("Oxidation", "Oxidation", 35, 15.994915),
        ("oxidation", "Oxidation", 35, 15.994915),
        ("U:Oxidation", "Oxidation", 35, 15.994915),
        ("unimod:35", "Oxidation", 35, 15.994915),
        ("U:35", "Oxidation", 35, 15.994915),
        (35, "Oxidation", 35, 15.994915),
        ("Phosphorylation", "Phospho", 21, 79.966331),  # full name
        ("Carboxyamidomethylation", "Carbamidomethyl", 4, 57.021464),  # synonym
        ("Amide", "Amidated", 2, -0.984016),  # interim name
        ("TMT6plex", "TMT6plex", 737, 229.162932),
        ("Gln->pyro-Glu", "Gln->pyro-Glu", 28, -17.026549),
    ],
)
def test_resolve(given, name, number, mass):
    assert resolve(given) == Modification(name, number, mass)


def test_every_entry_is_found_by_its_name_and_number():
    entries = unimod._tables().by_id
    assert len(entries) > 1500
    for number, entry in entries.items():
        assert resolve(entry.name) == entry
        assert resolve(f"UNIMOD:{number}") == entry


def test_a_synonym_of_several_entries_is_refused():
    with pytest.raises(PeptideError, match="more than one"):
        resolve("Applied Biosystems iTRAQ(TM) multiplexed quantitation chemistry")


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("Oxidatoin", "Oxidation"),
        ("Carbamidometyl", "Carbamidomethyl"),
        ("phosphorylaton", "Phospho"),
        ("ox", "Oxidation"),
        ("Oxidation (M)", "Oxidation"),
        ("Carbamidomethyl (C)", "Carbamidomethyl"),
        ("Acetyl (Protein N-term)", "Acetyl"),
        ("Deamidated (NQ)", "Deamidated"),
        ("oxidized", "Oxidation"),
    ],
)
def test_did_you_mean(typo, meant):
    assert suggestions(typo)[0] == meant
    with pytest.raises(PeptideError, match=f"Did you mean {meant}"):
        resolve(typo)


def test_suggestions_are_few_and_never_wrong_names():
    assert len(suggestions("methyl", limit=2)) == 2
    assert suggestions("qqqqqq") == []
    for name in suggestions("acet"):
        assert resolve(name).name == name


@pytest.mark.parametrize(
    ("accession", "vocabulary"),
    [
        ("MOD:00046", "PSI-MOD"),
        ("M:L-methionine sulfoxide", "PSI-MOD"),
        ("R:AA0581", "RESID"),
        ("XLMOD:02001", "XL-MOD"),
    ],
)
def test_other_vocabularies_are_named(accession, vocabulary):
    with pytest.raises(PeptideError, match=f"from {vocabulary}, not from Unimod"):
        resolve(accession)


@pytest.mark.parametrize("number", ["UNIMOD:0", "U:999999999", "UNIMOD:" + "9" * 5000])
def test_unknown_numbers(number):
    with pytest.raises(PeptideError, match="Unimod has no modification") as error:
        resolve(number)
    assert len(str(error.value)) < 200
