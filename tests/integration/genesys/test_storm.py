"""Many threads in a storm of faults: nobody twice, and every doubt is resolved to what really happened."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from outreach.clock import SystemClock
from outreach.contacts import Channel, Channels
from outreach.errors import GenesysError
from outreach.genesys.interface import Attempt, Engagement, Registered
from outreach.genesys.platform.api import Platform
from tests.support.clients import contact, open_at, told
from tests.support.clients import start as contact_by
from tests.support.emulation import EmulatorThread, emulator_thread

PEOPLE = 300
SENDS = {"operation": "*.agentless"}
STORM: list[Mapping[str, Any]] = [
    {"kind": "act_then_reset", "probability": 0.03, **SENDS},
    {"kind": "reset_before", "probability": 0.03, **SENDS},
    {"kind": "error_after_effect", "probability": 0.03, "status": 502, **SENDS},
    {"kind": "truncated_json", "probability": 0.03, **SENDS},
    {"kind": "empty_body", "probability": 0.02, **SENDS},
    {"kind": "wrong_content_type", "probability": 0.02, **SENDS},
    {"kind": "unauthorized", "probability": 0.02, **SENDS},
    {"kind": "rate_limited", "probability": 0.02, "times": 4, "retry_after": 1, **SENDS},
    {"kind": "act_then_reset", "nth": 2, "operation": "contacts.bulk_enrich"},
]


def address_of(number: int, channel: Channel) -> str:
    return f"+1555{1_000_000 + number}" if channel is Channel.SMS else f"person-{number}@example.com"


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_is_contacted_twice_and_every_doubt_is_resolved(seed: int) -> None:
    with emulator_thread(index_delay_seconds=0, seed=seed, faults=STORM) as organisation:
        with open_at(organisation.url, clock=SystemClock()) as genesys:
            assert isinstance(genesys, Platform)
            attempts = prepare(genesys)
            started = start_all(genesys, attempts)
            organisation.configure(faults=[])
            doubtful = [attempt for attempt in attempts if attempt.reference not in started]
            found = genesys.find(doubtful)
        judge(
            organisation, attempts, started, {key: [s.conversation_id for s in v] for key, v in found.items()}
        )


def prepare(genesys: Platform) -> list[Attempt]:
    channels = [Channel.SMS, Channel.EMAIL]
    people = [
        contact(n, channels=Channels(**{str(channels[n % 2]): address_of(n, channels[n % 2])}))
        for n in range(PEOPLE)
    ]
    attempts = []
    for first in range(0, PEOPLE, genesys.bulk_size):
        for offset, registered in enumerate(
            genesys.register(told(*people[first : first + genesys.bulk_size]))
        ):
            assert isinstance(registered, Registered)
            number = first + offset
            channel = channels[number % 2]
            address, at = address_of(number, channel), SystemClock().now()
            key = registered.external_contact_id
            attempts.append(Attempt(f"{number:016x}", key, registered.genesys_id, channel, address, at))
    return attempts


def start_all(genesys: Platform, attempts: list[Attempt]) -> dict[str, str]:
    started: dict[str, str] = {}

    def start(attempt: Attempt) -> None:
        try:
            answer = contact_by(genesys, Engagement(attempt, contact(), "Hello"))
        except GenesysError:  # in doubt or refused: either way it must be found out below
            return
        started[attempt.reference] = answer.conversation_id

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(start, attempts))
    return started


def judge(
    organisation: EmulatorThread,
    attempts: list[Attempt],
    started: dict[str, str],
    found: dict[str, list[str]],
) -> None:
    happened: dict[str, list[str]] = {}
    for row in organisation.truth(limit=PEOPLE * 2)["contacts"]:
        happened.setdefault(row["to"], []).append(row["conversation_id"])

    assert max(map(len, happened.values())) == 1
    assert found.keys() == {attempt.reference for attempt in attempts} - started.keys()
    assert len(found) > 10
    for attempt in attempts:
        ours = [started[attempt.reference]] if attempt.reference in started else found[attempt.reference]
        assert ours == happened.get(attempt.address, [])
