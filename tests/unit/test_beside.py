"""What is told beside a flow."""

from __future__ import annotations

import contextvars
import threading

import pytest

from flows.beside import beside

WAIT_SECONDS = 10.0

said: contextvars.ContextVar[str] = contextvars.ContextVar("said", default="")


def test_the_block_ends_when_what_was_begun_beside_it_is_done() -> None:
    done, goes_on = threading.Event(), threading.Event()

    def work() -> None:
        assert goes_on.wait(WAIT_SECONDS)
        done.set()

    with beside() as begin:
        begin(work)
        assert not done.is_set()
        goes_on.set()

    assert done.is_set()


def test_what_failed_beside_the_block_is_raised_at_its_end() -> None:
    reached = []

    def block() -> None:
        with beside() as begin:
            begin(fail)
            reached.append("the end")

    with pytest.raises(ValueError, match="told nobody"):
        block()
    assert reached == ["the end"]


def fail() -> None:
    raise ValueError("told nobody")


def test_a_block_that_is_interrupted_waits_for_nothing_beside_it() -> None:
    goes_on, done = threading.Event(), threading.Event()

    def work() -> None:
        goes_on.wait(WAIT_SECONDS)
        done.set()

    def block() -> None:
        with beside() as begin:
            begin(work)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        block()
    assert not done.is_set()
    goes_on.set()


def test_what_is_done_beside_knows_what_the_block_knows() -> None:
    heard = []
    said.set("the run's")

    with beside() as begin:
        begin(lambda: heard.append(said.get()))

    assert heard == ["the run's"]


def test_a_block_that_fails_waits_for_it_too_since_it_may_be_forgetting_a_person() -> None:
    done, goes_on = threading.Event(), threading.Event()

    def work() -> None:
        assert goes_on.wait(WAIT_SECONDS)
        done.set()

    def block() -> None:
        with beside() as begin:
            begin(work)
            goes_on.set()
            raise ValueError("the block's own")

    with pytest.raises(ValueError, match="the block's own"):
        block()
    assert done.is_set()
