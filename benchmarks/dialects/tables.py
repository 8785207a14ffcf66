"""Dialects that are tables of columns: the row that each has for a PSM."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from benchmarks.dialects.psms import FIXED, True_, accession, inside, listed, mass_of, shift, whole
from peploss.constants import PROTON

_MAXQUANT: Final = {"Oxidation": "Oxidation (M)", "Phospho": "Phospho (STY)", "Deamidated": "Deamidation (N)",
                    "Acetyl": "Acetyl (Protein N-term)", "Carbamidomethyl": "Carbamidomethyl (C)"}  # fmt: skip
_OLD: Final = {"Oxidation": "ox", "Phospho": "ph", "Deamidated": "de", "Acetyl": "ac", "Carbamidomethyl": "cam"}
_META: Final = {"Oxidation": "Common Variable:Oxidation on M", "Phospho": "Common Biological:Phosphorylation on S",
                "Deamidated": "Common Artifact:Deamidation on N", "Acetyl": "Common Biological:Acetylation on X",
                "Carbamidomethyl": "Common Fixed:Carbamidomethyl on C"}  # fmt: skip
CAM: Final = frozenset(FIXED.values())


def unchanged(tag: str) -> str:
    return tag


Row = dict[str, object]
DIALECTS: Final[dict[str, tuple[str, Callable[[True_], Row]]]] = {
    "MaxQuant msms.txt": ("msms.txt", lambda p: {
        "Raw file": "run1", "Scan number": p.scan, "Sequence": p.sequence, "Modifications": "Unmodified",
        "Modified sequence": f"_{inside(p, '({})', _MAXQUANT.get, skip=CAM)}_", "Charge": p.charge,  # type: ignore[arg-type]
        "m/z": f"{p.mz:.5f}", "Mass": f"{p.mass:.5f}"}),
    "MaxQuant of old": ("old.txt", lambda p: {
        "Raw file": "run1", "Scan number": p.scan, "Modified sequence": f"_{inside(p, '({})', _OLD.get)}_",  # type: ignore[arg-type]
        "Charge": p.charge}),
    "Sage": ("results.sage.tsv", lambda p: {
        "psm_id": p.scan, "peptide": inside(p, "[{}]", shift, head="[{}]-"), "filename": "run1.mzML",
        "scannr": f"controllerType=0 controllerNumber=1 scan={p.scan}", "rank": 1, "label": 1,
        "expmass": f"{p.mass:.4f}", "calcmass": f"{p.mass:.4f}", "charge": p.charge, "sage_discriminant_score": 1}),
    "FragPipe psm.tsv": ("psm.tsv", lambda p: {
        "Spectrum": f"run1.{p.scan:05d}.{p.scan:05d}.{p.charge}", "Spectrum File": "interact-run1.pep.xml",
        "Peptide": p.sequence, "Modified Peptide": whole(p) if p.sites else "", "Charge": p.charge,
        "Calculated Peptide Mass": f"{p.mass:.4f}", "PeptideProphet Probability": 0.9,
        "Assigned Modifications": listed(
            p, "{at}{residue}({tag})", "N-term({tag})", ", ", lambda t: f"{mass_of(t):.4f}")}),
    "MSFragger": ("msfragger.tsv", lambda p: {
        "scannum": p.scan, "charge": p.charge, "peptide": p.sequence, "calc_neutral_pep_mass": f"{p.mass:.4f}",
        "modification_info": listed(p, "{at}{residue}({tag})", "N-term({tag})", ", ", lambda t: f"{mass_of(t):.5f}")}),
    "Comet .txt": ("comet.txt", lambda p: {
        "scan": p.scan, "num": 1, "charge": p.charge, "calc_neutral_mass": f"{p.mass:.6f}", "plain_peptide": p.sequence,
        "modified_peptide": f"K.{inside(p, '[{}]', lambda t: f'{mass_of(t):.4f}', head='n[{}]', skip=CAM)}.R",
        "modifications": ",".join(
            f"{max(at, 1)}_{'S' if t in CAM else 'V'}_{mass_of(t):.6f}{'_n' if at == 0 else ''}" for at, t in p.sites
        ) or "-"}),
    "Comet .pin": ("comet.pin", lambda p: {
        "SpecId": f"run1_{p.scan}_{p.charge}_1", "Label": 1, "ScanNr": p.scan, "CalcMass": f"{p.mass + PROTON:.6f}",
        **{f"Charge{z}": int(z == p.charge) for z in range(1, 6)},
        "Peptide": f"K.{inside(p, '[{}]', lambda t: f'{mass_of(t):.4f}', head='n[{}]', skip=CAM)}.R",
        "Proteins": "P1"}),
    "MS-GF+ .tsv": ("msgf.tsv", lambda p: {
        "#SpecFile": "run1.mgf", "SpecID": f"scan={p.scan}", "ScanNum": p.scan, "Precursor": f"{p.mz:.4f}",
        "Charge": p.charge, "Peptide": f"K.{inside(p, '{}', lambda t: f'{mass_of(t):+.3f}')}.R"}),
    "pFind": ("pfind.spectra", lambda p: {
        "Title": f"run1.{p.scan}.{p.scan}.{p.charge}", "Charge": p.charge, "Sequence": p.sequence,
        "Calc.MH+": f"{p.mass + PROTON:.6f}",
        "Modification": "".join(
            f"{at},{t}[{'ProteinN-term' if at == 0 else p.sequence[at - 1]}];" for at, t in p.sites)}),
    "Proteome Discoverer": ("pd.txt", lambda p: {
        "Annotated Sequence": f"[K].{p.sequence}.[R]", "Charge": p.charge, "First Scan": p.scan,
        "Spectrum File": "run1.raw", "Theo. MH+ [Da]": f"{p.mass + PROTON:.5f}",
        "Modifications": listed(p, "{residue}{at}({tag})", "N-Term(Prot)({tag})", "; ", unchanged)}),
    "Proteome Discoverer 2.5": ("pd25.txt", lambda p: {
        "Sequence": p.sequence, "Charge": p.charge, "First Scan": p.scan, "Theo. MH+ [Da]": f"{p.mass + PROTON:.5f}",
        "Modifications": listed(p, "1x{tag} [{residue}{at}]", "1x{tag} [N-Term]", "; ", unchanged)}),
    "MS Amanda": ("msamanda.csv", lambda p: {
        "Scan Number": p.scan, "Title": f"s{p.scan}", "Sequence": p.sequence, "Protein Accessions": "P1",
        "Amanda Score": 1, "Charge": p.charge, "Filename": "run1.mgf",
        "Modifications": listed(p, "{residue}{at}({tag}|0|x)", "N-Term({tag}|0|x)", ";", unchanged)}),
    "ionbot": ("ionbot.first.tsv", lambda p: {
        "ionbot_match_id": p.scan, "spectrum_title": f"s{p.scan}", "scan": p.scan, "matched_peptide": p.sequence,
        "charge": p.charge, "database": "T",
        "modifications": "|".join(
            f"{at}|[{accession(t)}]{t}[{'N-term' if at == 0 else p.sequence[at - 1]}]" for at, t in p.sites)}),
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
        "scan": p.scan, "Modified.Sequence": inside(p, "(UniMod:{})", accession), "Charge": p.charge}),
    "MetaMorpheus": ("AllPSMs.psmtsv", lambda p: {
        "File Name": "run1", "Scan Number": p.scan, "Precursor Charge": p.charge, "Precursor MZ": f"{p.mz:.5f}",
        "Full Sequence": inside(p, "[{}]", _META.get), "Peptide Monoisotopic Mass": f"{p.mass:.5f}"}),  # type: ignore[arg-type]
    "PEAKS": ("peaks.csv.tsv", lambda p: {
        "Peptide": f"K.{inside(p, '({})', lambda t: f'{mass_of(t):+.2f}')}.R", "Mass": f"{p.mass:.4f}", "z": p.charge,
        "Scan": f"F1:{p.scan}", "Source File": "run1.raw"}),
    "Casanovo": ("casanovo.tsv", lambda p: {
        "scan": p.scan, "charge": p.charge, "sequence": inside(p, "{}", lambda t: f"{mass_of(t):+.3f}")}),
    "InstaNovo": ("instanovo.tsv", lambda p: {
        "experiment_name": "run1", "scan_number": p.scan, "spectrum_id": f"run1:{p.scan}", "precursor_charge": p.charge,
        "precursor_mz": f"{p.mz:.5f}", "predictions": inside(p, "[UNIMOD:{}]", accession), "log_probs": -0.1}),
    "DeepNovo": ("deepnovo.tsv", lambda p: {
        "scan": p.scan, "charge": p.charge, "output_seq": ",".join(
            re.findall(r"(?:\[[^\]]*\]-)?[A-Z](?:\([^)]*\))?", inside(p, "({})", unchanged, head="[{}]-")))}),
    "Spectronaut names": ("spectronaut.tsv", lambda p: {
        "scan": p.scan, "Modified Sequence": f"_{inside(p, '[{}]', _MAXQUANT.get)}_", "Charge": p.charge}),  # type: ignore[arg-type]
    "crux": ("tide.txt", lambda p: {
        "file": "run1.mgf", "scan": p.scan, "charge": p.charge, "peptide mass": f"{p.mass:.4f}",
        "sequence": inside(p, "[{}]", lambda t: f"{mass_of(t):.4f}", head="n[{}]", skip=CAM),
        "modifications": ",".join(
            f"{max(at, 1)}_{'S' if t in CAM else 'V'}_{mass_of(t):.5f}{'_n' if at == 0 else ''}"
            for at, t in p.sites)}),
}  # fmt: skip
"""Name -> file name and the row that it has for a PSM."""


def text_of(name: str, psms: list[True_]) -> str:
    """A dialect's table."""
    _, row_of = DIALECTS[name]
    rows = [row_of(p) for p in psms]
    return "\n".join("\t".join(map(str, line)) for line in (rows[0], *(r.values() for r in rows))) + "\n"
