"""Processes that end with the one that started them, whatever ends that one, and files that tell whose they are.

A process that is killed can tell nobody. But the system closes its files, so each process that it started holds one
end of a pipe, of which it alone holds the other: a thread waits there, and ends the process when the pipe closes.
``PR_SET_PDEATHSIG`` would do so on Linux only, and already when the *thread* ends that started the process.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import threading
from collections.abc import Callable
from typing import Any, Final

_VARIABLE: Final = "PEPLOSS_LIFELINE"
_GONE: Final = 113  # exit status of a process whose parent is gone


def tied(environment: dict[str, str]) -> dict[str, Any]:
    """Arguments of ``subprocess.Popen`` for a process that calls ``hold``.

    Args:
        environment: of the process, without its lifeline.
    """
    if os.name != "posix":  # elsewhere no file but the standard ones is handed on; the end of its input ends it
        return {"env": environment}
    end = _pipe()
    return {"env": {**environment, _VARIABLE: str(end)}, "pass_fds": (end,)}


def hold() -> None:
    """In a process that was started with ``tied``: end when the other one does, in the middle of whatever is done."""
    end = os.environ.pop(_VARIABLE, "")
    if end:
        threading.Thread(target=_wait, args=(int(end),), name="lifeline", daemon=True).start()


def at_end(last: Callable[[], None]) -> None:
    """Call ``last`` when the main thread is over, before Python waits for the threads of executors.

    They may be at work for long. ``atexit`` calls only after that wait; what ``concurrent.futures`` itself uses comes
    before, the last registered first.
    """
    threading._register_atexit(last)  # type: ignore[attr-defined]


def is_alive(process: int) -> bool:
    """Whether there is such a process on this machine; True where asking is not harmless.

    Signal 0 asks on POSIX. On Windows it is Ctrl-C.
    """
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


@functools.cache
def owner() -> str:
    """This process on this machine, for names of files: ``PROCESS-MACHINE``.

    A folder may be shared between machines, where the same number is another process.
    """
    return f"{os.getpid()}-{_machine()}"


def is_dead(owner: str) -> bool:
    """Whether a process of this machine is over, by what ``owner`` said in it; False where nobody can tell."""
    process, _, machine = owner.partition("-")
    return machine == _machine() and process.isdecimal() and len(process) < 12 and not is_alive(int(process))


@functools.cache
def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


@functools.cache
def _pipe() -> int:
    """The end to hand on. The other is never closed or handed on: the system closes it when this process is over."""
    end, _ = os.pipe()
    return end


def _wait(end: int) -> None:
    os.read(end, 1)  # nothing is ever written: this returns when the pipe is closed
    os._exit(_GONE)
