"""What the set and its results say of themselves: where they come from, what did not join, how they were scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from peploss.dataset.query.results import Results
from peploss.dataset.store import ParquetStore
from peploss.explorer.shell.text import escape_markdown
from peploss.explorer.sources.set_files import SetFile
from peploss.settings import LossSettings

MOST_SAVED: Final = 500_000_000
"""Bytes of a set that the page offers to save: the server holds them in memory meanwhile."""


def draw(chosen: SetFile, results: Results | None) -> None:
    """The tab's content."""
    about = _about(*chosen.stamp)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        st.markdown("**The set**")
        _set(chosen, about)
    with right:
        st.markdown("**The scores**")
        if results is None:
            st.caption("It has not been scored.")
        else:
            _scores(results)


def _set(chosen: SetFile, about: dict[str, Any]) -> None:
    report = about.get("report") or {}
    made = f", made {_time(about)}" if about.get("created") else ""
    st.markdown(f"{chosen.n_psms:,} PSMs, by peploss {escape_markdown(str(about.get('version')))}{made}.")
    if report:
        st.markdown(
            f"{report['n_spectra']:,} spectra, of which {report['n_unusable']:,} cannot be used and "
            f"{report['n_without']:,} have no PSM. {report['n_not_joined']:,} PSMs are not in the set."
        )
    if report.get("n_replaced"):
        st.markdown(f"{report['n_replaced']:,} spectra name another peptide than the table; the table's is used.")
    if report.get("joined"):
        st.dataframe(
            pd.DataFrame([{**j, "table": Path(j["table"]).name} for j in report["joined"]]),
            hide_index=True,
            height="content",
        )
    if report.get("file_notes"):
        st.markdown("What is to be known of the files")
        st.dataframe(pd.DataFrame(report["file_notes"]), hide_index=True, height="content")
    _reasons("Why PSMs are not in the set", report.get("reasons"), "psms", "line")
    _reasons("Why spectra cannot be used", report.get("unusable"), "spectra", "spectrum")
    if report.get("n_mass_differs"):
        st.warning(
            f"{report['n_mass_differs']:,} PSMs do not have the mass that their table states. The column mass "
            "difference says by how much.",
            icon=":material/balance:",
        )
    if report.get("spectrum_notes"):
        st.markdown("What readers had to assume")
        notes = [{"PSMs": n, "note": note} for note, n in report["spectrum_notes"].items()]
        st.dataframe(pd.DataFrame(notes), hide_index=True, height="content")
    if report.get("notes_without"):
        st.markdown("Notes on spectra without a PSM")
        notes = [{"spectra": n, "note": note} for note, n in report["notes_without"].items()]
        st.dataframe(pd.DataFrame(notes), hide_index=True, height="content")
    if chosen.path.is_file() and chosen.path.stat().st_size <= MOST_SAVED:
        st.download_button(
            "Save the set", chosen.path.read_bytes, chosen.path.name, on_click="ignore", icon=":material/download:"
        )
    elif chosen.path.is_file():
        st.caption(f"The set is too large to save from here. It lies at {escape_markdown(str(chosen.path))}.")
    if about.get("spectra"):
        with st.expander("Files it was made from"):
            files = [*about["spectra"], *about.get("tables", [])]
            st.dataframe(pd.DataFrame([{"file": f["path"], "bytes": f["size"]} for f in files]), hide_index=True)


def _reasons(title: str, reasons: list[dict[str, Any]] | None, counted: str, place: str) -> None:
    """A table of reasons, how many each left out, and the first of them."""
    if not reasons:
        return
    st.markdown(title)
    rows = []
    for r in reasons:
        first = r["first"]
        at = f"{Path(first['table']).name}, {place} {first['line']}"
        rows.append({counted: r[counted], "reason": r["reason"], "first": at})
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content")


def _scores(results: Results) -> None:
    about = results.about
    facts = [f"Scored {_time(about)} on {about.get('device', 'CPU')}."]
    facts += [f"{about['n_causes']:,} PSMs have a cause."] if about.get("n_causes") else []
    facts += [f"Decoys were shuffled with seed {about['seed']}."] if about.get("decoys") else []
    st.markdown(escape_markdown(" ".join(facts)))
    for damage in about.get("damaged", []):
        st.warning(escape_markdown(damage), icon=":material/broken_image:")
    toml = LossSettings.from_dict(about["settings"]).to_toml()
    st.code(toml, language="toml")
    st.download_button("Settings as TOML", toml, "peploss.toml", "text/plain", on_click="ignore")


def _time(about: dict[str, Any]) -> str:
    return str(about["created"])[:16].replace("T", " ") + " UTC"


@st.cache_resource(max_entries=16, show_spinner=False)
def _about(path: str, mtime_ns: int, size: int) -> dict[str, Any]:
    with ParquetStore(path) as store:
        return store.about
