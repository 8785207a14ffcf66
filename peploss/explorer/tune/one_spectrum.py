"""Tab "One spectrum": its loss over sigma and bin width, and what it is at the setting in force."""

from __future__ import annotations

import numpy as np
import streamlit as st

from peploss.analysis.tuning.landscape import Axes, Landscape, landscape
from peploss.analysis.tuning.psm_set import Psm
from peploss.explorer.browser import components
from peploss.explorer.figures.digits import signed
from peploss.explorer.figures.tuning.landscape import (
    AROUND_ZERO,
    BAD_ABOVE,
    GOOD_BELOW,
    GOOD_OVER_ZERO,
    Layer,
    cut_figure,
    heat_figure,
)
from peploss.explorer.shell.facts import Fact, facts
from peploss.explorer.shell.text import escape_markdown
from peploss.explorer.tune import state
from peploss.settings import LossSettings

SHIFTED = "Change if grid shifts"  # as Explore calls it
_WAS = {"Phase spread": SHIFTED}  # in links of 0.1
LAYERS = {
    "loss": Layer("Loss", "The spectrum loss of this spectrum and this peptide at every setting.", GOOD_BELOW),
    "artefact": Layer(
        "Grid artefact",
        "The loss minus that with infinitely narrow bins. Above 0 the grid adds to the loss, below 0 it hides some.",
        AROUND_ZERO,
        "middle",
    ),
    "spread": Layer(SHIFTED, "How far the loss moves as the grid is shifted by less than a bin.", BAD_ABOVE, "low"),
    "margin": Layer(
        "Decoy margin",
        "Mean loss of shuffled decoys less the loss: above 0, the peptide beats them.",
        GOOD_OVER_ZERO,
        "middle",
    ),
}
HEAT = "heat"


@st.cache_resource(max_entries=32, show_spinner=False)
def _landscape(key: str, _psm: Psm, _settings: LossSettings) -> Landscape:
    return landscape(_psm, _settings)


def draw(psm: Psm, settings: LossSettings, key: str) -> None:
    """The tab's content under the line that finds the spectrum.

    Args:
        key: the same text for the same spectrum, peptide and settings, whatever sigma and bin width are.
    """
    found = _landscape(f"{key}|{settings.sigma_unit}", psm, settings)
    here = landscape(
        psm, settings, Axes(np.array([settings.sigma]), settings.sigma_unit, np.array([settings.bin_width]))
    )
    layer = layer_switch(LAYERS, "layer", "Layer of the landscape")
    values = {
        "loss": found.loss,
        "artefact": found.grid_artefact,
        "spread": found.phase_spread,
        "margin": found.decoy_margin,
    }[layer]
    with st.container(key="tune-one"):
        left, right = st.columns([1.25, 1], gap="large")
    with left:
        if layer == "margin" and not found.decoys:
            st.info("This peptide has no other order of its residues, so there is no decoy to compare it with.")
        else:
            heat(found.axes, values, LAYERS[layer], settings, HEAT)
        st.caption(f"{LAYERS[layer].about} Click a cell to set σ and h, here and on every page.")
    with right:
        facts("At this setting", _facts(here))
        column = found.axes.nearest(settings.sigma, settings.bin_width)[1]
        curves = {"this peptide": found.loss[:, column]}
        band = None
        if found.decoys:
            decoys = found.decoy_loss[:, :, column]
            curves["shuffled decoys, mean"] = decoys.mean(axis=0)
            band = decoys.min(axis=0), decoys.max(axis=0)
        st.markdown(f"**Along σ, at bins of {found.axes.bin_widths[column]:.3g} Th**")
        components.figure(
            cut_figure(found.axes, curves, _sigma_in(found.axes, settings), title="loss", band=band), key="cut"
        )
        if found.decoys:
            named = ", ".join(escape_markdown(decoy.sequence) for decoy in found.decoys)
            st.caption(f"Decoys: {named}. The last residue keeps its place; the shuffling is seeded.")


def layer_switch(layers: dict[str, Layer], key: str, label: str) -> str:
    """Which layer is shown."""
    by_title = {layer.title: name for name, layer in layers.items()}
    titles = list(by_title)
    if now := _WAS.get(st.query_params.get(key, "")):
        st.query_params[key] = now
        st.rerun()
    picked = st.segmented_control(
        label,
        titles,
        default=titles[0],
        required=True,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )
    return by_title[picked or titles[0]]


def heat(axes: Axes, values: np.ndarray, layer: Layer, settings: LossSettings, key: str, **more: object) -> None:
    """A heat map whose cells set sigma and bin width when they are clicked."""
    sigma = _sigma_in(axes, settings)
    present = None if sigma is None else (sigma, settings.bin_width)
    figure = heat_figure(axes, values, layer, present, **more)  # type: ignore[arg-type]
    components.cells(figure, key=key, on_pick=lambda: state.pick(key, axes.sigma_unit))


def _sigma_in(axes: Axes, settings: LossSettings) -> float | None:
    return settings.sigma if axes.sigma_unit == settings.sigma_unit else None


def _facts(here: Landscape) -> list[Fact]:
    loss, artefact = float(here.loss[0, 0]), float(here.grid_artefact[0, 0])
    out = [
        Fact("Spectrum loss", f"{loss:.4f}", "1 − cosine of the two rendered spectra.", strong=True),
        Fact("Without a grid", f"{float(here.continuum[0, 0]):.4f}", "The loss with infinitely narrow bins."),
        Fact("Grid artefact", signed(artefact, ".4f"), "The loss less the one without a grid."),
        Fact(
            SHIFTED,
            f"{float(here.phase_spread[0, 0]):.4f}",
            f"As the grid is shifted by less than a bin, the loss goes from {float(here.phase_low[0, 0]):.4f} "
            f"to {float(here.phase_high[0, 0]):.4f}.",
        ),
    ]
    if here.decoys:
        mean = float(here.decoy_loss[:, 0, 0].mean())
        out += [
            Fact("Decoys, mean", f"{mean:.4f}", f"Mean loss of {len(here.decoys)} shuffled decoys."),
            Fact("Decoy margin", signed(mean - loss, ".4f"), "Above 0, the peptide beats its decoys."),
        ]
    return out
