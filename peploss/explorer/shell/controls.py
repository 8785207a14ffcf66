"""The sidebar's settings of fragments, preprocessing and grid, as one ``LossSettings``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st

from peploss.errors import SettingsError
from peploss.explorer.shell import state
from peploss.explorer.shell.text import sentence
from peploss.intensities import source
from peploss.intensities.ms2pip import INSTALL
from peploss.kernels import SigmaUnit
from peploss.settings import EXTRA_IONS, ION_TYPES, NEUTRAL_LOSSES, UNIFORM, LossSettings

DEFAULT = LossSettings()
_GOOD = "_good_settings"
WEIGHTS = "iw"
KEYS = (
    "source", "sample", "file", "psms", "uploaded", "ions", "nl", "zmax", "from", "rootp", "imm", "prec", "iso",
    WEIGHTS, "sqrt", "rmprec", "tol", "top", "rel", "lo", "hi", "maxmz", "scale",
    *(f"w_{name}" for name in (*ION_TYPES, *EXTRA_IONS)),
)  # fmt: skip
"""The widgets of the sidebar, of its source and of its settings."""
MOST_CHARGE = 5
MZ_ENDS = (100.0, 10_000.0)  # of the grid, in Th
MOST_DROPPED = 99.0  # % of the highest peak
LEAST_SCALE, LEAST_TOLERANCE = 1.0, 0.001  # ppm, Th
_ION_HELP = "z is y − NH3, z+1 the radical ion of ETD."


def choose_settings(*, in_link: bool = True) -> tuple[LossSettings, str]:
    """Draw the widgets; sigma and bin width stay at their defaults, they belong to the plot.

    Args:
        in_link: whether they are part of the page's link. A page that switches to another by program can hand over
            what it has not bound, and nothing else.
    Returns:
        The settings, and as Markdown what of the widgets could not be taken over, ``""`` where all was.
    """
    told = ""
    bind: Literal["query-params"] | None = "query-params" if in_link else None
    st.subheader("Fragments")
    ions = st.pills(
        "Ion types",
        ION_TYPES,
        selection_mode="multi",
        default=["b", "y"],
        key="ions",
        bind=bind,
        help=_ION_HELP,
    )
    losses = st.pills(
        "Neutral losses",
        NEUTRAL_LOSSES,
        selection_mode="multi",
        key="nl",
        bind=bind,
    )
    charge = st.selectbox(
        "Highest charge",
        ["auto", *map(str, range(1, MOST_CHARGE + 1))],
        key="zmax",
        bind=bind,
        help="Never above the precursor's. auto: 1, and 2 from precursor charge 3 on.",
    )
    intensities, root_predicted = _choose_intensities(bind)
    with st.expander("More ions and weights"):
        immonium = st.toggle("Immonium ions", key="imm", bind=bind)
        precursor = st.toggle("Precursor", key="prec", bind=bind, help="The intact peptide.")
        isotope = st.toggle("Isotope +1", key="iso", bind=bind, help="First 13C peak of every fragment.")
        st.caption("Predicted intensity by ion type. 1 for all is the loss as it is defined.")
        by_charge = st.text_input(
            "By ion and charge",
            key=WEIGHTS,
            bind=bind,
            placeholder="b1 0.4, y2 0.3",
            help="Overrules the weights below for the ions named, as fitted under Tune.",
            autocomplete="off",
        )
        names = [*ions, *(["immonium"] if immonium else []), *(["precursor"] if precursor else [])]
        weights = {}
        for column, name in zip(st.columns(2) * len(names), names, strict=False):
            weights[name] = column.number_input(
                f"Weight {name}",
                min_value=0.0,
                max_value=100.0,
                value=1.0,
                step=0.1,
                key=f"w_{name}",
                bind=bind,
            )
    st.subheader("Observed peaks")
    sqrt = st.toggle("Square root of intensities", key="sqrt", bind=bind)
    with st.expander("Filter peaks"):
        remove = st.toggle("Remove the precursor", key="rmprec", bind=bind)
        tolerance = DEFAULT.precursor_tolerance
        if remove:
            tolerance = st.number_input(
                "within ± m/z", min_value=LEAST_TOLERANCE, value=tolerance, step=0.1, key="tol", bind=bind
            )
        top = st.number_input(
            "Keep the highest", min_value=1, value=None, step=10, key="top", bind=bind, placeholder="all"
        )
        share = st.number_input(
            "Drop below % of the highest",
            min_value=0.0,
            max_value=MOST_DROPPED,
            value=0.0,
            step=0.5,
            key="rel",
            bind=bind,
        )
        left, right = st.columns(2)
        low = left.number_input("m/z from", min_value=0.0, value=None, key="lo", bind=bind, placeholder="0")
        high = right.number_input("to", min_value=0.0, value=None, key="hi", bind=bind, placeholder="all")
        if low is not None and high is not None and low >= high:
            told = (
                f"Under **Filter peaks**, **m/z from** ({low:g}) is not below **to** ({high:g}). "
                "Both are left out until it is."
            )
            st.warning("**m/z from** must lie below **to**.")
            low = high = None
    with st.expander("Grid and precursor loss"):
        max_mz = st.number_input(
            "Grid ends at m/z",
            min_value=MZ_ENDS[0],
            max_value=MZ_ENDS[1],
            value=DEFAULT.max_mz,
            step=100.0,
            key="maxmz",
            bind=bind,
        )
        scale = st.number_input(
            "Precursor scale, ppm",
            min_value=LEAST_SCALE,
            value=DEFAULT.precursor_scale,
            step=1000.0,
            key="scale",
            bind=bind,
        )
    if in_link:
        state.remember(KEYS)
    try:
        given = read_weights(by_charge)
        settings = DEFAULT.replace(
            ion_types=tuple(ions),
            neutral_losses=tuple(losses),
            max_fragment_charge=None if charge == "auto" else int(charge),
            immonium=immonium,
            precursor=precursor,
            isotopes=int(isotope),
            ion_weights={name: weight for name, weight in weights.items() if weight != 1.0} | given,
            intensities=intensities,
            sqrt=sqrt,
            sqrt_predicted=root_predicted,
            remove_precursor=remove,
            precursor_tolerance=tolerance,
            top_n=top,
            relative_threshold=share / 100,
            min_peak_mz=low,
            max_peak_mz=high,
            max_mz=max_mz,
            precursor_scale=scale,
        )
    except SettingsError as error:
        return st.session_state.get(_GOOD, DEFAULT), f"{sentence(error)} The last good settings are still in use."
    st.session_state[_GOOD] = settings
    if not in_link:
        state.carry(carried(settings))
    return settings, told


def _choose_intensities(bind: Literal["query-params"] | None) -> tuple[str, bool]:
    """Where the fragments' heights come from, and whether their square roots are taken."""
    here = list(source.names())
    asked = st.session_state.get("from", st.query_params.get("from") if bind else None)
    if asked and asked not in here:
        here.append(asked)  # a link may ask for what is not installed; the page then says how to install it
    chosen = st.selectbox(
        "Fragment heights",
        here,
        key="from",
        bind=bind,
        help="Uniform gives every fragment the weight of its ion type. MS2PIP predicts intensities on this machine; "
        f"install it with `{INSTALL}`.",
    )
    rooted = False
    if chosen != UNIFORM:
        rooted = st.toggle(
            "Square root of predicted heights",
            key="rootp",
            bind=bind,
            help="For files whose observed intensities are square roots already.",
        )
    return chosen, rooted


def misfits(settings: LossSettings) -> list[str]:
    """Settings that no widget of the pages can be set to; shown all the same, they would be others in silence."""
    widths = state.WIDTHS if settings.sigma_unit == "Da" else state.WIDTHS_PPM
    held = {
        f"sigma {settings.sigma:g} {settings.sigma_unit}": widths[0] <= settings.sigma <= widths[1],
        f"bins of {settings.bin_width:g} Th": state.WIDTHS[0] <= settings.bin_width <= state.WIDTHS[1],
        f"fragments of charge {settings.max_fragment_charge}": (settings.max_fragment_charge or 1) <= MOST_CHARGE,
        f"a grid to m/z {settings.max_mz:g}": MZ_ENDS[0] <= settings.max_mz <= MZ_ENDS[1],
        f"a threshold of {settings.relative_threshold:.2%}": settings.relative_threshold <= MOST_DROPPED / 100,
        f"a precursor scale of {settings.precursor_scale:g} ppm": settings.precursor_scale >= LEAST_SCALE,
        f"the precursor within {settings.precursor_tolerance:g} Th": settings.precursor_tolerance >= LEAST_TOLERANCE,
    }
    return [name for name, fits in held.items() if not fits]


def carried(settings: LossSettings) -> dict[str, tuple[Any, list[str]]]:
    """What the widgets must hold for these settings, by key, with its text in a link; none for sigma and bin width.

    A default needs no text. See ``misfits`` for what they cannot hold.
    """
    values, defaults = _values(settings), _values(DEFAULT)
    return {key: (value, [] if value == defaults[key] else _texts(value)) for key, value in values.items()}


def _values(s: LossSettings) -> dict[str, Any]:
    return {
        "ions": list(s.ion_types), "nl": list(s.neutral_losses), "imm": s.immonium,
        "zmax": "auto" if s.max_fragment_charge is None else str(s.max_fragment_charge),
        "prec": s.precursor, "iso": bool(s.isotopes), WEIGHTS: weights_text(s.ion_weights, "r"), "sqrt": s.sqrt,
        "from": s.intensities, "rootp": s.sqrt_predicted,
        "rmprec": s.remove_precursor, "tol": s.precursor_tolerance, "top": s.top_n, "rel": 100 * s.relative_threshold,
        "lo": s.min_peak_mz, "hi": s.max_peak_mz, "maxmz": s.max_mz, "scale": s.precursor_scale,
        **{f"w_{name}": 1.0 for name in (*ION_TYPES, *EXTRA_IONS)},
    }  # fmt: skip


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return value
    if value is None:
        return []
    return [str(value).lower() if isinstance(value, bool) else str(value).removesuffix(".0")]


def use(settings: LossSettings) -> None:
    """Callback: set the widgets of this page, sigma and bin width to these settings."""
    for key, (value, _) in carried(settings).items():
        st.session_state[key] = value
    state.set_widths(settings.sigma, settings.sigma_unit, settings.bin_width)


def choose_error_unit() -> SigmaUnit:
    """The unit that mass errors are shown in."""
    unit: SigmaUnit | None = st.segmented_control(
        "Errors in",
        ["ppm", "Da"],
        default="ppm",
        required=True,
        key="errors",
        bind="query-params",
        label_visibility="collapsed",
    )
    return unit or "ppm"


def weights_text(weights: Mapping[str, float], digits: Literal["g", "r"] = "g") -> str:
    """Ion weights as they are typed; the inverse of ``read_weights``.

    Args:
        digits: ``"g"`` for six of them, ``"r"`` for all.

    >>> weights_text({"y1": 1.0, "b1": 0.402})
    'y1 1, b1 0.402'
    """
    return ", ".join(f"{name} {weight if digits == 'r' else format(weight, 'g')}" for name, weight in weights.items())


def read_weights(text: str) -> dict[str, float]:
    """``"b1 0.4, y2 0.3"`` as weights by ion.

    Raises:
        SettingsError: a part is no name and number.

    >>> read_weights("b1 0.4, y2=0.3")
    {'b1': 0.4, 'y2': 0.3}
    """
    out: dict[str, float] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, number = part.replace("=", " ").partition(" ")
        try:
            out[name] = float(number)
        except ValueError as error:
            raise SettingsError(
                f"A weight must be an ion and a number, like y1 0.5, not {part!r}.", remedy="Correct it in the sidebar."
            ) from error
    return out
