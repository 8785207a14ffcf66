"""Several candidates on the spectrum that is shown: which there are, what the stage lists of them, and their tab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from peploss.analysis.candidates.compare import MOST, Compared, compare_candidates
from peploss.analysis.candidates.deciding import Deciding, deciding, rival_of, verdict
from peploss.analysis.candidates.gather import KINDS, Kind, joined, made_of
from peploss.analysis.one_psm.explained import on_grid
from peploss.analysis.one_psm.explanation import Explanation
from peploss.dataset.query.ranks import Ranked, confidence_of, ranks_of
from peploss.errors import PeplossError, PeptideError
from peploss.explorer.shell import state
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.sources import current
from peploss.explorer.sources.source import Source
from peploss.explorer.sources.stored import StoredSpectra
from peploss.peptides.confidence import Confidence
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

_TOLD = "_candidates_told"
_TYPED = "another"

LABELS: dict[Kind, tuple[str, str]] = {
    "sites": ("Other sites", "The modifications on all residues they may sit on; the lowest losses are taken."),
    "swaps": ("Isobaric swaps", "N for GG, Q for AG, K for Q, F for oxidised M, neighbours exchanged, I for L, and "
              "whatever else has nearly the same mass; the lowest losses are taken."),
    "fixes": ("Fixes of the causes", "The changed peptides that would lower the loss."),
    "decoys": ("Decoys", "Three shuffled peptides of the same residues."),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates of the spectrum that is shown.

    Attributes:
        peptides: the one in the field, and those beside it.
        shown, below: places of the one that is shown and of the one drawn below it (None for none).
    """

    peptides: list[Peptide]
    shown: int = 0
    below: int | None = None

    @property
    def peptide(self) -> Peptide:
        """The one that is shown."""
        return self.peptides[self.shown]


def chosen(first: Peptide, spectrum: Spectrum) -> Candidates:
    """Which candidates the state names; what of it cannot be read, or is there twice, is left out."""
    view = state.view()
    others = []
    for text in state.also():
        try:
            others.append(Peptide.parse(text))
        except PeptideError:  # of a link; what is typed is checked before it comes here
            continue
    peptides, _ = joined([first], others, spectrum.precursor_charge)
    shown = min(view.cand, len(peptides)) - 1
    below = view.over - 1 if 0 < view.over <= len(peptides) and view.over - 1 != shown else None
    return Candidates(peptides, shown, below)


@st.cache_resource(max_entries=24, show_spinner=False)
def _compared(
    key: str, place: int, peptides: tuple[str, ...], settings_toml: str, _spectrum: Spectrum, _peptides: list[Peptide],
    _settings: LossSettings,
) -> list[Compared]:  # fmt: skip
    return compare_candidates(_spectrum, _peptides, _settings)


def compared(source: Source, spectrum: Spectrum, these: Candidates, settings: LossSettings) -> list[Compared]:
    """All of them on the spectrum, with the widths that are shown."""
    texts = tuple(_texts(these.peptides))
    return _compared(
        current.key_of(source), spectrum.index, texts, settings.to_toml(), spectrum, these.peptides, settings
    )


@st.cache_resource(max_entries=24, show_spinner=False)
def _ranked(key: str, place: int, _spectra: StoredSpectra) -> list[Ranked]:
    return ranks_of(_spectra.path, *_spectra.place_of(place))


def confidence(source: Source, spectrum: Spectrum, peptide: Peptide) -> Confidence | None:
    """What the model that proposed a candidate says of its residues; None where the source holds nothing of it."""
    if not isinstance(source.spectra, StoredSpectra):
        return None
    return confidence_of(_ranked(source.key, spectrum.index, source.spectra), peptide)


def rows(these: Candidates, all_of_them: list[Compared], settings: LossSettings) -> dict[str, Any] | None:
    """The small table for the stage; None where there is one candidate."""
    if len(all_of_them) < 2:
        return None
    return {
        "shown": these.shown + 1,
        "below": 0 if these.below is None else these.below + 1,
        "rows": [_row(i, all_of_them, settings) for i in range(len(all_of_them))],
    }


def _row(i: int, all_of_them: list[Compared], settings: LossSettings) -> dict[str, str]:
    one, rival = all_of_them[i], rival_of(i, all_of_them)
    alone = None if rival is None else deciding(one, all_of_them[rival], settings)
    return {
        "peptide": one.peptide.proforma,
        "loss": f"{one.loss:.4f}",
        "difference": "" if i == 0 else f"{one.difference:+.4f}".replace("-", "\u2212"),
        "ppm": "" if one.ppm is None else f"{one.ppm:+,.1f}".replace("-", "\u2212"),
        "matched": f"{one.n_matched}/{one.n_matchable}",
        "explained": f"{one.explained:.1%}",
        "rank": one.rank_text,
        "deciding": "" if alone is None else f"{alone.n_found}/{len(alone)}",
        "note": one.note or "",
    }


def pair_of(these: Candidates, all_of_them: list[Compared], settings: LossSettings) -> tuple[Deciding, Deciding]:
    """What tells the candidate that is shown from the one below it, and the other way round."""
    a, b = all_of_them[these.shown], all_of_them[these.below or 0]
    return deciding(a, b, settings), deciding(b, a, settings)


def tab(ex: Explanation, source: Source, spectrum: Spectrum, these: Candidates, settings: LossSettings) -> None:
    """Add and drop candidates; the fragments that tell the one that is shown from another."""
    _controls(source, spectrum, these, settings)
    if len(these.peptides) < 2:
        st.caption("Add a second candidate to see what tells the two apart. Keys 1 to 8 then show one after another.")
        return
    try:
        found = compared(source, spectrum, these, settings)
    except PeplossError as error:
        st.error(sentence(error))
        return
    other = these.below if these.below is not None else rival_of(these.shown, found)
    if other is None:
        return
    pair = Candidates(these.peptides, these.shown, other)
    a, b = pair_of(pair, found, settings)
    names = (str(these.shown + 1), str(other + 1))
    st.markdown(f"**What tells {names[0]} from {names[1]}** · {escape_markdown(verdict(a, b, names))}")
    for note in dict.fromkeys(one.note for one in found[1:] if one.note):
        st.caption(escape_markdown(note))
    if len(a) or len(b):
        st.dataframe(
            deciding_table(found, pair, (a, b), settings),
            hide_index=True,
            placeholder="",
            height=min(38 + 35 * (len(a) + len(b)), 460),
            column_config={
                "candidate": st.column_config.TextColumn(width=78),
                "ion": st.column_config.TextColumn(width=84),
                "m/z": st.column_config.NumberColumn(format="%.4f"),
                "observed m/z": st.column_config.NumberColumn(format="%.4f"),
                "error ppm": st.column_config.NumberColumn(format="%+.1f"),
                "intensity %": st.column_config.NumberColumn(format="%.1f", help="Of the highest observed peak"),
            },
        )


def deciding_table(
    found: list[Compared], pair: Candidates, alone: tuple[Deciding, Deciding], settings: LossSettings
) -> pd.DataFrame:
    """One row for each deciding fragment of two candidates, in order of m/z; NaN where there is no peak."""
    parts = []
    for place, own in zip((pair.shown, pair.below or 0), alone, strict=True):
        one = found[place]
        has = own.peak >= 0
        peak = np.where(has, own.peak, 0)
        seen = on_grid((one.observed.mz, one.observed.intensity), settings)[1]
        height = 100 * seen / (float(seen.max(initial=0.0)) or 1.0)
        mz = one.fragments.mz[own.fragment]
        observed = np.where(has, one.observed.mz[peak] if len(one.observed) else np.nan, np.nan)
        parts.append(
            pd.DataFrame(
                {
                    "candidate": f"{place + 1}",
                    "ion": [one.fragments.plain_label[i] for i in own.fragment.tolist()],
                    "m/z": mz,
                    "peak": np.where(has, "yes", "no"),
                    "observed m/z": observed,
                    "error ppm": (observed - mz) / mz * 1e6,
                    "intensity %": np.where(has, height[peak] if height.size else np.nan, np.nan),
                }
            )
        )
    return pd.concat(parts).sort_values("m/z", kind="stable")


def _controls(source: Source, spectrum: Spectrum, these: Candidates, settings: LossSettings) -> None:
    # Nothing is disabled where all places are taken: a control that is disabled while it has the focus keeps every key.
    room = MOST - len(these.peptides)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="candidates"):
        st.text_input(
            "Another candidate (ProForma)",
            key=_TYPED,
            on_change=_typed,
            args=(spectrum, these.peptides),
            autocomplete="off",
            placeholder="VGEAAASGEIRK, …" if room else f"At most {MOST} candidates",
        )
        for kind, (label, about) in LABELS.items():
            st.button(label, key=f"add-{kind}", help=about, on_click=_made,
                      args=(kind, source, spectrum, these.peptides, settings))  # fmt: skip
        if isinstance(source.spectra, StoredSpectra):
            st.button("Ranks in the set", key="add-ranks", on_click=_ranks,
                      help="The other candidates that the set holds for this spectrum.",
                      args=(source.spectra, spectrum, these.peptides))  # fmt: skip
        if len(these.peptides) > 1:
            st.button("Drop all but the first", key="drop-candidates", type="tertiary", on_click=_drop)
            if these.shown:
                st.button(f"Drop {these.shown + 1}", key="drop-candidate", type="tertiary", on_click=_drop_one,
                          args=(these.shown, these.peptides))  # fmt: skip
    told, about = st.session_state.get(_TOLD, ("", []))
    if told and about == _texts(these.peptides):
        st.caption(escape_markdown(told))


def _texts(peptides: Sequence[Peptide]) -> list[str]:
    return [peptide.proforma for peptide in peptides]


def _tell(told: str, peptides: Sequence[Peptide]) -> None:
    """Say something of these candidates, as long as they are the ones that are compared."""
    st.session_state[_TOLD] = (told, _texts(peptides))


def _add(peptides: Sequence[Peptide], more: Sequence[Peptide], spectrum: Spectrum, told: str) -> None:
    every, left = joined(peptides, more, spectrum.precursor_charge)
    added = len(every) - len(peptides)
    if not added and more and not left:
        told += " All of these are candidates already."
    if left:
        out = f"{left[0].proforma} was" if len(left) == 1 else f"{len(left)} were"
        told += f" There is room for {MOST} candidates: {out} left out. Drop one to make room."
    _tell(told.strip(), every)
    state.set_also(_texts(every[1:]))
    st.rerun()  # the button lies in a small part of the page


def _typed(spectrum: Spectrum, peptides: list[Peptide]) -> None:
    text = str(st.session_state.get(_TYPED, "")).strip()
    if not text:
        return
    try:
        more = Peptide.parse(text)
    except PeptideError as error:
        _tell(f"{text}: {error}", peptides)
        return
    st.session_state[_TYPED] = ""
    _add(peptides, [more], spectrum, "")


def _made(kind: Kind, source: Source, spectrum: Spectrum, peptides: list[Peptide], settings: LossSettings) -> None:
    if len(peptides) >= MOST:
        _tell(f"There is room for {MOST} candidates. Drop one to make room.", peptides)
        return
    try:
        made = made_of(kind, spectrum, peptides[0], settings, n=MOST - len(peptides))
    except PeplossError as error:
        _tell(sentence(error), peptides)
        return
    _add(peptides, made.peptides, spectrum, f"Added: {made.told(KINDS[kind])}." if made.peptides else _none(kind))


def _none(kind: Kind) -> str:
    return {
        "sites": "The modifications have no other sites: there is none, or no other residue of their kind.",
        "swaps": "No residue of this peptide can be swapped for one of the same mass.",
        "fixes": "No changed peptide that was tried lowers the loss.",
        "decoys": "This peptide has too few different orders for a decoy.",
    }[kind]


def _ranks(spectra: StoredSpectra, spectrum: Spectrum, peptides: list[Peptide]) -> None:
    file, index = spectra.place_of(spectrum.index)
    try:
        more = [Peptide.parse(one.peptide) for one in ranks_of(spectra.path, file, index)]
    except PeplossError as error:
        _tell(sentence(error), peptides)
        return
    n = "1 candidate" if len(more) == 1 else f"{len(more)} candidates"
    _add(peptides, more, spectrum, f"The set holds {n} of this spectrum.")


def _drop() -> None:
    state.set_also([])
    st.rerun()


def _drop_one(place: int, peptides: list[Peptide]) -> None:
    state.set_also([p.proforma for i, p in enumerate(peptides) if i not in (0, place)], cand=1)
    st.rerun()
