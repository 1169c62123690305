"""What lives before the work begins is left alone until it ends."""

from __future__ import annotations

import gc
import os
import platform
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from outreach.campaign.heap import ALL_EVERY, SEARCH_AFTER, give_back, set_aside


def test_what_was_there_is_searched_again_once_the_last_work_has_ended() -> None:
    threshold = gc.get_threshold()
    with set_aside():
        with pytest.raises(ValueError, match="it failed"), set_aside():
            raise ValueError("it failed")
        assert gc.get_freeze_count()
    assert (gc.get_freeze_count(), gc.get_threshold()) == (0, threshold)


def test_what_is_made_meanwhile_and_forgotten_is_found() -> None:
    with set_aside():
        ring: list[object] = []
        ring.append(ring)
        del ring
        assert gc.collect()


def test_pythons_own_thresholds_of_the_garbage_collector_come_back_with_the_last_runs_end() -> None:
    before = gc.get_threshold()
    first, second = set_aside(), set_aside()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)

    assert gc.get_threshold() == SEARCH_AFTER
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before


class _Ring:
    def __init__(self) -> None:
        self.next = self


def test_garbage_that_was_not_searched_for_yet_is_not_left_alone_with_the_rest() -> None:
    gone = weakref.ref(_Ring())

    with set_aside():
        assert gone() is None


def test_what_became_garbage_when_it_was_old_is_found_in_a_process_that_works_often() -> None:
    ring = _Ring()
    gone = weakref.ref(ring)
    gc.collect()  # from now on the ring is old
    del ring

    for _ in range(ALL_EVERY + 1):
        with set_aside():
            pass

    assert gone() is None


def test_only_a_process_of_a_workers_run_looks_for_garbage_seldom_while_it_imports() -> None:
    asked = "import gc; before = gc.get_threshold(); import flows; print(gc.get_threshold() == before)"
    said = [
        subprocess.run(
            [sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True
        ).stdout
        for env in (dict(os.environ), {**os.environ, "PREFECT__FLOW_RUN_ID": "any"})
    ]
    assert said == ["True\n", "False\n"]


def test_once_a_flow_is_imported_garbage_is_looked_for_again() -> None:
    """Of 60,000 rings with 20 KB each, in somebody's own flow at a worker, 1.2 GB were left."""
    asked = "import gc, flows.retention; print(gc.get_threshold()[0] <= 10_000, gc.get_freeze_count() > 0)"
    env = {**os.environ, "PREFECT__FLOW_RUN_ID": "any"}
    done = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_while_a_worker_imports_what_a_contact_needs_no_garbage_is_looked_for() -> None:
    """Once it was, at 200,000 objects: 0.05 s of the processor."""
    look = "seen = []; gc.callbacks.append(lambda phase, info: seen.append(gc.get_threshold()[0])); "
    asked = f"import gc, flows; {look}import prefect.flow_engine, flows.contact; print(max(seen) <= 10_000)"
    env = {**os.environ, "PREFECT__FLOW_RUN_ID": "any"}
    done = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]


def test_only_before_the_first_work_of_a_process_nothing_is_searched() -> None:
    asked = (
        "import gc; from outreach.campaign.heap import set_aside; seen = []; "
        "gc.callbacks.append(lambda phase, info: seen.append(phase) if phase == 'start' else None)\n"
        "for _ in range(2):\n    seen.clear()\n    with set_aside(): print(len(seen))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "1"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another system's memory")
def test_gaps_between_what_is_in_use_go_back_to_the_system() -> None:
    blocks = [bytes(range(250)) * 400 for _ in range(300)]  # 100 KB each, in the heap and filled
    last = blocks.pop()
    blocks.clear()  # 30 MB; the last one keeps the heap's end where it is
    before = resident_megabytes()

    give_back()

    assert resident_megabytes() < before - 20
    assert len(last) == 100_000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another system's memory")
def test_all_threads_that_begin_later_share_one_pool(tmp_path: Path) -> None:
    told = tmp_path / "pools.xml"
    asked = f"""
import ctypes, threading
from outreach.campaign import heap
for _ in range(4):
    thread = threading.Thread(target=bytes, args=(100_000,))
    thread.start()
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen({str(told)!r}.encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""
    subprocess.run([sys.executable, "-c", asked], check=True)

    assert told.read_text().count("<heap nr=") == 1


def resident_megabytes() -> float:
    """Of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
