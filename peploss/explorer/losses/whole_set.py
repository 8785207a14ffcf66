"""Tab "Set": separation, order and disagreement of all losses on the right peptides and decoys of a set."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from peploss.analysis.loss_comparison.every_loss import LOSSES, SPECTRUM
from peploss.explorer.browser import components
from peploss.explorer.figures.losses import disagreement_figure, interval_figure, order_figure
from peploss.explorer.losses.chosen import LossSet, link, told
from peploss.explorer.shell.text import escape_markdown

_ROW = "_losses_row"


def draw(found: LossSet) -> None:
    """The tab's content under the choice of the set."""
    told(found)
    compared = found.compared
    each, (gain, low, high) = compared.separation(), compared.auc_gain()
    rows = [
        {
            "loss": LOSSES[name].title,
            "median": float(each.target_median[k]),
            "decoys, median": float(each.decoy_median[k]),
            "unit": LOSSES[name].unit,
            "AUC": f"{each.auc[k]:.3f} ({each.auc_low[k]:.3f} to {each.auc_high[k]:.3f})",
            "less the spectrum loss's": "" if k == 0 else f"{gain[k]:+.3f} ({low[k]:+.3f} to {high[k]:+.3f})",
            "formula": LOSSES[name].formula,
            "source": LOSSES[name].source,
        }
        for k, name in enumerate(compared.names)
    ]
    st.markdown("**Separation of right peptides from decoys**")
    components.figure(
        interval_figure(compared.names, gain, low, high, "AUC less the spectrum loss’s, 95 %", 0.0), key="gain"
    )
    st.caption(
        "AUC is the chance that a right peptide of any spectrum costs less than a decoy of any. Its difference from "
        "the spectrum loss’s is paired: both were measured on the same spectra. A bar that crosses 0 tells no "
        "difference."
    )
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config={"median": number, "decoys, median": number},
    )
    _disagreement(found)
    if len(compared) >= 3:
        st.markdown("**How alike they order the spectra** (Spearman’s r over right peptides)")
        components.figure(order_figure(compared), key="order")


def _disagreement(found: LossSet) -> None:
    compared = found.compared
    st.markdown("**Where two losses disagree**")
    by_title = {LOSSES[name].title: name for name in compared.names}
    with st.container(horizontal=True):
        first = st.selectbox(
            "Loss up", list(by_title), index=compared.at(SPECTRUM), key="first", bind="query-params", width=260
        )
        second = st.selectbox(
            "Loss to the right", list(by_title), index=1, key="second", bind="query-params", width=260
        )
    if first == second:
        st.info("Choose two different losses.", icon=":material/compare_arrows:")
        return
    a, b = by_title[first], by_title[second]
    psms = compared.prepared.psms
    words = [f"{psm.peptide.text} · {psm.spectrum.name}" for psm in psms]
    components.picks(disagreement_figure(compared, a, b, words), key="disagreement")
    of_a, of_b = compared.outliers_of_one(a, b)
    st.caption(
        f"{of_a.size} of {len(compared):,} are outliers (worst twentieth) under {first} and fit (better half) under "
        f"{second}; {of_b.size} the other way. Click a point, or choose one, and open it in Explore."
    )
    listed = [*of_a.tolist(), *of_b.tolist()]
    clicked = (st.session_state.get("disagreement") or {}).get("pick")
    row = _row_of(clicked, len(compared))
    options = listed if row is None or row in listed else [row, *listed]
    if not options:
        st.caption("No spectrum is an outlier under one of them alone.")
        return
    picked = st.selectbox(
        "Spectrum", options, index=options.index(row) if row in options else 0, format_func=lambda i: words[i],
        key=f"opened-{a}-{b}-{row}",
    )  # fmt: skip
    places = 100 * compared.places()[picked]
    st.markdown(
        f"{escape_markdown(words[picked])}: {places[compared.at(a)]:.0f} % of right peptides cost less under {first}, "
        f"{places[compared.at(b)]:.0f} % under {second}."
    )
    page = st.Page("pages/views/explore.py", title="Explore", default=True)  # as app.py registers it
    address = link(found, picked, a if b == SPECTRUM else b)
    st.page_link(page, label="Open in Explore", icon=":material/open_in_new:", query_params=address)


def _row_of(clicked: object, n: int) -> int | None:
    value = clicked[0] if isinstance(clicked, list) and clicked else clicked
    if isinstance(value, (int, float)) and 0 <= value < n:
        return int(value)
    return None
