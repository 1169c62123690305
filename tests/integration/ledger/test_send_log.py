"""Both APIs say when a call goes, before its first byte, and do not make it when they are told not to."""

from __future__ import annotations

import dataclasses
from typing import Literal

import pytest

from outreach.campaign.outcomes import NotAttempted
from outreach.genesys.interface import Engagement, Senders
from outreach.genesys.opening import open_genesys
from tests.support.clients import engagement
from tests.support.emulation import SENDERS, EmulatorThread, emulator_thread


@pytest.fixture(params=["platform", "guide"])
def api(request: pytest.FixtureRequest) -> Literal["platform", "guide"]:
    chosen: Literal["platform", "guide"] = request.param
    return chosen


def start(api: Literal["platform", "guide"], emulator: EmulatorThread, wanted: Engagement) -> None:
    with open_genesys(
        api=api,
        client_id="demo",
        client_secret="demo",
        login_url=emulator.url,
        api_url=emulator.url,
        senders=Senders(**SENDERS),  # type: ignore[arg-type]  # plain strings
        requests_per_minute=None,
        creations_per_minute=None,
    ) as genesys:
        registered = genesys.register([wanted.contact])[0]
        attempt = dataclasses.replace(wanted.attempt, genesys_id=registered.genesys_id)  # type: ignore[union-attr]  # it is taken
        genesys.start(dataclasses.replace(wanted, attempt=attempt))


def test_a_call_says_that_it_goes_before_anybody_is_contacted(api: Literal["platform", "guide"]) -> None:
    with emulator_thread() as emulator:
        seen: list[int] = []
        wanted = dataclasses.replace(engagement(), depart=lambda: seen.append(len(emulator.org.truth.rows)))

        start(api, emulator, wanted)

        assert seen == [0]
        assert len(emulator.org.truth.rows) == 1


def test_a_call_that_may_not_go_is_not_made(api: Literal["platform", "guide"]) -> None:
    def stay() -> None:
        raise NotAttempted

    with emulator_thread() as emulator:
        with pytest.raises(NotAttempted):
            start(api, emulator, dataclasses.replace(engagement(), depart=stay))

        assert emulator.org.truth.rows == []


def test_a_call_that_is_sent_again_after_a_new_login_says_so_again(api: Literal["platform", "guide"]) -> None:
    operation = {"platform": "messages.agentless", "guide": "guide.start"}[api]
    with emulator_thread(faults=[{"kind": "unauthorized", "operation": operation, "times": 1}]) as emulator:
        logins: list[int] = []

        def note() -> None:
            logins.append(emulator.metrics()["by_operation"]["oauth.token"])

        start(api, emulator, dataclasses.replace(engagement(), depart=note))

        assert logins == [1, 2]  # each time with the token in hand
        assert len(emulator.org.truth.rows) == 1
