from __future__ import annotations

import csv
import io

from peploss.explorer.sources.source import Source
from peploss.explorer.sources.unusable import nothing_usable, table
from peploss.spectra.readers import Problem, open_spectra


def source(text: str, *, eager: bool = True) -> Source:
    return Source("k", open_spectra(io.BytesIO(text.encode()), "x.mgf"), False, eager)


BAD = "BEGIN IONS\nTITLE=a*b\nPEPMASS=500\n{}\nEND IONS\n"


def test_reasons_are_counted_and_escaped() -> None:
    told = nothing_usable(source(BAD.format("") * 2 + BAD.format("100 *x*")))
    assert told.startswith("None of the 3 spectra can be used:\n\n- 2 with this: The spectrum has no peaks")
    assert r"\*x\*" in told
    assert told.count("\n- ") == 2


def test_many_reasons_are_cut_and_the_rest_is_counted() -> None:
    told = nothing_usable(source("".join(BAD.format(f"100 x{n}") for n in range(9))))
    assert told.endswith("- 3 with other reasons, listed in the sidebar")


def test_one_usable_spectrum_or_a_file_not_yet_read_says_nothing() -> None:
    assert nothing_usable(source(BAD.format("") + BAD.format("100 1"))) == ""
    assert nothing_usable(source(BAD.format(""), eager=False)) == ""


def test_the_table_to_save_has_every_row_and_keeps_odd_names_apart() -> None:
    found = [Problem(n, 'a,"b"\nc', "no peaks; none") for n in range(500)]
    rows = list(csv.reader(io.StringIO(table(found))))
    assert len(rows) == 501
    assert rows[500] == ["500", 'a,"b"\nc', "no peaks; none"]
