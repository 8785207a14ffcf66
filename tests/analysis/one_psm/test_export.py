from __future__ import annotations

import contextlib
import csv
import io
import subprocess
import sys

import numpy as np
import pytest

from peploss.analysis.one_psm.explanation import Explanation, explain
from peploss.analysis.one_psm.export import COLUMNS, _as_text, fragments_csv, snippet
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum
from peploss.version import __version__


def example(text: str = "[Acetyl]-LVNELTM[Oxidation]EFAK/2", title: str = "a", **settings) -> Explanation:
    peptide, options = Peptide.parse(text), LossSettings(**settings)
    rng = np.random.default_rng(1)
    ions = fragments(peptide, options, 2).mz
    mz = np.concatenate([ions[::2] + rng.normal(0, 0.02, ions[::2].size), rng.uniform(100, 1200, 30)])
    observed = Spectrum(
        mz=mz,
        intensity=rng.gamma(1, 1e5, mz.size),
        precursor_mz=np.float64(peptide.mz(2)),
        precursor_charge=3,
        title=title,
    )
    return explain(observed, peptide, options)


def test_table_has_a_line_for_each_fragment() -> None:
    e = example(neutral_losses=("H2O",), immonium=True)
    table = list(csv.DictReader(io.StringIO(fragments_csv(e), newline="")))
    assert tuple(table[0]) == COLUMNS
    assert [row["ion"] for row in table] == list(e.fragments.plain_label)
    assert [float(row["mz_th"]) for row in table] == e.fragments.mz.tolist()
    assert sum(float(row["share_of_cosine"]) for row in table) == pytest.approx(e.cosine, abs=1e-12)
    assert [float(row["gradient_per_th"]) for row in table] == e.gradient.by_mz.tolist()
    assert [float(row["gradient_without_grid_per_th"]) for row in table] == e.gradient.continuum_by_mz.tolist()
    for row, peak in zip(table, e.matches.peak_of_fragment, strict=True):
        if peak < 0:
            assert row["observed_mz_th"] == row["error_da"] == row["error_ppm"] == ""
        else:
            assert float(row["observed_mz_th"]) == e.observed.mz[peak]
            assert float(row["error_da"]) == e.observed.mz[peak] - float(row["mz_th"])
    assert 0 < sum(row["error_ppm"] != "" for row in table) == e.n_matched
    assert {row["out_of_reach"] for row in table} == {"yes", "no"}


def test_table_runs_no_formula() -> None:
    assert [_as_text(x) for x in ("=1+1", "+1", "-1", "@A1", "\t=1", "y5")] == [
        *("'=1+1", "'+1", "'-1", "'@A1", "'\t=1", "y5")
    ]
    assert fragments_csv(example(text="PEPTK", ion_types=())).splitlines() == [",".join(COLUMNS)]


SETTINGS = [
    {},
    {"sigma": 0.1 + 0.2, "bin_width": 1 / 3, "sqrt": True, "top_n": 25, "ion_weights": {"b": np.float64(0.3)}},
    {"sigma": np.float64(20.0), "sigma_unit": "ppm", "ion_types": ("a", "c", "z+1"), "precursor": True, "max_mz": 1500},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=["default", "many", "ppm"])
@pytest.mark.parametrize("text", ["[Acetyl]-LVNELTM[Oxidation]EFAK/2", "<[Carbamidomethyl]@C>AC[+15.9949]DEK"])
def test_snippet_prints_the_loss_to_the_last_digit(settings, text) -> None:
    e = example(text, title='it\'s "quoted"\nand = \\broken\u2028', **settings)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(snippet(e), {})
    assert said.getvalue() == f"{e.loss!r}\n"


def test_snippet_needs_nothing_but_the_package() -> None:
    e = example()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", snippet(e)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (f"{e.loss!r}\n", "")
    assert __version__ in snippet(e).splitlines()[0]


def test_snippet_of_an_empty_spectrum_prints_one() -> None:
    empty = Spectrum(mz=np.zeros(0), intensity=np.zeros(0))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(snippet(explain(empty, Peptide.parse("PEPTIDEK"), LossSettings())), {})
    assert said.getvalue() == "1.0\n"
