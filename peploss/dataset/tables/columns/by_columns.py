"""Reads a table by its columns, each distinct peptide, charge and label once: what ``Reading`` reads row by row."""

from __future__ import annotations

from peploss.dataset.tables.columns.block_rows import BlockRows
from peploss.dataset.tables.columns.blocks import Block
from peploss.dataset.tables.columns.by_rows import Reading, tokens
from peploss.dataset.tables.psm import Refused
from peploss.dataset.tables.psm_columns import PsmColumns
from peploss.peptides.notations import proforma


class ColumnReading:
    """One pass over a table, by columns.

    Args:
        reading: the same by rows: what a cell means, it knows.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading, self.table, self.chosen = reading, reading.table, reading.chosen
        # What a row's peptide is made from: its cell, else those of other columns, and modifications beside it.
        self.beside = [c for f in ("modifications", "modification places") if (c := self.chosen.get(f, ""))]
        self.beside += reading.further
        self.known: dict[tuple[str, ...], tuple[str, str]] = {}

    def read(self) -> None:
        """Fill the table."""
        single = [self.reading.counted, self.reading.file_index, self.reading.observed]
        wanted = {*self.chosen.values(), *self.reading.others, *self.beside, *filter(None, single)}
        wanted |= {column for column, _ in self.reading.charges}
        parts: list[PsmColumns] = []
        for block in self.reading.rows.blocks(sorted(wanted)):
            if found := self._block(block):
                parts.append(found)
            self.table.hold_refused(sum(map(len, parts)))
        self.reading.tell()
        if parts:
            self.table.psms = PsmColumns.joined(parts)

    def _block(self, block: Block) -> PsmColumns | None:
        if block.cells and len(next(iter(block.cells.values()))) < len(block):  # where the file breaks off
            self.table.refused += [Refused(int(block.lines[i]), text) for i, text in block.problems.items()]
            return None
        rows = BlockRows(self.reading, block, self.beside, self.peptide)
        found = rows.psms()
        self.table.refused += [Refused(int(block.lines[i]), text) for i, text in sorted(rows.refused.items())]
        return found

    def peptide(self, cells: tuple[str, ...]) -> tuple[str, str]:
        """What a peptide's cell and those beside it mean, and why they mean nothing."""
        found = self.known.get(cells)
        if found is None:
            peptide, *listed = cells
            try:
                row = dict(zip(self.beside, listed, strict=True))
                found = proforma(self.reading.modified(tokens(peptide), row)), ""
            except ValueError as error:
                found = "", str(error)
            self.known[cells] = found
        return found
