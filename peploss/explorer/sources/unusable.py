"""What of a file cannot be used, and why: nothing is left out without a word."""

from __future__ import annotations

import csv
import io
from collections import Counter

import streamlit as st

from peploss.explorer.shell.text import escape_markdown
from peploss.explorer.sources.source import Source
from peploss.spectra.readers import Problem

MOST_LISTED = 200  # spectra listed on the page; a table to save has all of them
MOST_REASONS = 6


def listed(source: Source) -> None:
    """How many MS1 scans a file has, and which other spectra cannot be used, by reason; nothing where all can."""
    found, survey, total = list(source.spectra.problems), source.spectra.not_ms2, len(source.spectra)
    if survey:
        st.caption(f"Passed over, as MS1 scans have no fragments: {survey:,} of {total:,} entries.")
    if not found:
        return
    title = f"{len(found):,} of {total:,} spectra cannot be used"
    if len(found) + survey == total:
        title = f"None of the {total} spectra can be used" if total > 1 else "The only spectrum cannot be used"
    with st.expander(title, icon=":material/report:"):
        by_reason: dict[str, list[str]] = {}
        for problem in found[:MOST_LISTED]:
            by_reason.setdefault(problem.reason, []).append(f"{problem.index + 1}: {problem.name}")
        for reason, names in by_reason.items():
            st.markdown(f"{escape_markdown(reason)}  \n:small[:gray[{escape_markdown(' · '.join(names))}]]")
        if len(found) > MOST_LISTED:
            st.caption(f"The first {MOST_LISTED} are listed.")
            st.download_button(
                "All of them as CSV", table(found), f"{source.spectra.name}.problems.csv", "text/csv", on_click="ignore"
            )


def table(found: list[Problem]) -> str:
    """Every unusable spectrum as CSV: its 1-based place, its name, the reason."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["place", "spectrum", "reason"])
    rows.writerows((problem.index + 1, problem.name, problem.reason) for problem in found)
    return out.getvalue()


def nothing_usable(source: Source) -> str:
    """Why no spectrum of the file can be used, as Markdown; ``""`` where one can, or where it has not been read."""
    if not source.eager:
        return ""
    found, survey, total = list(source.spectra.problems), source.spectra.not_ms2, len(source.spectra)
    if len(found) + survey < total:
        return ""
    if total == 1:
        reason = found[0].reason if found else "It is an MS1 survey scan."
        return f"The only spectrum of this file cannot be used. {escape_markdown(reason)}"
    lines = [f"{survey} MS1 survey scan{'s' * (survey > 1)}"] if survey else []
    reasons = Counter(problem.reason for problem in found).most_common()
    lines += [f"{count} with this: {escape_markdown(reason)}" for reason, count in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        lines.append(f"{sum(count for _, count in reasons[MOST_REASONS:])} with other reasons, listed in the sidebar")
    return f"None of the {total} spectra can be used:\n" + "".join(f"\n- {line}" for line in lines)
