"""Valid inputs of every kind, small, made once for a folder; the fuzzer changes them."""

from __future__ import annotations

import functools
import gzip
import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.dialects.files import files_of
from benchmarks.dialects.psms import true_psms
from benchmarks.fuzz.library_seeds import libraries
from benchmarks.fuzz.table_seeds import more_tables
from peploss.peptides.vocabulary import Vocabulary
from peploss.spectra.samples import samples_folder

if TYPE_CHECKING:
    from peploss.dataset.query.results import Results

PEPTIDES: Final = (
    "PEPM[Oxidation]TIDEK/2", "[Acetyl]-PEPTIDE", "PEPT[+79.966]IDE/3", "EM[U:Oxidation]EVEES[UNIMOD:21]PEK",
    "<[Carbamidomethyl]@C>ATPEC", "AM[Formula:C2H3NO]K", "N[Glycan:HexNAc2Hex3]K", "PRT(ESFRMS)[+19.05]ISK",
    "EM[Oxidation#g1]EVT[#g1]ES[#g1]PEK", "{Glycan:Hex}PEPTIDE", "PEP[MOD:00046]K", "<13C>PEPTIDE", "AK/2[+2Na+]",
)  # fmt: skip
NOTATIONS: Final = (
    "_PEPM(ox)TIDEK_", "K.PEPM[15.9949]TIDEK.R", "PEPM(Oxidation (M))TIDE", "n[42.01]PEPTIDE", "PEPM(UniMod:35)K",
    "+42.011PEPTIDEK", "PEPC+57.021TIDE", "PEPM*TIDE", "-.(ac)PEPTIDE.-", "PEPS[167]K", "pSEQUENCE", "AC[160]K",
)  # fmt: skip
PASTED: Final = (
    "100.5 1\n200.25 3e4\n",
    "m/z,intensity\n100.1,5\n",
    "PEPMASS=500 CHARGE=2+\n100 1 b1\n",
    "100.5\t1;200 2",
)
LINK: Final = {
    "i": "12", "sigma": "0.05", "unit": "ppm", "h": "0.1", "mode": "overlay", "bins": "1", "grad": "1", "x": "100_200",
    "sel": "b3", "off": "-12.5ppm", "cand": "2", "over": "3", "page": "4", "psm": "17", "data": "a.parquet",
    "dist": "loss", "where": "loss > 0.5", "row": "3", "zz": "2", "cp1": "100", "who": "all", "most": "5",
}  # fmt: skip
TOML: Final = (
    'sigma = 0.02\nion_types = ["b", "y"]\n[ion_weights]\ny = 2.0\nb2 = 0.5\n',
    'sigma = 20.0\nsigma_unit = "ppm"\nmax_mz = 1500\nbin_width = 0.1\ntop_n = 50\nisotopes = 1\n',
    "steps_per_stage = 100\n[[stage]]\nspectrum_weight = 0.1\nmax_length = 12\n[[stage]]\nclean = 0.5\n",
)
SQL: Final = (
    "loss > 0.9 AND charge = 2 AND peptide LIKE '%[Phospho]%'", "abs(ppm) < 10 OR title IS NULL", "id IN (1, 2, 3)",
    "CASE WHEN charge > 2 THEN loss ELSE 0 END > 0.5", "regexp_matches(peptide, '^A.*K$')", "loss BETWEEN 0 AND 1",
    "CAST(charge AS VARCHAR) = '2'", "lower(peptide) = 'x' -- a comment",
)  # fmt: skip


def _folder(folder: Path, name: str) -> Path:
    made = folder / "seeds" / name
    made.mkdir(parents=True, exist_ok=True)
    return made


@functools.cache
def spectra(folder: Path) -> tuple[Path, ...]:
    """MGF, MSP, mzML and mzXML of a few spectra."""
    here, samples = _folder(folder, "spectra"), samples_folder()
    text = (samples / "hcd_qe_openms_qc.mgf").read_text()
    (here / "a.mgf").write_text(text[: text.index("END IONS", 3000) + 9])
    (here / "b.mgf").write_text(
        "BEGIN IONS\nTITLE=a\nPEPMASS=500.2 1e5\nCHARGE=2+ and 3+\nRTINSECONDS=12.5\nSCANS=7\nSEQ=PEPTIDEK\nMSLEVEL=2\n"
        "100.5 1 b1\n200.25\t3e4\nEND IONS\nBEGIN IONS\n101 2\nEND IONS\n"
    )
    (here / "c.msp").write_text(
        "Name: PEPM(O)TIDEK/2\nMW: 900.1\nComment: Parent=451.2 Mods=1(3,M,Oxidation) Charge=2 Scan=3\nNum peaks: 2\n"
        '100.5\t1\t"b1"\n200.25 3\n\nName: AK\nPrecursorMZ: 218.1\nNum Peaks: 1\n100 5;\n'
    )
    native = [_small(path, here) for path in sorted((samples / "native").glob("test_spectra.*"))]
    shutil.copy(here / "c.msp", here / "c.sptxt")
    plain = (here / "a.mgf", here / "b.mgf", here / "c.msp", here / "c.sptxt", *native)
    return (*plain, *(_zipped(path) for path in plain[1:]))


def _zipped(path: Path) -> Path:
    out = path.with_name(f"{path.name}.gz")
    out.write_bytes(gzip.compress(path.read_bytes()))
    return out


def _small(path: Path, here: Path) -> Path:
    """The first spectra of a file; the reader tells that the rest is missing."""
    (here / path.name).write_bytes(path.read_bytes()[:16_000])
    return here / path.name


@functools.cache
def tables(folder: Path) -> tuple[Path, ...]:
    """A PSM table of every format and dialect."""
    here = _folder(folder, "tables")
    made = [path for _, path in files_of(true_psms(4), here)]
    return tuple(dict.fromkeys([*made, *more_tables(here)]))


@functools.cache
def a_set(folder: Path) -> Path:
    """A set of some PSMs."""
    from peploss.dataset.index.build import build_set
    from peploss.dataset.tables import read_psms

    here, samples = _folder(folder, "set"), samples_folder()
    out = here / "set.parquet"
    build_set([samples / "hcd_qe_openms_qc.mgf"], [read_psms(samples / "psms.tsv")], out, workers=1)
    return out


@functools.cache
def results(folder: Path) -> Path:
    """Scores of that set."""
    from peploss.dataset.scoring.plan import Plan
    from peploss.dataset.scoring.run import score_set

    out = _folder(folder, "set") / "results.parquet"
    score_set(a_set(folder), out, Plan(decoys=True), workers=1)
    return out


@functools.cache
def asked(folder: Path) -> Results:
    """These scores, open for questions."""
    from peploss.dataset.query.results import Results

    return Results(results(folder), held=True)


@functools.cache
def notes(folder: Path) -> Path:
    """The file of tags and notes on that set."""
    from peploss.dataset.query.notes import Notes, notes_path

    kept = Notes(a_set(folder))
    kept.tag([1, 2], "odd")
    kept.note(1, "Look again.")
    return notes_path(a_set(folder)).rename(_folder(folder, "notes") / "a.sqlite")


@functools.cache
def selections(folder: Path) -> tuple[Path, ...]:
    """Exported lists of ids of every kind that can be read back."""
    from peploss.dataset.query.selections import export

    here = _folder(folder, "selections")
    endings = {"ids": "txt", "tsv": "tsv", "parquet": "parquet", "keep": "json", "drop": "json"}
    out = [here / f"{kind}.{ending}" for kind, ending in endings.items()]
    for kind, path in zip(endings, out, strict=True):
        export(kind, [1, 2, 3], path, source=a_set(folder), results=results(folder))  # type: ignore[arg-type]
    return tuple(out)


@functools.cache
def log(folder: Path) -> tuple[Path, ...]:
    """Files of a run of ``SampleLog``, with three of its samples."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    here = _folder(folder, "log")
    for path in sorted((samples_folder() / "training_run").iterdir()):
        if path.suffix != ".parquet":
            shutil.copy(path, here)
            continue
        table = pq.read_table(path)
        ids = table["id"].unique()[:3]
        pq.write_table(table.filter(pc.is_in(table["id"], ids)), here / path.name)
    return tuple(sorted(here.iterdir()))


@functools.cache
def arrays(folder: Path) -> tuple[Path, ...]:
    """A model's output as arrays and as tables of predictions."""
    from safetensors.numpy import save_file

    here = _folder(folder, "arrays")
    peaks = np.tile(np.linspace(100, 500, 4), (3, 1))
    values = {
        "all_logits": np.zeros((2, 3, 5, 24), dtype=np.float32), "targets": np.full((3, 5), 5, dtype=np.int64),
        "target_mask": np.ones((3, 5), dtype=bool), "observed_masses": peaks, "observed_intensities": peaks / 100,
        "peak_mask": peaks > 0, "precursor_mass": np.full(3, 400.0), "charge": np.full(3, 2),
        "step": np.array(7),
    }  # fmt: skip
    words = {"ids": np.array(["a", "b", "c"]), "vocabulary": np.array(list(Vocabulary().tokens)),
             "vocabulary_masses": np.full(24, 100.0), "loss": np.array('{"spectrum_weight": 0.5}')}  # fmt: skip
    np.savez(here / "a.npz", **values, **words)
    save_file(values, here / "a.safetensors", {"ids": '["a", "b", "c"]', "loss": '{"spectrum_weight": 0.5}'})
    (here / "a.csv").write_text(
        'spectrum_id,predictions,targets,log_probs,token_log_probs\na:1,PEPTIDEK,PEPTIDEK,-0.5,"[-0.1, -0.2]"\n'
    )
    mztab = next(path for path in tables(folder) if path.suffix.lower() == ".mztab")
    shutil.copy(mztab, here / "a.mztab")
    return tuple(here / f"a.{ending}" for ending in ("npz", "safetensors", "csv", "mztab"))


@functools.cache
def predictions(folder: Path) -> tuple[Path, ...]:
    """Predicted heights of every form."""
    return tuple(libraries(_folder(folder, "predictions")).values())


@functools.cache
def job(folder: Path) -> bytes:
    """The note of work whose process is over."""
    from peploss.dataset.interrupted import Asked
    from peploss.lifeline import owner

    over = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    asked = Asked(
        "Scoring set.parquet", "set.parquet", "score", (str(folder / "set.parquet"),), settings={"sigma": 0.02}
    )
    said = {"owner": f"{over.stdout.strip()}-{owner().partition('-')[2]}", **asdict(asked)}
    return json.dumps(said).encode()
