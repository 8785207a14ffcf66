"""A set with the face of a spectrum file, and the sets of a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from peploss.dataset.index.build import build_set
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.store import ParquetStore
from peploss.dataset.tables import read_psms
from peploss.errors import SpectrumError
from peploss.explorer.sources import set_files
from peploss.explorer.sources.stored import StoredSpectra
from peploss.spectra.samples import samples_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out, samples = tmp_path_factory.mktemp("sets"), samples_folder()
    build_set([samples / "hcd_qe_openms_qc.mgf"], [read_psms(samples / "psms.tsv")], out / "a.parquet", workers=1)
    score_set(out / "a.parquet", out / "scores.parquet", Plan())
    (out / "other.parquet").write_bytes(b"PAR1 nothing")
    return out


def test_an_entry_is_a_psm(folder: Path) -> None:
    spectra = StoredSpectra(folder / "a.parquet")
    headers = spectra.headers()
    assert len(spectra) == len(headers) == len(spectra.ids) > 20
    with ParquetStore(folder / "a.parquet") as store:
        for at in (0, len(spectra) - 1):
            row, found = store.row(at), spectra.read(at)
            np.testing.assert_array_equal(found.mz, row["mz"])
            assert (found.index, found.title, headers[at].peptide) == (at, row["title"], row["peptide"])
            assert (found.peptide or "").startswith(row["peptide"])
            assert headers[at].n_peaks == len(found)
    assert spectra.ids[3:5] == ["PSM 3", "PSM 4"]


def test_a_psm_that_is_not_there_is_said(folder: Path) -> None:
    with pytest.raises(SpectrumError):
        StoredSpectra(folder / "a.parquet").read(10**6)


def test_sets_results_and_what_cannot_be_read(folder: Path) -> None:
    found = set_files.listed(folder)
    assert [s.name for s in found.sets] == ["a.parquet"]
    assert [r.name for r in found.results[found.sets[0].uuid]] == ["scores.parquet"]
    assert list(found.damaged) == ["other.parquet"]
    assert set_files.opened(*found.sets[0].stamp, "set", 24).n_rows == found.sets[0].n_psms
