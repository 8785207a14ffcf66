"""Another observed spectrum as the other side: the mirror of the two, their loss and what it is made of."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from peploss.analysis.one_psm.explanation import Explanation
from peploss.analysis.one_psm.two_spectra import TwoSpectra, explain_spectra
from peploss.errors import PeplossError
from peploss.explorer.browser import components
from peploss.explorer.figures.spectra.two_spectra import mirror_figure, two_steps_figure
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.sources.other import IN, elsewhere, other_spectrum
from peploss.explorer.sources.source import Source


def tab(ex: Explanation, source: Source) -> None:
    """Choose the other spectrum; show the two."""
    text = st.text_input(
        "Another spectrum, of this source or of another",
        key="against",
        bind="query-params",
        autocomplete="off",
        placeholder="its id, its title, or its number from 1; of another source: NAME#SPECTRUM",
        help="Another source is a built-in file, a file or set of the data folder, or an upload of yours, by its name: "
        "`library.msp#12`. Its peaks stand as they are, whatever is set for ions and heights. Both are preprocessed "
        "alike. Peaks are labelled in mzPAF by the peptide that came with their own spectrum.",
    )
    if not (text := (text or "").strip()):
        st.caption(
            "Name a spectrum: a library's entry, another scan of the same peptide. A spectrum against itself is 0."
        )
        return
    try:
        other = other_spectrum(source, text, elsewhere() if IN in text else None)
        two = explain_spectra(ex.spectrum, other, ex.settings)
    except PeplossError as error:
        st.error(sentence(error))
        return
    st.markdown(
        f"**Spectrum loss {two.loss:.4f}** against {escape_markdown(two.second.name)} · {len(two.matches)} peaks "
        f"are in both: {two.shared[0]:.1%} of this spectrum's intensity and {two.shared[1]:.1%} of the other's"
    )
    components.figure(mirror_figure(two), key="two-mirror")
    with st.container(key="two-parts"):
        left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown("**What their loss is made of**")
        components.figure(two_steps_figure(two), key="two-steps")
    with right:
        st.markdown("**Peaks in both, by their share of the cosine**")
        st.dataframe(
            pair_table(two),
            hide_index=True,
            placeholder="",
            height=320,
            column_config={
                "m/z": st.column_config.NumberColumn(format="%.4f"),
                "other m/z": st.column_config.NumberColumn(format="%.4f"),
                "share of cosine": st.column_config.NumberColumn(format="%.4f"),
            },
        )


def pair_table(two: TwoSpectra) -> pd.DataFrame:
    """One row for each pair of peaks, the largest share of the cosine first."""
    peak, other = two.matches.peak, two.matches.fragment
    table = pd.DataFrame(
        {
            "m/z": two.first.mz[peak],
            "label": [two.labels[0][i] for i in peak.tolist()],
            "other m/z": two.second.mz[other],
            "other label": [two.labels[1][i] for i in other.tolist()],
            "share of cosine": two.shares.peak_cosine[peak],
        }
    )
    return table.sort_values("share of cosine", ascending=False, kind="stable")
