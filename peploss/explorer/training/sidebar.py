"""The sidebar of Training: which run, and where one's own comes from."""

from __future__ import annotations

import streamlit as st

from peploss.errors import PeplossError, SourceError
from peploss.explorer.shell.text import bytes_text, escape_markdown, sentence
from peploss.explorer.sources import uploads
from peploss.explorer.training import runs
from peploss.explorer.training.curves import Look, look_at, words
from peploss.explorer.training.shown import STATE

_KEPT = "_training_uploads"


def choose() -> Look | None:
    """Draw the choice and open the run; None where it cannot be opened, with the reason told."""
    _box()
    found = {run.name: run for run in runs.available()}
    asked = STATE.now().run
    name = asked or next(iter(found))
    names = [*found, *([name] if name not in found else [])]
    st.selectbox("Run", names, key=STATE.put("run", name, next(iter(found))))
    if name not in found:
        st.error(f"There is no run {escape_markdown(name)}. Choose another.", icon=":material/error:")
        return None
    try:
        stamp, grown = runs.stamp_in_use(found[name])
        run = runs.opened(*stamp)
    except PeplossError as error:
        st.error(sentence(error), icon=":material/error:")
        return None
    if grown:
        st.button("Read new samples", icon=":material/refresh:", key="training-again",
                  on_click=runs.read_again)  # fmt: skip
    steps = f"{len(run.steps):,} checkpoint{'s' * (len(run.steps) != 1)}"
    st.caption(f"{run.n_samples:,} samples, {steps}, steps {run.steps[0]:,} to {run.steps[-1]:,}.")
    if run.n_not_finite:
        which = "1 sample has" if run.n_not_finite == 1 else f"{run.n_not_finite:,} samples have"
        st.caption(f"{which} a {words(run.loss)} that is NaN or infinite at some step.")
    for reason in run.run.damaged:
        st.caption(f"A part cannot be read: {escape_markdown(reason)}")
    return look_at(run, str(stamp))


def _box() -> None:
    """The box for uploads; they become runs of the list."""
    store, owner = uploads.store(), uploads.owner()
    given = st.file_uploader(
        "A model's output: .npz, .safetensors, Casanovo mzTab or InstaNovo CSV",
        key="training-upload",
        accept_multiple_files=True,
        help="A whole logged run is a folder: peploss serve FOLDER.",
    )
    known: set[str] = st.session_state.get(_KEPT, set())
    for file in given:
        if file.file_id in known:
            continue
        try:
            if not file.name.lower().endswith(runs.FILES):
                raise SourceError(f"A file named {', '.join(runs.FILES)} was expected.", where=file.name)
            store.keep(owner, file.name, file)
            uploads.let_go(file)
        except PeplossError as error:
            st.error(sentence(error), icon=":material/error:")
            continue
        finally:
            known = known | {file.file_id}
            st.session_state[_KEPT] = known
        STATE.change(run=file.name)
    st.caption(f"All uploads together at most {bytes_text(uploads.MOST_SESSION)}. Only this app reads them.")
