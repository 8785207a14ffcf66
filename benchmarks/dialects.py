"""One set of true PSMs, written in every dialect that the readers claim and read back: read, refused or wrong.

python -m benchmarks.dialects [--psms 5000] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from peploss.constants import HYDROGEN, PROTON, RESIDUE_MASSES
from peploss.dataset.index.keys import keys_of
from peploss.dataset.tables import read_psms
from peploss.errors import PeptideError, SourceError
from peploss.peptides.modifications import unimod
from peploss.peptides.peptide import Peptide

VARIABLE: Final = {"M": "Oxidation", "S": "Phospho", "T": "Phospho", "N": "Deamidated"}
FIXED: Final = {"C": "Carbamidomethyl"}
N_TERM: Final = "Acetyl"
WITHIN: Final = 0.02  # Da of the whole peptide, for dialects that round

Sites = list[tuple[int, str]]


@dataclass(frozen=True)
class True_:
    """A PSM that is right: sequence, modifications (0: N-terminus), charge and scan."""

    sequence: str
    sites: tuple[tuple[int, str], ...]
    charge: int
    scan: int

    @property
    def proforma(self) -> str:
        """In ProForma, with the charge."""
        return f"{_inside(self, '[{}]', lambda n: n, head='[{}]-')}/{self.charge}"

    @property
    def mass(self) -> float:
        """Neutral mass in Da."""
        return Peptide.parse(self.proforma).neutral_mass

    @property
    def mz(self) -> float:
        """m/z of the precursor."""
        return self.mass / self.charge + PROTON


def true_psms(n: int, seed: int = 1) -> list[True_]:
    """PSMs with fixed, variable and terminal modifications, several of them in some."""
    dice = random.Random(seed)
    found = []
    for i in range(n):
        sequence = "".join(dice.choices("ACDEFGHILMNPQSTVWY", k=dice.randint(6, 18))) + dice.choice("KR")
        sites: Sites = [(0, N_TERM)] if dice.random() < 0.15 else []
        for at, residue in enumerate(sequence, start=1):
            if residue in FIXED:
                sites.append((at, FIXED[residue]))
            elif residue in VARIABLE and dice.random() < 0.25:
                sites.append((at, VARIABLE[residue]))
        found.append(True_(sequence, tuple(sites), dice.randint(2, 4), 100 + 3 * i))
    return found


def _inside(
    psm: True_, form: str, name: Callable[[str], str], head: str = "", skip: frozenset[str] = frozenset()
) -> str:
    tags = {at: tag for at, tag in psm.sites if tag not in skip}
    start = (head or form).format(name(tags[0])) if 0 in tags else ""
    return start + "".join(
        residue + (form.format(name(tags[at])) if at in tags else "")
        for at, residue in enumerate(psm.sequence, start=1)
    )


def _mass(tag: str) -> float:
    return unimod.resolve(tag).mass


def _shift(tag: str) -> str:
    return f"{_mass(tag):+.5f}"


def _whole(psm: True_) -> str:
    tags = dict(psm.sites)
    start = f"n[{_mass(tags[0]) + HYDROGEN:.0f}]" if 0 in tags else ""
    return start + "".join(
        r + (f"[{RESIDUE_MASSES[r] + _mass(tags[at]):.4f}]" if at in tags else "")
        for at, r in enumerate(psm.sequence, start=1)
    )


def _listed(psm: True_, form: str, end: str, between: str, name: Callable[[str], str]) -> str:
    return between.join(
        (end if at == 0 else form).format(at=at, residue=psm.sequence[max(at, 1) - 1], tag=name(tag))
        for at, tag in psm.sites
    )


def _accession(tag: str) -> str:
    return {"Oxidation": "35", "Phospho": "21", "Deamidated": "7", "Carbamidomethyl": "4", "Acetyl": "1"}[tag]


_MAXQUANT: Final = {"Oxidation": "Oxidation (M)", "Phospho": "Phospho (STY)", "Deamidated": "Deamidation (N)",
                    "Acetyl": "Acetyl (Protein N-term)", "Carbamidomethyl": "Carbamidomethyl (C)"}  # fmt: skip
_OLD: Final = {"Oxidation": "ox", "Phospho": "ph", "Deamidated": "de", "Acetyl": "ac", "Carbamidomethyl": "cam"}
_META: Final = {"Oxidation": "Common Variable:Oxidation on M", "Phospho": "Common Biological:Phosphorylation on S",
                "Deamidated": "Common Artifact:Deamidation on N", "Acetyl": "Common Biological:Acetylation on X",
                "Carbamidomethyl": "Common Fixed:Carbamidomethyl on C"}  # fmt: skip
_C: Final = frozenset(FIXED.values())


def _same(tag: str) -> str:
    return tag


Row = dict[str, object]
DIALECTS: Final[dict[str, tuple[str, Callable[[True_], Row]]]] = {
    "MaxQuant msms.txt": ("msms.txt", lambda p: {
        "Raw file": "run1", "Scan number": p.scan, "Sequence": p.sequence, "Modifications": "Unmodified",
        "Modified sequence": f"_{_inside(p, '({})', _MAXQUANT.get, skip=_C)}_", "Charge": p.charge,  # type: ignore[arg-type]
        "m/z": f"{p.mz:.5f}", "Mass": f"{p.mass:.5f}"}),
    "MaxQuant of old": ("old.txt", lambda p: {
        "Raw file": "run1", "Scan number": p.scan, "Modified sequence": f"_{_inside(p, '({})', _OLD.get)}_",  # type: ignore[arg-type]
        "Charge": p.charge}),
    "Sage": ("results.sage.tsv", lambda p: {
        "psm_id": p.scan, "peptide": _inside(p, "[{}]", _shift, head="[{}]-"), "filename": "run1.mzML",
        "scannr": f"controllerType=0 controllerNumber=1 scan={p.scan}", "rank": 1, "label": 1,
        "expmass": f"{p.mass:.4f}", "calcmass": f"{p.mass:.4f}", "charge": p.charge, "sage_discriminant_score": 1}),
    "FragPipe psm.tsv": ("psm.tsv", lambda p: {
        "Spectrum": f"run1.{p.scan:05d}.{p.scan:05d}.{p.charge}", "Spectrum File": "interact-run1.pep.xml",
        "Peptide": p.sequence, "Modified Peptide": _whole(p) if p.sites else "", "Charge": p.charge,
        "Calculated Peptide Mass": f"{p.mass:.4f}", "PeptideProphet Probability": 0.9,
        "Assigned Modifications": _listed(
            p, "{at}{residue}({tag})", "N-term({tag})", ", ", lambda t: f"{_mass(t):.4f}")}),
    "MSFragger": ("msfragger.tsv", lambda p: {
        "scannum": p.scan, "charge": p.charge, "peptide": p.sequence, "calc_neutral_pep_mass": f"{p.mass:.4f}",
        "modification_info": _listed(p, "{at}{residue}({tag})", "N-term({tag})", ", ", lambda t: f"{_mass(t):.5f}")}),
    "Comet .txt": ("comet.txt", lambda p: {
        "scan": p.scan, "num": 1, "charge": p.charge, "calc_neutral_mass": f"{p.mass:.6f}", "plain_peptide": p.sequence,
        "modified_peptide": f"K.{_inside(p, '[{}]', lambda t: f'{_mass(t):.4f}', head='n[{}]', skip=_C)}.R",
        "modifications": ",".join(
            f"{max(at, 1)}_{'S' if t in _C else 'V'}_{_mass(t):.6f}{'_n' if at == 0 else ''}" for at, t in p.sites
        ) or "-"}),
    "Comet .pin": ("comet.pin", lambda p: {
        "SpecId": f"run1_{p.scan}_{p.charge}_1", "Label": 1, "ScanNr": p.scan, "CalcMass": f"{p.mass + PROTON:.6f}",
        **{f"Charge{z}": int(z == p.charge) for z in range(1, 6)},
        "Peptide": f"K.{_inside(p, '[{}]', lambda t: f'{_mass(t):.4f}', head='n[{}]', skip=_C)}.R", "Proteins": "P1"}),
    "MS-GF+ .tsv": ("msgf.tsv", lambda p: {
        "#SpecFile": "run1.mgf", "SpecID": f"scan={p.scan}", "ScanNum": p.scan, "Precursor": f"{p.mz:.4f}",
        "Charge": p.charge, "Peptide": f"K.{_inside(p, '{}', lambda t: f'{_mass(t):+.3f}')}.R"}),
    "pFind": ("pfind.spectra", lambda p: {
        "Title": f"run1.{p.scan}.{p.scan}.{p.charge}", "Charge": p.charge, "Sequence": p.sequence,
        "Calc.MH+": f"{p.mass + PROTON:.6f}",
        "Modification": "".join(
            f"{at},{t}[{'ProteinN-term' if at == 0 else p.sequence[at - 1]}];" for at, t in p.sites)}),
    "Proteome Discoverer": ("pd.txt", lambda p: {
        "Annotated Sequence": f"[K].{p.sequence}.[R]", "Charge": p.charge, "First Scan": p.scan,
        "Spectrum File": "run1.raw", "Theo. MH+ [Da]": f"{p.mass + PROTON:.5f}",
        "Modifications": _listed(p, "{residue}{at}({tag})", "N-Term(Prot)({tag})", "; ", _same)}),
    "Proteome Discoverer 2.5": ("pd25.txt", lambda p: {
        "Sequence": p.sequence, "Charge": p.charge, "First Scan": p.scan, "Theo. MH+ [Da]": f"{p.mass + PROTON:.5f}",
        "Modifications": _listed(p, "1x{tag} [{residue}{at}]", "1x{tag} [N-Term]", "; ", _same)}),
    "MS Amanda": ("msamanda.csv", lambda p: {
        "Scan Number": p.scan, "Title": f"s{p.scan}", "Sequence": p.sequence, "Protein Accessions": "P1",
        "Amanda Score": 1, "Charge": p.charge, "Filename": "run1.mgf",
        "Modifications": _listed(p, "{residue}{at}({tag}|0|x)", "N-Term({tag}|0|x)", ";", _same)}),
    "ionbot": ("ionbot.first.tsv", lambda p: {
        "ionbot_match_id": p.scan, "spectrum_title": f"s{p.scan}", "scan": p.scan, "matched_peptide": p.sequence,
        "charge": p.charge, "database": "T",
        "modifications": "|".join(
            f"{at}|[{_accession(t)}]{t}[{'N-term' if at == 0 else p.sequence[at - 1]}]" for at, t in p.sites)}),
    "Peptide Record": ("x.peprec", lambda p: {
        "spec_id": f"scan={p.scan}", "modifications": "|".join(f"{at}|{t}" for at, t in p.sites) or "-",
        "peptide": p.sequence, "charge": p.charge}),
    "alphabase": ("alphabase.tsv", lambda p: {
        "scan": p.scan, "sequence": p.sequence, "charge": p.charge, "mods": ";".join(
            f"{t}@{'Any_N-term' if at == 0 else p.sequence[at - 1]}" for at, t in p.sites),
        "mod_sites": ";".join(str(at) for at, _ in p.sites)}),
    "ursgal": ("ursgal.csv.tsv", lambda p: {
        "Spectrum ID": f"scan={p.scan}", "Sequence": p.sequence, "Charge": p.charge,
        "Modifications": ";".join(f"{t}:{at}" for at, t in p.sites)}),
    "DIA-NN names": ("diann.tsv", lambda p: {
        "scan": p.scan, "Modified.Sequence": _inside(p, "(UniMod:{})", _accession), "Charge": p.charge}),
    "MetaMorpheus": ("AllPSMs.psmtsv", lambda p: {
        "File Name": "run1", "Scan Number": p.scan, "Precursor Charge": p.charge, "Precursor MZ": f"{p.mz:.5f}",
        "Full Sequence": _inside(p, "[{}]", _META.get), "Peptide Monoisotopic Mass": f"{p.mass:.5f}"}),  # type: ignore[arg-type]
    "PEAKS": ("peaks.csv.tsv", lambda p: {
        "Peptide": f"K.{_inside(p, '({})', lambda t: f'{_mass(t):+.2f}')}.R", "Mass": f"{p.mass:.4f}", "z": p.charge,
        "Scan": f"F1:{p.scan}", "Source File": "run1.raw"}),
    "Casanovo": ("casanovo.tsv", lambda p: {
        "scan": p.scan, "charge": p.charge, "sequence": _inside(p, "{}", lambda t: f"{_mass(t):+.3f}")}),
    "InstaNovo": ("instanovo.tsv", lambda p: {
        "experiment_name": "run1", "scan_number": p.scan, "spectrum_id": f"run1:{p.scan}", "precursor_charge": p.charge,
        "precursor_mz": f"{p.mz:.5f}", "predictions": _inside(p, "[UNIMOD:{}]", _accession), "log_probs": -0.1}),
    "DeepNovo": ("deepnovo.tsv", lambda p: {
        "scan": p.scan, "charge": p.charge, "output_seq": ",".join(
            re.findall(r"(?:\[[^\]]*\]-)?[A-Z](?:\([^)]*\))?", _inside(p, "({})", _same, head="[{}]-")))}),
    "Spectronaut names": ("spectronaut.tsv", lambda p: {
        "scan": p.scan, "Modified Sequence": f"_{_inside(p, '[{}]', _MAXQUANT.get)}_", "Charge": p.charge}),  # type: ignore[arg-type]
    "crux": ("tide.txt", lambda p: {
        "file": "run1.mgf", "scan": p.scan, "charge": p.charge, "peptide mass": f"{p.mass:.4f}",
        "sequence": _inside(p, "[{}]", lambda t: f"{_mass(t):.4f}", head="n[{}]", skip=_C),
        "modifications": ",".join(
            f"{max(at, 1)}_{'S' if t in _C else 'V'}_{_mass(t):.5f}{'_n' if at == 0 else ''}" for at, t in p.sites)}),
}  # fmt: skip
"""Name -> file name and the row that it has for a PSM."""


def text_of(name: str, psms: list[True_]) -> str:
    """A dialect's table."""
    _, row_of = DIALECTS[name]
    rows = [row_of(p) for p in psms]
    return "\n".join("\t".join(map(str, line)) for line in (rows[0], *(r.values() for r in rows))) + "\n"


def pepxml_of(psms: list[True_], static: bool) -> str:
    """pepXML; ``static`` leaves fixed modifications to the search summary."""
    queries = []
    for i, p in enumerate(psms, start=1):
        inner = "".join(
            f'<mod_aminoacid_mass position="{at}" mass="{RESIDUE_MASSES[p.sequence[at - 1]] + _mass(t):.4f}"/>'
            for at, t in p.sites if at and not (static and t in _C)
        )  # fmt: skip
        end = f' mod_nterm_mass="{_mass(N_TERM) + HYDROGEN:.4f}"' if p.sites[:1] and p.sites[0][0] == 0 else ""
        queries.append(
            f'<spectrum_query spectrum="run1.{p.scan:05d}.{p.scan:05d}.{p.charge}" start_scan="{p.scan}" '
            f'assumed_charge="{p.charge}" index="{i}"><search_result><search_hit hit_rank="1" peptide="{p.sequence}" '
            f'calc_neutral_pep_mass="{p.mass:.4f}"><modification_info{end}>{inner}</modification_info></search_hit>'
            "</search_result></spectrum_query>"
        )
    return (
        '<msms_pipeline_analysis><msms_run_summary base_name="run1"><search_summary><aminoacid_modification '
        'aminoacid="C" massdiff="57.021464" mass="160.0306" variable="N"/></search_summary>'
        + "".join(queries) + "</msms_run_summary></msms_pipeline_analysis>"
    )  # fmt: skip


def mzid_of(psms: list[True_]) -> str:
    """mzIdentML."""
    peptides, results = [], []
    for i, p in enumerate(psms):
        mods = "".join(
            f'<Modification location="{at}" monoisotopicMassDelta="{_mass(t):.6f}"><cvParam '
            f'accession="UNIMOD:{_accession(t)}" name="{t}" cvRef="UNIMOD"/></Modification>' for at, t in p.sites
        )  # fmt: skip
        peptides.append(f'<Peptide id="p{i}"><PeptideSequence>{p.sequence}</PeptideSequence>{mods}</Peptide>')
        results.append(
            f'<SpectrumIdentificationResult spectrumID="scan={p.scan}" spectraData_ref="s"><SpectrumIdentificationItem '
            f'chargeState="{p.charge}" calculatedMassToCharge="{p.mz:.6f}" rank="1" peptide_ref="p{i}"/>'
            "</SpectrumIdentificationResult>"
        )
    return (
        "<MzIdentML><SequenceCollection>" + "".join(peptides) + '</SequenceCollection><SpectraData id="s" '
        'location="run1.mzML"/>' + "".join(results) + "</MzIdentML>"
    )


def xtandem_of(psms: list[True_]) -> str:
    """X!Tandem's XML: places count from the protein's first residue, and an N-terminus is its residue."""
    groups = []
    for i, p in enumerate(psms, start=1):
        first = 40 + i % 7
        mods = "".join(
            f'<aa type="{p.sequence[max(at, 1) - 1]}" at="{first + max(at, 1) - 1}" modified="{_mass(t):.5f}"/>'
            for at, t in p.sites
        )
        groups.append(
            f'<group id="{i}" mh="{p.mass + PROTON:.6f}" z="{p.charge}" rt="" expect="0.001" label="P1" type="model">'
            f'<protein expect="-1" id="{i}.1" uid="1" label="P1"><note label="description">P1</note><file '
            f'type="peptide" URL="db.fasta"/><peptide start="1" end="400"><domain id="{i}.1.1" start="{first}" '
            f'end="{first + len(p.sequence) - 1}" expect="0.001" mh="{p.mass + PROTON:.4f}" delta="0" hyperscore="30" '
            f'nextscore="1" y_score="1" y_ions="1" b_score="1" b_ions="1" pre="AAAK" post="CCC" seq="{p.sequence}" '
            f'missed_cleavages="0">{mods}</domain></peptide></protein><group label="fragment ion mass spectrum" '
            f'type="support"><note label="Description">scan={p.scan}</note></group></group>'
        )
    return (
        '<?xml version="1.0"?>\n<bioml label="models from \'run1.mgf\'">' + "".join(groups) + '<group label="input '
        'parameters" type="parameters"><note type="input" label="spectrum, path">run1.mgf</note></group></bioml>'
    )


def mztab_of(psms: list[True_], unimod_names: bool) -> str:
    """mzTab: modifications in their own column, or within the sequence as Casanovo writes them."""
    head = ["PSH", "sequence", "PSM_ID", "accession", "unique", "database", "database_version", "search_engine",
            "search_engine_score[1]", "modifications", "retention_time", "charge", "exp_mass_to_charge",
            "calc_mass_to_charge", "spectra_ref", "pre", "post", "start", "end"]  # fmt: skip
    lines = ["MTD\tmzTab-version\t1.0.0", "MTD\tms_run[1]-location\tfile:///data/run1.mzML", "", "\t".join(head)]
    for i, p in enumerate(psms, start=1):
        listed = ",".join(f"{at}-UNIMOD:{_accession(t)}" for at, t in p.sites) or "null"
        sequence = p.sequence if unimod_names else _inside(p, "[{}]", _same, head="[{}]-")
        cells = [
            "PSM", sequence, i, "P1", "null", "null", "null", "[MS, MS:1003281, Casanovo, 4.0]", 0.9,
            listed if unimod_names else "null", "null", p.charge, f"{p.mz:.6f}", f"{p.mz:.6f}",
            f"ms_run[1]:scan={p.scan}", "null", "null", "null", "null",
        ]  # fmt: skip
        lines.append("\t".join(map(str, cells)))
    return "\n".join(lines) + "\n"


def idxml_of(psms: list[True_]) -> str:
    """OpenMS's idXML."""
    hits = "".join(
        f'<PeptideIdentification score_type="x" higher_score_better="true" significance_threshold="0" MZ="{p.mz:.6f}" '
        f'RT="1" spectrum_reference="controllerType=0 controllerNumber=1 scan={p.scan}"><PeptideHit score="1" '
        f'sequence="{_inside(p, "({})", _same, head=".({})")}" charge="{p.charge}"><UserParam type="string" '
        'name="target_decoy" value="target"/></PeptideHit></PeptideIdentification>' for p in psms
    )  # fmt: skip
    return (
        '<?xml version="1.0"?>\n<IdXML version="1.5"><IdentificationRun date="2020-01-01T00:00:00" search_engine="x" '
        'search_engine_version="1"><ProteinIdentification score_type="" higher_score_better="true" '
        'significance_threshold="0"><UserParam type="stringList" name="spectra_data" value="[run1.mzML]"/>'
        f"</ProteinIdentification>{hits}</IdentificationRun></IdXML>"
    )


def parquets_of(psms: list[True_], folder: Path) -> Iterator[tuple[str, Path]]:
    """Parquet as Sage, InstaNovo and quantms write it, numbers as numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sites = [sorted(p.sites) for p in psms]
    tables = {
        "Sage .parquet": pa.table({
            "filename": ["run1.mzML"] * len(psms), "scannr": [f"scan={p.scan}" for p in psms],
            "peptide": [_inside(p, "[{}]", _shift, head="[{}]-") for p in psms],
            "stripped_peptide": [p.sequence for p in psms], "rank": [1] * len(psms), "label": [1] * len(psms),
            "expmass": [p.mass for p in psms], "calcmass": [p.mass for p in psms],
            "charge": [p.charge for p in psms],
        }),
        "InstaNovo .parquet": pa.table({
            "experiment_name": ["run1"] * len(psms), "scan_number": [p.scan for p in psms],
            "precursor_charge": [p.charge for p in psms], "precursor_mz": [p.mz for p in psms],
            "preds": [re.findall(r"(?:\[[^\]]*\]-?)?[A-Z](?:\[[^\]]*\])?", _inside(p, "[UNIMOD:{}]", _accession,
                      head="[UNIMOD:{}]-")) for p in psms],
        }),
        "quantms .parquet": pa.table({
            "sequence": [p.sequence for p in psms],
            "peptidoform": [_inside(p, "[{}]", _same, head="[{}]-") for p in psms],
            "modifications": [
                [{"name": t, "positions": [at]} for at, t in own] for own in sites
            ],
            "precursor_charge": pa.array([p.charge for p in psms], pa.int32()),
            "calculated_mz": pa.array([p.mz for p in psms], pa.float32()),
            "observed_mz": pa.array([p.mz for p in psms], pa.float32()),
            "reference_file_name": ["run1"] * len(psms), "scan": [str(p.scan) for p in psms],
        }),
        "plain .parquet": pa.table({
            "peptide": [_inside(p, "[{}]", _same, head="[{}]-") for p in psms], "scan": [p.scan for p in psms],
            "charge": pa.array([p.charge for p in psms], pa.int8()),
        }),
    }  # fmt: skip
    for name, table in tables.items():
        path = folder / f"{name.replace(' ', '').lower()}"
        pq.write_table(table, path)
        yield name, path


def files_of(psms: list[True_], folder: Path) -> Iterator[tuple[str, Path]]:
    """Every dialect as a file."""
    yield from parquets_of(psms, folder)
    for name, (file, _) in DIALECTS.items():
        path = folder / file
        path.write_text(text_of(name, psms), encoding="utf-8")
        yield name, path
    for name, file, text in (
        ("pepXML", "a.pep.xml", pepxml_of(psms, False)), ("pepXML, static", "b.pep.xml", pepxml_of(psms, True)),
        ("mzIdentML", "a.mzid", mzid_of(psms)), ("X!Tandem", "a.t.xml", xtandem_of(psms)),
        ("mzTab", "a.mztab", mztab_of(psms, True)), ("mzTab of Casanovo", "b.mztab", mztab_of(psms, False)),
        ("idXML", "a.idXML", idxml_of(psms)),
    ):  # fmt: skip
        path = folder / file
        path.write_text(text, encoding="utf-8")
        yield name, path


def _same_masses(found: Peptide, expected: Peptide, on_residue: bool) -> bool:
    """Whether two peptides have the same residues and masses; ``on_residue``: the N-terminus is that of its residue."""
    masses = [[p.n_term_mass, *p.residue_masses.tolist()] for p in (found, expected)]
    if on_residue:
        masses = [[first + second, *rest] for first, second, *rest in masses]
    close = (
        all(abs(a - b) <= WITHIN for a, b in zip(*masses, strict=True)) if len(set(map(len, masses))) == 1 else False
    )
    return close and found.residues == expected.residues


def outcome(path: Path, psms: list[True_]) -> tuple[int, int, list[str]]:
    """How many PSMs of a table come back right, how many are refused, and what is wrong with the others."""
    try:
        table = read_psms(path)
    except SourceError as error:
        return 0, len(psms), [str(error)]
    by_scan = {p.scan: p for p in psms}
    right, unreadable, example, wrong = 0, 0, "", list[str]()
    for psm in table.psms:
        true = by_scan.get(int(keys_of(psm).get("scan", re.sub(r"\D", "", psm.spectrum) or -1)))
        if true is None:
            wrong.append(f"no such scan: {psm}")
            continue
        expected = Peptide.parse(true.proforma)
        try:
            found = Peptide.parse(psm.peptide)
        except PeptideError as error:  # told when it is resolved
            unreadable += 1
            example = example or f"{psm.peptide}: {error}"
            continue
        if _same_masses(found, expected, table.format == "xtandem") and psm.charge == true.charge:
            right += 1
        else:
            wrong.append(f"{psm.peptide} (charge {psm.charge}) instead of {true.proforma}")
    if unreadable:
        print(f"  {path.name}: {unreadable:,} peptides cannot be used, such as {example}")
    return right, len(table.refused) + unreadable, wrong


def main() -> None:
    """Print the report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--psms", type=int, default=5000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    psms = true_psms(given.psms, given.seed)
    print(f"{'dialect':28} {'read':>7} {'refused':>8} {'wrong':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for name, path in files_of(psms, Path(folder)):
            right, refused, wrong = outcome(path, psms)
            print(f"{name:28} {right:7,} {refused:8,} {len(wrong):7,}" + (f"  {wrong[0][:120]}" if wrong else ""))


if __name__ == "__main__":
    main()
