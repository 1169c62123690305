"""What Prefect's server should know of a run and nobody waits for: told in a thread beside the flow."""

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from typing import Any, TypeAlias

Begin: TypeAlias = Callable[[Callable[[], object]], object]
"""Takes what is to be done."""


@contextlib.contextmanager
def beside() -> Iterator[Begin]:
    """Do it beside the block, which ends when that is done, and raises what it failed with.

    A block that fails raises its own error, once that is done: its process may end right after, and what was
    said of a person would stay with Prefect. Somebody's Ctrl-C waits for nothing.
    """
    begun: list[Future[object]] = []

    def begin(work: Callable[[], object]) -> None:
        done: Future[object] = Future()
        begun.append(done)
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(_do, work, done), name="beside", daemon=True).start()

    try:
        yield begin
    except Exception:
        wait(begun)
        raise
    for each in begun:
        each.result()


def _do(work: Callable[[], object], done: Future[Any]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001 - whoever waits for it hears of it
        done.set_exception(error)
