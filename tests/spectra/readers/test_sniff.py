"""A file is what its content says, and what is no file of spectra is called by its name."""

from __future__ import annotations

import pytest

from peploss.errors import SourceError
from peploss.spectra.readers.sniff import sniff


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"BEGIN IONS\n", "mgf"),
        (b"\xef\xbb\xbfBEGIN IONS\n", "mgf"),
        (b"COM=<x>\nCHARGE=2+\r\n  BEGIN IONS\r\n", "mgf"),
        (b"<?xml version='1.0'?>\n<!-- <html> -->\n<indexedmzML xmlns='x'>", "mzml"),
        (b"<mzML>", "mzml"),
        (b'<!DOCTYPE mzML [<!ENTITY a "b">]><ms:mzML>', "mzml"),
        (b"<mzXML xmlns='x'>", "mzxml"),
        (b"Name: A/2\nNum peaks: 1\n", "msp"),
        (b"### SpectraST\nName: A/2\nNumPeaks: 1\n", "msp"),
    ],
)
def test_formats(head: bytes, kind: str) -> None:
    assert sniff(head, "x.bin") == kind


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "empty (0 bytes)"),
        (b" \n\n", "empty"),
        (b"\x00" * 50, "empty"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"%PDF-1.4", "PDF"),
        (b"PK\x03\x04", "ZIP"),
        (b"PAR1", "Parquet"),
        (b"\x01\xa1F\x00i\x00n\x00n\x00i\x00g\x00a\x00n\x00", "Thermo RAW"),
        (b"\xff\xfeB\x00E\x00G\x00", "UTF-16"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"<svg xmlns='x'>", "SVG"),
        (b"<mzData>", "'mzData'"),
        (b"<", "root element ''"),
        (b"<MzIdentML>", "PSM table (mzIdentML)"),
        (b"<msms_pipeline_analysis>", "PSM table (pepXML)"),
        (b"<bioml>", "PSM table (X!Tandem XML)"),
        (b"<IdXML>", "PSM table (idXML)"),
        (b"MTD\tmzTab-version\t1.0.0\n", "PSM table (mzTab)"),
        (b"spec_id,modifications,peptide,charge\n", "PSM table (PEPREC)"),
        (b"Raw file\tScan number\tModified sequence\n", "PSM table (MaxQuant"),
        (b"a\tb\tSequence\n", "PSM table"),
        (b"100.5 12\n200.5 3\n", "BEGIN IONS"),
        (b"hello world", "'hello world'"),
        (b"ab\x00\x01\x02", "binary file"),
    ],
)
def test_what_it_is_instead(head: bytes, words: str) -> None:
    with pytest.raises(SourceError) as raised:
        sniff(head, "run.mgf")
    assert words in raised.value.problem
    assert raised.value.where == "run.mgf"
    assert raised.value.remedy
