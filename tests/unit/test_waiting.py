"""Whoever waits for the steps of a campaign hears of a signal, whichever thread was given it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from prefect.futures import PrefectConcurrentFuture, PrefectFuture

from flows.stopping import wait_for


class HeardError(Exception):
    """The signal."""


def hear(_sign: int, _frame: object) -> None:
    raise HeardError


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What opens for the work at the end of the test."""
    event, before = threading.Event(), signal.signal(signal.SIGUSR1, hear)
    yield event
    event.set()
    signal.signal(signal.SIGUSR1, before)


def submitted(crew: ThreadPoolExecutor, gate: threading.Event) -> PrefectFuture[bool]:
    return PrefectConcurrentFuture(uuid4(), crew.submit(gate.wait, 20))


@pytest.mark.skipif(sys.platform != "linux", reason="signals a thread by its number")
def test_a_signal_that_another_thread_was_given_ends_the_wait_within_three_seconds(
    gate: threading.Event,
) -> None:
    def signal_oneself() -> None:
        time.sleep(0.3)  # until the wait has begun
        os.kill(threading.get_native_id(), signal.SIGUSR1)

    with ThreadPoolExecutor(1) as crew:
        work, began = [submitted(crew, gate)], time.monotonic()
        threading.Thread(target=signal_oneself).start()
        try:
            with pytest.raises(HeardError):
                wait_for(work)
            assert time.monotonic() - began < 3
        finally:
            gate.set()


def test_the_wait_ends_once_all_of_it_is_done(gate: threading.Event) -> None:
    with ThreadPoolExecutor(3) as crew:
        work = [submitted(crew, gate) for _ in range(3)]
        threading.Timer(0.1, gate.set).start()
        wait_for(work)
        assert all(each.result() for each in work)
