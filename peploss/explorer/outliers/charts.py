"""The three pictures over the table: a distribution, a density with the worst PSMs, the causes."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

from peploss.dataset.scoring.belief import in_words
from peploss.explorer.browser import components
from peploss.explorer.figures import outliers as figures_outliers
from peploss.explorer.outliers import state
from peploss.explorer.outliers.columns import first_of, groups, label, numbers
from peploss.explorer.outliers.filters import NOT_JUDGED
from peploss.explorer.outliers.questions import Look

NO_GROUP = "no groups"
DISTRIBUTION, DENSITY, CAUSES = "distribution", "density", "causes"


def draw(look: Look) -> None:
    """All three, in columns that stack where they would be too narrow."""
    with st.container(key="outliers-charts"):
        left, middle, right = st.columns([1, 1, 0.95], gap="medium")
    with left:
        _distribution(look)
    with middle:
        _density(look)
    with right:
        _causes(look)


def _distribution(look: Look) -> None:
    columns = look.results.columns
    options = numbers(columns)
    st.markdown("**Distribution**", help="Infinite and missing values are counted below the picture.")
    with st.container(horizontal=True, gap="small"):
        column = _choice("dist", "Distribution of", options, first_of(("loss", "n_peaks"), options))
        group = _choice("by", "by", [NO_GROUP, *groups(columns)], NO_GROUP)
    found = look.histogram(column, None if group == NO_GROUP else group)
    figure = figures_outliers.distribution_figure(found, label(column), None if group == NO_GROUP else label(group))

    def ranged() -> None:
        _within(DISTRIBUTION, {"x": column})

    components.picks(_marked(figure, look, column, group), key=DISTRIBUTION, on_range=ranged)
    n = found.n_below + found.n_above
    told = [
        f"{n:,} lie beyond the axis." if n else "",
        f"{found.n_missing:,} have no value." if found.n_missing else "",
    ]
    st.caption(" ".join(["Drag over a range to show only that range.", *filter(None, told)]))


def _density(look: Look) -> None:
    options = numbers(look.results.columns)
    st.markdown("**Scatter plot**", help="Shade: how many PSMs, on a logarithmic scale.")
    with st.container(horizontal=True, gap="small"):
        x = _choice("dx", "Across", options, first_of(("loss", "n_peaks"), options))
        y = _choice("dy", "Up", options, first_of(("explained", "precursor_mz"), options))
    found = look.density(x, y)
    worst = look.worst(x, y)

    def ranged() -> None:
        _within(DENSITY, {"x": x, "y": y})

    figure = figures_outliers.density_figure(found, label(x), label(y), worst)
    components.picks(_marked(figure, look, x, y), key=DENSITY, on_pick=_picked, on_range=ranged)
    n = len(worst["id"])
    which = "All with a loss" if n == int(found.counts.sum()) else f"The {n:,} of highest loss"
    told = f"{which} are points: click one to show it below. " if n else ""
    outside = f"{found.n_outside:,} lie beyond the axes or have no value." if found.n_outside else ""
    st.caption(f"{told}{outside}" or "Drag over a part to look at it alone.")


def _causes(look: Look) -> None:
    found = look.causes()
    n_not_judged = found.pop(NOT_JUDGED, 0)
    st.markdown("**Causes**", help=_CAUSES)
    if not found:
        judged = look.whole.about.get("n_causes")
        st.caption(
            f"None of these PSMs has been judged; {judged:,} of the set have."
            if judged
            else "None has been looked for: score the set with causes, in the sidebar."
        )
        return
    figure = figures_outliers.causes_figure(list(found), list(found.values()), look.asked.cause)
    components.picks(_marked(figure, look, look.asked.cause), key=CAUSES, on_pick=_cause)
    told = f"{n_not_judged:,} PSMs have not been judged." if n_not_judged else ""
    st.caption(f"Click a bar to show only that cause. {told}")
    if believed := in_words(look.whole.about.get("belief", {})):
        st.caption(believed, help=_BELIEVED)


_BELIEVED = """
One decoy, a shuffled peptide, of each of up to 200 judged PSMs is judged as its PSM is. The estimate is the share of
decoys named so, over the share of PSMs named so. It is of the whole set, whatever the filter.
"""
_CAUSES = """
Each PSM is scored again as what it might have been: with another modification, precursor isotope, more ions, shifted,
as a shuffled peptide and so on. Rules over these losses name one cause; Explore shows the evidence. PSMs of lower loss
are not judged unless the set is scored with causes of all.
"""


def _choice(name: str, title: str, options: list[str], usual: str) -> str:
    def words(option: str) -> str:
        return option if option == NO_GROUP else label(option)

    return state.STATE.choice(
        name, title, options, usual, label_visibility="collapsed", required=True, format_func=words, width="stretch"
    )


def _marked(figure: dict[str, Any], look: Look, *more: str) -> dict[str, Any]:
    told = "|".join([look.key, *more])
    return figure | {"revision": hashlib.blake2b(told.encode(), digest_size=8).hexdigest()}


def _within(key: str, columns: dict[str, str]) -> None:
    """Callback: what was dragged over is looked at alone."""
    found = (st.session_state.get(key) or {}).get("range") or {}
    limits = {}
    for axis, column in columns.items():
        low, high = sorted(found.get(axis) or (0.0, 0.0))
        if low < high:
            limits[column] = (low, high)
    if limits:
        state.look_at(state.STATE.now().filter.within(limits))


def _cause() -> None:
    """Callback: a cause is looked at alone, or no longer."""
    name = (st.session_state.get(CAUSES) or {}).get("pick")
    now = state.STATE.now().filter
    state.look_at(now.of_cause("" if name == now.cause else str(name or "")))


def _picked() -> None:
    """Callback: the PSM whose point was clicked is shown, as a click in its row would."""
    psm = (st.session_state.get(DENSITY) or {}).get("pick")
    if psm is not None:
        state.show(int(psm))
