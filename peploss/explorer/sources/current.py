"""The spectrum that is shown and its candidate, for every page that is about one: found, stepped through, typed."""

from __future__ import annotations

import html

import streamlit as st

from peploss.errors import PeplossError, PeptideError
from peploss.explorer.browser import components
from peploss.explorer.shell import arrival, controls, link, state
from peploss.explorer.shell.text import escape_markdown, pointed, sentence
from peploss.explorer.sources import browse, choose, unusable
from peploss.explorer.sources.choose import AbsentError
from peploss.explorer.sources.source import Source
from peploss.explorer.sources.stored import StoredSpectra
from peploss.peptides.notations import as_proforma
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.samples import DEFAULT_FILE, DEFAULT_TITLE
from peploss.spectra.spectrum import Spectrum

_NONE_FOUND = "_none_found"  # whether the search for a first usable spectrum gave up
_CANDIDATE = "_candidate"  # the peptide as typed, kept while its field is not on the page
SHOWN = "shown"
"""Key of the container that holds what follows from the candidate."""
_FIELD = "_field"  # the page whose last run drew that field


def choose_source() -> tuple[Source | None, PeplossError | None]:
    """The sidebar's part about the source: what is open, or the problem that keeps it closed."""
    try:
        source = choose.source()
    except PeplossError as error:
        return None, error
    if source is not None:
        for note in (*([source.about] if source.about else []), *source.spectra.notes):
            st.caption(escape_markdown(note))
        if source.eager:
            unusable.listed(source)
    return source, None


def nothing_open(problem: PeplossError | None) -> None:
    """The page without a spectrum; what else a link says waits for the file to be uploaded or the peaks pasted."""
    link.write_sidebar()
    st.markdown("## Choose a spectrum")
    if problem is not None:
        st.error(sentence(problem), icon=":material/error:")
    st.markdown("Open a file or paste a peak list in the sidebar on the left, or go back to the samples.")
    if isinstance(problem, AbsentError):  # its place and its peptide mean nothing in another file
        st.session_state.setdefault("_source", "")
        link.is_done()


def settle(source: Source) -> int:
    """Which spectrum is shown: the one a link names, else where it was, else the first; returns that first."""
    opening = "_source" not in st.session_state
    if st.session_state.get("_source") != source.key:
        wanted = DEFAULT_TITLE if source.sample == DEFAULT_FILE else ""
        try:
            st.session_state["_home"] = browse.first(source, wanted)
            st.session_state[_NONE_FOUND] = False
        except PeplossError:
            st.session_state["_home"] = 0  # its reason is shown where the spectrum would be
            st.session_state[_NONE_FOUND] = True
        if not opening and not link.is_new():  # which names the place in the source that it opens
            state.set_index(None)
        st.session_state["_source"] = source.key
    home = int(st.session_state["_home"])
    if state.index() is None:
        browse.go(home)
    return home


def follow(source: Source, settings: LossSettings) -> None:
    """Go where the keys and buttons point by now; before the spectrum is read."""
    if by := state.steps_ahead():
        browse.step(source, settings, by)
        state.set_index(state.index())  # where there was nowhere to go, these steps are settled, too


def spectrum_of(source: Source) -> Spectrum | None:
    """The spectrum that is shown, its candidate filled in where it is new; None where it cannot be used."""
    try:
        spectrum = source.spectra.read(state.index() or 0)
    except PeplossError:
        spectrum = None
    if st.session_state.get("_fill") or link.is_new():
        own = (spectrum.peptide or "") if spectrum else ""
        linked = link.peptide() if link.is_new() else None
        st.session_state[state.PEPTIDE] = st.session_state[_CANDIDATE] = own if linked is None else linked
        link.is_done()
        st.session_state["_fill"] = False
    elif st.session_state.get(_FIELD) == arrival.here() and state.PEPTIDE in st.session_state:
        st.session_state[_CANDIDATE] = st.session_state[state.PEPTIDE]
    else:  # the last run did not draw the field, or another page did: Streamlit begins it anew
        st.session_state[state.PEPTIDE] = st.session_state.get(_CANDIDATE, "")
    st.session_state[_FIELD] = None
    shift = state.view().shift
    return spectrum if spectrum is None or shift is None else shift.undone(spectrum)


def key_of(source: Source) -> str:
    """The same text for the same spectra as they are shown, for caches."""
    shift = state.view().shift
    return source.key if shift is None else f"{source.key}|{shift}"


def reason(source: Source) -> None:
    """Why the spectrum cannot be used."""
    if told := unusable.nothing_usable(source):
        st.error(told, icon=":material/error:")
        return
    try:
        source.spectra.read(state.index() or 0)
    except PeplossError as error:
        st.error(sentence(error))
        if st.session_state.get(_NONE_FOUND):
            st.caption(
                f"None of the first {browse.MOST_TRIES:,} spectra can be used. Open Browse to read the whole file."
            )
        else:
            st.caption("You can still use the rest of the file: press Next, or pick a spectrum under Browse.")


def candidate(
    source: Source, spectrum: Spectrum | None, settings: LossSettings, warning: str = ""
) -> tuple[str, Peptide | None]:
    """The line that finds a spectrum, and under it what is wrong with the settings, the spectrum or its candidate.

    Returns:
        the peptide as typed, and as read; None where there is none, or no spectrum for it.
    """
    text = line(source, spectrum, settings)
    with st.container():
        if warning:
            st.warning(warning, icon=":material/tune:")
        if spectrum is None:
            reason(source)
            return text, None
        for note in spectrum.notes:
            st.caption(escape_markdown(note))
        shifted()
        return text, peptide_of(text, spectrum)


def shifted() -> None:
    """Say that the peaks are moved, with a way back; nothing where they are not."""
    shift = state.view().shift
    if shift is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"The observed peaks are moved by {-shift.value:+.4g} {shift.unit}.")
        st.button("Undo the shift", key="unshift", type="tertiary", on_click=state.set_shift, args=(None,))


def line(source: Source, spectrum: Spectrum | None, settings: LossSettings) -> str:
    """One line: stepping, browsing, which spectrum this is, and its candidate. Returns the peptide as typed."""

    def step(by: int) -> None:  # of a click that comes before the browser's own count listens
        browse.step(source, controls.with_heights(settings), by)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="line"):
        for key, letter, icon, by, which in (
            ("prev", "P", "left", -1, "Previous"),
            ("next", "N", "right", 1, "Next"),
        ):
            st.button(
                which,
                icon=f":material/chevron_{icon}:",
                key=key,
                help=f"{which} spectrum (key {letter})",
                on_click=step,
                args=(by,),
            )
        settled = state.steps_sent() - state.steps_ahead()
        components.steps(session=state.session(), settled=settled, key=state.STEPS)
        picker = st.popover("Browse", key="picker", on_change="rerun", width="content", icon=":material/table_rows:")
        name = html.escape(spectrum.name if spectrum else "".join(source.spectra.ids[state.index() or 0 :][:1]) or "–")
        about = f'<div class="pl-name" title="{name}"><b>{name}</b><span>{_facts(source, spectrum)}</span></div>'
        st.html(about, width="content")
        text = st.text_input(
            "Peptide (ProForma)",
            key=state.PEPTIDE,
            placeholder="PEPTIDEK, PEM[Oxidation]K/2, …",
            autocomplete="off",
            persist_state="page",
        ).strip()
        st.session_state[_FIELD] = arrival.here()
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
    if isinstance(source.spectra, StoredSpectra):
        st.markdown(f"This set holds {len(source.spectra):,} PSMs. Search, sort and open them on the page Outliers.")
        return
    st.markdown(f"This file holds {len(source.spectra):,} entries. Listing them needs one pass over the whole file.")
    if st.button("Read the whole file"):
        bar = st.progress(0.0)
        st.button("Cancel")  # like any click, it ends this run at the next step of the bar

        def advance(done: int, total: int) -> None:
            bar.progress(done / total, f"{done:,} of {total:,}")

        source.spectra.headers(advance)
        st.session_state["_read_all"] = source.key
        st.rerun()


def _facts(source: Source, spectrum: Spectrum | None) -> str:
    place = f"{(state.index() or 0) + 1:,} of {len(source.spectra):,}"
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


def peptide_of(text: str, spectrum: Spectrum) -> Peptide | None:
    """The candidate; where it cannot be read, a sentence that points, and the last good one here, dimmed."""
    here = (st.session_state.get("_source"), spectrum.index)
    if not text:
        return None
    try:
        peptide = Peptide.parse(text)
    except PeptideError as error:
        _unreadable(text, error)
        place, good = st.session_state.get("_good", (None, None))
        if place != here or not good:
            return None
        st.caption(f"Still showing {escape_markdown(good)}.")
        st.html(f"<style>.st-key-{SHOWN} {{ opacity: 0.4; }}</style>")
        return Peptide.parse(good)
    st.session_state["_good"] = (here, text)
    return peptide


def _unreadable(text: str, error: PeptideError) -> None:
    """Why the candidate cannot be read; another program's notation is offered as ProForma, by one click."""
    try:
        found, told = as_proforma(text)
        Peptide.parse(found)
    except PeptideError:
        found, told = text, ""
    if not told:
        st.error(pointed(error), icon=":material/error:")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.warning(f"This is not ProForma. Did you mean {escape_markdown(found)}?", icon=":material/edit:")
        st.button(f"Use {escape_markdown(found)}", key="as-proforma", on_click=_use, args=(found,))


def _use(text: str) -> None:
    """Callback: take this as the candidate."""
    st.session_state[state.PEPTIDE] = text
