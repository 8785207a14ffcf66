from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.psm_set import sample_psms
from peploss.analysis.tuning.recommendation.setting_score import score
from peploss.dataset.query.right_psms import right_psms
from peploss.dataset.schema import SET, with_about
from peploss.dataset.store import ParquetStore, written_whole
from peploss.errors import SourceError
from peploss.settings import LossSettings


def row(k: int, **more):
    mz = np.sort(np.random.default_rng(k).uniform(100, 900, 20))
    plain = {"id": k, "file": f"run{k % 2}.mgf", "index": k, "title": f"s{k}", "precursor_mz": 450.7, "charge": 2,
             "peptide": "PEPTIDEK", "mz": mz, "intensity": np.ones(20, np.float32)}  # fmt: skip
    return plain | more


@pytest.fixture
def make(tmp_path):
    def make(rows: list[dict], per_group: int = 10) -> ParquetStore:
        path = tmp_path / "set.parquet"
        schema = with_about(SET, {"kind": "set", "uuid": "made by hand", "version": "0"})
        with written_whole(path, schema) as writer:
            for start in range(0, len(rows), per_group):
                some = [{n: r.get(n) for n in SET.names} for r in rows[start : start + per_group]]
                writer.write_table(pa.Table.from_pylist(some, schema=schema))
        return ParquetStore(path)

    return make


def test_decoys_second_ranks_and_high_q_are_not_right(make) -> None:
    rows = [
        row(0),
        row(1, label="decoy"),
        row(2, label="target", rank=1, q_value=0.005),
        row(3, rank=2),
        row(4, q_value=0.02),
        row(5, peptide="PEM[Oxidatoin]K"),
    ]
    found = right_psms(make(rows))
    assert sorted(p.spectrum.index for p in found.psms) == [0, 2]
    assert (found.n_psms, found.n_right) == (6, 3)
    (bad,) = found.left_out
    assert "s5" in bad.name
    assert "Oxidation" in bad.reason
    assert "2 spectra with a peptide of 6 PSMs that are no decoys" in found.summary()
    psm = next(p for p in found.psms if p.spectrum.index == 2)
    np.testing.assert_array_equal(psm.spectrum.mz, rows[2]["mz"])
    assert (psm.charge, psm.group, psm.spectrum.precursor_mz) == (2, "run0.mgf", 450.7)


def test_of_the_built_in_table_it_takes_what_the_samples_take(sample_set: Path) -> None:
    with ParquetStore(sample_set) as store:
        found = right_psms(store)
    want = sample_psms(["hcd_qe_openms_qc.mgf", "cid_iontrap_openms_ecoli.mgf"])
    assert found.left_out == ()
    assert sorted((p.spectrum.title, p.peptide.proforma) for p in found.psms) == sorted(
        (p.spectrum.title, p.peptide.proforma) for p in want
    )
    for group, median in (("hcd_qe_openms_qc.mgf", 0.757), ("cid_iontrap_openms_ecoli.mgf", 0.733)):
        prepared = prepare([p for p in found.psms if p.group == group], LossSettings(), n_decoys=1)
        assert score(prepared, 0.05, "Da", 0.1).target_median == pytest.approx(median, abs=0.005)


def test_a_sample_is_drawn_from_every_row_group_by_seed(make) -> None:
    store = make([row(k) for k in range(60)])
    seen = []
    one = right_psms(store, limit=20, seed=3, progress=lambda done, total: seen.append((done, total)))
    places = [p.spectrum.index for p in one.psms]
    assert len(set(places)) == 20
    assert {p // 10 for p in places} == set(range(6))
    assert places != sorted(places)
    assert places == [p.spectrum.index for p in right_psms(store, limit=20, seed=3).psms]
    assert places != [p.spectrum.index for p in right_psms(store, limit=20, seed=4).psms]
    assert seen == [(0, 20)]
    assert "drawn at random from 60" in one.summary()


def test_a_set_without_right_psms_says_so(make) -> None:
    store = make([row(k, label="decoy") for k in range(3)])
    with pytest.raises(SourceError, match="None of 3 PSMs"):
        right_psms(store)
    with pytest.raises(ValueError, match="limit"):
        right_psms(store, limit=0)


def test_a_set_is_tuned_by_page_and_command_alike(make, tmp_path, monkeypatch) -> None:
    """One file, two ways in: both name the same recommendation."""
    import json

    from click.testing import CliRunner
    from streamlit.testing.v1 import AppTest

    from peploss.cli.tune import tune

    rows = []
    for k, psm in enumerate(sample_psms(["hcd_qe_pyascore_phospho.mgf", "hcd_ltqvelos_openms_spectra.mgf"])):
        s = psm.spectrum
        rows.append(row(k, file=s.source, mz=s.mz, intensity=s.intensity.astype(np.float32), charge=psm.charge,
                        peptide=psm.peptide.proforma.partition("/")[0], precursor_mz=s.precursor_mz))  # fmt: skip
    make([*rows, row(len(rows), label="decoy")])
    told = json.loads(CliRunner().invoke(tune, [str(tmp_path / "set.parquet"), "--json"]).stdout)
    assert told["spectra"] == 13
    assert len(told["by_file"]) == 2

    root = Path(__file__).parents[3]
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(root)
    app = AppTest.from_file(str(root / "app.py"), default_timeout=300)
    app.query_params |= {"part": "Recommendation", "set": "A set of PSMs"}
    app.switch_page("pages/views/tune.py").run()
    app.session_state["_tune_job"][1].wait(60)
    app.run()
    assert not app.exception
    text = "\n".join(block.value for block in app.markdown).replace("\\", "")
    assert told["sentences"][0] in text
    assert "13 spectra with a peptide of 14 PSMs" in app.caption[0].value
