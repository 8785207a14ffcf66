"""The sidebar's settings of fragments, preprocessing and grid, as one ``LossSettings``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from peploss.errors import SettingsError
from peploss.explorer.shell import state
from peploss.explorer.shell.boxes import (
    AUTO,
    BOXES,
    CHARGES,
    DEFAULT,
    LEAST_SCALE,
    LEAST_TOLERANCE,
    MOST_CHARGE,
    MOST_DROPPED,
    MOST_WEIGHT,
    MZ_ENDS,
    WEIGHTS,
    box,
    values_of,
)
from peploss.explorer.shell.text import sentence
from peploss.explorer.shell.view import WIDTHS, WIDTHS_PPM
from peploss.explorer.shell.weights_text import read_weights
from peploss.intensities import source
from peploss.intensities.ms2pip import INSTALL
from peploss.kernels import SigmaUnit
from peploss.settings import ION_TYPES, NEUTRAL_LOSSES, UNIFORM, LossSettings

_GOOD = "_good_settings"
_HEIGHTS = "heights"
_ION_HELP = "z is y − NH3, z+1 the radical ion of ETD."


def choose_settings(*, follow_heights: Sequence[str] = ()) -> tuple[LossSettings, str]:
    """Draw the widgets; sigma and bin width stay at their defaults, they belong to the plot.

    Args:
        follow_heights: keys of the fragments of the page that show another source of heights, and ask
            ``with_heights`` for it: they alone are drawn again then. None of them: the whole page is.
    Returns:
        The settings, and as Markdown what of the widgets could not be taken over, ``""`` where all was.
    """
    told = ""
    st.subheader("Fragments")
    ions = st.pills(
        "Ion types",
        ION_TYPES,
        selection_mode="multi",
        key=box("ions"),
        help=_ION_HELP,
    )
    losses = st.pills(
        "Neutral losses",
        NEUTRAL_LOSSES,
        selection_mode="multi",
        key=box("nl"),
    )
    charge = st.selectbox(
        "Highest charge",
        CHARGES,
        key=box("zmax"),
        help="Never above the precursor's. auto: 1, and 2 from precursor charge 3 on.",
    )
    _choose_heights(tuple(follow_heights))
    with st.expander("More ions and weights"):
        immonium = st.toggle("Immonium ions", key=box("imm"))
        precursor = st.toggle("Precursor", key=box("prec"), help="The intact peptide.")
        isotope = st.toggle("Isotope +1", key=box("iso"), help="First 13C peak of every fragment.")
        st.caption("Predicted intensity by ion type. At 1 for all, the loss is as defined.")
        by_charge = st.text_input(
            "By ion and charge",
            key=box(WEIGHTS),
            placeholder="b1 0.4, y2 0.3",
            help="Overrides the weights below for these ions, for example with those that Tune fitted.",
            autocomplete="off",
        )
        names = [*ions, *(["immonium"] if immonium else []), *(["precursor"] if precursor else [])]
        weights = {}
        for column, name in zip(st.columns(2) * len(names), names, strict=False):
            weights[name] = column.number_input(
                f"Weight {name}",
                min_value=0.0,
                max_value=MOST_WEIGHT,
                step=0.1,
                key=box(f"w_{name}"),
            )
    st.subheader("Observed peaks")
    sqrt = st.toggle("Square root of intensities", key=box("sqrt"))
    with st.expander("Filter peaks"):
        remove = st.toggle("Remove the precursor", key=box("rmprec"))
        tolerance = DEFAULT.precursor_tolerance
        if remove:
            tolerance = st.number_input("Within ± m/z", min_value=LEAST_TOLERANCE, step=0.1, key=box("tol"))
        top = st.number_input("Keep the highest", min_value=1, value=None, step=10, key=box("top"), placeholder="all")
        share = st.number_input(
            "Drop below % of the highest",
            min_value=0.0,
            max_value=MOST_DROPPED,
            step=0.5,
            key=box("rel"),
        )
        left, right = st.columns(2)
        low = left.number_input("m/z from", min_value=0.0, value=None, key=box("lo"), placeholder="0")
        high = right.number_input("to", min_value=0.0, value=None, key=box("hi"), placeholder="all")
        if low is not None and high is not None and low >= high:
            told = (
                f"Under **Filter peaks**, **m/z from** ({low:g}) is not below **to** ({high:g}). "
                "Both limits are ignored until you fix this."
            )
            st.warning("**m/z from** must lie below **to**.")
            low = high = None
    with st.expander("Grid and precursor loss"):
        max_mz = st.number_input(
            "Grid ends at m/z",
            min_value=MZ_ENDS[0],
            max_value=MZ_ENDS[1],
            step=100.0,
            key=box("maxmz"),
        )
        scale = st.number_input(
            "Precursor scale, ppm",
            min_value=LEAST_SCALE,
            step=1000.0,
            key=box("scale"),
        )
    try:
        given = read_weights(by_charge)
        settings = DEFAULT.replace(
            ion_types=tuple(ions),
            neutral_losses=tuple(losses),
            max_fragment_charge=None if charge == AUTO else int(charge),
            immonium=immonium,
            precursor=precursor,
            isotopes=int(isotope),
            ion_weights={name: weight for name, weight in weights.items() if weight != 1.0} | given,
            sqrt=sqrt,
            remove_precursor=remove,
            precursor_tolerance=tolerance,
            top_n=top,
            relative_threshold=share / 100,
            min_peak_mz=low,
            max_peak_mz=high,
            max_mz=max_mz,
            precursor_scale=scale,
        )
        settings = with_heights(settings)
    except SettingsError as error:
        return st.session_state.get(_GOOD, DEFAULT), f"{sentence(error)} The last good settings are still in use."
    st.session_state[_GOOD] = settings
    return settings, told


def with_heights(settings: LossSettings) -> LossSettings:
    """The settings with the source of fragment heights that is chosen now; parts of a page that are drawn again by
    themselves were given those of the last whole page."""
    now = BOXES.now()
    return settings.replace(intensities=now["from"], sqrt_predicted=now["rootp"] and now["from"] != UNIFORM)


@st.fragment(key=_HEIGHTS)
def _choose_heights(follow: tuple[str, ...]) -> None:
    """Where the fragments' heights come from, and whether their square roots are taken."""
    BOXES.again()
    redraw = partial(st.rerun, [_HEIGHTS, *follow]) if follow else st.rerun
    here = list(source.names())
    asked = BOXES.now()["from"]
    if asked not in here:
        here.append(asked)  # a link may ask for what is not installed; the page then says how to install it
    chosen = st.selectbox(
        "Fragment heights",
        here,
        key=box("from"),
        on_change=redraw,
        help="Uniform gives every fragment the weight of its ion type. MS2PIP predicts intensities on this machine; "
        f"install it with `{INSTALL}`.",
    )
    if chosen != UNIFORM:
        st.toggle(
            "Square root of predicted heights",
            key=box("rootp"),
            on_change=redraw,
            help="For files whose observed intensities are square roots already.",
        )


def misfits(settings: LossSettings) -> list[str]:
    """Settings that no widget of the pages can be set to; shown all the same, they would be others in silence."""
    widths = WIDTHS if settings.sigma_unit == "Da" else WIDTHS_PPM
    held = {
        f"sigma {settings.sigma:g} {settings.sigma_unit}": widths[0] <= settings.sigma <= widths[1],
        f"bins of {settings.bin_width:g} Th": WIDTHS[0] <= settings.bin_width <= WIDTHS[1],
        f"fragments of charge {settings.max_fragment_charge}": (settings.max_fragment_charge or 1) <= MOST_CHARGE,
        f"a grid to m/z {settings.max_mz:g}": MZ_ENDS[0] <= settings.max_mz <= MZ_ENDS[1],
        f"a threshold of {settings.relative_threshold:.2%}": settings.relative_threshold <= MOST_DROPPED / 100,
        f"a precursor scale of {settings.precursor_scale:g} ppm": settings.precursor_scale >= LEAST_SCALE,
        f"the precursor within {settings.precursor_tolerance:g} Th": settings.precursor_tolerance >= LEAST_TOLERANCE,
    }
    return [name for name, fits in held.items() if not fits]


def use(settings: LossSettings) -> None:
    """Callback: set the widgets of this page, sigma and bin width to these settings."""
    BOXES.set(**values_of(settings))
    state.set_widths(settings.sigma, settings.sigma_unit, settings.bin_width)


def choose_error_unit() -> SigmaUnit:
    """The unit that mass errors are shown in."""
    unit: SigmaUnit | None = st.segmented_control(
        "Errors in",
        ["ppm", "Da"],
        required=True,
        key=box("errors"),
        label_visibility="collapsed",
    )
    return unit or "ppm"
