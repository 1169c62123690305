"""The two routes beside each other: requests for the same people by SMS, and how fast e-mail goes.

SMS, to the end of each conversation: the emulator's clock moves only while somebody waits, so that the hour
of a campaign takes seconds here; requests are what is counted.

E-mail, at the published limits: on the real clock, under 300 requests a minute. Pace is what is measured,
from the first e-mail to the last.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from outreach.follow_up.rounds import follow_up
from outreach.settings import Route
from tests.bench.job import run_child
from tests.bench.limits import KEY, SECONDS
from tests.bench.sender_rates import LIMIT, seconds_of
from tests.support.emulation import UNLIMITED, emulator
from tests.support.emulator_server import EmulatorServer
from tests.support.hand_overs import SETTINGS, desk, prepare

PEOPLE, MAILED = 10_000, 2_400
FOLLOWED_SECONDS = 1800


def measure(people: int = PEOPLE, mailed: int = MAILED, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """Both routes and both channels, with an emulator each."""
    with ThreadPoolExecutor(len(Route)) as crew:
        by_mail = list(crew.map(lambda route: _mail(route, mailed, seconds), Route))
    return [*(_play(route, people) for route in Route), *by_mail]


def _mail(route: Route, people: int, seconds: float) -> dict[str, Any]:
    """So many people by the engine; by calls, whom so many seconds are enough for."""
    is_engine = route is Route.CAMPAIGN
    with (
        tempfile.TemporaryDirectory() as folder,
        emulator(window="sliding", requests_per_minute=LIMIT) as genesys,
    ):
        task = {
            "name": "p0",
            "number": 0,
            "api": "platform",
            "url": genesys.url,
            "key": KEY,
            "limit": "",
            "ledger": f"sqlite:///{folder}/ledger.db",
            "steps": "all",
            "channel": "email",
            "settings": {"route": route.value, "look_after_seconds": [5, 10, 20]},
            "seconds": 4 * seconds if is_engine else seconds,
            "contacts": people if is_engine else int(seconds * 6),
        }
        run_child("spender", task)
        rows, seen = genesys.truth()["contacts"], genesys.metrics()
    times = sorted(seconds_of(row["at"]) for row in rows)
    return {
        "channel": "email",
        "route": route.value,
        "people": len(rows),
        "a_minute": round((len(times) - 1) / (times[-1] - times[0]) * 60, 1),
        "requests": sum(seen["by_operation"].values()),
        "contacted": len(rows),
        "contacted_twice": sum(times > 1 for times in Counter(row["to"] for row in rows).values()),
        "answers_429": seen["too_many"],
    }


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
            "channel": "sms",
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
