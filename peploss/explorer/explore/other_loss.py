"""Explore's choice of another loss, to be drawn and told beside the spectrum loss."""

from __future__ import annotations

import streamlit as st

from peploss.analysis.loss_comparison.every_loss import LOSSES, SPECTRUM

KEY = "loss"
"""The choice, and its parameter in the link."""
NONE = "None"
_BY_TITLE = {loss.title: name for name, loss in LOSSES.items() if name != SPECTRUM}


def choose() -> str:
    """Draw the box; the name of the loss, the spectrum loss's where no other is chosen."""
    st.subheader("Another loss")
    title = st.selectbox(
        "Draw beside the spectrum loss",
        [NONE, *_BY_TITLE],
        key=KEY,
        bind="query-params",
        help="Its value stands under For comparison, its slopes in a panel under the plot. Where it compares other "
        "curves than those drawn, they are dotted.",
    )
    return _BY_TITLE.get(str(title), SPECTRUM)


def parameter(name: str) -> dict[str, str]:
    """What of a link to Explore makes it draw this loss; nothing for the spectrum loss."""
    return {} if name == SPECTRUM else {KEY: LOSSES[name].title}
