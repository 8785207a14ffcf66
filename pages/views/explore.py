"""Explore: why is this loss what it is?"""

from __future__ import annotations

import html

import streamlit as st

from peploss.analysis.explain import Explanation, explain
from peploss.errors import PeplossError, PeptideError
from peploss.explorer import browse, components, controls, details, figures, payload, sources, state, unusable
from peploss.explorer.sources import AbsentError, Source
from peploss.explorer.text import escape_markdown, pointed, sentence
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.samples import DEFAULT_FILE, DEFAULT_TITLE
from peploss.spectra.spectrum import Spectrum


def page() -> None:
    """The whole page, top to bottom; a problem is told in its own place and the rest stays."""
    from_link = state.sync_with_link()
    with st.sidebar:
        source, problem = _source()
        settings, left_out = controls.choose_settings()
    if source is None:
        _nothing_open(problem, from_link)
        return
    from_link = st.session_state.pop(_LINK_WAITS, False) or from_link
    home = _place(source, from_link)
    spectrum = _spectrum(source)
    own = (spectrum.peptide or "") if spectrum else ""
    if st.session_state.pop("_fill", False):
        linked = state.linked_peptide() if from_link else None
        st.session_state[state.PEPTIDE] = own if linked is None else linked
    text = _line(source, spectrum, settings)
    trouble = st.container()
    if left_out:
        trouble.warning(left_out, icon=":material/tune:")
    if spectrum is None:
        with trouble:
            _reason(source)
        return
    for note in spectrum.notes:
        trouble.caption(escape_markdown(note))
    peptide = _peptide(text, spectrum, trouble)
    if peptide is None:
        _without_candidate(spectrum, text)
    else:
        _stage(source, spectrum, peptide, settings)
        _details(source, spectrum, peptide, settings, home)
    state.write_link(home, own)


_NONE_FOUND = "_none_found"  # whether the search for a first usable spectrum gave up
_LINK_WAITS = "_link_waits"  # for the file or the peaks that it is about


def _nothing_open(problem: PeplossError | None, from_link: bool) -> None:
    """The page without a spectrum; what else a link says waits for the file to be uploaded or the peaks pasted."""
    st.markdown("### Choose a spectrum")
    if problem is not None:
        st.error(sentence(problem), icon=":material/error:")
    st.markdown("Open a file or paste a peak list in the sidebar on the left, or go back to the samples.")
    if isinstance(problem, AbsentError):  # its place and its peptide mean nothing in another file
        st.session_state.setdefault("_source", "")
    elif from_link:
        st.session_state[_LINK_WAITS] = True


def _source() -> tuple[Source | None, PeplossError | None]:
    try:
        source = sources.choose()
    except PeplossError as error:
        return None, error
    if source is not None:
        for note in (*([source.about] if source.about else []), *source.spectra.notes):
            st.caption(escape_markdown(note))
        if source.eager:
            unusable.listed(source)
    return source, None


def _place(source: Source, from_link: bool) -> int:
    """Settle which spectrum is shown: the one a link names, else where it was, else the first; returns that first."""
    opening = "_source" not in st.session_state
    if st.session_state.get("_source") != source.key:
        st.session_state["_source"] = source.key
        wanted = DEFAULT_TITLE if source.sample == DEFAULT_FILE else ""
        try:
            st.session_state["_home"] = browse.first(source, wanted)
            st.session_state[_NONE_FOUND] = False
        except PeplossError:
            st.session_state["_home"] = 0  # its reason is shown where the spectrum would be
            st.session_state[_NONE_FOUND] = True
        if not opening:
            state.set_index(None)
    home = st.session_state["_home"]
    if state.index() is None:
        state.set_index(home)
        st.session_state["_fill"] = True
    if from_link:
        st.session_state["_fill"] = True
    return home


def _spectrum(source: Source) -> Spectrum | None:
    try:
        return source.spectra.read(state.index() or 0)
    except PeplossError:
        return None


def _reason(source: Source) -> None:
    if told := unusable.nothing_usable(source):
        st.error(told, icon=":material/error:")
        return
    try:
        source.spectra.read(state.index() or 0)
    except PeplossError as error:
        st.error(sentence(error))
        if st.session_state.get(_NONE_FOUND):
            st.caption(f"Nor can any other of the first {browse.MOST_TRIES:,} be used. Browse reads the whole file.")
        else:
            st.caption("The rest of the file can still be used: step on with the arrows, or pick one under Browse.")


def _line(source: Source, spectrum: Spectrum | None, settings: LossSettings) -> str:
    """One line: stepping, browsing, which spectrum this is, and its candidate. Returns the peptide as typed."""

    def step(by: int) -> None:
        state.hold_link()
        browse.step(source, settings, by)

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="line"):
        st.button(
            ":gray[P]",
            icon=":material/chevron_left:",
            key="prev",
            help="Previous spectrum (key P)",
            on_click=step,
            args=(-1,),
        )
        st.button(
            ":gray[N]",
            icon=":material/chevron_right:",
            key="next",
            help="Next spectrum (key N)",
            on_click=step,
            args=(1,),
        )
        components.steps(step)
        picker = st.popover("Browse", key="picker", on_change="rerun", width="content", icon=":material/table_rows:")
        name = html.escape(spectrum.name if spectrum else "".join(source.spectra.ids[state.index() or 0 :][:1]) or "–")
        about = f'<div class="pl-name" title="{name}"><b>{name}</b><span>{_facts(source, spectrum)}</span></div>'
        st.html(about, width="content")
        text = st.text_input(
            "Peptide (ProForma)",
            key=state.PEPTIDE,
            placeholder="PEPTIDEK, PEM[Oxidation]K/2, …",
            label_visibility="collapsed",
            autocomplete="off",
        ).strip()
    if picker.open:
        with picker:
            _browse(source, settings)
    return text


def _browse(source: Source, settings: LossSettings) -> None:
    if source.eager or st.session_state.get("_read_all") == source.key:
        browse.panel(source, settings)
        if not source.eager:
            unusable.listed(source)
        return
    st.markdown(f"A large file with {len(source.spectra):,} entries. Its table needs one pass over all of it.")
    if st.button("Read the whole file"):
        bar = st.progress(0.0)
        st.button("Cancel")  # like any click, it ends this run at the next step of the bar

        def advance(done: int, total: int) -> None:
            bar.progress(done / total, f"{done:,} of {total:,}")

        source.spectra.headers(advance)
        st.session_state["_read_all"] = source.key
        st.rerun()


def _facts(source: Source, spectrum: Spectrum | None) -> str:
    place = f"{(state.index() or 0) + 1} of {len(source.spectra)}"
    if spectrum is None:
        return place
    facts = [place]
    if spectrum.precursor_mz:
        facts.append(f"m/z {spectrum.precursor_mz:.4f}")
    facts.append(f"{spectrum.precursor_charge}+" if spectrum.precursor_charge else "charge not given")
    if spectrum.rt is not None:
        facts.append(f"{spectrum.rt / 60:.1f} min")
    facts.append(f"{len(spectrum)} peaks")
    return html.escape(" · ".join(facts))


def _peptide(text: str, spectrum: Spectrum, trouble: st.delta_generator.DeltaGenerator) -> Peptide | None:
    """The candidate; where it cannot be read, the last good one of this spectrum, and a sentence that points."""
    here = (st.session_state.get("_source"), spectrum.index)
    if not text:
        return None
    try:
        peptide = Peptide.parse(text)
    except PeptideError as error:
        with trouble:
            st.error(pointed(error), icon=":material/error:")
        place, good = st.session_state.get("_good", (None, None))
        return Peptide.parse(good) if place == here and good else None
    st.session_state["_good"] = (here, text)
    return peptide


def _without_candidate(spectrum: Spectrum, text: str) -> None:
    components.figure(figures.observed_figure(spectrum), key="observed")
    if not text:
        st.info("Type a peptide above to see its fragments and its loss.", icon=":material/edit:")


@st.cache_resource(max_entries=24, show_spinner=False)
def _explained(
    source: str,
    place: int,
    peptide: str,
    settings_toml: str,
    _spectrum: Spectrum,
    _peptide: Peptide,
    _settings: LossSettings,
) -> Explanation:
    return explain(_spectrum, _peptide, _settings)


def _explain(source: Source, spectrum: Spectrum, peptide: Peptide, base: LossSettings) -> Explanation:
    settings = state.view().settings(base)
    return _explained(source.key, spectrum.index, peptide.text, settings.to_toml(), spectrum, peptide, settings)


def _settled() -> None:
    """The hand rests: the tabs and the link follow. A move that came in
    meanwhile shares this run, so the stage is in it, too."""
    st.rerun(["stage", "details"])


@st.fragment(key="stage")
def _stage(source: Source, spectrum: Spectrum, peptide: Peptide, base: LossSettings) -> None:
    try:
        ex = _explain(source, spectrum, peptide, base)
    except PeplossError as error:
        st.error(sentence(error))
        return
    components.stage(payload.stage(ex, state.view(), source=source.key), key=state.STAGE, on_settled=_settled)


@st.fragment(key="details")
def _details(source: Source, spectrum: Spectrum, peptide: Peptide, base: LossSettings, home: int) -> None:
    state.write_link(home, spectrum.peptide or "")
    try:
        ex = _explain(source, spectrum, peptide, base)
    except PeplossError:
        return  # said above the plot
    details.tabs(ex, source)


page()
