"""What lives before the work begins, kept out of the way of Python's search for garbage.

A run makes many objects, so the search comes often; each time it would look through everything that was
imported, too, and find nothing: a tenth of a run's processor time.
"""

import contextlib
import gc
import threading
from collections.abc import Iterator

SEARCH_AFTER = (10_000, 20, 20)
"""New objects, and searches of these, after which they are searched: a run makes few cycles. At Python's own
700, which are the rows of a few contacts, searching takes a fifth of the time that loading takes.
"""

_lock = threading.Lock()
_at_work = 0
_before = gc.get_threshold()


@contextlib.contextmanager
def set_aside() -> Iterator[None]:
    """Search only what is made from now on; all again once the last block has ended."""
    global _at_work, _before  # noqa: PLW0603 - there is one heap
    with _lock:
        _at_work += 1
        if _at_work == 1:
            _before = gc.get_threshold()
            gc.set_threshold(*SEARCH_AFTER)
            gc.freeze()
    try:
        yield
    finally:
        with _lock:
            _at_work -= 1
            if not _at_work:
                gc.unfreeze()
                gc.set_threshold(*_before)
