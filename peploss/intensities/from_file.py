"""Reads fragment intensities from a file of predictions, joined by peptidoform and charge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from peploss import limits
from peploss.database_file import is_database
from peploss.errors import PeptideError, SourceError
from peploss.foreign import reading
from peploss.intensities.ms2pip_files import OTHERWISE, dlib, is_ms2pip_table, ms2pip_table
from peploss.intensities.mzspeclib import entries, is_mzspeclib, labelled
from peploss.intensities.prediction import Ion, Prediction, key_of
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

COLUMNS: Final = ("peptidoform", "charge", "ion", "ordinal", "fragment_charge", "loss", "intensity")
"""Of the plain Parquet (or TSV) table that any script can write; ``loss`` may be missing."""

_SPELLINGS: Final = {
    "peptidoform": (
        "peptidoform",
        "proforma",
        "modifiedpeptide",
        "modifiedpeptidesequence",
        "fulluniversalpeptidename",
    ),
    "charge": ("charge", "precursorcharge"),
    "ion": ("ion", "iontype", "fragmenttype"),
    "ordinal": ("ordinal", "fragmentnumber", "fragmentseriesnumber", "ionnumber"),
    "fragment_charge": ("fragmentcharge", "ioncharge"),
    "loss": ("loss", "fragmentlosstype", "losstype", "neutralloss"),
    "intensity": (
        "intensity",
        "relativeintensity",
        "libraryintensity",
        "relativefragmentintensity",
        "predictedintensity",
    ),
}
"""Our column -> names that Spectronaut, DIA-NN and others give it, in lower case without separators."""

_NO_LOSS: Final = ("", "noloss", "none", "unknown", "null", "0")
LIBRARY_TOLERANCE: Final = 0.02
"""Th within which a peak of a spectral library is taken for a fragment."""

LIBRARY_IONS: Final = LossSettings(max_fragment_charge=3, neutral_losses=("H2O", "NH3"))
"""What the peaks of a spectral library may be."""


class FromFile:
    """Predictions read once from a table (Parquet, TSV, CSV) or a spectral library (MSP, mzSpecLib, MGF, DLIB).

    Args:
        path: of the file.
    Attributes:
        name: the file's name.
        problems: entries that cannot be used, or only in part, each with its reason.
    Raises:
        SourceError: the file cannot be read, lacks a column, or holds no usable prediction.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = self.path.name
        self.problems: list[str] = []
        self._found: dict[str, Prediction] = {}
        self._refused: dict[str, str] = {}
        suffix = self.path.suffix.lower()
        if not self.path.is_file():
            raise SourceError("There is no such file of predictions.", where=str(path))
        with reading(path):
            if is_mzspeclib(self.path):
                rows = self._mzspeclib()
            elif is_database(self.path):
                rows = self._dlib()
            else:
                rows = self._table() if suffix in (".parquet", ".tsv", ".csv", ".txt") else self._library()
            self._take(rows)
        if not self._found:
            why = f" {self.problems[0]}" if self.problems else ""
            raise SourceError(f"There is no usable prediction.{why}", where=str(path))

    def _take(self, rows: Iterator[tuple[Peptide, int, dict[Ion, float]]]) -> None:
        clock = limits.Clock(self.path.stat().st_size, str(self.path))
        for peptide, charge, ions in rows:
            clock.look()
            key = key_of(peptide, charge)
            try:
                found = Prediction.checked(ions, self.name, peptide)
            except PeptideError as error:
                self.problems.append(f"{peptide.with_charge(charge).proforma}: {error.problem}")
                self._refused[key] = error.problem
                continue
            if self._found.setdefault(key, found).intensities != found.intensities:
                this = peptide.with_charge(charge).proforma
                self.problems.append(f"{this} is there again, unlike the first, which counts.")

    def __len__(self) -> int:
        return len(self._found)

    def predict(self, peptides: Sequence[Peptide], charges: Sequence[int]) -> list[Prediction | str]:
        """Intensities of peptides at their charges, in order; where the file has none, why."""
        return [self._one(peptide, charge) for peptide, charge in zip(peptides, charges, strict=True)]

    def _one(self, peptide: Peptide, charge: int) -> Prediction | str:
        found = self._found.get(key_of(peptide, charge))
        if found is not None:
            return found
        this = peptide.with_charge(charge).proforma
        if why := self._refused.get(key_of(peptide, charge)):
            return f"{self.name} has {this}, but it cannot be used: {why}"
        others = sorted(z for z in range(1, 10) if key_of(peptide, z) in self._found)
        at = f" It has it at charge {', '.join(map(str, others))}." if others else ""
        n = len(self.problems)
        bad = f" Of its other entries {n:,} cannot be used, the first: {self.problems[0]}" if n else ""
        return f"{self.name} has no prediction of {this}.{at}{bad}"

    def _table(self) -> Iterator[tuple[Peptide, int, dict[Ion, float]]]:
        read = _read(self.path)
        if is_ms2pip_table(read.column_names):
            yield from self._ms2pip(read)
            return
        table = _columns(self.path, read)
        groups: dict[tuple[str, int], dict[Ion, float]] = {}
        for number, (text, charge, ion, ordinal, fragment_charge, loss, intensity) in enumerate(
            zip(*(table[name] for name in COLUMNS), strict=True), start=1
        ):
            try:
                key = (str(text), int(charge))
                named = Ion(str(ion).lower(), int(ordinal), int(fragment_charge), _loss(loss))
                value = float(intensity)
            except (TypeError, ValueError, OverflowError):
                self.problems.append(f"Row {number}: a number is missing or is not one.")
                continue
            if named in groups.setdefault(key, {}):
                self.problems.append(f"Row {number}: {text}/{charge} has this ion twice; the first counts.")
            groups[key].setdefault(named, value)
        parsed: dict[str, Peptide | None] = {}
        for (text, charge), ions in groups.items():
            if text not in parsed:
                parsed[text] = self._peptide(text)
            peptide = parsed[text]
            if peptide is not None:
                yield peptide, charge, ions

    def _peptide(self, text: str) -> Peptide | None:
        try:
            return Peptide.parse(text.strip("_"))
        except PeptideError as error:
            self.problems.append(f"{text}: {error}")
            return None

    def _ms2pip(self, read: Any) -> Iterator[tuple[Peptide, int, dict[Ion, float]]]:
        columns = {name: read.column(name).to_pylist() for name in read.column_names}
        for found in ms2pip_table(self.path, columns):
            if isinstance(found, str):
                self.problems.append(found)
            else:
                yield found

    def _dlib(self) -> Iterator[tuple[Peptide, int, dict[Ion, float]]]:
        for text, charge, mz, intensity in dlib(self.path):
            if (peptide := self._peptide(text)) is not None:
                yield peptide, charge, _assigned(peptide, charge, mz, intensity)

    def _mzspeclib(self) -> Iterator[tuple[Peptide, int, dict[Ion, float]]]:
        for entry in entries(self.path):
            if entry.problem or not entry.peptide:
                self.problems.append(entry.problem or f"Line {entry.line}: the entry names no peptidoform.")
                continue
            peptide = self._peptide(entry.peptide)
            charge = (peptide.charge if peptide else None) or entry.charge
            if peptide is None or not charge:
                self.problems.append(f"Line {entry.line}: the entry names no charge.")
                continue
            ions = labelled(entry)
            yield peptide, charge, ions or _assigned(peptide, charge, entry.mz, entry.intensity)

    def _library(self) -> Iterator[tuple[Peptide, int, dict[Ion, float]]]:
        from peploss.spectra.readers import open_spectra

        try:
            library = open_spectra(self.path)
        except SourceError as error:
            raise SourceError(
                error.problem, where=str(self.path), remedy=f"{error.remedy or ''} {OTHERWISE}".strip()
            ) from error
        for index in range(len(library)):
            spectrum = library.read(index)
            named = spectrum.peptide or _in_title(spectrum.title)
            if not named:
                self.problems.append(f"{spectrum.title or spectrum.index}: the entry names no peptide.")
                continue
            peptide = self._peptide(named)
            charge = (peptide.charge if peptide else None) or spectrum.precursor_charge
            if peptide is None or charge is None:
                self.problems.append(f"{spectrum.title or spectrum.index}: the entry names no charge.")
                continue
            yield peptide, charge, _assigned(peptide, charge, spectrum.mz, spectrum.intensity)


def _in_title(title: str) -> str:
    """The title, where it is a peptidoform with its charge, as MS2PIP's MGF has it; ``""`` where it is none."""
    try:
        return title if "/" in title and Peptide.parse(title).charge else ""
    except PeptideError:
        return ""


def _assigned(peptide: Peptide, charge: int, mz: Any, intensity: Any) -> dict[Ion, float]:
    """Assign each library peak to the nearest fragment within the tolerance; other peaks are ignored."""
    ions = fragments(peptide, LIBRARY_IONS, charge)
    order = np.argsort(ions.mz, kind="stable")
    sorted_mz = ions.mz[order]
    if not len(sorted_mz):
        return {}
    right = np.clip(np.searchsorted(sorted_mz, mz), 1, max(len(sorted_mz) - 1, 1))
    left = right - 1
    right = np.minimum(right, len(sorted_mz) - 1)
    nearest = np.where(np.abs(sorted_mz[left] - mz) <= np.abs(sorted_mz[right] - mz), left, right)
    place = order[nearest]
    near = np.abs(ions.mz[place] - mz) <= LIBRARY_TOLERANCE
    height = np.zeros(len(ions.mz))
    np.fmax.at(height, place[near], np.asarray(intensity)[near])
    return {
        Ion(str(ions.ion_type[i]), int(ions.ordinal[i]), int(ions.charge[i]), str(ions.neutral_loss[i])): float(
            height[i]
        )
        for i in np.unique(place[near]).tolist()
    }


def _read(path: Path) -> Any:
    """The table of Arrow."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    try:
        if path.suffix.lower() == ".parquet":
            return pq.read_table(path)
        else:
            with path.open("rb") as file:
                tab = b"\t" in file.readline()
            options = pa_csv.ParseOptions(delimiter="\t" if tab else ",")
            return pa_csv.read_csv(path, parse_options=options)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"The table of predictions cannot be read: {error}", where=str(path)) from error


def _columns(path: Path, table: Any) -> dict[str, list[Any]]:
    plain = {"".join(c for c in name.lower() if c.isalnum()): name for name in table.column_names}
    columns: dict[str, list[Any]] = {}
    for name, spellings in _SPELLINGS.items():
        present = next((plain[s] for s in spellings if s in plain), None)
        if present is None and name == "loss":
            columns[name] = [""] * table.num_rows
        elif present is None:
            raise SourceError(
                f"The table of predictions has no column for {name}; it has {', '.join(table.column_names)}.",
                where=str(path),
                remedy=f"Expected: {', '.join(COLUMNS)}.",
            )
        else:
            columns[name] = table.column(present).to_pylist()
    return columns


def _loss(value: object) -> str:
    text = "" if value is None else str(value).strip()
    if text.lower() in _NO_LOSS:
        return ""
    return text.lstrip("-")
