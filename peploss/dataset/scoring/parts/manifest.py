"""The manifest of results in parts: which run they are of, whether all are there, and which files those are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from peploss.atomic import whole_file
from peploss.errors import SourceError
from peploss.foreign import UNREADABLE
from peploss.settings import LossSettings

NAME: Final = "parts.json"
FORMAT: Final = 1
_SAME: Final = ("version", "losses", "decoys", "seed", "causes", "device", "heights")
"""What results say about themselves that has to be the same for parts to belong together, beside set and settings."""


@dataclass(frozen=True)
class Manifest:
    """What ``parts.json`` says.

    Args:
        about: what each part says about itself, and the joined results will: of which set, by which settings.
        sets: path, uuid and number of PSMs of each part of the set.
        n_files: how many files of results there will be.
        complete: whether they are there.
        files: name, first and last id that it may hold, PSMs scored and bytes of each, once they are complete.
        damaged: row groups that could not be read, in words, once they are complete.
    """

    about: dict[str, Any]
    sets: list[dict[str, Any]]
    n_files: int
    complete: bool = False
    files: list[dict[str, Any]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def run(self) -> str:
        """What tells this run from all others."""
        return str(self.about["uuid"])

    def write(self, folder: Path) -> None:
        """Put it into its folder, at once.

        Raises:
            SourceError: it cannot be written.
        """
        with whole_file(folder / NAME, private=True) as temporary:
            temporary.write_text(json.dumps({"format": FORMAT, **asdict(self)}, indent=1), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder.

    Raises:
        SourceError: it is not there, damaged, or of a later layout.
    """
    path = folder / NAME
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said.pop("format") > FORMAT:
            raise SourceError(
                f"It was written by peploss {said['about'].get('version')}, whose layout this version does not know.",
                where=str(path),
                remedy="Update peploss.",
            )
        manifest = Manifest(**said)
        LossSettings.from_dict(manifest.about["settings"])
        str(manifest.about["set"]["uuid"]), manifest.run
    except FileNotFoundError as error:
        raise SourceError(
            f"The folder has no {NAME}, so it holds no results in parts.",
            where=str(folder),
            remedy="Make them with `peploss score PART... --parts FOLDER`.",
        ) from error
    except SourceError:
        raise
    except UNREADABLE as error:
        raise SourceError(
            f"What it says cannot be read: {str(error).rstrip('.')}.",
            where=str(path),
            remedy="Score into a new folder.",
        ) from error
    return manifest


def differences(there: Manifest, asked: Manifest) -> Iterator[str]:
    """What keeps the parts of one run from belonging to another, in words."""
    a, b = there.about, asked.about
    for name in ("uuid", "n_psms"):
        if a["set"].get(name) != b["set"].get(name):
            yield f"{name} of the set is {a['set'].get(name)} there and {b['set'].get(name)} here"
    s, t = (LossSettings.from_dict(x["settings"]).to_dict(defaults=True) for x in (a, b))
    yield from (f"{name} is {s.get(name)} there and {t.get(name)} here" for name in t if s.get(name) != t.get(name))
    yield from (f"{name} is {a.get(name)} there and {b.get(name)} here" for name in _SAME if a.get(name) != b.get(name))
    if there.n_files != asked.n_files:
        yield f"it has {there.n_files} files there and {asked.n_files} here"
