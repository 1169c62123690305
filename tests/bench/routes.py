"""The two ways to send SMS beside each other: requests for the same people, to the end of each conversation.

The emulator's clock moves only while somebody waits, so that the hour of a campaign takes seconds here;
requests are what is counted.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from outreach.follow_up.rounds import follow_up
from outreach.settings import Route
from tests.support.emulation import UNLIMITED
from tests.support.emulator_server import EmulatorServer
from tests.support.hand_overs import SETTINGS, desk, prepare

PEOPLE = 10_000
FOLLOWED_SECONDS = 1800


def measure(people: int = PEOPLE) -> list[dict[str, Any]]:
    """Both routes, with an emulator each."""
    return [_play(route, people) for route in Route]


def _play(route: Route, people: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, EmulatorServer(UNLIMITED) as genesys:
        prepare(genesys)
        with desk(Path(folder), genesys, SETTINGS.model_copy(update={"route": route})) as at_work:
            at_work.work(range(people))
            to_start = sum(genesys.metrics()["by_operation"].values())
            at_work.run.ledger.clock.sleep(FOLLOWED_SECONDS)
            follow_up(at_work.run)
            proof = at_work.proof()
        seen = genesys.metrics()
        return {
            "route": route.value,
            "people": people,
            "requests": sum(seen["by_operation"].values()),
            "requests_until_started": to_start,
            "contacted": proof.contacted,
            "contacted_twice": sum(times > 1 for times in Counter(at_work.reached).values()),
            "balanced": proof.balanced,
            "answers_429": seen["too_many"],
            "by_operation": seen["by_operation"],
        }
