"""The PSMs of one block of a table, column by column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from peploss.constants import PROTON
from peploss.dataset.tables.columns.blocks import Block
from peploss.dataset.tables.columns.by_rows import NO_RANK, PERCOLATOR_ID, Reading, place_of, scan_of, tokens
from peploss.dataset.tables.columns.cells import I64, Cells, by_kind, coded, or_null
from peploss.dataset.tables.columns.token_scores import is_log, score_lists
from peploss.dataset.tables.psm_columns import CODED, NONE, SCORES, Coded, PsmColumns
from peploss.peptides.notations import proforma

_FIELDS: Final = ("precursor_mz", "rt", "score", "q_value", "mass", "mass shift")


class BlockRows(Cells):
    """The rows of one block.

    Args:
        reading, block: as for ``Cells``.
        beside: columns that tell of modifications.
        peptide: the cells of a peptide and those of ``beside`` -> ProForma, and why it is none.
    """

    def __init__(
        self, reading: Reading, block: Block, beside: list[str], peptide: Callable[[tuple[str, ...]], tuple[str, str]]
    ) -> None:
        super().__init__(reading, block)
        self.beside, self.peptide = beside, peptide

    def psms(self) -> PsmColumns:
        """The candidates of all rows that can be read."""
        reading = self.reading
        lead, right = self._peptides()
        names = self._names()
        charge = self._charges()
        rank = self._ranks(names.pop("rank"))
        numbers: dict[str, Any] = {f.replace(" ", "_"): self.field(f) for f in _FIELDS}
        if reading.observed:
            mass = self.number(reading.observed)
            of_mass = mass / np.where(charge > 0, charge, 1) + PROTON
            numbers["precursor_mz"] = np.where(
                np.isnan(numbers["precursor_mz"]) & (charge > 0), of_mass, numbers["precursor_mz"]
            )
        peptide = self._read(lead, charge, beside=True)
        protein = self._proteins()
        found = PsmColumns(
            line=self.block.lines,
            peptide=peptide,
            run=self._runs(),
            label=self._labels(protein),
            protein=protein,
            truth=Coded(np.zeros(self.n, dtype=np.int32), [""]),
            charge=charge,
            rank=rank,
            mass_difference=np.full(self.n, np.nan),
            token_scores=self._token_scores(),
            **names,
            **numbers,
        )
        if right is None:
            return _taken(found, np.flatnonzero(self.good))
        return self._with_truth(found, right, lead)

    def _peptides(self) -> tuple[pa.Array, pa.Array | None]:
        """What is read as the peptide of each row, and the right one where some row names it."""
        lead = self.text("peptide")
        for column in self.reading.others:
            lead = pc.if_else(pc.equal(lead, ""), self.texts[column], lead)
        right = self.text("truth")
        if "label" in self.reading.chosen:
            label = self.text("label")
            told = by_kind(label, lambda t: self.reading.truth({"label": t}), object)
            told = pc.if_else(pc.equal(right, ""), pa.array(told, pa.string()), right)
            self.hidden = pc.and_(pc.equal(right, ""), pc.not_equal(told, ""))
            right = told
        none = pc.and_(pc.equal(lead, ""), pc.equal(right, ""))
        missing = np.flatnonzero(none.to_numpy(zero_copy_only=False))
        self.refuse(missing, ["There is no peptide."] * missing.size)
        if not pc.any(pc.not_equal(right, "")).as_py():
            return lead, None
        return lead, right

    def _names(self) -> dict[str, Any]:
        """Names of the spectra by kind, what the table calls them, and ranks that are part of names."""
        native, title = or_null(self.text("native id")), or_null(self.text("title"))
        spoken = pc.coalesce(native, title)
        scan, index = np.full(self.n, NONE), np.full(self.n, NONE)
        count, rank = np.full(self.n, NONE), np.full(self.n, NONE)
        if "scan" in self.reading.chosen:
            cells = self.text("scan")
            spoken = pc.coalesce(spoken, or_null(cells))
            scan = self.whole(cells, scan_of)
            numbered = pa.array(scan != NONE)
            again = pc.and_(numbered, pc.equal(spoken, cells))
            spoken = pc.if_else(again, pa.array(scan).cast(pa.string()), spoken)
            words = pc.if_else(pc.or_(numbered, pc.equal(cells, "")), None, cells)
            if native.null_count == title.null_count == self.n and not numbered.true_count:
                native = title = spoken = words  # one array for all three
            else:
                native, title = pc.coalesce(native, words), pc.coalesce(title, words)
        if "index" in self.reading.chosen:
            cells = self.text("index")
            spoken = pc.coalesce(spoken, or_null(cells))
            index = self.whole(cells, place_of)
        if self.reading.counted:
            given = self.number(self.reading.counted)
            there = np.isfinite(given)
            count = np.where(there, np.where(there, given, 0).astype(np.int64), NONE)
            spoken = pc.if_else(pa.array(there), pa.array(count).cast(pa.string()), spoken)
        if self.reading.table.format == "percolator":
            parts = pc.extract_regex(self.text("title"), PERCOLATOR_ID.pattern)
            for into, part in ((scan, "scan"), (rank, "rank")):
                values = pc.struct_field(parts, part)
                there = pc.is_valid(values).to_numpy(zero_copy_only=False)
                into[there] = pc.drop_null(values).cast(pa.int64()).to_numpy()
        number_of = (scan != NONE) | (index != NONE) | (count != NONE)
        is_titled = pc.is_valid(title).to_numpy(zero_copy_only=False)
        is_native = pc.is_valid(native).to_numpy(zero_copy_only=False)
        nameless = np.flatnonzero(~(number_of | is_titled | is_native))
        self.refuse(nameless, ["The spectrum is not named."] * nameless.size)
        if self.reading.table.format != "plain":  # what a title alone is, its form tells
            title = pc.if_else(pa.array(is_titled & ~is_native & ~number_of), None, title)
        if spoken.null_count:
            spoken = pc.fill_null(spoken, "")
        if title is native is spoken:
            return {"scan": scan, "place": index, "nth": count, "rank": rank, "native_id": native, "title": title,
                    "spectrum": spoken}  # fmt: skip
        return {"scan": scan, "place": index, "nth": count, "rank": rank, "native_id": native.cast(pa.string()),
                "title": title.cast(pa.string()), "spectrum": spoken.cast(pa.string())}  # fmt: skip

    def _charges(self) -> NDArray[np.int16]:
        cells = self.text("charge")
        problems: dict[str, str] = {}

        def one(text: str) -> int:
            try:
                return (self.reading.charge(text, {}) if text else 0) or 0
            except (ValueError, OverflowError) as error:
                problems[text] = str(error)
                return 0

        found = by_kind(cells, one, np.int16)
        self.told(cells, problems)
        if self.reading.charges:
            hot, told = np.zeros(self.n, dtype=np.int64), np.zeros(self.n, dtype=np.int16)
            for column, charge in self.reading.charges:
                here = pc.is_in(self.texts[column], pa.array(["1", "1.0"])).to_numpy(zero_copy_only=False)
                hot += here
                told[here] = charge
            blank = pc.equal(cells, "").to_numpy(zero_copy_only=False)
            found = np.where(blank & (hot == 1), told, found)
        return found

    def _ranks(self, named: I64) -> I64:
        """Ranks by the names of spectra, else by their column."""
        column = self.reading.chosen.get("rank", "")
        if not column:
            return named
        given = self.field("rank")
        endless = np.flatnonzero(np.isinf(given) & (named == NONE))
        self.refuse(endless, [NO_RANK] * endless.size)
        there = np.isfinite(given) & (named == NONE)
        own = np.where(there, given, 0).astype(np.int64) + (self.reading.table.format == "alphadia")
        return np.where(there, own, named)

    def _read(self, lead: pa.Array, charge: NDArray[np.int16], beside: bool) -> Coded:
        """Peptides in ProForma with their charges; rows whose peptide cannot be read are refused."""
        columns = [lead, *((self.raw[c] for c in self.beside) if beside else ())]
        encoded = [c.dictionary_encode() for c in columns]
        kinds = [np.asarray(e.indices, dtype=np.int64) for e in encoded]
        kind = kinds[0]
        for other in kinds[1:]:
            kind = np.unique(kind * (int(other.max(initial=0)) + 1) + other, return_inverse=True)[1]
        pairs, first, codes = np.unique(kind * 256 + charge, return_index=True, return_inverse=True)
        needed = np.zeros(pairs.size, dtype=bool)
        needed[codes[self.good]] = True
        needed &= pc.not_equal(lead, "").to_numpy(zero_copy_only=False)[first]
        asked = np.flatnonzero(needed)
        cells = [e.dictionary.take(pa.array(k[first[asked]])).to_pylist() for e, k in zip(encoded, kinds, strict=True)]
        values, problems = [""] * pairs.size, {}
        read = self.peptide if beside else _alone
        for i, z, key in zip(asked.tolist(), charge[first[asked]].tolist(), zip(*cells, strict=True), strict=True):
            text, problem = read(key)
            if problem:
                problems[i] = problem
            values[i] = self.reading.charged(text, z or None) if text else ""
        if problems:
            rows = np.flatnonzero(np.isin(codes, list(problems)) & self.good)
            self.refuse(rows, [problems[c] for c in codes[rows].tolist()])
        return Coded(codes.astype(np.int32), values)

    def _token_scores(self) -> pa.Array:
        column = self.reading.chosen.get("token scores", "")
        return score_lists(self.texts[column], is_log(column)) if column else pa.nulls(self.n, SCORES)

    def _runs(self) -> Coded:
        run = self.text("run")
        if self.reading.file_index:
            numbered = pc.binary_join_element_wise("file_idx", self.texts[self.reading.file_index], " ")
            run = pc.if_else(pc.equal(run, ""), numbered, run)
        return coded(run)

    def _proteins(self) -> Coded:
        protein = self.text("protein")
        if self.reading.table.format == "percolator" and self.block.more:
            cells = protein.to_pylist()
            for row, more in self.block.more.items():
                cells[row] = ";".join([cells[row], *more])
            return Coded.of(cells)
        return coded(protein)

    def _labels(self, protein: Coded) -> Coded:
        label = self.text("label")
        if "label" in self.reading.chosen:
            label = pc.if_else(self.hidden, "", label)
        if self.reading.table.format == "msamanda":
            pairs = zip(label.to_pylist(), (protein[i] for i in range(self.n)), strict=True)
            return Coded.of(self.reading.label(*pair) for pair in pairs)
        found = coded(label)
        found.map(lambda text: self.reading.label(text, ""))
        return found

    def _with_truth(self, found: PsmColumns, right: pa.Array, lead: pa.Array) -> PsmColumns:
        """With the right peptide beside each prediction: a candidate of its own where it is another one."""
        truth = self._read(right, found.charge, beside=False)
        blank = pc.equal(lead, "").to_numpy(zero_copy_only=False)
        # Where nothing is predicted, the truth is read with what stands beside it, and is the only candidate.
        of_blank = self._read(pc.if_else(pa.array(blank), right, ""), found.charge, beside=True)
        del of_blank
        named = pc.not_equal(right, "").to_numpy(zero_copy_only=False)
        found.truth = truth
        known = {text: i for i, text in enumerate(found.peptide.values)}
        same_as = np.array([known.get(text, -1) for text in truth.values], dtype=np.int64)[truth.codes]
        texts_of = np.array([known[t] for t in found.peptide.values], dtype=np.int64)
        added = named & (blank | (same_as != texts_of[found.peptide.codes])) & self.good
        rows = np.concatenate([np.flatnonzero(self.good & ~blank), np.flatnonzero(added)])
        is_truth = np.repeat([False, True], [int((self.good & ~blank).sum()), int(added.sum())])
        order = np.lexsort((is_truth, rows))
        rows, is_truth = rows[order], is_truth[order]
        out = _taken(found, rows)
        if is_truth.any():
            out.peptide = Coded(
                np.where(is_truth, out.truth.codes + len(out.peptide.values), out.peptide.codes).astype(np.int32),
                [*out.peptide.values, *out.truth.values],
            )
            out.label = Coded(
                np.where(is_truth, len(out.label.values), out.label.codes).astype(np.int32),
                [*out.label.values, "truth"],
            )
            out.rank = np.where(is_truth, np.where(blank[rows], 1, 2), out.rank)
            out.score = np.where(is_truth, np.nan, out.score)
            out.mass = np.where(is_truth, np.nan, out.mass)
            out.mass_shift = np.where(is_truth, np.nan, out.mass_shift)
            out.token_scores = pc.if_else(pa.array(is_truth), pa.scalar(None, SCORES), out.token_scores)
        return out


def _alone(cells: tuple[str, ...]) -> tuple[str, str]:
    try:
        return proforma(tokens(cells[0])), ""
    except ValueError as error:
        return "", str(error)


def _taken(found: PsmColumns, rows: I64) -> PsmColumns:
    """Some rows, in any order, a row also twice."""
    if rows.size == len(found) and (rows == np.arange(rows.size)).all():
        return found
    taken: dict[str, Any] = {}
    for name, value in vars(found).items():
        if name in CODED:
            taken[name] = value.take(rows)
        elif isinstance(value, pa.Array | pa.ChunkedArray):
            taken[name] = value.take(pa.array(rows))
        elif name != "notes":
            taken[name] = value[rows]
    return PsmColumns(**taken)
