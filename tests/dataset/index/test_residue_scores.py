"""A model's confidence goes from its table into the set: Casanovo's and InstaNovo's columns, terminal tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss.analysis.one_psm.confidence import bonds_of, evidence
from peploss.dataset.index.build import build_set
from peploss.dataset.index.report import describe
from peploss.dataset.index.residue_scores import scores_of
from peploss.dataset.index.resolve import resolve
from peploss.dataset.query.ranks import confidence_of, ranks_of
from peploss.dataset.query.results import Results
from peploss.dataset.schema import CONFIDENCE, KEY
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.scoring.worst import add_causes
from peploss.dataset.store import ParquetStore
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm import PsmTable
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import sample_labels, samples_folder

QC = samples_folder() / "hcd_qe_openms_qc.mgf"
HEAD = ["sequence", "PSM_ID", "search_engine_score[1]", "modifications", "charge", "exp_mass_to_charge",
        "calc_mass_to_charge", "spectra_ref"]  # fmt: skip


def mztab(path: Path, rows: list[tuple[str, str, str]], column: str = "opt_ms_run[1]_aa_scores") -> PsmTable:
    """``rows``: sequence, index of the spectrum, scores."""
    lines = ["MTD\tmzTab-version\t1.0.0", "MTD\tms_run[1]-location\tfile:///hcd_qe_openms_qc.mgf",
             "\t".join(["PSH", *HEAD, column])]  # fmt: skip
    lines += [
        "\t".join(["PSM", sequence, str(i), "0.9", "null", "2", "null", "null", f"ms_run[1]:index={at}", scores])
        for i, (sequence, at, scores) in enumerate(rows)
    ]
    path.write_text("\n".join(lines) + "\n")
    return read_psms(path)


@pytest.mark.parametrize("column", ["opt_ms_run[1]_aa_scores", "opt_global_aa_scores"])
def test_casanovos_scores_are_read_and_survive_the_index(tmp_path: Path, column: str) -> None:
    rows = [("+42.011PEC+57.021K", "3", "0.9,0.8,0.95,0.97,0.99"), ("PEPK", "4", "0.1,0.2,0.3,0.4"),
            ("PEK", "5", "null"), ("PEKK", "6", "0.9,0.8")]  # fmt: skip
    build_set([QC], [mztab(tmp_path / "c.mztab", rows, column)], tmp_path / "set.parquet", workers=1)
    with ParquetStore(tmp_path / "set.parquet") as store:
        first, second, none, misfit = (row for row in store.rows(range(store.n_rows)) if row["table"] == "c.mztab")
    np.testing.assert_allclose(first["residue_scores"], [0.8, 0.95, 0.97, 0.99], rtol=1e-6)
    assert first["n_term_score"] == pytest.approx(0.9)
    np.testing.assert_allclose(second["residue_scores"], [0.1, 0.2, 0.3, 0.4], rtol=1e-6)
    assert second["n_term_score"] is None
    assert none["residue_scores"] is None
    assert misfit["residue_scores"] is None
    assert "The table gives 2 scores for 4 residues" in misfit["notes"]


@pytest.mark.parametrize(
    ("peptide", "column"),
    [
        ("predictions", "token_log_probs"),
        ("predictions", "token_log_probabilities"),
        ("predictions", "predictions_token_log_probabilities"),
        ("preds", "token_log_probs"),
    ],
)
def test_instanovos_columns_of_every_version(tmp_path: Path, peptide: str, column: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(
        f"scan_number,precursor_charge,{peptide},log_probs,{column}\n"
        '1,2,PEPK,-0.5,"[-0.1, -0.2, -inf, 0.0]"\n2,2,[UNIMOD:1]PEK,-0.5,"[-0.5, -0.1, -0.2, -0.3]"\n3,2,PEK,-0.5,\n'
    )
    first, second, third = read_psms(path).psms
    assert first.token_scores == pytest.approx([np.exp(-0.1), np.exp(-0.2), 0.0, 1.0], rel=1e-6)
    assert second.token_scores == pytest.approx(np.exp([-0.5, -0.1, -0.2, -0.3]), rel=1e-6)
    assert third.token_scores == ()


def test_columns_and_rows_read_the_same_scores(tmp_path: Path) -> None:
    from peploss.dataset.tables.columns.plain import read_plain

    path = tmp_path / "p.tsv"
    path.write_text(
        "scan\tpredictions\ttargets\taa_scores\n1\tPEPK\tPEPR\t0.5, .25,1e-3,1\n2\tPEK\tPEK\t[0.5 0.6 0.7]\n"
    )
    both = [read_plain(path, {}, by_rows=by_rows).psms for by_rows in (False, True)]
    for one, other in zip(*both, strict=True):
        assert one.token_scores == pytest.approx(other.token_scores, rel=1e-6)
    assert [len(p.token_scores) for p in both[1]] == [4, 0, 3]  # the right answer has no scores


def test_each_candidate_of_a_beam_has_its_own(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(
        "scan_number,precursor_charge,predictions,token_log_probabilities,predictions_beam_0,predictions_beam_1,"
        "predictions_token_log_probabilities_beam_0,predictions_token_log_probabilities_beam_1\n"
        '1,2,PEPK,"[0.0, -0.1, 0.0, 0.0]",PEPK,PPEK,"[0.0, -0.1, 0.0, 0.0]","[-1.0, 0.0, 0.0, 0.0]"\n'
    )
    first, second = read_psms(path).psms
    assert first.token_scores[1] == pytest.approx(np.exp(-0.1))
    assert second.peptide.startswith("PPEK")
    assert second.token_scores[0] == pytest.approx(np.exp(-1.0))


def test_the_end_token_of_a_beam_is_dropped_where_the_count_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(
        "experiment_name,scan_number,precursor_charge,predictions,token_log_probs\n"
        'hcd_qe_openms_qc,174,2,PEPK,"[0.0, -0.1, -0.2, -0.3, -9.0]"\n'
        'hcd_qe_openms_qc,174,2,M[UNIMOD:35]EPK,"[0.0, -0.1, -0.2, -0.3, -9.0]"\n'
        'hcd_qe_openms_qc,174,2,PEPKK,"[0.0, -0.1, -0.2, -0.3, -0.4, -0.5, -9.0]"\n'
    )
    psms = list(read_psms(path).psms)
    plain, modified, longer = (scores_of(psm, resolve(psm.peptide)) for psm in psms)  # type: ignore[arg-type]
    assert plain is not None
    np.testing.assert_allclose(plain.residues, np.exp([0.0, -0.1, -0.2, -0.3]), rtol=1e-6)
    assert modified is longer is None  # the oxidation may be a token of its own; two too many are not one end
    assert "5 scores for 4 residues" in psms[1].notes


@pytest.mark.parametrize("causes", [False, True])
def test_results_keep_the_confidence_of_their_set(tmp_path: Path, causes: bool) -> None:
    rows = [("+42.011PEPK", "3", "0.9,0.1,0.2,0.3,0.4"), ("PEPK", "4", "null")]
    out, scores = tmp_path / "set.parquet", tmp_path / "scores.parquet"
    build_set([QC], [mztab(tmp_path / "c.mztab", rows)], out, workers=1)
    score_set(out, scores, Plan())
    if causes:
        add_causes(out, scores, 1, workers=1)
    with ParquetStore(out) as store, ParquetStore(scores, "results") as scored:
        for name in CONFIDENCE.names:
            want, found = (pq.read_table(each.path).column(name).to_pylist() for each in (store, scored))
            assert want == found
            assert any(value is not None for value in found)
    with Results(scores) as asked:
        assert asked.count("n_term_score > 0.8") == 1


def test_the_set_gives_each_rank_its_confidence(tmp_path: Path) -> None:
    rows = [("PEPK", "3", "0.1,0.2,0.3,0.4"), ("PPEK", "3", "0.5,0.6,0.7,0.8"), ("PEKP", "3", "null")]
    out = tmp_path / "set.parquet"
    build_set([QC], [mztab(tmp_path / "c.mztab", rows)], out, workers=1)
    ranked = ranks_of(out, QC.name, 3)
    found = confidence_of(ranked, Peptide.parse("PPEK"))
    assert found is not None
    np.testing.assert_allclose(found.residues, [0.5, 0.6, 0.7, 0.8], rtol=1e-6)
    assert confidence_of(ranked, Peptide.parse("PEKP")) is None
    assert confidence_of(ranked, Peptide.parse("KKKK")) is None


def test_a_set_of_before_has_no_confidence(tmp_path: Path) -> None:
    out, old = tmp_path / "set.parquet", tmp_path / "old.parquet"
    build_set([QC], [mztab(tmp_path / "c.mztab", [("PEPK", "3", "0.1,0.2,0.3,0.4")])], out, workers=1)
    table = pq.read_table(out)
    with pq.ParquetWriter(old, table.drop_columns(["residue_scores", "n_term_score"]).schema) as writer:
        writer.write_table(table.drop_columns(["residue_scores", "n_term_score"]))
        writer.add_key_value_metadata({KEY.decode(): pq.ParquetFile(out).metadata.metadata[KEY].decode()})
    assert ranks_of(old, QC.name, 3)[0].confidence is None
    with ParquetStore(old) as store:
        assert store.row(0, ["id", "residue_scores"])["residue_scores"] is None
    assert pa.types.is_list(pq.read_schema(out).field("residue_scores").type)


@pytest.mark.parametrize("backwards", [True, False])
def test_scores_in_reversed_order_are_told(tmp_path: Path, backwards: bool) -> None:
    labels, rng, rows = sample_labels(QC.name), np.random.default_rng(1), []
    with open_spectra(QC) as file:
        for at in range(60):
            spectrum = file.read(at)
            peptide = Peptide.parse(labels[spectrum.title].proforma)
            proven = evidence(bonds_of(spectrum, peptide, LossSettings()))
            scores = np.clip(0.5 + 0.4 * proven + rng.normal(0, 0.1, proven.size), 0, 1)
            ends = ["0.99"] * sum(site.position == "n_term" for site in peptide.modifications)
            text = ",".join([*ends, *(f"{s:.4f}" for s in (scores[::-1] if backwards else scores))])
            rows.append((peptide.with_charge(None).proforma, str(at), text))
    out = tmp_path / "set.parquet"
    report = build_set([QC], [mztab(tmp_path / "c.mztab", rows)], out, workers=1)
    assert any("c.mztab: Its scores of residues seem to be in reversed order" in t for t in describe(report, out)) is (
        backwards
    )
    with ParquetStore(out) as store:
        assert bool(store.about["report"]["score_order"]) is backwards
