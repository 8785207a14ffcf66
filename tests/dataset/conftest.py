"""A small real set, and files to break."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.dataset.index.build import build_set
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.tables import read_psms
from peploss.spectra.samples import samples_folder

BESIDE = [folder / "shared" / "odd_files" for folder in Path(__file__).resolve().parents]  # a worktree lies deeper


@pytest.fixture(scope="session")
def odd_files() -> Path:
    found = [folder for folder in BESIDE if folder.is_dir()]
    if not found:
        pytest.skip("no odd files beside the checkout")
    return found[0]


@pytest.fixture(scope="session")
def sample_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two instruments of the built-in spectra with their table."""
    out = tmp_path_factory.mktemp("set") / "set.parquet"
    folder = samples_folder()
    files = [folder / "hcd_qe_openms_qc.mgf", folder / "cid_iontrap_openms_ecoli.mgf"]
    build_set(files, [read_psms(folder / "psms.tsv")], out, workers=1)
    return out


@pytest.fixture(scope="session")
def sample_results(sample_set: Path) -> Path:
    out = sample_set.with_name("results.parquet")
    score_set(sample_set, out, Plan(decoys=True, losses=("spectral_angle",)))
    return out
