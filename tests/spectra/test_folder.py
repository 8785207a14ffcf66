"""The data folder: lists what is inside it, opens nothing outside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from peploss.errors import SourceError
from peploss.spectra import folder
from peploss.spectra.folder import data_folder, list_folder, resolve_in


@pytest.fixture
def root(tmp_path: Path) -> Path:
    top = tmp_path / "data"
    (top / "sub").mkdir(parents=True)
    (top / ".hidden").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    for path in (
        top / "b.MGF", top / "a.mzML.gz", top / "notes.txt", top / "psms.tsv", top / ".x.mgf",
        top / ".hidden" / "h.mgf", top / "sub" / "c.msp", outside / "secret.mgf",
    ):  # fmt: skip
        path.write_text("x")
    (top / "leads_out.mgf").symlink_to(outside / "secret.mgf")
    (top / "leads_out").symlink_to(outside, target_is_directory=True)
    (top / "leads_in.mgf").symlink_to(top / "b.MGF")
    (top / "broken.mgf").symlink_to(top / "nothing.mgf")
    return top


def test_lists_spectrum_files_inside(root: Path) -> None:
    files = list_folder(root)
    assert [f.name for f in files] == ["a.mzML.gz", "b.MGF", "leads_in.mgf", "sub/c.msp"]
    assert all(f.size == 1 and f.modified > 0 for f in files)
    for file in files:
        assert resolve_in(root, file.name).is_relative_to(root.resolve())


@pytest.mark.parametrize(
    "name",
    [
        "leads_out.mgf", "leads_out/secret.mgf", "../outside/secret.mgf", "sub/../../outside/secret.mgf", "nothing.mgf",
        "broken.mgf", "notes.txt", "sub", "", "a\0.mgf", "x" * 5000 + ".mgf",
    ],
)  # fmt: skip
def test_nothing_outside_can_be_named(root: Path, name: str) -> None:
    with pytest.raises(SourceError, match="no such spectrum file in the data folder"):
        resolve_in(root, name)
    with pytest.raises(SourceError):
        resolve_in(root, str(root.parent / "outside" / "secret.mgf"))


def test_a_root_that_is_a_link_is_fine(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert [f.name for f in list_folder(tmp_path / "link")][:1] == ["a.mzML.gz"]
    assert resolve_in(tmp_path / "link", "b.MGF").name == "b.MGF"


def test_the_list_has_an_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_FILES", 2)
    assert len(list_folder(root)) == 2


def test_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEPLOSS_DATA_DIR", raising=False)
    assert data_folder() is None
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(root))
    assert data_folder() == root.resolve()
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(root / "b.MGF"))
    with pytest.raises(SourceError, match="must name a folder"):
        data_folder()
    with pytest.raises(SourceError, match="A folder was expected"):
        list_folder(root / "b.MGF")
