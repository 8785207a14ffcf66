"""Work that a server or a command was stopped at: noted beside its file, told by the next one, which can go on."""

from __future__ import annotations

import contextlib
import glob
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from peploss.atomic import whole_file
from peploss.foreign import MET
from peploss.lifeline import is_dead, owner
from peploss.settings import LossSettings

EVERY: Final = 2**31 - 1
"""As many PSMs as there may be."""
_ENDING: Final = ".job"
_BEGUN: Final = ("server", "command")
_LONGEST: Final = 1 << 20  # bytes of a note


@dataclass(frozen=True)
class Asked:
    """What was asked for, as plain values.

    Args:
        title: of the work, in words.
        target: name of the file that comes of it.
        work: ``"make"`` a set or ``"score"`` one.
        spectra: paths of the files of a set; of scores, of the set.
        tables: path, format and columns of each table of PSMs.
        by: what joins.
        settings, losses, decoys, seed, worst: of scores; causes of all where ``worst`` is ``EVERY``.
        begun: by the ``"server"`` or a ``"command"``.
    """

    title: str
    target: str
    work: str
    spectra: tuple[str, ...]
    tables: tuple[tuple[str, str, dict[str, str]], ...] = ()
    by: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    losses: tuple[str, ...] = ()
    decoys: bool = False
    seed: int = 0
    worst: int = 0
    begun: str = "server"


@dataclass(frozen=True)
class Interrupted:
    """Work that is over without an end, and where its note lies."""

    asked: Asked
    note: Path

    @property
    def told(self) -> str:
        """What happened, as a sentence."""
        server = self.asked.begun == "server"
        return f"{self.asked.title} was interrupted{' when the server stopped' if server else ''}."

    def forget(self) -> None:
        """Tell of it no more."""
        self.note.unlink(missing_ok=True)


class Ending:
    """Whether this server ends: the notes of what runs stay."""

    now = False


@contextmanager
def noted(asked: Asked, folder: Path) -> Iterator[None]:
    """Keep a note beside the file while the work is done; a process that is killed leaves it.

    Raises:
        SourceError: the folder cannot be written.
    """
    note = folder / f".{asked.target}{_ENDING}"
    with whole_file(note, private=True) as temporary:
        temporary.write_text(json.dumps({"owner": owner(), **asdict(asked)}), encoding="utf-8")
    try:
        yield
    finally:
        if not Ending.now:
            note.unlink(missing_ok=True)


def found(folders: Iterable[Path], *, anywhere: bool = False) -> list[Interrupted]:
    """What was interrupted, of these folders; notes of nonsense are passed over.

    Args:
        anywhere: also of files in other folders. A server, which reads what a note names, does not ask for these.
    """
    out = []
    for folder in sorted(set(folders)):
        for path in sorted(folder.glob(f".*{glob.escape(_ENDING)}")):
            with contextlib.suppress(OSError, *MET):
                if asked := _read(path, anywhere):
                    out.append(Interrupted(asked, path))
    return out


def _read(path: Path, anywhere: bool) -> Asked | None:
    """A note whose owner is dead.

    Raises:
        ValueError, TypeError, LookupError: it is none of ours.
    """
    if path.stat().st_size > _LONGEST:
        return None
    said = json.loads(path.read_text(encoding="utf-8"))
    if not is_dead(said.pop("owner")):
        return None
    tables = tuple((str(p), str(form), {str(k): str(v) for k, v in names.items()}) for p, form, names in said["tables"])
    asked = Asked(**said | {"tables": tables, "spectra": tuple(said["spectra"]), "losses": tuple(said["losses"])})
    LossSettings.from_dict(asked.settings)
    texts = (asked.title, asked.target, *asked.spectra, *asked.losses)
    numbers = type(asked.worst) is type(asked.seed) is int and asked.worst >= 0
    known = asked.work in ("make", "score") and asked.begun in _BEGUN
    whole = known and numbers and all(isinstance(text, str) for text in texts) and asked.spectra
    # The note may be anybody's who can write here: it must not make the server read what the app does not offer.
    named = (*asked.spectra, *(name for name, *_ in asked.tables))
    inside = anywhere or all(_within(name, path.parent) for name in named)
    plain = asked.target == Path(asked.target).name and path.name == f".{asked.target}{_ENDING}"
    return asked if whole and inside and plain else None


def _within(name: str, folder: Path) -> bool:
    return Path(name).resolve().is_relative_to(folder.resolve())
