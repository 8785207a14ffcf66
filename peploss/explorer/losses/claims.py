"""Tab "Claims": what is said of the spectrum loss, and what was measured, each with its command."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from peploss.analysis.loss_comparison.claims import ABOUT, CLAIMS


def draw() -> None:
    """The table."""
    st.caption(ABOUT)
    rows = [{"claim": c.claim, "measured": c.measured, "so": c.so, "command": c.command} for c in CLAIMS]
    st.table(pd.DataFrame(rows).set_index("claim"))
