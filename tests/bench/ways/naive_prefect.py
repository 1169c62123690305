"""The naive Prefect way: authenticate, then one mapped task run for each contact and step."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.futures import wait

from tests.bench.contender import Go
from tests.bench.job import Job, Person, people
from tests.bench.ways.plain import Steps


@task(cache_policy=NO_CACHE)
def authenticate(steps: Steps) -> Steps:
    """Log in."""
    steps.authenticate()
    return steps


@task(cache_policy=NO_CACHE)
def register(person: Person, steps: Steps) -> str:
    """Create the contact."""
    return steps.register(person)


@task(cache_policy=NO_CACHE)
def validate(genesys_id: str, steps: Steps) -> str:
    """Read it back."""
    return steps.validate(genesys_id)


@task(cache_policy=NO_CACHE)
def interact(genesys_id: str, person: Person, steps: Steps) -> str:
    """Send the message."""
    return steps.interact(genesys_id, person)


@task(cache_policy=NO_CACHE)
def notify(conversation_id: str, person: Person, steps: Steps) -> None:
    """Tell the CRM."""
    steps.notify(conversation_id, person)


@flow
def contact_everybody(count: int, job: dict[str, object]) -> None:
    """The tutorial as a flow."""
    contacts = people(count)
    steps = unmapped(authenticate(Steps(Job(**job))))  # type: ignore[arg-type]
    registered = register.map(contacts, steps)
    validated = validate.map(registered, steps)
    started = interact.map(validated, contacts, steps)
    told = notify.map(started, contacts, steps)
    wait(told)
    for future in told:
        future.result()


@contextlib.contextmanager
def prepare(job: Job) -> Iterator[Go]:
    """Nothing: the flow does it all."""
    yield lambda: contact_everybody(job.contacts, dict(vars(job)))
