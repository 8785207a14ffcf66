from __future__ import annotations

import pytest

from peploss.analysis.tuning.file_psms import file_psms
from peploss.errors import SourceError
from peploss.spectra.readers import open_spectra

BLOCK = "BEGIN IONS\nTITLE=s{k}\nPEPMASS=400.6872\nCHARGE=2+\n{seq}98.06 10\n227.1026 50\nEND IONS\n"


def write(tmp_path, sequences: list[str]):
    path = tmp_path / "set.mgf"
    path.write_text("".join(BLOCK.format(k=k, seq=f"SEQ={s}\n" if s else "") for k, s in enumerate(sequences)))
    return open_spectra(path)


def test_everything_is_taken_or_told(tmp_path) -> None:
    with write(tmp_path, ["PEPTIDEK", "", "PEM[Oxidatoin]K", "ELVISK/3", ""]) as file:
        found = file_psms(file)
    assert sorted(p.peptide.sequence for p in found.psms) == ["ELVISK", "PEPTIDEK"]
    assert {p.group for p in found.psms} == {"set.mgf"}
    assert (found.n_entries, found.n_looked_at, found.n_without_peptide) == (5, 5, 2)
    (bad,) = found.left_out
    assert "s2" in bad.name
    assert "Oxidation" in bad.reason
    assert found.summary() == "2 spectra with a peptide; 2 without a peptide"


def test_a_sample_of_a_large_file_is_drawn_from_all_of_it(tmp_path) -> None:
    with write(tmp_path, ["PEPTIDEK"] * 200) as file:
        one, again, other = (file_psms(file, limit=20, seed=s) for s in (1, 1, 2))
    places = [p.spectrum.index for p in one.psms]
    assert len(set(places)) == 20 == one.n_looked_at
    assert max(places) > 100 > min(places)
    assert places == [p.spectrum.index for p in again.psms] != [p.spectrum.index for p in other.psms]
    assert "drawn at random from 200 entries" in one.summary()


def test_progress_is_told_and_may_end_it(tmp_path) -> None:
    class Enough(Exception):
        pass

    seen = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if len(seen) == 2:
            raise Enough

    with write(tmp_path, ["PEPTIDEK"] * 200) as file, pytest.raises(Enough):
        file_psms(file, progress=progress)
    assert seen == [(32, 200), (64, 200)]


def test_a_file_without_peptides_says_so(tmp_path) -> None:
    with write(tmp_path, ["", ""]) as file, pytest.raises(SourceError, match=r"None of 2 entries.*SEQ="):
        file_psms(file)
    with write(tmp_path, [""]) as file, pytest.raises(ValueError, match="limit"):
        file_psms(file, limit=0)
