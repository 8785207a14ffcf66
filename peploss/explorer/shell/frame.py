"""What frames every page: the browser's tab, the menu with version and help, the heading."""

from __future__ import annotations

import streamlit as st

from peploss.explorer.browser.assets import FRONTEND
from peploss.version import __version__

ICON = FRONTEND / "icon.svg"  # local: no font or emoji from elsewhere

QUESTIONS = {
    "Explore": "Why is this loss what it is?",
    "Tune": "Which sigma and which bin width?",
    "Outliers": "Which spectra are bad, why, and what would fix them?",
    "Losses": "Would another loss be calmer, and is the claim true?",
    "Training": "What does my model's loss do, and why is it stuck?",
}
"""The question that each page answers, by the page's title."""

ABOUT = f"""
**peploss {__version__}** explains spectrum-matching losses of peptides.

{chr(10).join(f"- **{page}**: {question}" for page, question in QUESTIONS.items())}

Rest the pointer on a number to see its definition. Press **?** for the list of keys. The address of a page holds
everything that it shows: copy it to keep a view or to share it. peploss sends your spectra nowhere.

MIT licence. Python: `import peploss; help(peploss)`. Command line: `peploss --help`.
"""


def page(title: str) -> None:
    """Set the tab's name, the menu and the heading of the page ``title``."""
    st.set_page_config(
        page_title=f"{title} · peploss",
        page_icon=str(ICON),
        layout="wide",
        initial_sidebar_state="auto",
        menu_items={"Get help": None, "Report a bug": None, "About": ABOUT},
    )
    # For those who hear the page; for those who see it, the navigation says it.
    with st.container(key="heading"):
        st.html(f'<h1 class="pl-hidden">{title}: {QUESTIONS[title]}</h1>')


def spectrum(name: str, title: str) -> None:
    """Put what is shown before the page's name in the browser's tab."""
    st.set_page_config(page_title=f"{name} · {title} · peploss")
