"""Splitting a batch over threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from peploss.kernels import threads


@pytest.fixture
def four_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("batch", [0, 1, 2, 3, 50])
def test_every_spectrum_is_worked_on_once(four_threads: None, batch: int) -> None:
    lock, done = threading.Lock(), np.zeros(batch, int)
    rng = np.random.default_rng(batch)
    sizes = np.concatenate([[0], np.cumsum(rng.integers(0, 2 * threads.PEAKS_WORTH_A_THREAD, batch))])

    def run(start: int, stop: int) -> None:
        with lock:
            done[start:stop] += 1

    threads.split(run, sizes)
    assert (done == 1).all()


def test_an_error_in_any_part_is_raised(four_threads: None) -> None:
    def run(start: int, stop: int) -> None:
        if stop == 8:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        threads.split(run, np.arange(9) * threads.PEAKS_WORTH_A_THREAD)


def test_small_batches_stay_in_the_calling_thread(four_threads: None) -> None:
    names = []
    threads.split(lambda start, stop: names.append(threading.current_thread()), np.array([0, 10, 20]))
    assert names == [threading.current_thread()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_worker_and_the_end_of_the_program_do_not_hang() -> None:
    code = """
import atexit, os, numpy as np, torch
from peploss.kernels import threads
torch.set_num_threads(2)
sizes = np.arange(5) * threads.PEAKS_WORTH_A_THREAD
done = []
threads.split(lambda a, b: done.append((a, b)), sizes)
child = os.fork()
if child == 0:
    threads.split(lambda a, b: None, sizes)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
atexit.register(lambda: (threads.split(lambda a, b: done.append((a, b)), sizes), print(len(done))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 8  # four spectra, one by one, twice


def test_one_thread_is_given_back_whatever_happens() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with threads.one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
        with pytest.raises(ValueError, match="lost"), threads.one_thread():
            raise ValueError("lost")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
