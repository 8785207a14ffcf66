"""Imports go down the floors of the package only, and `import peploss` stays light."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]

FLOORS = {
    unit: floor
    for floor, units in enumerate(
        (
            (
                "atomic",
                "constants",
                "database_file",
                "deprecation",
                "errors",
                "foreign",
                "grid",
                "installed",
                "ion_names",
                "lifeline",
                "limits",
                "own_folder",
                "version",
            ),
            ("kernels", "settings", "peptides"),
            ("spectra",),
            ("intensities", "losses", "training"),
            ("analysis",),
            ("dataset", "explorer"),
            ("cli", "__main__", "peploss", "pages", "app"),  # "peploss": its __init__, the public names
        )
    )
    for unit in units
}
ROOMS = {
    "peploss.analysis": ("one_psm", "tuning", "loss_comparison", "variance", "causes", "candidates", "context"),
    "peploss.dataset": ("tables", "index", "scoring", "query", "runs", "export"),
    "peploss.explorer": ("browser", "shell", "sources", "figures", "explore", "tune", "losses", "outliers", "training"),
}
"""Folders of a package, each of which may import those before it. A folder may import what lies beside or in it."""
STRANGERS = {("kernels", "peptides")}  # soft peptides have kernels of their own; a kernel knows of no peptide
CORE = {unit for unit, floor in FLOORS.items() if floor <= FLOORS["analysis"]}
PAGE_PACKAGES = {"streamlit", "plotly", "pandas"}


class Import(NamedTuple):
    """One imported module, by its full dotted name, and whether importing the file runs it."""

    module: str
    line: int
    at_import_time: bool


def imports_of(source: str) -> Iterator[Import]:
    """Every import in a file; a name taken from peploss itself counts as the module it may be."""

    def visit(node: ast.AST, at_import_time: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, at_import_time)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"line {child.lineno}: relative import"
                if child.module == "peploss":
                    for alias in child.names:
                        yield Import(f"peploss.{alias.name}", child.lineno, at_import_time)
                else:
                    yield Import(child.module or "", child.lineno, at_import_time)
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
                isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            ):
                yield from visit(child, False)
            else:
                yield from visit(child, at_import_time)

    return visit(ast.parse(source), True)


def unit_of_file(path: Path) -> str:
    """The part of the house a file belongs to."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] != "peploss":
        return parts[0]
    return "peploss" if parts[1] == "__init__" else parts[1]


def unit_of_module(module: str) -> str | None:
    """The part of the house a module name belongs to; None for what comes from outside."""
    parts = module.split(".")
    if parts[0] in ("app", "pages"):
        return parts[0]
    if parts[0] != "peploss":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else "peploss"


def source_files() -> list[Path]:
    files = sorted((ROOT / "peploss").rglob("*.py")) + sorted((ROOT / "pages").rglob("*.py"))
    app = ROOT / "app.py"
    return [*files, app] if app.exists() else files


FILES = source_files()


def test_imports_of_sees_every_form() -> None:
    source = (
        "import os, pandas as pd\n"
        "from peploss import kernels\n"
        "from peploss.grid import MzGrid\n"
        "def f():\n    import triton\n"
        "if TYPE_CHECKING:\n    import plotly.graph_objects as go\n"
        "try:\n    import streamlit\nexcept ImportError:\n    pass\n"
    )
    assert [(i.module, i.at_import_time) for i in imports_of(source)] == [
        ("os", True),
        ("pandas", True),
        ("peploss.kernels", True),
        ("peploss.grid", True),
        ("triton", False),
        ("plotly.graph_objects", False),
        ("streamlit", True),
    ]
    assert unit_of_module("peploss.kernels.cpu.pairs") == "kernels"
    assert unit_of_module("peploss.explain") == "peploss"
    assert unit_of_module("numpy.typing") is None


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path: Path) -> None:
    unit = unit_of_file(path)
    assert unit in FLOORS, f"{unit} has no floor; give it one in this test"
    for module, line, _ in imports_of(path.read_text(encoding="utf-8")):
        target = unit_of_module(module)
        if target is None or target == unit:
            continue
        where = f"{path.relative_to(ROOT)}:{line} imports {module}"
        assert FLOORS[target] <= FLOORS[unit], f"{where}, which lies above it"
        assert (unit, target) not in STRANGERS, f"{where}, which it must not know of"


def test_no_circle_between_the_parts() -> None:
    graph: dict[str, set[str]] = {}
    for path in FILES:
        unit = unit_of_file(path)
        targets = {unit_of_module(i.module) for i in imports_of(path.read_text(encoding="utf-8"))}
        graph.setdefault(unit, set()).update(t for t in targets if t and t != unit)
    graphlib.TopologicalSorter(graph).prepare()


def module_of_file(path: Path) -> str:
    """Its dotted name; a package for its ``__init__``."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def files_imported(path: Path, modules: set[str]) -> set[str]:
    """Modules of this repository that a file imports, wherever in it."""
    named = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            named |= {
                f"{node.module}.{a.name}" if f"{node.module}.{a.name}" in modules else node.module for a in node.names
            }
        elif isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
    return named & modules - {module_of_file(path)}


def test_no_circle_between_the_files() -> None:
    modules = {module_of_file(path) for path in FILES}
    graph = {module_of_file(path): files_imported(path, modules) for path in FILES}
    assert any(graph.values())
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("package", ROOMS)
def test_imports_go_down_within_a_package(package: str) -> None:
    order = {f"{package}.{room}": place for place, room in enumerate(ROOMS[package])}
    folders = {p.name for p in (ROOT / package.replace(".", "/")).iterdir() if (p / "__init__.py").exists()}
    assert folders == set(ROOMS[package]), "give each folder its place in ROOMS"

    def room_of(module: str) -> str | None:
        return next((room for room in order if module == room or module.startswith(f"{room}.")), None)

    modules = {module_of_file(path) for path in FILES}
    for path in FILES:
        room = room_of(module_of_file(path))
        for target in files_imported(path, modules) if room else ():
            other = room_of(target)
            assert other is None or order[other] <= order[str(room)], f"{path.relative_to(ROOT)} imports {target}"


@pytest.mark.parametrize("path", [f for f in FILES if unit_of_file(f) in CORE], ids=lambda p: str(p.relative_to(ROOT)))
def test_core_knows_of_no_page(path: Path) -> None:
    for module, line, at_import_time in imports_of(path.read_text(encoding="utf-8")):
        package = module.split(".")[0]
        where = f"{path.relative_to(ROOT)}:{line} imports {module}"
        assert package not in PAGE_PACKAGES, where
        if at_import_time and path.parent.name != "gpu":
            assert package != "triton", f"{where} at import time"
            assert not module.startswith("peploss.kernels.gpu"), f"{where} at import time, and with it triton"


@pytest.mark.parametrize("path", [f for f in FILES if f.parent.name == "figures"], ids=lambda p: p.name)
def test_figures_know_no_streamlit(path: Path) -> None:
    assert "streamlit" not in {i.module.split(".")[0] for i in imports_of(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("path", [f for f in FILES if unit_of_file(f) not in ("app", "pages", "cli", "explorer")])
def test_streamlit_stays_in_the_app(path: Path) -> None:
    assert "streamlit" not in {i.module.split(".")[0] for i in imports_of(path.read_text(encoding="utf-8"))}


def test_import_peploss_is_light() -> None:
    """The page's packages, the file readers' and the compilers are loaded by what needs them, not by the name.

    torch itself may load pandas-free helpers of its own, so only these names are looked for.
    """
    heavy = ["streamlit", "plotly", "pandas", "pyarrow", "pyteomics", "psims", "lxml", "numba", "triton", "scipy"]
    code = (
        "import sys, torch; before = set(sys.modules); import peploss; "
        f"print([m for m in {heavy!r} if m in set(sys.modules) - before])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted([ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]), ids=lambda path: path.name)
def test_a_page_holds_no_value_that_streamlit_would_write(path: Path) -> None:
    """Streamlit writes a text or a name that is a statement by itself; it leaves out the docstring of the file."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    alone = [node.lineno for node in body[1:] if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call)]
    assert not alone
