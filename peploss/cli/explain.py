"""``peploss explain`` takes one PSM apart, in words and numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from peploss.cli.common import EXISTING, say, settings_options, told
from peploss.settings import LossSettings

if TYPE_CHECKING:
    from peploss.analysis.causes.run import Run
    from peploss.analysis.one_psm.explanation import Explanation
    from peploss.peptides.confidence import Confidence
    from peploss.peptides.peptide import Peptide
    from peploss.spectra.spectrum import Spectrum

MADE = ("ranks", "sites", "swaps", "fixes", "decoys")


@click.command()
@click.argument("source", type=EXISTING, metavar="SET")
@click.argument("psm", metavar="PSM")
@click.option("-c", "--candidate", "typed", multiple=True, metavar="PEPTIDE",
              help="Compare with this peptide, in ProForma. May be repeated.")  # fmt: skip
@click.option(
    "--candidates", "kinds", multiple=True, type=click.Choice(MADE),
    help="Compare with the other candidates of the set (ranks), other sites of the modifications, isobaric swaps, what "
    "the causes would change (fixes), or shuffled decoys. May be repeated; 8 candidates in all.",
)  # fmt: skip
@click.option("--against", metavar="PSM", help="Compare its spectrum with that of another PSM of SET, peak by peak.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@settings_options
@told
def explain(
    source: Path,
    psm: str,
    typed: tuple[str, ...],
    kinds: tuple[str, ...],
    against: str | None,
    as_json: bool,
    settings: LossSettings,
) -> None:
    """Say why one PSM of SET has the loss it has. PSM is its id, or the title of its spectrum."""
    from peploss.analysis.causes.diagnosis import diagnose
    from peploss.analysis.causes.rules import cause_label
    from peploss.analysis.one_psm.explanation import explain as explained
    from peploss.dataset.psm_row import psm_of
    from peploss.dataset.query.ranks import confidence_in
    from peploss.dataset.query.results import find_psm
    from peploss.dataset.scoring.runs import runs_of
    from peploss.dataset.store import ParquetStore

    with ParquetStore(source) as store:
        row = store.row(find_psm(source, psm))
        other = None if against is None else psm_of(store.row(find_psm(source, against)))[0]
        note = store.version_note
        run = runs_of(store, settings, only=row["file"]).get(row["file"])
    spectrum, peptide = psm_of(row)
    told = explained(spectrum, peptide, settings)
    why = diagnose(spectrum, peptide, settings, run=run)
    values: dict[str, Any] = {
        "id": row["id"],
        "file": row["file"],
        "spectrum": spectrum.name,
        "peptide": peptide.proforma,
        "loss": told.loss,
        "continuum_loss": told.continuum_loss,
        "precursor": None if told.precursor is None else told.precursor._asdict(),
        "matched": told.n_matched,
        "fragments": len(told.fragments),
        "steps": [{"step": s.name, "loss": s.value} for s in told.steps],
        "cause": why.cause,
        "confidence": why.confidence,
        "text": why.text,
        "fix": None if why.fix is None else {"text": why.fix.text, "loss": why.fix.loss},
        "notices": list(told.notices),
    }
    lines = [
        f"{peptide.proforma} on {spectrum.name} ({row['file']}, PSM {row['id']})",
        f"spectrum loss {told.loss:.4f} = " + " + ".join(f"{s.name} {s.value:.4f}" for s in told.steps),
        f"{told.n_matched} of {len(told.fragments)} fragments matched",
    ]
    if told.precursor is not None:
        p = told.precursor
        lines.append(f"precursor {p.ppm:+.1f} ppm, {p.isotope_ppm:+.1f} against isotope {p.isotope:+d}")
    if (sure := confidence_in(row)) is not None:
        values["model_confidence"], in_words = _sure(sure, peptide, told)
        lines += in_words
    lines.append(f"cause: {cause_label(why.cause)} (confidence {why.confidence:.2f}). {why.text}")
    if why.fix is not None:
        lines.append(f"{why.fix.text}: loss {why.fix.loss:.4f}")
    lines += [] if run is None else run.notes(settings)
    if typed or kinds:
        compared, in_words = _compared(source, row, spectrum, peptide, settings, typed, kinds, run)
        values["candidates"] = compared
        lines += ["", *in_words]
    if other is not None:
        values["against"], in_words = _against(spectrum, other, settings)
        lines += ["", *in_words]
    if note:
        click.echo(note, err=True)
    if as_json:
        say([], values, True)
    else:
        for line in [*lines, *told.notices]:
            click.echo(line)


def _sure(confidence: Confidence, peptide: Peptide, told: Explanation) -> tuple[dict[str, Any], list[str]]:
    """A model's confidence beside the bonds that ions prove, as values and as lines."""
    from peploss.analysis.one_psm.confidence import reversed_here, sure_without_ions

    residues, unproven = confidence.residues.tolist(), sure_without_ions(confidence, told.bonds)
    note = reversed_here(confidence, told.bonds)
    values = {"residues": residues, "n_term": confidence.n_term, "sure_without_ions": unproven, "note": note}
    ends = [] if confidence.n_term is None else [f"N-term {confidence.n_term:.2f}"]
    pairs = [f"{letter} {score:.2f}" for letter, score in zip(peptide.residues, residues, strict=True)]
    lines = ["the model's confidence: " + ", ".join([*ends, *pairs])]
    if unproven:
        which = ", ".join(f"{peptide.residues[k - 1]}{k}|{peptide.residues[k]}{k + 1}" for k in unproven)
        lines.append(f"no ion proves these bonds, though the model is sure of both residues: {which}")
    return values, [*lines, *([note] if note else [])]


def _against(spectrum: Spectrum, other: Spectrum, settings: LossSettings) -> tuple[dict[str, Any], list[str]]:
    """Two observed spectra, as values and as lines."""
    from peploss.analysis.one_psm.two_spectra import explain_spectra

    two = explain_spectra(spectrum, other, settings)
    pairs = [
        {
            "mz": two.first.mz[p], "other_mz": two.second.mz[f], "label": two.labels[0][p],
            "other_label": two.labels[1][f], "share_of_cosine": two.shares.peak_cosine[p],
        }
        for f, p in zip(two.matches.fragment.tolist(), two.matches.peak.tolist(), strict=True)
    ]  # fmt: skip
    values = {
        "spectrum": other.name, "peptide": other.peptide, "loss": two.loss, "shared": list(two.shared),
        "steps": [{"step": s.name, "loss": s.value} for s in two.steps], "pairs": pairs,
    }  # fmt: skip
    lines = [
        f"against {other.name} ({other.peptide or 'no peptide'}): spectrum loss {two.loss:.4f} = "
        + " + ".join(f"{s.name} {s.value:.4f}" for s in two.steps),
        f"{len(two.matches)} peaks are in both: {two.shared[0]:.1%} and {two.shared[1]:.1%} of the intensity",
        *(f"  {p['mz']:.4f} {p['label']} and {p['other_mz']:.4f} {p['other_label']}: {p['share_of_cosine']:.4f} of the "
          "cosine" for p in sorted(pairs, key=lambda p: -p["share_of_cosine"])[:8]),
    ]  # fmt: skip
    return values, lines


def _compared(
    source: Path,
    row: dict[str, Any],
    spectrum: Spectrum,
    peptide: Peptide,
    settings: LossSettings,
    typed: tuple[str, ...],
    kinds: tuple[str, ...],
    run: Run | None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """The PSM beside other candidates, as values and as lines."""
    from peploss.analysis.candidates.compare import MOST, compare_candidates
    from peploss.analysis.candidates.deciding import deciding, rival_of, verdict
    from peploss.analysis.candidates.gather import KINDS, joined, made_of
    from peploss.dataset.query.ranks import ranks_of
    from peploss.peptides.peptide import Peptide

    peptides, left = joined([peptide], [Peptide.parse(text) for text in typed], spectrum.precursor_charge)
    lines = []
    for kind in kinds:
        if kind == "ranks":
            more = [Peptide.parse(one.peptide) for one in ranks_of(source, row["file"], row["index"])]
            lines.append(f"The set holds {len(more)} candidates of this spectrum.")
        else:
            made = made_of(kind, spectrum, peptide, settings, n=MOST - len(peptides), run=run)  # type: ignore[arg-type]
            more = made.peptides
            lines.append(f"{made.told(KINDS[kind])}.".capitalize())  # type: ignore[index]
        peptides, out = joined(peptides, more, spectrum.precursor_charge)
        left += out
    if left:
        lines.append(f"There is room for {MOST} candidates; {len(left)} were left out, {left[0].proforma} first.")
    compared = compare_candidates(spectrum, peptides, settings)
    values = []
    for i, one in enumerate(compared):
        ppm = "" if one.ppm is None else f", {one.ppm:+.1f} ppm"
        lines.append(
            f"{i + 1}  {one.peptide.proforma}: loss {one.loss:.4f} ({one.difference:+.4f}){ppm}, "
            f"{one.n_matched} of {one.n_matchable} fragments, {one.explained:.1%} of the intensity, "
            f"{one.rank_text} among decoys"
        )
        rival = rival_of(i, compared)
        alone = None if rival is None else deciding(one, compared[rival], settings)
        values.append(
            {
                "peptide": one.peptide.proforma, "loss": one.loss, "difference": one.difference, "ppm": one.ppm,
                "matched": one.n_matched, "fragments": one.n_matchable, "explained": one.explained,
                "decoys_no_higher": one.n_lower, "decoys": one.n_decoys, "heights": one.source, "note": one.note,
                "deciding": None if alone is None else {
                    "against": compared[rival or 0].peptide.proforma, "share": alone.share,
                    "found": [one.fragments.plain_label[i] for i in alone.fragment[alone.peak >= 0].tolist()],
                    "missing": [one.fragments.plain_label[i] for i in alone.fragment[alone.peak < 0].tolist()],
                },
            }
        )  # fmt: skip
    if (second := rival_of(0, compared)) is not None:
        pair = [deciding(compared[a], compared[b], settings) for a, b in ((0, second), (second, 0))]
        lines.append(verdict(pair[0], pair[1], ("1", str(second + 1))))
    notes = dict.fromkeys(one.note for one in compared[1:] if one.note)
    return values, [*lines, *notes]
