"""What is told to Prefect's server beside a flow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from flows.beside import beside


def test_the_end_of_the_block_waits_for_it() -> None:
    done = threading.Event()
    with beside() as begin:
        begin(lambda: (time.sleep(0.2), done.set()))

    assert done.is_set()


def test_what_it_failed_with_is_raised_at_the_end_of_the_block() -> None:
    def fail() -> None:
        raise OSError("away")

    with pytest.raises(OSError, match="away"), beside() as begin:
        begin(fail)


def test_a_block_that_fails_waits_for_it_too_since_it_may_be_forgetting_a_person() -> None:
    done = threading.Event()
    with pytest.raises(ValueError, match="the block's own"):
        _fail_beside(lambda: (time.sleep(0.2), done.set()), ValueError("the block's own"))

    assert done.is_set()


def test_nobody_who_interrupts_waits_for_it() -> None:
    held = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        _fail_beside(lambda: held.wait(20), KeyboardInterrupt())
    held.set()


def _fail_beside(work: Callable[[], object], error: BaseException) -> None:
    with beside() as begin:
        begin(work)
        raise error
