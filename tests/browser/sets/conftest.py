"""Sets that an app is served on: a large one, and two small ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.dataset import large_set, small_set
from peploss.dataset.index.build import build_set
from peploss.dataset.query.results import Results
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.scoring.worst import add_causes
from peploss.dataset.store import ParquetStore
from peploss.dataset.tables import read_psms
from peploss.settings import LossSettings
from peploss.spectra.samples import samples_folder
from tests.browser.sets.outliers_page import N_PSMS, settled

SAMPLES = 514  # PSMs of the built-in files, which the large set repeats
MENDED = (4, 49, 70, 100, 133, 179, 192, 217, 228)
"""Of those, PSMs whose cause names a change: further ions, another order of residues, one modification less."""


@pytest.fixture(scope="session")
def folder(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A large set with its results; spectra and a table beside it.

    Judged are the worst, all of them copies of one wrong peptide, and copies of PSMs that a change would mend.
    """
    out, samples = tmp_path_factory.mktemp("large"), samples_folder()
    (out / "small").mkdir()
    small = small_set(out / "small")
    with ParquetStore(small) as store:
        assert store.n_rows == SAMPLES
    large_set(small, out / "large.parquet", N_PSMS)
    score_set(out / "large.parquet", out / "large.scores.parquet", Plan())
    with Results(out / "large.scores.parquet") as found:
        worst = found.ids(order="loss", descending=True, limit=210)
    mended = [copy * SAMPLES + psm for copy in range(10) for psm in MENDED]
    add_causes(out / "large.parquet", out / "large.scores.parquet", [*worst, *mended])
    shutil.rmtree(out / "small")
    for name in ("hcd_qe_openms_qc.mgf", "psms.tsv"):
        shutil.copy(samples / name, out / name)
    yield out
    shutil.rmtree(out)


@pytest.fixture(scope="session")
def large_set_url(folder: Path, serve: Callable[[Path], str]) -> str:
    """Address of an app on that folder."""
    return serve(folder)


@pytest.fixture(scope="session")
def results(folder: Path) -> Iterator[Results]:
    with Results(folder / "large.scores.parquet") as found:
        yield found


@pytest.fixture(scope="session")
def two_sets(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], str]) -> Iterator[str]:
    """Address of an app on a folder with a set scored twice and a smaller one without scores."""
    out, samples = tmp_path_factory.mktemp("two"), samples_folder()
    tables = [read_psms(samples / "psms.tsv")]
    build_set([samples / "hcd_qe_openms_qc.mgf"], tables, out / "a.parquet", workers=1)
    build_set([samples / "cid_iontrap_openms_bsa1.mgf"], tables, out / "b.parquet", workers=1)
    score_set(out / "a.parquet", out / "withH2O.parquet", Plan(settings=LossSettings(neutral_losses=("H2O",))))
    score_set(out / "a.parquet", out / "scores.parquet", Plan())
    yield serve(out)
    shutil.rmtree(out)


@pytest.fixture
def outliers(large_set_url: str, open_page: Callable[..., Any]) -> Callable[..., Any]:
    """``outliers("cause=residue+order")``: the page, its pictures drawn."""

    def opened(query: str = "", **more: Any) -> Any:
        page = open_page(
            f"{large_set_url}/outliers?data=large.parquet&res=large.scores.parquet&{query}",
            painted=False,
            height=1200,
            **more,
        )
        settled(page)
        return page

    return opened
