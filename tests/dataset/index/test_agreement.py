"""A join by number is held against precursors and retention times; a scan is a scan, a run is a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from peploss.constants import PROTON
from peploss.dataset.index.agreement import Pairs, agreement
from peploss.dataset.index.headers import Headers
from peploss.dataset.index.join import join
from peploss.dataset.index.joined import Joined
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.dataset.tables.psm_columns import PsmColumns
from peploss.peptides.peptide import Peptide

PEPTIDES = ["PEPTIDEK", "ELVISLIVESK", "SAMPLER", "ACDEFGHIK", "MNPQSTVWYR", "AAAAAAAAK"]


def mz(peptide: str, charge: int = 2) -> float:
    return Peptide.parse(peptide).neutral_mass / charge + PROTON


def spectra(scans: list[int | None], name: str = "run1.mgf", rt: float = 60.0) -> Headers:
    out = Headers(name)
    n = len(scans)
    out.add({
        "index": list(range(n)), "scan": scans, "native_id": [""] * n, "title": [f"t{i}" for i in range(n)],
        "problem": [None] * n, "precursor_mz": [mz(p) for p in PEPTIDES[:n]], "spectrum_charge": [2] * n,
        "rt": [rt * (i + 1) * 10 for i in range(n)],
    })  # fmt: skip
    return out


def psms(scans: list[int], **more: float) -> PsmTable:
    found = [
        Psm(p, str(s), i, charge=2, precursor_mz=mz(p), keys={"scan": s}, **more)  # type: ignore[arg-type]
        for i, (p, s) in enumerate(zip(PEPTIDES, scans, strict=False), start=1)
    ]
    return PsmTable("t.tsv", "plain", found)


def all_of(table: PsmTable, file: Headers) -> Pairs:
    rows = np.arange(len(table.psms))
    return Pairs(PsmColumns.of(table.psms), rows, file, rows)


def n_joined(joined: Joined) -> int:
    return sum(joined.counts.values())


def test_what_agrees_is_joined() -> None:
    assert n_joined(join([psms([11, 12, 13, 14, 15, 16])], [spectra([11, 12, 13, 14, 15, 16])])) == 6


def test_shifted_scans_are_suspect_with_three_examples_and_can_be_forced() -> None:
    table, file = psms([12, 13, 14, 15, 16, 11]), spectra([11, 12, 13, 14, 15, 16])
    joined = join([table], [file])
    assert not joined.counts
    reason = joined.not_joined[0].reason
    assert "suspect: 6 of 6 PSMs disagree" in reason
    assert reason.count("against") == 3
    assert "--join 'scan'" in reason
    assert n_joined(join([table], [file], by="scan")) == 6


def test_ordinals_of_an_mgf_are_known_by_its_precursors() -> None:
    joined = join([psms([1, 2, 3, 4, 5, 6])], [spectra([None] * 6)])
    assert {kind for *_, kind in joined.counts} == {"place in the file"}
    assert [v[0][0].peptide for _, v in sorted(joined.psms[0].items())] == PEPTIDES


def test_ordinals_that_nothing_confirms_join_nothing() -> None:
    table = PsmTable("t.tsv", "plain", [Psm("GGGGK", str(i), i, precursor_mz=200.0 + i) for i in range(1, 5)])
    assert not join([table], [spectra([None] * 6)]).counts


@pytest.mark.parametrize("isotopes", [-1, 1, 2, 3])
def test_isotopes_are_no_disagreement(isotopes: int) -> None:
    table = psms([11, 12, 13])
    for psm in table.psms:
        psm.precursor_mz = (psm.precursor_mz or 0) + isotopes * 1.00335 / 2
        psm.peptide = "GGGGGGGGGGGGGK"  # so that only the table's m/z can agree
    assert n_joined(join([table], [spectra([11, 12, 13])])) == 3


def test_retention_times_in_minutes_or_seconds_are_compared() -> None:
    file = spectra([11, 12, 13, 14])
    for unit in (1.0, 60.0):
        table = psms([11, 12, 13, 14])
        for i, psm in enumerate(table.psms):
            psm.rt = 600.0 * (i + 1) / unit
        assert not agreement([all_of(table, file)]).suspect
        for psm in table.psms:
            psm.rt = (psm.rt or 0) + 500 / unit
        assert agreement([all_of(table, file)]).suspect


def test_one_in_twenty_may_disagree_and_is_marked() -> None:
    scans = list(range(11, 17))
    table = psms(scans)
    table.psms *= 5
    table.psms = [Psm(p.peptide, p.spectrum, i, charge=2, precursor_mz=p.precursor_mz, keys=dict(p.keys))
                  for i, p in enumerate(table.psms, 1)]  # fmt: skip
    table.psms[0].precursor_mz, table.psms[0].peptide = 300.0, "GGGGK"
    joined = join([table], [spectra(list(scans))])
    assert n_joined(joined) == 30
    assert table.psms[0].notes.startswith("The precursors of table and spectrum disagree: m/z 300.00")
    assert not table.psms[1].notes


def test_charges_are_compared_where_there_is_no_m_z() -> None:
    file = spectra([11, 12, 13])
    table = PsmTable("t.tsv", "plain", [Psm("X", "11", i, charge=3) for i in range(3)])
    assert agreement([all_of(table, file)]).disagreeing == 3


def test_file_idx_means_the_files_in_their_order() -> None:
    table = psms([11, 12, 13])
    for i, psm in enumerate(table.psms):
        psm.run = f"file_idx {i}"
    joined = join([table], [spectra([11, 12, 13]), spectra([11, 12, 13], "run2.mgf")])
    assert [[p.line for v in d.values() for p, *_ in v] for d in joined.psms] == [[1], [2]]
    assert "file_idx" in table.notes[0]
    assert [x.line for x in joined.not_joined] == [3]


def test_one_run_of_another_name_is_told() -> None:
    table = psms([11, 12, 13])
    for psm in table.psms:
        psm.run = "other"
    assert n_joined(join([table], [spectra([11, 12, 13])])) == 3
    assert "run 'other'" in table.notes[0]


def test_what_all_peptides_lack_is_told_by_the_precursors() -> None:
    bare = ["ACK", "CCDEK", "GGCR", "MCCCK", "CAAAK", "CELVISK", "PEPTIDEK"]
    file = Headers("run1.mgf")
    n = len(bare)
    file.add({
        "index": list(range(n)), "scan": list(range(n)), "native_id": [""] * n, "title": [""] * n,
        "problem": [None] * n, "precursor_mz": [mz(p.replace("C", "C[Carbamidomethyl]")) for p in bare],
        "spectrum_charge": [2] * n, "rt": [None] * n,
    })  # fmt: skip
    table = PsmTable("t.tsv", "plain", [Psm(p, f"scan={i}", i, keys={"title": ""}) for i, p in enumerate(bare)])
    join([table], [file], by="scan")
    assert any("leave out Carbamidomethyl on C" in note and "--fixed C=Carbamidomethyl" in note for note in table.notes)


def test_what_peptides_lack_is_told_where_a_table_s_masses_cannot_be_compared(tmp_path: Path) -> None:
    """An m/z is no mass where the table says no charge; the spectra know it."""
    bare = ["ACK", "CCDEK", "GGCR", "MCCCK", "CAAAK", "CELVISK", "PEPTIDEK"]
    right = [mz(p.replace("C", "C[Carbamidomethyl]")) for p in bare]
    (tmp_path / "t.tsv").write_text(
        "\n".join(
            [
                "title\tpeptide\tCalculated m/z",
                *(f"s{i}\t{p}\t{m}" for i, (p, m) in enumerate(zip(bare, right, strict=True))),
            ]
        ),
        encoding="utf-8",
    )
    file = Headers("run1.mgf")
    n = len(bare)
    file.add({
        "index": list(range(n)), "scan": [None] * n, "native_id": [""] * n, "title": [f"s{i}" for i in range(n)],
        "problem": [None] * n, "precursor_mz": right, "spectrum_charge": [2] * n, "rt": [None] * n,
    })  # fmt: skip
    table = read_psms(tmp_path / "t.tsv")
    assert n_joined(join([table], [file])) == n
    assert any("--fixed C=Carbamidomethyl" in note for note in table.notes)


def test_a_few_peptides_that_fit_no_spectrum_are_marked() -> None:
    """Too few to refuse a join by peptides alone; a prediction that is wrong among right ones stays unmarked."""
    wrong = PsmTable("t.tsv", "plain", [Psm(PEPTIDES[k], str(s), s, keys={"scan": s}) for s, k in ((11, 5), (12, 0))])
    assert n_joined(join([wrong], [spectra([11, 12, 13])])) == 2
    assert [p.notes.partition(":")[0] for p in wrong.psms] == ["The precursors of table and spectrum disagree"] * 2
    mixed = PsmTable("t.tsv", "plain", [Psm(PEPTIDES[k], str(s), s, keys={"scan": s}) for s, k in ((11, 0), (12, 0))])
    assert n_joined(join([mixed], [spectra([11, 12, 13])])) == 2
    assert [p.notes for p in mixed.psms] == ["", ""]


@pytest.mark.parametrize(("column", "cell"), [("scan", "5.5"), ("index", "1.5"), ("index", "first")])
def test_half_a_scan_is_none(tmp_path: Path, column: str, cell: str) -> None:
    (tmp_path / "t.tsv").write_text(f"{column}\tpeptide\n{cell}\tPEPTIDEK\n1\tPEPTIDEK\n", encoding="utf-8")
    table = read_psms(tmp_path / "t.tsv")
    assert [(r.line, cell in r.reason) for r in table.refused] == [(2, True)]
    assert len(table.psms) == 1


def test_a_join_by_title_stands_and_what_contradicts_it_is_marked() -> None:
    found = [Psm(p, f"t{i}", i, charge=2, precursor_mz=mz(p)) for i, p in enumerate(PEPTIDES)]
    found[2].peptide, found[2].precursor_mz = "GGGGK", 900.0
    table = PsmTable("t.tsv", "plain", found)
    joined = join([table], [spectra([None] * 6)])
    assert {kind for *_, kind in joined.counts} == {"title"}
    assert n_joined(joined) == 6
    assert [i for i, p in enumerate(table.psms) if "precursors of table and spectrum disagree" in p.notes] == [2]


def test_predictions_joined_by_title_are_not_marked_for_being_wrong() -> None:
    found = [Psm("GGGGK" if i < 3 else p, f"t{i}", i) for i, p in enumerate(PEPTIDES)]
    table = PsmTable("t.tsv", "plain", found)
    assert n_joined(join([table], [spectra([None] * 6)])) == 6
    assert not any(p.notes for p in table.psms)
