"""One task for one contender: how many people, where Genesys and the CRM are, and how the result is told.

A contender runs in a process of its own: `python -m tests.bench.contender '<the job as JSON>'`, and prints
one JSON object: `seconds`, `cpu_seconds`, and what else it wants to say.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FIELDS = "external_contact_id,name,sms,email,time_zone"


@dataclass(frozen=True)
class Job:
    """What a contender is asked to do.

    `threads` is for those that take a number. `accounted` has it say by step where its processor time went.
    """

    way: str
    api: str
    url: str
    secret: str
    contacts: int
    folder: str
    threads: int = 1
    accounted: bool = False

    @property
    def webhook_url(self) -> str:
        """The CRM's end: the emulator's receiver, which checks signatures."""
        return f"{self.url}/_emulator/webhooks"


@dataclass(frozen=True)
class Person:
    """Somebody to contact by SMS."""

    external_contact_id: str
    name: str
    sms: str
    email: str


def people(count: int) -> list[Person]:
    """So many, all different, the same for every contender."""
    return [_person(n) for n in range(count)]


def _person(n: int) -> Person:
    return Person(f"C-{n}", f"Person {n}", f"+1317{2_000_000 + n}", f"p{n}@example.com")


def write_source(path: Path, count: int) -> str:
    """The same people as a CSV file."""
    with path.open("w") as file:
        file.write(FIELDS + "\n")
        for person in map(_person, range(count)):  # one at a time: the list's memory is no contender's
            file.write(
                f"{person.external_contact_id},{person.name},{person.sms},{person.email},America/New_York\n"
            )
    return str(path)


def run_child(
    module: str, task: Mapping[str, Any], *, timeout: float = 1800, checkout: Path | None = None
) -> dict[str, Any]:
    """Run a module of the bench in a process of its own; its last line is its result.

    `checkout` is the folder of another build, whose code it runs.

    Raises:
        RuntimeError: it failed, with the end of what it said.
    """
    command = [sys.executable, "-W", "ignore", "-m", f"tests.bench.{module}", json.dumps(task)]
    env = {**os.environ, "PREFECT_LOGGING_LEVEL": "ERROR", "PREFECT_LOGGING_TO_API_ENABLED": "true"}
    if checkout:
        env["PYTHONPATH"] = str(checkout)
    done = subprocess.run(
        command, capture_output=True, text=True, env=env, timeout=timeout, check=False, cwd=checkout
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise RuntimeError(f"{module} {task.get('way', '')} failed: {done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def write_job(job: Job) -> dict[str, Any]:
    """The job for another process; an earlier build knows nothing of accounts."""
    return {name: value for name, value in asdict(job).items() if name != "accounted" or job.accounted}


def run_job(job: Job, checkout: Path | None = None) -> dict[str, Any]:
    """A contender's result."""
    return run_child("contender", write_job(job), checkout=checkout)
