"""The set on the page Losses: read, compared under every loss in the background, and drawn when it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import streamlit as st

from peploss.analysis.loss_comparison.compared_set import ComparedSet, compare_losses
from peploss.analysis.tuning.prepared_set import LeftOut, prepare
from peploss.analysis.tuning.psm_set import Psm
from peploss.explorer.explore import other_loss
from peploss.explorer.shell.jobs import Job, Report
from peploss.explorer.sources.source import Source
from peploss.explorer.tune import chosen_set
from peploss.settings import LossSettings

BODY = "losses"
"""Fragment of the page that holds everything but the sidebar."""
SET = "among"
"""Key of the choice of the set, and its name in a link."""
OWN = (
    "see",
    SET,
    chosen_set.psms_key(SET),
    "first",
    "second",
    "spectra",
    "number",
    "batch",
    "path",
    "along",
    "residue",
    "to",
)
"""Parameters of this page's address that are no other page's."""
READING = 0.1  # share of the work that reading is taken for
_JOB = "_losses_job"


@dataclass(frozen=True, eq=False)
class LossSet:
    """A set under every loss.

    Attributes:
        psms: spectra with their peptides.
        about: what they are, as a sentence in Markdown.
        left_out: what cannot be used, and why.
        compared: the losses.
        key: the same text for the same spectra and settings.
    """

    psms: tuple[Psm, ...]
    about: str
    left_out: tuple[LeftOut, ...]
    compared: ComparedSet
    key: str


def chosen(source: Source, settings: LossSettings) -> Job[LossSet] | None:
    """Draw the choice of the set and return the job that compares; one that is not wanted any more is ended."""
    return chosen_set.chosen(source, settings, _job, SET)


def _job(spectra: str, settings: LossSettings, read: Callable[[Report], chosen_set.Read]) -> Job[LossSet]:
    key = f"{spectra}|{settings.to_toml()}"
    known = st.session_state.get(_JOB)
    if known is not None and known[0] == key:
        return known[1]
    if known is not None:
        known[1].cancel()

    def work(report: Report) -> Iterator[LossSet]:
        report(0.0, "Reading the spectra")
        psms, about, left_out = read(report)
        report(READING, "Fragmenting and shuffling")
        prepared = prepare(psms, settings)

        def progress(done: int, total: int) -> None:
            report(READING + (1 - READING) * done / total, f"Comparing, {done:,} of {total:,} spectra")

        compared = compare_losses(prepared, settings, progress=progress)
        yield LossSet(psms, about, (*left_out, *prepared.left_out), compared, key)

    new = chosen_set.start(work)
    st.session_state[_JOB] = (key, new)
    return new


def again() -> None:
    """Callback: forget the session's job, so that the next look begins anew."""
    known = st.session_state.pop(_JOB, None)
    if known is not None:
        known[1].cancel()
    st.rerun(BODY)


def watch(job: Job[LossSet] | None, draw: Callable[[LossSet], None]) -> None:
    """Draw the set once it is compared; progress and a way to end it until then."""
    chosen_set.watch(job, draw, again, "Every loss is computed of every right peptide and decoy.")


def told(found: LossSet) -> None:
    """What the set is, in small print, with what is left out behind a click."""
    compared = found.compared
    drawn = f"{len(compared):,} of them are compared, each with {compared.prepared.n_decoys} decoys."
    st.caption(f"{found.about} {drawn}")
    for sentence in compared.cannot_tell():
        st.info(sentence, icon=":material/help:")
    chosen_set.listed(found.left_out)


def link(found: LossSet, row: int, loss: str) -> dict[str, str | list[str]]:
    """The address in Explore of one spectrum of the set, under the settings of this page, with a loss drawn."""
    psm = found.compared.prepared.psms[row]
    here = {k: st.query_params.get_all(k) for k in st.query_params if k not in (*OWN, "i", "peptide", "x", "sel")}
    address: dict[str, str | list[str]] = {name: texts for name, texts in here.items() if texts}
    which = st.session_state.get(SET)
    if which == chosen_set.SCORED:
        address |= {"source": "Set", "psms": str(st.session_state.get(chosen_set.psms_key(SET), ""))}
    else:
        address.pop("psms", None)
        if which == chosen_set.SAMPLES:
            address.pop("source", None)
            address["sample"] = psm.group
    address["i"] = str(psm.place + 1)
    if which != chosen_set.SCORED:
        charge = f"/{psm.charge}" if psm.charge else ""
        address["peptide"] = psm.peptide.text if "/" in psm.peptide.text else f"{psm.peptide.text}{charge}"
    return address | other_loss.parameter(loss)
