"""What the set and its results say of themselves: where they come from, what did not join, how they were scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from peploss.dataset.query.results import Results
from peploss.dataset.store import ParquetStore
from peploss.explorer.shell.set_files import SetFile
from peploss.explorer.shell.text import escape_markdown
from peploss.settings import LossSettings


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
    if report.get("joined"):
        st.dataframe(
            pd.DataFrame([{**j, "table": Path(j["table"]).name} for j in report["joined"]]),
            hide_index=True,
            height="content",
        )
    if report.get("reasons"):
        st.markdown("Why PSMs are not in the set")
        st.dataframe(
            pd.DataFrame([
                {"PSMs": r["psms"], "reason": r["reason"], "first": _line(r["first"])}
                for r in report["reasons"]
            ]),
            hide_index=True,
            height="content",
        )  # fmt: skip
    if about.get("spectra"):
        with st.expander("Files it was made from"):
            files = [*about["spectra"], *about.get("tables", [])]
            st.dataframe(pd.DataFrame([{"file": f["path"], "bytes": f["size"]} for f in files]), hide_index=True)


def _scores(results: Results) -> None:
    about = results.about
    facts = [f"Scored {_time(about)} on {about.get('device', 'CPU')}."]
    facts += [f"{about['n_causes']:,} PSMs have a cause."] if about.get("n_causes") else []
    facts += [f"Decoys were shuffled with seed {about['seed']}."] if about.get("decoys") else []
    st.markdown(escape_markdown(" ".join(facts)))
    for damage in about.get("damaged", []):
        st.warning(escape_markdown(damage), icon=":material/broken_image:")
    toml = LossSettings.from_dict(about["settings"]).to_toml()
    st.code(toml, language="toml", height=280)
    st.download_button("Settings as TOML", toml, "peploss.toml", "text/plain", on_click="ignore")


def _line(first: dict[str, Any]) -> str:
    return f"{Path(first['table']).name}, line {first['line']}"


def _time(about: dict[str, Any]) -> str:
    return str(about["created"])[:16].replace("T", " ") + " UTC"


@st.cache_resource(max_entries=16, show_spinner=False)
def _about(path: str, mtime_ns: int, size: int) -> dict[str, Any]:
    with ParquetStore(path) as store:
        return store.about
