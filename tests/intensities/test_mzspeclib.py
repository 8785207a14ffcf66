from __future__ import annotations

from pathlib import Path

import pytest

from peploss.errors import SourceError
from peploss.intensities.from_file import FromFile
from peploss.intensities.mzspeclib import entries, is_mzspeclib, labelled
from peploss.intensities.prediction import Ion, Prediction
from peploss.peptides.peptide import Peptide

# The form of the examples in the specification: attributes in groups, several interpretations, an entry per spectrum.
TEXT = """<mzSpecLib>
MS:1003186|library format version=1.0
<Spectrum=1>
MS:1003061|library spectrum name=AAM[Oxidation]K/2
[1]MS:1000041|charge state=9
<Analyte=1>
MS:1000888|stripped peptide sequence=AAMK
MS:1003270|proforma peptidoform ion notation=AAM[Oxidation]K/2
MS:1000041|charge state=2
<Analyte=2>
MS:1003270|proforma peptidoform ion notation=WWWW/4
<Interpretation=1>
<Peaks>
143.0815	1500.5	b2/0.3ppm
147.1128	9000	1@y1/0.0001*0.9,b1/0.2
148.1100	300	y1+i/0.1
147.6	20	y1-H2O^2/0.2ppm
500.0	10	?

<Spectrum=2>
<Analyte=1>
MS:1003169|proforma peptidoform sequence=PEK
MS:1000041|charge state=1
<Peaks>
147.1128	5
276.1554	7
<Spectrum=3>
<Analyte=1>
<Peaks>
100	1
<Spectrum=4>
<Analyte=1>
MS:1003270|proforma peptidoform ion notation=PEEK/2
<Peaks>
100	many
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.mzlib.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_labels_are_the_ions(library: Path) -> None:
    first, *_ = entries(library)
    assert labelled(first) == {Ion("b", 2): 1500.5, Ion("y", 1): 9000.0, Ion("y", 1, 2, "H2O"): 20.0}
    assert (first.peptide, first.line) == ("AAM[Oxidation]K/2", 3)


def test_it_is_a_file_of_predictions_by_content(library: Path) -> None:
    assert is_mzspeclib(library)
    found = FromFile(library)
    assert len(found) == 2
    own, unlabelled = found.predict([Peptide.parse("AAM[+15.9949]K"), Peptide.parse("PEK")], [2, 1])
    assert isinstance(own, Prediction)
    assert own.intensities[Ion("y", 1)] == 9000.0
    assert isinstance(unlabelled, Prediction)
    assert unlabelled.intensities == {Ion("y", 1): 5.0, Ion("y", 2): 7.0}  # by m/z
    assert "Line 27: the entry names no peptidoform." in found.problems
    assert any("is no peak (m/z, intensity)" in problem for problem in found.problems)


def test_a_library_without_a_usable_entry(tmp_path: Path) -> None:
    path = tmp_path / "empty.mzlib.txt"
    path.write_text("<mzSpecLib>\n<Spectrum=1>\n<Analyte=1>\n<Peaks>\n1\t1\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"no usable prediction\. Line 2: the entry names no peptidoform"):
        FromFile(path)
    with pytest.raises(SourceError, match="no such file"):
        FromFile(tmp_path / "absent.mzlib.txt")
