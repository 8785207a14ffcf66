"""PSMs find their spectra, and those that do not say why."""

from __future__ import annotations

from peploss.dataset.index.headers import Headers
from peploss.dataset.index.join import join
from peploss.dataset.index.keys import run_name
from peploss.dataset.tables.psm import Psm, PsmTable


def headers(name: str, *rows: tuple[int | None, str, str, str | None]) -> Headers:
    out = Headers(name)
    out.add({
        "index": list(range(len(rows))), "scan": [r[0] for r in rows], "native_id": [r[1] for r in rows],
        "title": [r[2] for r in rows], "problem": [r[3] for r in rows],
    })  # fmt: skip
    return out


def table(*psms: Psm) -> PsmTable:
    return PsmTable("t.tsv", "plain", list(psms))


FILE = headers("run1.mzML", (11, "scan=11", "", None), (12, "scan=12", "", None), (13, "scan=13", "", "Profile mode."))


def test_by_native_id_before_scan() -> None:
    found = join([table(Psm("PEK", "scan=12", 1))], [FILE])
    assert found.counts == {("t.tsv", "run1.mzML", "native id"): 1}
    assert list(found.psms[0]) == [1]


def test_by_scan_where_that_joins_more() -> None:
    psms = [Psm("PEK", "run1.00011.00011.2", 1), Psm("PEK", "12", 2), Psm("PEK", "controllerType=0 scan=12", 3)]
    found = join([table(*psms)], [FILE])
    assert found.counts == {("t.tsv", "run1.mzML", "scan"): 3}
    assert [len(v) for v in found.psms[0].values()] == [1, 2]  # two candidates of one spectrum


def test_by_index_only_where_the_table_says_index() -> None:
    assert list(join([table(Psm("PEK", "index=1", 1))], [FILE]).psms[0]) == [1]
    assert list(join([table(Psm("PEK", "query=1", 1))], [FILE]).psms[0]) == [0]
    assert join([table(Psm("PEK", "1", 1))], [FILE]).psms[0] == {}
    assert list(join([table(Psm("PEK", "1", 1, keys={"index": 1}))], [FILE]).psms[0]) == [1]


def test_reasons() -> None:
    twice = headers("b.mgf", (None, "", "same", None), (None, "", "same", None), (None, "", "other", None))
    lost = join([table(Psm("PEK", "99", 1), Psm("PEK", "13", 2), Psm("PEK", "11", 3))], [FILE]).not_joined
    assert [(x.line, x.reason) for x in lost] == [
        (1, "There is no fragment spectrum with scan 99 in run1.mzML."),
        (2, "Its spectrum cannot be used: Profile mode."),
    ]
    lost = join([table(Psm("PEK", "same", 1))], [twice]).not_joined
    assert lost[0].reason == "Several spectra have the title 'same' in b.mgf."
    lost = join([table(Psm("PEK", "11", 1, run="D:/other.raw"))], [FILE, twice]).not_joined
    assert lost[0].reason == "No spectrum file matches its run, 'D:/other.raw'."


def test_runs_are_told_apart_by_name() -> None:
    other = headers("run2.mzML.gz", (11, "scan=11", "", None))
    found = join([table(Psm("PEK", "11", 1, run="C:\\x\\run2.raw"), Psm("PEK", "11", 2, run="run1"))], [FILE, other])
    assert [list(x) for x in found.psms] == [[0], [0]]
    assert found.psms[1][0][0][0].line == 1
    assert run_name("file:///a/interact-run1_rank2.pep.xml") == "run1"


def test_what_joins_can_be_asked_for() -> None:
    found = join([table(Psm("PEK", "scan=12", 1))], [FILE], by="index")
    assert found.psms == [{}]
    assert found.not_joined[0].reason == "There is no fragment spectrum that it names by index in run1.mzML."


def test_scans_of_other_runs_are_not_taken_for_those_of_the_one_that_is_there() -> None:
    psms = [Psm("PEK", "11", 1, run="run1"), Psm("PEK", "12", 2, run="run2"), Psm("PEK", "12", 3, run="run1")]
    found = join([table(*psms)], [FILE])
    assert {at: [p.line for p, *_ in v] for at, v in found.psms[0].items()} == {0: [1], 1: [3]}
    assert [x.reason for x in found.not_joined] == ["No spectrum file matches its run, 'run2'."]
    neither = join([table(Psm("PEK", "11", 1, run="run8"), Psm("PEK", "12", 2, run="run9"))], [FILE])
    assert [x.line for x in neither.not_joined] == [1, 2]
    asked = join([table(Psm("PEK", "11", 1, run="run8"), Psm("PEK", "12", 2, run="run9"))], [FILE], by="scan")
    assert not asked.not_joined


def test_one_run_and_one_file_are_taken_for_each_other() -> None:
    assert not join([table(Psm("PEK", "11", 1, run="renamed"), Psm("PEK", "12", 2, run="renamed"))], [FILE]).not_joined


def test_a_merged_file_is_joined_by_title() -> None:
    merged = headers("all.mgf", (None, "", "run8 first", None), (None, "", "run9 first", None), (None, "", "7", None))
    psms = [Psm("PEK", "run8 first", 1, run="run8"), Psm("PEK", "run9 first", 2, run="run9"), Psm("A", "7", 3, run="b")]
    found = join([table(*psms)], [merged])
    assert list(found.psms[0]) == [0, 1]
    assert [x.reason for x in found.not_joined] == ["No spectrum file matches its run, 'b'."]


def test_the_run_is_read_in_the_spectrum_s_name() -> None:
    other = headers("run2.mzML", (11, "scan=11", "", None))
    psms = [Psm("PEK", "run1.00011.00011.2", 1), Psm("PEK", "run2.00011.00011.3", 2), Psm("PEK", "x.11.11.2", 3)]
    found = join([table(*psms)], [FILE, other])
    assert [[p.line for p, *_ in v] for by_place in found.psms for v in by_place.values()] == [[1], [2]]
    assert [x.reason for x in found.not_joined] == ["No spectrum file matches its run, 'x'."]


def test_two_files_of_one_name_are_both_looked_in() -> None:
    same = headers("run1.mgf", (21, "", "other", None), (11, "", "same", None))
    found = join([table(Psm("PEK", "21", 1, run="run1"), Psm("PEK", "11", 2, run="run1"))], [FILE, same])
    assert [list(x) for x in found.psms] == [[], [0]]
    assert [x.reason for x in found.not_joined] == ["Several spectra have the scan 11 in any of 2 files."]
