from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from peploss.errors import SourceError
from peploss.explorer.shell.jobs import Job, Report


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool


class Steps:
    """Work that waits before each of its results until it is let go on."""

    def __init__(self, n: int = 3) -> None:
        self.n, self.go, self.came = n, threading.Semaphore(0), threading.Semaphore(0)
        self.closed = False

    def __call__(self, report: Report) -> Iterator[int]:
        try:
            for k in range(self.n):
                self.came.release()
                assert self.go.acquire(timeout=10)
                report(k / self.n, f"step {k}")
                yield k
        finally:
            self.closed = True


def test_results_come_one_after_the_other(pool) -> None:
    work = Steps()
    job = Job(work).start(pool)
    assert job.running
    assert job.latest is None
    for k in range(3):
        work.came.acquire()
        assert (job.latest, job.running) == ((k - 1 if k else None), True)
        work.go.release()
    job.wait(10)
    assert (job.latest, job.progress, job.running, job.cancelled) == (2, 1.0, False, False)
    assert job.words == "step 2"


def test_cancelled_it_stops_at_the_next_step_and_keeps_what_it_found(pool) -> None:
    work = Steps()
    job = Job(work).start(pool)
    work.came.acquire()
    work.go.release()
    work.came.acquire()
    job.cancel()
    assert not job.running
    assert job.cancelled
    work.go.release()
    pool.submit(lambda: None).result(10)  # the thread is free again
    assert work.closed
    assert job.latest == 0
    assert job.error is None


def test_cancelled_before_its_turn_it_never_begins(pool) -> None:
    first, second = Steps(1), Steps(1)
    busy = Job(first).start(pool)
    job = Job(second).start(pool)
    job.cancel()
    first.go.release()
    busy.wait(10)
    pool.submit(lambda: None).result(10)
    assert not second.closed
    assert job.cancelled
    assert not job.running


def test_what_the_user_can_mend_is_kept_and_a_defect_is_raised(pool) -> None:
    def wrong_file(report: Report) -> Iterator[int]:
        yield 1
        raise SourceError("no spectra")

    def defect(report: Report) -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    job = Job(wrong_file).start(pool)
    job.wait(10)
    assert str(job.error) == "no spectra"
    assert (job.latest, job.running) == (1, False)
    broken = Job(defect).start(pool)
    pool.submit(lambda: None).result(10)
    with pytest.raises(ZeroDivisionError):
        _ = broken.running


def test_it_starts_once(pool) -> None:
    job = Job(lambda report: iter(())).start(pool)
    with pytest.raises(RuntimeError):
        job.start(pool)
