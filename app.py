"""The peploss explorer: ``streamlit run app.py`` in a checkout, ``peploss serve`` where it is installed.

The server imports this file once, as a module, for the app and the routes of its scripts; every page view runs it
again as a script, for the navigation.
"""

from __future__ import annotations

import logging

import streamlit as st

from peploss.explorer.shell import arrival, frame


def navigation() -> st.Page:
    """The page that the address asks for."""
    return st.navigation(
        [
            st.Page("pages/views/explore.py", title="Explore", icon=":material/ssid_chart:", default=True),
            st.Page("pages/views/tune.py", title="Tune", icon=":material/tune:"),
            st.Page("pages/views/outliers.py", title="Outliers", icon=":material/scatter_plot:"),
            st.Page("pages/views/losses.py", title="Losses", icon=":material/compare_arrows:"),
            st.Page("pages/views/training.py", title="Training", icon=":material/model_training:"),
        ],
        position="top",
    )


def navigate() -> None:
    """Page frame and navigation; pages lie one level down so that the first deep link runs through here."""
    st.set_page_config(page_icon=str(frame.ICON))  # first: without one the browser fetches the page's icon from outside
    page = navigation()
    frame.page(page.title)
    arrival.arrive(page.title)
    page.run()


if __name__ == "__main__":
    navigate()
else:
    from peploss.explorer import warm
    from peploss.explorer.browser.assets import routes
    from peploss.explorer.browser.first_paint import middleware
    from peploss.explorer.shell import delta_queue

    warm.up()
    delta_queue.mend()
    # Until it is called once, Streamlit takes pages/ for its own and tells the first deep link that there is no page.
    # Called without a page view it also logs that there is none.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    navigation()
    app = st.App(__file__, routes=routes(), middleware=middleware())
