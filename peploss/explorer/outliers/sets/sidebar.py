"""The sidebar of Outliers: which set, which of its scores, and what is being made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from peploss.dataset import interrupted
from peploss.explorer.outliers.sets import jobs
from peploss.explorer.outliers.state import STATE
from peploss.explorer.shell.follow import follow
from peploss.explorer.shell.text import escape_markdown, sentence
from peploss.explorer.sources import set_files
from peploss.explorer.sources.set_files import BUILT_IN, Listed, SetFile
from peploss.spectra.folder import data_folder

_WATCHED, _DISMISSED = "_tasks_watched", "_tasks_dismissed"


@dataclass(frozen=True)
class Chosen:
    """A set, the results that are looked at and its others."""

    set: SetFile
    results: SetFile | None
    others: list[SetFile]


def choose() -> Chosen | None:
    """Draw the choice; None while there is nothing to look at."""
    found = set_files.available()
    names = [one.name for one in found.sets]
    if BUILT_IN not in names:
        names.append(BUILT_IN)
    name = STATE.now().data or names[0]
    there = name in names
    key = STATE.put("data", name if there else None, names[0])
    st.selectbox("Set", names, index=0 if there else None, key=key, placeholder="Choose a set", required=there)
    if not there:
        st.error(f"There is no set {escape_markdown(name)}. Choose another.", icon=":material/error:")
    if found.damaged:
        files = "A file" if len(found.damaged) == 1 else f"{len(found.damaged):,} files"
        with st.expander(f"{files} cannot be used", icon=":material/broken_image:"):
            for file, reason in found.damaged.items():
                st.caption(f"**{escape_markdown(file)}** {escape_markdown(reason)}")
    chosen = next((one for one in found.sets if one.name == name), None)
    if chosen is None and there:
        task = jobs.tasks().of(set_files.built_in_path()) or jobs.make_built_in()
        if task.over:
            st.button("Try again", key="again", on_click=_again)
    return _scores(chosen, found) if chosen else None


def is_built_in_coming() -> bool:
    """Whether the built-in set is being made."""
    task = jobs.tasks().of(set_files.built_in_path())
    return task is not None and not task.over


def _again() -> None:
    """Callback: make the built-in set, which could not be made; its task says why."""
    jobs.make_built_in()


def _scores(chosen: SetFile, found: Listed) -> Chosen:
    scores = list(found.results.get(chosen.uuid, ()))
    names = [one.name for one in scores]
    name = STATE.one_of("res", names, names[0] if names else "")
    if not scores:
        return Chosen(chosen, None, [])
    st.selectbox("Scores", names, key=STATE.put("res", name, names[0]), required=True)
    results = next(one for one in scores if one.name == name)
    return Chosen(chosen, results, [one for one in scores if one is not results])


def working() -> None:
    """What is being made or scored, with its progress and a way to end it; what is over, once; what a server that was
    stopped left undone."""
    _left_undone()
    tasks = jobs.tasks().all()
    running = [task for task in tasks if not task.over]
    watched = [*st.session_state.get(_WATCHED, []), *running, *jobs.begun_here()]
    st.session_state[_WATCHED] = watched = [task for task in tasks if task in watched]
    dismissed = st.session_state.get(_DISMISSED, [])

    def progress() -> None:
        for n, task in enumerate(running):
            st.progress(min(task.job.progress, 1.0), f"{task.title} … {task.job.words or 'waiting for its turn'}")
            st.button("Cancel", key=f"cancel-{n}", icon=":material/close:", on_click=task.job.cancel)

    follow(lambda: not any(task.over for task in running), progress, key="tasks", begun=bool(running))
    for n, task in enumerate(t for t in tasks if t.over and t in watched and t not in dismissed):
        if task.job.error is not None or task.target != set_files.built_in_path():  # which nobody asked for
            _over(n, task)


def _left_undone() -> None:
    root = data_folder()
    if root is None:
        return
    folders = [root, *(one.path.parent for one in set_files.listed(root).sets)]
    for n, work in enumerate(interrupted.found(folders)):
        st.warning(
            escape_markdown(work.told),
            icon=":material/power_settings_new:",
        )
        with st.container(horizontal=True, gap="small"):
            st.button("Go on", key=f"go-on-{n}", on_click=_go_on, args=[work])
            st.button("Forget it", key=f"forget-{n}", type="tertiary", on_click=work.forget)


def _go_on(work: interrupted.Interrupted) -> None:
    """Callback: begin it again; the note is written anew."""
    jobs.go_on(work)


def _over(n: int, task: jobs.Task) -> None:
    def dismiss() -> None:
        st.session_state[_DISMISSED] = [*st.session_state.get(_DISMISSED, []), task]

    def show() -> None:
        _choose(task.target)
        dismiss()

    name = escape_markdown(task.title)
    if task.job.error is not None:
        st.error(f"{name}: {sentence(task.job.error)}", icon=":material/error:")
    elif task.job.cancelled:
        kept = " What was read is kept: the same again goes on from there." if task.resumes else ""
        st.info(f"{name} was cancelled.{kept}")
    else:
        with st.expander(f"{name} is done", icon=":material/check:"):
            st.markdown("\n".join(f"- {escape_markdown(line)}" for line in task.job.latest or []))
    with st.container(horizontal=True, gap="small"):
        if task.job.error is None and not task.job.cancelled:
            st.button("Look at it", key=f"look-{n}", on_click=show)
        st.button("Dismiss", key=f"dismiss-{n}", type="tertiary", on_click=dismiss)


def _choose(target: Path) -> None:
    """From a callback: look at a file that was made, a set or scores of one."""
    found = set_files.available()
    scores = next((one for files in found.results.values() for one in files if one.path == target), None)
    chosen = next((s for s in found.sets if s.path == target or (scores and s.uuid == scores.uuid)), None)
    if chosen is None:
        return  # deleted meanwhile
    STATE.change(data=chosen.name, res=scores.name if scores else "")
