"""The public names: complete, typed, and loaded only when they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import peploss

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "numba", "triton", "scipy", "pandas", "pyarrow", "streamlit", "plotly", "duckdb", "psm_utils")


def loaded_after(code: str) -> set[str]:
    """Heavy packages that a fresh process has loaded after ``code``."""
    script = f"import sys\n{code}\nprint(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stderr.split())


def test_type_checkers_see_the_names_that_run() -> None:
    tree = ast.parse(Path(peploss.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    typed = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == peploss._MODULE_OF


@pytest.mark.parametrize("name", peploss.__all__)
def test_every_name_is_its_modules_own(name: str) -> None:
    assert getattr(peploss, name) is getattr(import_module(peploss._MODULE_OF[name]), name)


def test_names_are_listed_before_they_are_loaded() -> None:
    assert {*peploss.__all__, "__doc__"} <= set(dir(peploss))
    code = "import peploss; assert 'CombinedLoss' in dir(peploss) and 'CombinedLoss' not in vars(peploss)"
    assert loaded_after(code) == set()


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="module 'peploss' has no attribute 'CombinedLos'"):
        _ = peploss.CombinedLos
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        from peploss import nothing  # noqa: F401


def test_a_file_and_a_peptide_load_nothing_heavy() -> None:
    code = (
        "import peploss\n"
        "with peploss.open_spectra('sample_spectra/hcd_qe_openms_qc.mgf') as spectra:\n"
        "    spectrum = spectra.read(0)\n"
        "peptide = peploss.Peptide.parse('PEPTM[Oxidation]IDEK/2')\n"
        "settings = peploss.LossSettings()\n"
        "assert len(peploss.fragments(peptide, settings, 2)) == 16\n"
        "assert len(peploss.preprocess(spectrum, settings)) > 0\n"
    )
    assert loaded_after(code) == set()


def test_a_loss_loads_torch() -> None:
    assert loaded_after("import peploss; peploss.spectrum_loss") >= {"torch"}  # or the tests above see nothing


@pytest.mark.parametrize("command", ["", "index", "score", "explain", "serve", "tune"])
def test_help_loads_nothing_heavy(command: str) -> None:
    code = (
        "from peploss.cli import main\n"
        f"try: main({[*command.split(), '--help']!r}, prog_name='peploss')\n"
        "except SystemExit as end: assert end.code == 0\n"
    )
    assert loaded_after(f"{code}\nassert 'numpy' not in sys.modules") == set()
