"""A stream of things made in another Python process while this one works on those before.

One process makes, one takes: order is the pipe's, and what it holds, a megabyte, is as far as the maker gets
ahead. A process of `subprocess`, not of `multiprocessing`: that runs a script's own lines again in the child,
forks threads, or may not have children where it is a daemon.
"""

import contextlib
import fcntl
import os
import pickle
import signal
import sys
from collections.abc import Callable, Generator
from typing import IO, Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_PIPE = 1 << 20  # what Linux lets everybody have
_START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from outreach.concurrency.side_process import serve; serve()"
)
_ENGINES = frozenset({"distributed", "ray"})


class SideProcessDied(Exception):  # noqa: N818 - it says what happened
    """It ended before the stream did: killed, or out of memory."""


def may_start() -> bool:
    """Whether a second process is of use here, and ours to start.

    Not with one core, and not where all are busy: there two processes took 1.7 times as long as the earlier
    build's one. Not in a process that another one's pool started, nor where an engine like Dask or Ray, which
    deals out the cores, is loaded.
    """
    import multiprocessing  # noqa: PLC0415 - 0.01 s, which the other process has no use for

    is_child = multiprocessing.parent_process() is not None
    is_free = _count_cores() > max(1.0, _read_load())
    return bool(sys.executable) and is_free and not is_child and _ENGINES.isdisjoint(sys.modules)


def _count_cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_load() -> float:
    """How many processes waited for a core in the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def make_beside(make: Callable[[], Generator[T, None, R]]) -> Generator[T, None, R]:
    """What a generator yields, and returns, made in another process; it ends with this generator.

    Made here, where that process does not begin: no more may, or Python is part of another program.

    Args:
        make: what gives the generator; it and all that it yields are pickled.

    Raises:
        SideProcessDied: the process ended early.
        Exception: whatever the generator raised.
    """
    with contextlib.closing(_make_elsewhere(make)) as beside:
        try:
            first = next(beside)
        except StopIteration as end:
            result: R = end.value
            return result
        except SideProcessDied:
            return (yield from make())
        yield first
        return (yield from beside)


def _make_elsewhere(make: Callable[[], Generator[T, None, R]]) -> Generator[T, None, R]:
    import subprocess  # noqa: PLC0415 - as above

    command = [sys.executable, "-I", "-c", _START]
    try:
        started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - ours
    except OSError:  # the machine lets us have no more processes, or no memory for one
        raise SideProcessDied from None
    with started as process:
        assert process.stdin  # noqa: S101 - both are pipes
        assert process.stdout  # noqa: S101
        with contextlib.suppress(OSError):  # who has 64 MB of pipes already gets small ones
            _widen(process.stdout)
        try:
            with contextlib.suppress(BrokenPipeError), process.stdin as task:
                pickle.dump(sys.path, task)
                pickle.dump(make, task)
            while True:
                is_item, said = _read(process.stdout)
                if isinstance(said, Exception):
                    raise said
                if not is_item:
                    result: R = said
                    return result
                yield said
        finally:
            process.kill()  # nothing of it needs an end of its own


def _widen(pipe: IO[bytes]) -> None:
    if sys.platform == "linux":
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)


def _read(pipe: IO[bytes]) -> tuple[bool, Any]:
    try:
        found: tuple[bool, Any] = pickle.load(pipe)  # noqa: S301 - our own child's
    except (EOFError, pickle.UnpicklingError):
        raise SideProcessDied from None
    return found


def serve() -> None:
    """Be that process: the task comes in, its items go out. It dies of a pipe that nobody reads."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us: it ends us
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no item
    with contextlib.suppress(BrokenPipeError), out:
        try:
            make = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent's
            _send(out, make())
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised where the items are taken
            pickle.dump((False, error), out, pickle.HIGHEST_PROTOCOL)


def _send(out: IO[bytes], made: Generator[Any, None, Any]) -> None:
    while True:
        try:
            item = next(made)
        except StopIteration as end:
            pickle.dump((False, end.value), out, pickle.HIGHEST_PROTOCOL)
            return
        pickle.dump((True, item), out, pickle.HIGHEST_PROTOCOL)
        out.flush()
