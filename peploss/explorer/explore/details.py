"""The tabs under the plot: why, fragments, mass errors, export."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from peploss.analysis.one_psm.explanation import Explanation
from peploss.analysis.one_psm.export import fragments_csv, snippet
from peploss.explorer.browser import components
from peploss.explorer.explore import against, belief, cause, context, payload, summary
from peploss.explorer.explore.reference import Peptides
from peploss.explorer.figures import charts
from peploss.explorer.shell import controls, state
from peploss.explorer.shell.bound_tabs import bound_tabs
from peploss.explorer.sources import current
from peploss.explorer.sources.source import Source
from peploss.spectra.writers import to_mgf

TABS = ("Why", "Fragments", "Mass errors", "Candidates", "Another spectrum", "Context", "Export")


def tabs(ex: Explanation, source: Source, known: Peptides | None, candidates: Callable[[], None]) -> None:
    """Draw the tab that is open; the others cost nothing.

    Args:
        known: peptides to judge with their decoys, as far as they are known.
        candidates: draws the tab of that name.
    """
    drawn = (
        lambda ex: _why(ex, source, known),
        _fragments,
        _errors,
        lambda ex: candidates(),
        lambda ex: against.tab(ex, source),
        lambda ex: context.tab(ex, source),
        lambda ex: _export(ex, source),
    )
    for tab, draw in zip(bound_tabs(TABS, "tab").values(), drawn, strict=True):
        if tab.open:
            with tab:
                draw(ex)


def _why(ex: Explanation, source: Source, known: Peptides | None) -> None:
    cause.draw(ex, source, current.key_of(source), lambda named: belief.draw(named, known, ex.settings))
    with st.container(key="why"):
        left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown("**What the loss is made of**", help=_WATERFALL)
        components.figure(charts.waterfall_figure(ex), key="waterfall")
    with right:
        of = st.segmented_control(
            "Shares of the cosine",
            ["fragments", "peaks"],
            default="fragments",
            required=True,
            key="shares",
            bind="query-params",
            help=_SHARES,
        )
        components.figure(charts.shares_figure(ex, of=of or "fragments"), key="shares_figure")


_WATERFALL = """
Each bar compares two partial spectra with the loss itself, so the bars add up to it exactly.

- *Intensity mismatch*: matched peaks only, each fragment moved onto its peak. *Heights unknown*: the fragments have
  uniform heights; *heights wrong*: predicted ones that are not those observed.
- *m/z misalignment*: the same at their real positions.
- *Missing fragments*: unmatched fragments are added.
- *Unexplained peaks*: unmatched observed peaks are added.

Matched: each is the other's nearest, within 3 σ. A bar can point down: an unmatched
peak beside a matched one still overlaps.
"""

_SHARES = "Additive: all shares together are the cosine, and 1 − cosine is the loss."


def _fragments(ex: Explanation) -> None:
    columns = summary.fragment_table(ex)
    covered = f"{ex.n_bonds_covered} of {len(ex.bonds)} bonds covered"
    st.caption(f"{ex.n_matched} of {ex.n_matchable} fragments matched, {covered}. {_pull(ex)}")
    st.dataframe(
        pd.DataFrame(columns),
        placeholder="",
        hide_index=True,
        height=min(38 + 35 * len(ex.fragments), 460),
        column_config={
            "ion": st.column_config.TextColumn(width=64),
            "type": None,
            "ordinal": None,
            "charge": st.column_config.NumberColumn("z", width=34),
            "m/z": st.column_config.NumberColumn(format="%.4f", width=78),
            "weight": st.column_config.NumberColumn(format="%.3g", width=58),
            "observed m/z": st.column_config.NumberColumn(format="%.4f", width=90),
            "error Da": st.column_config.NumberColumn(format="%+.4f", width=66),
            "error ppm": st.column_config.NumberColumn(format="%+.1f", width=72),
            "intensity %": st.column_config.NumberColumn(format="%.1f", width=78, help="Of the highest observed peak"),
            "share of cosine": st.column_config.NumberColumn(format="%.4f", width=98),
            "share of loss": st.column_config.NumberColumn(
                format="%+.4f", width=84, help="Cost less gain; all together are the loss"
            ),
            "slope per Da": st.column_config.NumberColumn(
                format="%+.4f", width=82, help="Of the loss by the fragment's m/z, on the grid: what descent follows"
            ),
            "slope without grid": st.column_config.NumberColumn(
                "no grid",
                format="%+.4f",
                width=66,
                help="The same slope for infinitely narrow bins. No peak pulls a fragment out of reach: what its slope "
                "on the grid has beyond this is the grid's own, for its height changes with its place in the bin.",
            ),
            "state": st.column_config.TextColumn(width=84, help=_STATES),
        },
    )


_STATES = """
- *matched*: it and a peak are each other's nearest, within 3 σ.
- *missing*: a peak pulls it, but none is its match.
- *out of reach*: no peak is near enough to pull it.
- *between bins*, *beyond the grid*, *no weight*: the loss does not see it.
"""


def _pull(ex: Explanation) -> str:
    """How many fragments no peak pulls, and how many the loss does not see, as sentences."""
    gone = int(ex.gradient.out_of_reach.sum())
    hidden = int((~ex.fragment_rendered & ex.fragment_in_range & (ex.fragments.intensity > 0)).sum())
    said = [f"{gone} out of reach: no peak pulls {'it' if gone == 1 else 'them'}."] if gone else []
    if hidden:
        said.append(
            f"{hidden} {'falls' if hidden == 1 else 'fall'} between bins: the loss does not see "
            f"{'it' if hidden == 1 else 'them'}."
        )
    return " ".join(said)


def _errors(ex: Explanation) -> None:
    if not len(ex.matches):
        st.info("No fragment matches a peak, so there are no mass errors to show. Try a wider σ.")
        return
    components.figure(charts.errors_figure(ex, unit=controls.choose_error_unit()), key="errors_figure")


def _export(ex: Explanation, source: Source) -> None:
    stem = payload.file_stem(ex)
    st.markdown("**Link to this view**")
    if source.in_link:
        st.code(_link(), language=None, wrap_lines=True)
    else:
        st.info("The link restores the settings and the peptide. It does not carry uploaded or pasted spectra.")
        st.code(_link(), language=None, wrap_lines=True)
    st.markdown("**Files**")
    with st.container(horizontal=True):
        st.download_button("Fragments as CSV", fragments_csv(ex), f"{stem}.csv", "text/csv", on_click="ignore")
        st.download_button(
            "Spectrum as MGF",
            to_mgf(ex.spectrum),
            f"{stem}.mgf",
            "text/plain",
            on_click="ignore",
            help="As it was read" + (", its peaks moved," if state.view().shift else "") + " before preprocessing.",
        )
        st.download_button("Settings as TOML", ex.settings.to_toml(), "peploss.toml", "text/plain", on_click="ignore")
    st.caption("To save the plot itself, use SVG or PNG above the plot.")
    st.markdown("**The same number in Python**")
    # Without colours: the browser takes 7 s to colour the numbers of 194 peaks.
    st.code(snippet(ex), language=None, height=260)
    with st.expander("Settings"):
        st.code(ex.settings.to_toml(), language="toml")


def _link() -> str:
    query = st.query_params.to_dict()
    base = (st.context.url or "").split("?")[0].rstrip("/") + "/"
    return f"{base}?{urlencode(query)}" if query else base
