"""A table read by its columns says what the same table says row by row."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.dialects.files import files_of
from benchmarks.dialects.psms import true_psms
from peploss.dataset.tables import BY_COLUMNS, read_psms
from peploss.dataset.tables.columns import blocks
from peploss.dataset.tables.columns.plain import read_plain
from peploss.dataset.tables.psm_columns import PsmColumns
from peploss.dataset.tables.sniff import sniff


def both(path: Path, columns: dict[str, str] | None = None) -> PsmColumns:
    """The table by columns, held against the same by rows."""
    format = sniff(path)
    quick = read_plain(path, columns or {}, format)
    slow = read_plain(path, columns or {}, format, by_rows=True)
    for one, other in zip(quick.psms, slow.psms, strict=True):
        assert one == other
    assert quick.refused == slow.refused
    assert quick.notes == slow.notes
    assert quick.columns == slow.columns
    return PsmColumns.of(quick.psms)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_every_dialect_of_columns(tmp_path: Path) -> None:
    n = 0
    for _, path in files_of(true_psms(400, seed=3), tmp_path):
        if sniff(path) in BY_COLUMNS:
            assert len(both(path)) == 400
            n += 1
    assert n > 20


HEAD = "scan\tpeptide\tcharge\tm/z\tscore\tq-value\tprotein\trun\n"
ROWS = {
    "as it is": "17\tPEPTIDEK\t2\t464.7\t1.5\t0.01\tP1;P2\trun1\n18\tAC[57.02]DK\t3\t\t\t\t\t\n",
    "blank lines": "17\tPEPTIDEK\t2\t464.7\t1\t\t\t\n\n\t\t\t\t\t\t\t\n18\tAAAK\t2\t1\t1\t1\t\t\n",
    "decimal commas": "17\tPEPTIDEK\t2\t464,73\t1,5\t1e-3\tP1\tr\n",
    "no numbers": "17\tPEPTIDEK\t2\tn/a\tgood\tnan\tP1\tr\n18\tAAAK\t2\t\tbad\t\t\t\n",
    "charges": "".join(f"{i}\tAAAK\t{z}\t\t\t\t\t\n" for i, z in enumerate(("+2", "2.0", "2.7", "-3", "0", "two"))),
    "no peptide": "1\t\t2\t\t\t\t\t\n2\tAAAK\t2\t\t\t\t\t\n",
    "no spectrum": "\tAAAK\t2\t\t\t\t\t\n2\tAAAK\t2\t\t\t\t\t\n",
    "positions": "1\tAAAK(2)\t2\t\t\t\t\t\n2\tAAAK\t2\t\t\t\t\t\n",
    "scans": "".join(f"{x}\tAAAK\t2\t\t\t\t\t\n" for x in ("F1:101", "3553;3556", "scan=5", "0017", "7.0")),
    "short and long": "1\tAAAK\n2\tAAAK\t2\t1\t1\t1\tP1\tr\tmore\tstill\n",
    "quotes": '1\t"AAAK"\t2\t\t\t\t"5-NT"\t\n2\tAAAK\t2\t\t\t\t5"-NT\tr\n3\tAAAK\t2\t\t\t\t\t\n',
    "signs": "1\tAAAK\t2\t\t\t\tProtéine α\tr\n",
    "white space": "1\t AAAK \t 2\t 4.5 \t\t\t P1 \t\n",
    "huge": "6\tAAAK\t2\t\t\t\t\t\n99999999999999999999\tAAAK\t2\t1e999\t-inf\t\t\t\n5\tAAAK\t2\t1_0\t\t\t\t\n",
}


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("kind", ROWS)
def test_odd_rows(tmp_path: Path, kind: str, ends: str) -> None:
    both(write(tmp_path / "t.tsv", (HEAD + ROWS[kind]).replace("\n", ends)))


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    found = both(write(tmp_path / "t.tsv", HEAD + "1\tAAAK\t2\t\t\t\tProtéine\tr\n", encoding))
    assert found[0].protein == "Protéine"


def test_what_stands_in_several_columns_or_behind_them(tmp_path: Path) -> None:
    both(write(tmp_path / "a.tsv", "scan\tpeptide\tpeptide\n1\tAAAK\tCCCK\n"))
    both(write(tmp_path / "b.pin", "SpecId\tLabel\tScanNr\tCharge2\tCharge3\tPeptide\tProteins\n"
               "run_17_2_1\t1\t17\t1\t0\tK.AC[57.02]K.R\tP1\tP2\tP3\nx\t-1\t18\t0\t1\tK.AAK.R\tP1\n"))  # fmt: skip
    both(write(tmp_path / "c.csv", "scan,targets,predictions,label\n1,AAAK,AAAK,\n2,CCCK,AAAK,x\n3,CCCK,,\n4,,AAK,\n"))
    both(write(tmp_path / "d.csv", "scan,denovo_seq,label\n1,AAAAK,AAAAR\n2,AAAAK,AAAAK\n"))
    both(write(tmp_path / "e.csv", "file_idx,scan,sequence\n0,1,AAAK\n1,2,AAK\n"))


def test_the_end_of_a_block_is_no_end_of_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BYTES", 100)
    monkeypatch.setattr(blocks, "ROWS", 3)
    dice = random.Random(1)
    lines = [f"{i}\tPEPTI{dice.choice('ACDE')}K\t2\t{400 + i}\t1\t0.1\tP{i % 3}\trun{i % 2}" for i in range(50)]
    assert len(both(write(tmp_path / "a.tsv", HEAD + "\n".join(lines)))) == 50
    lines[20] += "\tmore"
    lines[30] = ""
    lines[40] = '40\tPEPT"IDEK\t2\t400\t1\t0.1\tP\tr'
    both(write(tmp_path / "b.tsv", HEAD + "\n".join(lines)))


def test_parquet_of_every_kind(tmp_path: Path) -> None:
    table = pa.table({
        "scan": pa.array([1, 2, 3], pa.int32()), "title": pa.array(["a", None, "c"]).dictionary_encode(),
        "peptide": pa.array(["AAAK", "CCK", "A[15.99]K"], pa.large_string()), "charge": [2.0, None, 3.0],
        "precursor_mz": pa.array([1.5, None, 2.25], pa.float32()), "score": ["1", "x", None],
        "decoy": [True, False, None], "proteins": [["P1", "P2"], [], None],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    found = both(tmp_path / "t.parquet")
    assert [p.protein for p in found] == ["P1;P2", "", ""]


def test_cells_of_parquet_as_text() -> None:
    """What Arrow makes of lists and nested values is what is made of each alone."""
    struct = pa.struct([("name", pa.string())])
    for column in (
        pa.array([["a", "b"], [], None, ["c"]]),
        pa.array([["a", None], [None], None]),
        pa.array([[1, 2], [], None, [-3]], pa.list_(pa.int16())),
        pa.array([[1.0, 2.5, 1e20], []]),
        pa.array([[{"name": "a"}, {"name": None}], [], None], pa.list_(struct)),
        pa.array([[None, {"name": "a"}], [None]], pa.list_(struct)),
        pa.array([[["a"], ["b"]], [], None]),
        pa.array([{"name": "a"}, None], struct),
        pa.array([[True], [False, True]]),
        pa.array([1.0, 2.5, None, 1e16, 1e-7]),
        pa.array(["a", None, "a"]).dictionary_encode(),
        pa.array([["a", "b"], ["c"], [], ["d"]]).slice(1, 2),
    ):
        assert blocks.texts(column).to_pylist() == [blocks.flat(v) for v in column.to_pylist()], column.type


def test_rows_without_modifications_are_no_blank_lines() -> None:
    names = ["scan", "peptide", "modifications"]
    text = b"1\tAAAK\t\n2\tAMK\t2,Oxidation[M];\n"
    block = blocks.arrow_block(text, 1, names, "\t", ["modifications"])
    assert block is not None
    assert block.cells["modifications"].to_pylist() == ["", "2,Oxidation[M];"]
    for blank in (b"\t\t\n", b" \t\t \n", b"\xc2\xa0\t\t\n"):
        assert blocks.arrow_block(text + blank, 1, names, "\t", ["modifications"]) is None


def test_distinct_peptides_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from peploss.dataset.tables.columns import by_columns

    asked: list[str] = []
    plain = by_columns.proforma
    monkeypatch.setattr(by_columns, "proforma", lambda text: asked.append(text) or plain(text))
    rows = "".join(f"{i}\t{'PEPTIDEK' if i % 2 else 'AC(ox)K'}\t{2 + i % 3}\t\t\t\t\t\n" for i in range(3000))
    assert len(read_psms(write(tmp_path / "t.tsv", HEAD + rows)).psms) == 3000
    assert sorted(asked) == ["AC(ox)K", "PEPTIDEK"]


def test_a_row_is_a_copy_and_columns_keep_what_rows_say(tmp_path: Path) -> None:
    found = both(write(tmp_path / "t.tsv", HEAD + ROWS["as it is"] + ROWS["scans"]))
    again = PsmColumns.of(list(found))
    assert list(again) == list(found)
    whole = PsmColumns.joined([again, PsmColumns.of(list(found))])
    assert list(whole) == list(found) * 2
    assert found[-1] == list(found)[-1]
    with pytest.raises(IndexError):
        found[len(found)]
