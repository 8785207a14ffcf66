"""Tables of 20 predictions, as Casanovo and InstaNovo write them, join their spectra with no options."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.index.build import build_set
from peploss.dataset.store import ParquetStore
from peploss.dataset.tables import read_psms
from peploss.peptides.peptide import Peptide

PEPTIDES = [f"{'ACDEFGHIKLMNPQRSTVWY'[i]}PEPTIDEK" for i in range(20)]


@pytest.fixture
def spectra(tmp_path: Path) -> Path:
    """20 spectra whose scans are 101, 103, ...: no index, no place is taken for them by accident."""
    blocks = [
        f"BEGIN IONS\nTITLE=run1.{101 + 2 * i}.{101 + 2 * i}.2\nSCANS={101 + 2 * i}\n"
        f"PEPMASS={Peptide.parse(peptide).mz(2):.5f}\nCHARGE=2+\n147.1128 10\n276.1554 5\nEND IONS\n"
        for i, peptide in enumerate(PEPTIDES)
    ]
    path = tmp_path / "run1.mgf"
    path.write_text("\n".join(blocks))
    return path


def casanovo(path: Path, column: str) -> Path:
    head = ["sequence", "PSM_ID", "accession", "unique", "database", "database_version", "search_engine",
            "search_engine_score[1]", "modifications", "retention_time", "charge", "exp_mass_to_charge",
            "calc_mass_to_charge", "spectra_ref", "pre", "post", "start", "end", column]  # fmt: skip
    lines = ["MTD\tmzTab-version\t1.0.0", "MTD\tms_run[1]-location\tfile:///data/run1.mgf", "\t".join(["PSH", *head])]
    for i, peptide in enumerate(PEPTIDES):
        mz = f"{Peptide.parse(peptide).mz(2):.5f}"
        lines.append("\t".join(["PSM", peptide, str(i + 1), *["null"] * 4, "[MS, MS:1003281, Casanovo, 4.2.1]", "0.9",
                                "null", "null", "2.0", mz, mz, f"ms_run[1]:index={i}", *["null"] * 4,
                                ",".join(["0.9"] * 9)]))  # fmt: skip
    path.write_text("\n".join(lines) + "\n")
    return path


def instanovo(path: Path, column: str) -> Path:
    lines = [f"experiment_name,scan_number,spectrum_id,precursor_mz,precursor_charge,predictions,log_probs,{column}"]
    for i, peptide in enumerate(PEPTIDES):
        scan = 101 + 2 * i
        mz = f"{Peptide.parse(peptide).mz(2):.5f}"
        scores = '"[' + ", ".join(["-0.1"] * 9) + ']"'
        lines.append(f"run1,{scan},run1:{scan},{mz},2,{peptide},-0.9,{scores}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("write", "name", "column"),
    [
        (casanovo, "c.mztab", "opt_ms_run[1]_aa_scores"),
        (casanovo, "c.mztab", "opt_global_aa_scores"),
        (instanovo, "i.csv", "token_log_probs"),
        (instanovo, "i.csv", "prediction_token_log_probabilities"),
    ],
)
def test_all_20_rows_join(spectra: Path, tmp_path: Path, write, name: str, column: str) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "set.parquet"
    report = build_set([spectra], [read_psms(write(tmp_path / name, column))], out, workers=1)
    assert (report.n_psms, report.not_joined) == (20, [])
    with ParquetStore(out) as store:
        rows = list(store.rows(range(20)))
    assert [row["peptide"] for row in rows] == PEPTIDES
    assert all(len(row["residue_scores"]) == 9 for row in rows)
