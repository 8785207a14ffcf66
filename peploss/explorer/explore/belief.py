"""How far the cause on the tab Why can be believed: how often right peptides and decoys, judged meanwhile, have it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import streamlit as st

from peploss.analysis.causes.rules import Cause, cause_label
from peploss.dataset.scoring.belief import Belief, belief_among
from peploss.explorer.explore.reference import Peptides
from peploss.explorer.shell.follow import follow
from peploss.explorer.shell.jobs import Job, Report
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.settings import LossSettings

AFTER = 0.7  # s: who moves a slider on asks for the next settings by then
MOST_KNOWN = 32  # settings of a file
_JOB = "_belief_job"


@st.cache_resource
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="belief")


def draw(cause: Cause, peptides: Peptides | None, settings: LossSettings) -> None:
    """What is known by now; the page is drawn again once there is more.

    Args:
        cause: named for what is shown.
        peptides: to judge with their decoys; None as long as they are not known, when nothing is said.
        settings: in force.
    """
    if peptides is None:
        return
    job = _job(peptides, settings)

    def words() -> None:
        if job.latest is not None:
            st.caption(told(cause, job.latest, peptides.about), help=_HELP)
        elif job.error is not None:
            st.caption(f"How often decoys are named so is not known: {sentence(job.error)}")
        else:
            st.caption("Decoys are being judged, to tell how far this can be believed …")

    follow(lambda: job.running, words, key="belief")


def told(cause: Cause, found: Belief, about: str) -> str:
    """The estimate for one cause, with what it is made from, as Markdown.

    Args:
        about: what the PSMs are, as a sentence.
    """
    name = cause_label(cause)
    n, n_decoys = found.psms[cause], found.decoys[cause]
    counted = f"{n:,} of {found.psms.total():,} PSMs and {n_decoys:,} of {found.decoys.total():,} decoys are named so"
    share = found.share(cause)
    if cause == "wrong peptide":
        first = "Decoys are wrong peptides, so they give no estimate for this cause"
    elif share is None:
        first = f"Wrong peptides to expect among PSMs named “{name}”: not known"
    else:
        first = f"Wrong peptides to expect among PSMs named “{name}”: **{100 * share:.0f} %**, as estimated from decoys"
    return f"{first}; {counted}. The PSMs: {escape_markdown(about)}"


_HELP = """
One decoy, a shuffled peptide, of each of these PSMs is judged as its PSM is, at the settings in force. The estimate is
the share of decoys named so, over the share of PSMs named so. With few PSMs named so it is rough.
"""


def _job(peptides: Peptides, settings: LossSettings) -> Job[Belief]:
    """This session's for these peptides and settings; one that is not wanted any more is ended."""
    key = f"{peptides.key}|{settings.to_toml()}"
    known: tuple[str, Job[Belief]] | None = st.session_state.get(_JOB)
    if known is not None and known[0] == key and (known[1].running or known[1].latest or known[1].error):
        return known[1]
    if known is not None:
        known[1].cancel()
    job = Job(_work(key, peptides, settings)).start(_pool())
    st.session_state[_JOB] = (key, job)
    return job


def _work(key: str, peptides: Peptides, settings: LossSettings) -> Callable[[Report], Iterator[Belief]]:
    def work(report: Report) -> Iterator[Belief]:
        if key not in _KNOWN:
            report.cancelled.wait(AFTER)
            _KNOWN[key] = belief_among(peptides.prepared.psms, settings, progress=report)
        while len(_KNOWN) > MOST_KNOWN:
            del _KNOWN[next(iter(_KNOWN))]
        yield _KNOWN[key]

    return work


_KNOWN: dict[str, Belief] = {}
"""What was found for any session; only the pool's one thread looks here."""
