"""The ceiling: httpx posting sends and nothing else, from so many threads, over connections that are kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.bench.contender import Go
from tests.bench.job import Job, people
from tests.bench.ways.plain import Steps


@contextlib.contextmanager
def prepare(job: Job) -> Iterator[Go]:
    """A client that is logged in; on the guide's API, the people are known already."""
    steps = Steps(job, connections=job.threads)
    steps.authenticate()
    contacts, known = people(job.contacts), [""] * job.contacts
    if job.api == "guide":
        with ThreadPoolExecutor(job.threads) as crew:  # one by one 3,000 took two and a half minutes at 50 ms
            known = list(crew.map(steps.register, contacts))

    def go() -> None:
        if job.threads == 1:
            for genesys_id, person in zip(known, contacts, strict=True):
                steps.interact(genesys_id, person)
            return
        with ThreadPoolExecutor(job.threads) as crew:
            list(crew.map(steps.interact, known, contacts))

    with contextlib.closing(steps.client):
        yield go
