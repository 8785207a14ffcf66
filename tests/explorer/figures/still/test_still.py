from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from peploss.analysis.one_psm.explanation import Explanation, explain
from peploss.explorer.figures.still.marks import Line, Text, text_width
from peploss.explorer.figures.still.mirror import HEIGHT, WIDTH, still
from peploss.explorer.figures.still.write import SCALE, _packed, to_png, to_svg
from peploss.settings import LossSettings
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import samples_folder
from peploss.spectra.spectrum import Spectrum

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def told() -> Explanation:
    spectra = open_spectra(samples_folder() / "hcd_qe_openms_qc.mgf")
    spectrum = spectra.read(spectra.ids.index("QC1.175"))
    return explain(
        replace(spectrum, title='<b>"x" & y</b>'), str(spectrum.peptide), LossSettings(neutral_losses=("H2O",))
    )


def test_the_picture_says_what_it_shows(told: Explanation) -> None:
    texts = [mark.value for mark in still(told).marks if isinstance(mark, Text)]
    assert texts[0] == '<b>"x" & y</b>'
    assert texts[1] == told.peptide.proforma
    assert f"spectrum loss {told.loss:.4f}" in texts[2]
    assert "neutral_losses = ['H2O']" in texts[2]
    letters = [mark.value for mark in still(told).marks if isinstance(mark, Text) and mark.size == 15]
    assert letters == list(told.peptide.residues)
    assert "y7" in texts


def test_every_mark_lies_on_the_paper_and_no_two_labels_overlap(told: Explanation) -> None:
    picture = still(told)
    for mark in picture.marks:
        for x, y in mark.points if isinstance(mark, Line) else [mark.at]:
            assert -1 <= x <= WIDTH + 1
            assert -1 <= y <= HEIGHT + 1
    labels = [m for m in picture.marks if isinstance(m, Text) and m.size == 10]
    assert len(labels) > 10
    for i, a in enumerate(labels):
        for b in labels[:i]:
            apart = abs(a.at[0] - b.at[0]) >= (text_width(a.value, 10) + text_width(b.value, 10)) / 2 - 1e-9
            assert apart or abs(a.at[1] - b.at[1]) >= 10 - 1e-9


def test_svg_is_well_formed_and_its_text_is_text(told: Explanation) -> None:
    root = ET.fromstring(to_svg(still(told)))
    assert root.find(f"{SVG}title") is not None
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert '<b>"x" & y</b>' in texts
    matched = [node for node in root.iter(f"{SVG}path") if node.get("stroke") == "#c8321f"]
    assert matched


def test_png_has_its_size_and_the_colours_of_the_ions(told: Explanation) -> None:
    from PIL import Image

    image = Image.open(io.BytesIO(to_png(still(told))))
    assert image.size == (WIDTH * SCALE, HEIGHT * SCALE)
    colours = {colour for _, colour in image.getcolors(1 << 20) or []}
    assert {(31, 95, 191), (200, 50, 31), (255, 255, 255)} <= colours


@pytest.mark.parametrize("peptide", ["K", "[Acetyl]-" + "PEPM[Oxidation]TIDE" * 12 + "K"])
def test_short_and_long_peptides_and_spectra_of_one_peak(peptide: str) -> None:
    spectrum = Spectrum(mz=np.array([147.1128]), intensity=np.ones(1))
    ET.fromstring(to_svg(still(explain(spectrum, peptide))))
    wide = LossSettings(sigma=1.0, bin_width=0.05)
    ET.fromstring(to_svg(still(explain(spectrum, peptide, wide))))


def test_a_png_holds_every_pixel() -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    pixels[3] = pixels[2]
    read = image.open(io.BytesIO(_packed(pixels)))
    assert read.mode == "RGB"
    assert np.array_equal(np.asarray(read), pixels)
