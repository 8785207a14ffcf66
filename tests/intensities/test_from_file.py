"""Files of predictions: tables of any writer, spectral libraries, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peploss.errors import SourceError
from peploss.intensities.from_file import COLUMNS, FromFile
from peploss.intensities.heights import fragments_with_heights
from peploss.intensities.prediction import Ion, Prediction
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings

ROWS = [
    ("AC[Carbamidomethyl]M[Oxidation]K", 2, "b", 2, 1, "", 0.5),
    ("AC[Carbamidomethyl]M[Oxidation]K", 2, "y", 3, 2, "H2O", 0.25),
    ("PEPTIDEK", 3, "y", 1, 1, "", 1.0),
]
PEPTIDE = Peptide.parse("AC[+57.021464]M[UNIMOD:35]K")


def parquet(folder: Path, rows: list[tuple[object, ...]] = ROWS, columns: tuple[str, ...] = COLUMNS) -> Path:
    path = folder / "predictions.parquet"
    pq.write_table(pa.table({name: [row[i] for row in rows] for i, name in enumerate(columns)}), path)
    return path


def intensities(found: Prediction | str) -> dict[Ion, float]:
    assert isinstance(found, Prediction), found
    return found.intensities


def test_a_plain_parquet_is_joined_by_peptidoform_and_charge(tmp_path: Path) -> None:
    source = FromFile(parquet(tmp_path))
    assert len(source) == 2
    assert source.problems == []
    found, absent, other_charge = source.predict([PEPTIDE, Peptide.parse("AAAK"), PEPTIDE], [2, 2, 3])
    assert intensities(found) == {Ion("b", 2): 0.5, Ion("y", 3, 2, "H2O"): 0.25}
    assert absent == "predictions.parquet has no prediction of AAAK/2."
    assert str(other_charge).endswith("It has it at charge 2.")


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (
            "ModifiedPeptide\tPrecursorCharge\tFragmentType\tFragmentNumber\tFragmentCharge\tFragmentLossType\tRelativeIntensity",
            "_AC[Carbamidomethyl]M[Oxidation]K_\t2\ty\t2\t1\tnoloss\t0.75",
        ),
        (
            "PrecursorMz,ModifiedPeptide,PrecursorCharge,FragmentType,FragmentSeriesNumber,FragmentCharge,LibraryIntensity",
            "1.0,AC[UNIMOD:4]M[UNIMOD:35]K,2,y,2,1,0.75",
        ),
    ],
    ids=["spectronaut", "diann"],
)
def test_libraries_of_other_writers(tmp_path: Path, header: str, line: str) -> None:
    path = tmp_path / ("library.tsv" if "\t" in header else "library.csv")
    path.write_text(f"{header}\n{line}\n")
    (found,) = FromFile(path).predict([PEPTIDE], [2])
    assert intensities(found) == {Ion("y", 2): 0.75}


def test_a_spectral_library_gives_its_peaks_to_the_nearest_ion(tmp_path: Path) -> None:
    ions = fragments(Peptide.parse("PEPTIDEK/2"), LossSettings())
    mz = dict(zip(ions.plain_label, ions.mz.tolist(), strict=True))
    path = tmp_path / "library.msp"
    path.write_text(
        f"Name: PEPTIDEK/2\nComment: Parent=464.73 Charge=2\nNum peaks: 3\n"
        f"{mz['b2'] + 0.004:.4f}\t10\n{mz['y3'] - 0.004:.4f}\t20\n{mz['y5'] + 0.3:.4f}\t30\n\n"
    )
    (found,) = FromFile(path).predict([Peptide.parse("PEPTIDEK")], [2])
    assert intensities(found) == {Ion("b", 2): 10.0, Ion("y", 3): 20.0}


def test_one_bad_entry_does_not_take_the_others_along(tmp_path: Path) -> None:
    rows = [*ROWS, ("PEPTIDEK", 2, "y", 9, 1, "", 1.0), ("AAK", 2, "y", 1, 1, "", -1.0), ("A?K", 2, "y", 1, 1, "", 1.0)]
    source = FromFile(parquet(tmp_path, rows))
    assert len(source) == 2
    assert sorted(problem.split(":")[0] for problem in source.problems) == ["A?K", "AAK/2", "PEPTIDEK/2"]


def test_an_ion_given_twice_is_told(tmp_path: Path) -> None:
    source = FromFile(parquet(tmp_path, [ROWS[0], (*ROWS[0][:-1], 0.9)]))
    assert source.problems == ["Row 2: AC[Carbamidomethyl]M[Oxidation]K/2 has this ion twice; the first counts."]
    assert intensities(source.predict([PEPTIDE], [2])[0])[Ion("b", 2)] == 0.5


def test_a_peptide_given_twice_is_told_where_the_two_differ(tmp_path: Path) -> None:
    entry = "Name: PEPTIDEK/2\nPrecursorMZ: 464.7373\nNum peaks: 1\n147.1128 {}\n\n"
    path = tmp_path / "twice.msp"
    path.write_text(entry.format(1) + entry.format(1))
    assert FromFile(path).problems == []
    path.write_text(entry.format(1) + entry.format(7))
    source = FromFile(path)
    assert source.problems == ["PEPTIDEK/2 is there again, unlike the first, which counts."]
    (found,) = source.predict([Peptide.parse("PEPTIDEK")], [2])
    assert intensities(found) == {Ion("y", 1): 1.0}


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = parquet(tmp_path, [row[:-1] for row in ROWS], COLUMNS[:-1])
    with pytest.raises(SourceError, match="no column for intensity; it has peptidoform, charge"):
        FromFile(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"\x00\x01"])
def test_a_file_of_something_else_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="cannot be read"):
        FromFile(path)


def test_a_file_without_a_usable_prediction_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no usable prediction.*finite"):
        FromFile(parquet(tmp_path, [("AAK", 2, "y", 1, 1, "", float("nan"))]))
    with pytest.raises(SourceError, match="no such file"):
        FromFile(tmp_path / "absent.parquet")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("AAK", 2, "y", 1, 1, "", -1.0), "finite and at least 0, not -1.0 for y1"),
        (("AAK", 2, "y", 1, 1, "", float("nan")), "finite and at least 0, not nan for y1"),
        (("AAK", 2, "y", 3, 1, "", 1.0), "y3 is no fragment of a peptide of 3 residues"),
    ],
    ids=["negative", "nan", "beyond the peptide"],
)
def test_a_bad_entry_is_told_where_it_is_asked_for(tmp_path: Path, row: tuple[object, ...], why: str) -> None:
    source = FromFile(parquet(tmp_path, [*ROWS, row]))
    told, other = source.predict([Peptide.parse("AAK"), Peptide.parse("GGK")], [2, 2])
    assert isinstance(told, str)
    assert told.startswith("predictions.parquet has AAK/2, but it cannot be used: ")
    assert why in told
    assert str(other).startswith(
        "predictions.parquet has no prediction of GGK/2. Of its other entries 1 cannot be used"
    )


def test_a_library_that_shares_nothing_says_so_on_the_comparison(tmp_path: Path) -> None:
    path = parquet(tmp_path)
    (found,) = fragments_with_heights([Peptide.parse("GGGK")], LossSettings(intensities=f"file:{path}"), [2])
    assert found.source == "uniform"
    assert found.note == "predictions.parquet has no prediction of GGGK/2. All fragments have the same height."
    (found,) = fragments_with_heights([PEPTIDE], LossSettings(intensities=f"file:{path}"), [3])
    assert str(found.note).startswith("predictions.parquet has no prediction of")
    assert "It has it at charge 2." in str(found.note)
