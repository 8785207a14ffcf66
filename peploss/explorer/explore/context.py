"""The tab Context: what the file says around the spectrum."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from peploss.analysis.context.precursor import envelope_in, purity_of, told
from peploss.analysis.one_psm.explanation import Explanation
from peploss.errors import PeplossError
from peploss.explorer.browser import components
from peploss.explorer.figures.spectra.context import current_figure, survey_figure
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.sources.source import Source
from peploss.spectra.readers import SpectrumFile
from peploss.spectra.survey import LOOK_BACK, MOST_POINTS, Context, IonCurrent

NONE_HERE = (
    "Only mzML and mzXML hold survey scans, isolation windows and the ion current. Open the spectrum in such a file to "
    "see them."
)


@st.cache_resource(max_entries=16, show_spinner=False)
def _context(key: str, place: int, _spectra: SpectrumFile) -> Context | None:
    return _spectra.context(place)


@st.cache_resource(max_entries=4, show_spinner="Reading the ion current…")
def _current(key: str, _spectra: SpectrumFile) -> IonCurrent | None:
    return _spectra.ion_current()


def tab(ex: Explanation, source: Source) -> None:
    """The precursor in its survey scan, what else was isolated, and where in the run the spectrum lies."""
    spectra = source.spectra
    if not isinstance(spectra, SpectrumFile):
        st.caption(NONE_HERE)
        return
    try:
        context = _context(source.key, ex.spectrum.index, spectra)
        if context is None:
            st.caption(NONE_HERE)
            return
        _precursor(ex, context)
        _run(ex, _current(source.key, spectra))
    except PeplossError as error:
        st.error(sentence(error))


def _precursor(ex: Explanation, context: Context) -> None:
    survey = context.survey
    if survey is None:
        st.caption(f"There is no survey scan (MS1) within {LOOK_BACK} entries before this spectrum.")
        return
    if ex.charge is None:
        st.caption("The precursor charge is not known, so the isotopes of the peptide cannot be placed.")
        return
    centre = ex.spectrum.precursor_mz or ex.peptide.mz(ex.charge)
    seen = envelope_in(survey, ex.peptide, ex.charge)
    pure = purity_of(survey, ex.peptide, ex.charge, centre, context.isolation)
    st.markdown(f"**The precursor in its survey scan** · {escape_markdown(survey.native_id)}", help=_HELP)
    st.markdown(" ".join(told(context, seen, pure)))
    components.figure(survey_figure(survey, seen, pure), key="survey")
    if len(pure.others):
        with st.expander("Other peaks in the isolation window"):
            st.dataframe(
                pd.DataFrame({"m/z": pure.others[:, 0], "share of the window": pure.others[:, 1] / pure.total}),
                hide_index=True,
                column_config={
                    "m/z": st.column_config.NumberColumn(format="%.4f"),
                    "share of the window": st.column_config.NumberColumn(format="percent"),
                },
            )


def _run(ex: Explanation, current: IonCurrent | None) -> None:
    if current is None:
        st.caption("The file states no total ion current of survey scans.")
        return
    st.markdown(
        "**Where in the run**",
        help=f"Total ion current of the survey scans as the file states it; in a file of more than {MOST_POINTS:,} "
        "entries, of those among that many, evenly over the file.",
    )
    components.figure(current_figure(current, ex.spectrum.rt), key="current")


_HELP = """
Circles: the isotope envelope of the peptide, from the elements of its residues; what modifications add counts as
average residues. It is scaled to the sum of the peaks found. The band is the isolation window.

Purity: the share of the intensity in the window within 20 ppm of an isotope of the peptide.
"""
