"""The same PSMs as a file of every dialect: tables, Parquet, and the XML and text of other formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks.dialects.psms import N_TERM, True_, accession, inside, mass_of, shift
from benchmarks.dialects.tables import CAM, DIALECTS, text_of, unchanged
from peploss.constants import HYDROGEN, PROTON, RESIDUE_MASSES


def pepxml_of(psms: list[True_], static: bool) -> str:
    """pepXML; ``static`` leaves fixed modifications to the search summary."""
    queries = []
    for i, p in enumerate(psms, start=1):
        inner = "".join(
            f'<mod_aminoacid_mass position="{at}" mass="{RESIDUE_MASSES[p.sequence[at - 1]] + mass_of(t):.4f}"/>'
            for at, t in p.sites if at and not (static and t in CAM)
        )  # fmt: skip
        end = f' mod_nterm_mass="{mass_of(N_TERM) + HYDROGEN:.4f}"' if p.sites[:1] and p.sites[0][0] == 0 else ""
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
            f'<Modification location="{at}" monoisotopicMassDelta="{mass_of(t):.6f}"><cvParam '
            f'accession="UNIMOD:{accession(t)}" name="{t}" cvRef="UNIMOD"/></Modification>' for at, t in p.sites
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
            f'<aa type="{p.sequence[max(at, 1) - 1]}" at="{first + max(at, 1) - 1}" modified="{mass_of(t):.5f}"/>'
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
        listed = ",".join(f"{at}-UNIMOD:{accession(t)}" for at, t in p.sites) or "null"
        sequence = p.sequence if unimod_names else inside(p, "[{}]", unchanged, head="[{}]-")
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
        f'sequence="{inside(p, "({})", unchanged, head=".({})")}" charge="{p.charge}"><UserParam type="string" '
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
            "peptide": [inside(p, "[{}]", shift, head="[{}]-") for p in psms],
            "stripped_peptide": [p.sequence for p in psms], "rank": [1] * len(psms), "label": [1] * len(psms),
            "expmass": [p.mass for p in psms], "calcmass": [p.mass for p in psms],
            "charge": [p.charge for p in psms],
        }),
        "InstaNovo .parquet": pa.table({
            "experiment_name": ["run1"] * len(psms), "scan_number": [p.scan for p in psms],
            "precursor_charge": [p.charge for p in psms], "precursor_mz": [p.mz for p in psms],
            "preds": [re.findall(r"(?:\[[^\]]*\]-?)?[A-Z](?:\[[^\]]*\])?", inside(p, "[UNIMOD:{}]", accession,
                      head="[UNIMOD:{}]-")) for p in psms],
        }),
        "quantms .parquet": pa.table({
            "sequence": [p.sequence for p in psms],
            "peptidoform": [inside(p, "[{}]", unchanged, head="[{}]-") for p in psms],
            "modifications": [
                [{"name": t, "positions": [at]} for at, t in own] for own in sites
            ],
            "precursor_charge": pa.array([p.charge for p in psms], pa.int32()),
            "calculated_mz": pa.array([p.mz for p in psms], pa.float32()),
            "observed_mz": pa.array([p.mz for p in psms], pa.float32()),
            "reference_file_name": ["run1"] * len(psms), "scan": [str(p.scan) for p in psms],
        }),
        "plain .parquet": pa.table({
            "peptide": [inside(p, "[{}]", unchanged, head="[{}]-") for p in psms], "scan": [p.scan for p in psms],
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
