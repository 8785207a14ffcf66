"""What a fragment takes back that was not sent yet, with the fragments within it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from peploss.explorer.shell import delta_queue

OUTER, INNER, OTHER = "outer", "inner", "other"


def drawn(path: list[int], fragment: str, *, block: bool = False) -> ForwardMsg:
    """A message that draws at ``path``."""
    message = ForwardMsg()
    message.metadata.delta_path.extend(path)
    if block:
        message.delta.add_block.vertical.SetInParent()
    else:
        message.delta.new_element.markdown.body = fragment
    message.delta.fragment_id = fragment
    return message


def paths(queue: ForwardMsgQueue) -> list[tuple[int, ...]]:
    return [tuple(message.metadata.delta_path) for message in queue.flush() if message.HasField("delta")]


def filled() -> ForwardMsgQueue:
    """An outer fragment in its container, an inner one in a container of the outer, and another beside both."""
    queue = ForwardMsgQueue()
    for message in (
        drawn([0, 2], OUTER, block=True),
        drawn([0, 2, 0], OUTER),
        drawn([0, 2, 1], INNER, block=True),
        drawn([0, 2, 1, 0], INNER),
        drawn([0, 3], OTHER, block=True),
        drawn([0, 3, 0], OTHER),
    ):
        queue.enqueue(message)
    return queue


@pytest.fixture
def mended() -> Iterator[None]:
    """Streamlit with the mend, and after the test without."""
    delta_queue.mend()
    yield
    ForwardMsgQueue.clear = delta_queue._clear  # type: ignore[method-assign]


def test_streamlit_alone_still_keeps_what_stands_nowhere() -> None:
    """Where this fails, Streamlit has mended it and ours can go."""
    queue = filled()
    delta_queue._clear(queue, retain_lifecycle_msgs=True, fragment_ids_this_run=[OUTER])
    assert (0, 2, 1, 0) in paths(queue)


@pytest.mark.usefixtures("mended")
def test_what_stands_in_a_container_that_goes_goes_too() -> None:
    queue = filled()
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[OUTER])
    assert paths(queue) == [(0, 3), (0, 3, 0)]


@pytest.mark.usefixtures("mended")
def test_an_inner_fragment_takes_back_its_own_only() -> None:
    queue = filled()
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[INNER])
    assert paths(queue) == [(0, 2), (0, 2, 0), (0, 3), (0, 3, 0)]


@pytest.mark.usefixtures("mended")
def test_an_inner_fragment_stays_where_its_container_has_been_sent() -> None:
    queue = ForwardMsgQueue()
    queue.enqueue(drawn([0, 2, 0], OUTER))
    queue.enqueue(drawn([0, 2, 1, 0], INNER))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[OUTER])
    assert paths(queue) == [(0, 2, 1, 0)]


@pytest.mark.usefixtures("mended")
def test_a_run_of_the_whole_page_takes_everything_back() -> None:
    queue = filled()
    queue.enqueue(_finished())
    queue.clear(retain_lifecycle_msgs=True)
    kept = queue.flush()
    assert [message.WhichOneof("type") for message in kept] == ["script_finished"]


def _finished() -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY
    return message
