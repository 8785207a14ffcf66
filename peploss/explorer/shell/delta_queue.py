"""A mend of Streamlit's queue of messages to the browser, for fragments within fragments.

A fragment that begins again takes back what its last run drew and the server has not sent yet. Streamlit keeps the
drawings of the fragments *within* it, though the containers that they stand in are among what was taken back. The
browser then says "Bad delta path" and draws nothing more until it is loaded anew. Two quick clicks on tabs are enough
on a busy server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

if TYPE_CHECKING:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_clear = ForwardMsgQueue.clear


def _drawn(message: ForwardMsg) -> bool:
    return bool(message.WhichOneof("type") == "delta")


def standing(before: list[ForwardMsg], kept: list[ForwardMsg]) -> list[ForwardMsg]:
    """Those of ``kept`` that stand in no container that was taken back.

    Args:
        before: the queue in its order.
        kept: what Streamlit leaves of it, in the same order.
    """
    left = {id(message) for message in kept}
    gone: set[tuple[int, ...]] = set()  # paths of blocks that were taken back
    out = []
    for message in before:
        path = tuple(message.metadata.delta_path) if _drawn(message) else ()
        if id(message) not in left or any(path[:n] in gone for n in range(1, len(path))):
            if _drawn(message) and message.delta.WhichOneof("type") == "add_block":
                gone.add(path)
        else:
            out.append(message)
    return out


def clear(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    """``ForwardMsgQueue.clear``, which takes back what stands in a container that it takes back as well."""
    before = list(queue._queue)
    _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
    if queue._queue:
        queue._queue = standing(before, queue._queue)


def mend() -> None:
    """Put the mend in place, for the whole process."""
    ForwardMsgQueue.clear = clear  # type: ignore[assignment, method-assign]
