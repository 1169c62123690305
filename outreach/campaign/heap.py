"""What lives before the work begins, kept out of the way of Python's search for garbage; one pool of memory.

A run makes many objects, so the search comes often; each time it would look through everything that was
imported, too, and find nothing: a tenth of a run's processor time.
"""

import contextlib
import ctypes
import gc
import threading
from collections.abc import Iterator

SEARCH_AFTER = (10_000, 20, 20)
"""New objects, and searches of these, after which they are searched: a run makes few cycles. At Python's own
700, which are the rows of a few contacts, searching takes a fifth of the time that loading takes.
"""

ALL_EVERY = 20
"""The number of times, in one process, after which all is searched (0.05 s): what became garbage when it was
old already is found only so. Of 225 campaigns of 60 people, one after the other, 7 MB were left.
"""

_M_ARENA_MAX = -8
"""Of glibc: so many pools for all threads. By itself it opens eight a core, and what is free in one is of no
use to the others: of the 314 MB that 100,000 contacts took, 80 were free. It costs no processor time, for
Python's lock lets hardly two threads ask at once. Asked for while this is imported, before Prefect
starts its threads: those that it has opened by then stay in use, four of them with 3 MB more after 12,000.
"""

_lock = threading.Lock()
_at_work = 0
_before = gc.get_threshold()
_times = 0


@contextlib.contextmanager
def set_aside() -> Iterator[None]:
    """Search only what is made from now on; all again once the last block has ended."""
    global _at_work, _before, _times  # noqa: PLW0603 - there is one heap
    with _lock:
        _at_work += 1
        if _at_work == 1:
            _before = gc.get_threshold()
            gc.set_threshold(*SEARCH_AFTER)
            # What is young and garbage would be searched no more: 130 KB a run. Before the first, what is
            # young was just imported: 0.07 s, in which nothing is found.
            if _times:
                gc.collect(1 if _times % ALL_EVERY else 2)
            _times += 1
            gc.freeze()
    try:
        yield
    finally:
        with _lock:
            _at_work -= 1
            if not _at_work:
                gc.unfreeze()
                gc.set_threshold(*_before)


def give_back() -> None:
    """Give the system what is free between what is in use.

    After 30,000 contacts that was a quarter of the heap, and what came last, the report, found no room there.
    """
    _ask_system("malloc_trim", 0)


def _ask_system(name: str, *given: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # another system's memory
        getattr(ctypes.CDLL(None), name)(*given)


_ask_system("mallopt", _M_ARENA_MAX, 1)
