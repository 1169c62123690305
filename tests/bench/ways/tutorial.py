"""The tutorial's way: one contact after the other, each step a call, in plain httpx."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.bench.contender import Go
from tests.bench.job import Job, people
from tests.bench.ways.plain import Steps


@contextlib.contextmanager
def prepare(job: Job) -> Iterator[Go]:
    """A client that is logged in."""
    steps = Steps(job)
    steps.authenticate()
    contacts = people(job.contacts)

    def go() -> None:
        for person in contacts:
            genesys_id = steps.validate(steps.register(person))
            steps.notify(steps.interact(genesys_id, person), person)

    with contextlib.closing(steps.client):
        yield go
