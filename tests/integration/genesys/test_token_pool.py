"""Several tokens of one client, against an organisation that refuses, ends and revokes some of them."""

from __future__ import annotations

import logging
import re
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from outreach.clock import SystemClock
from outreach.contacts import Channel
from outreach.errors import NotSent, Unauthorized, WrongClient
from outreach.genesys.http.auth import SEPARATOR
from outreach.genesys.interface import Registered
from outreach.genesys.opening import Account, fetch_token
from outreach.genesys.platform.api import Platform
from tests.support.byte_server import answer, serve_bytes
from tests.support.clients import contact, engagement, open_at, start, told
from tests.support.emulation import EmulatorThread, emulator_thread


def account(organisation: EmulatorThread) -> Account:
    return Account(client_id="demo", client_secret="demo", api_url=organisation.url)


def ask(genesys: Platform, times: int) -> None:
    for _ in range(times):
        genesys.whoami()


def used(organisation: EmulatorThread) -> Counter[str]:
    return Counter({each["token"]: each["accepted"] for each in organisation.metrics()["tokens"]})


@pytest.mark.parametrize("budget", [None, 6000])
def test_every_token_has_its_turn(budget: int | None) -> None:
    with (
        emulator_thread() as organisation,
        open_at(organisation.url, clock=SystemClock(), tokens=4, requests_per_minute=budget) as genesys,
    ):
        assert isinstance(genesys, Platform)
        ask(genesys, 20)
        assert sorted(used(organisation).values()) == [5, 5, 5, 5]


def test_sealed_tokens_are_used_by_every_process_and_one_is_as_before() -> None:
    with emulator_thread() as organisation:
        one, four = (fetch_token(account(organisation), tokens=number) for number in (1, 4))
        assert SEPARATOR not in one.text
        assert len(four.text.split(SEPARATOR)) == 4
        for _ in range(2):
            with open_at(organisation.url, clock=SystemClock(), tokens=4, sealed_token=four.text) as genesys:
                assert isinstance(genesys, Platform)
                ask(genesys, 8)
        assert organisation.metrics()["by_operation"]["oauth.token"] == 5
        assert sorted(used(organisation).values()) == [4, 4, 4, 4]


def test_a_login_refused_for_two_of_ten_leaves_eight_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    refused = {"kind": "error_before_effect", "operation": "oauth.token", "nth": [3, 7], "status": 400}
    with emulator_thread(faults=[refused]) as organisation:
        sealed = fetch_token(account(organisation), tokens=10)
        organisation.configure(faults=[{**refused, "nth": [1, 2]}])
        with open_at(organisation.url, clock=SystemClock(), tokens=10, sealed_token=sealed.text) as genesys:
            assert isinstance(genesys, Platform)
            ask(genesys, 40)
        assert sorted(used(organisation).values()) == [5] * 8
    assert caplog.messages[-1] == "Token 7 of 10 could not log in (internal.server.error): going on with 8"


def test_a_client_that_is_refused_altogether_is_an_error_as_with_one_token() -> None:
    with (
        emulator_thread(clients={"demo": {"state": "disabled"}}) as organisation,
        open_at(organisation.url, tokens=3) as genesys,
        pytest.raises(WrongClient),
    ):
        genesys.whoami()


def test_a_token_revoked_in_mid_run_is_renewed_and_nobody_notices() -> None:
    gone = {"kind": "unauthorized", "nth": 10, "operation": "organisation.get"}
    with (
        emulator_thread(faults=[gone]) as organisation,
        open_at(organisation.url, clock=SystemClock(), tokens=3) as genesys,
    ):
        assert isinstance(genesys, Platform)
        ask(genesys, 30)
        figures = organisation.metrics()
        assert (figures["by_status"]["401"], figures["by_operation"]["oauth.token"]) == (1, 4)
        assert sum(used(organisation).values()) == 31  # the renewed one too


@pytest.mark.parametrize("operation", ["organisation.get", "messages.agentless"])
def test_a_call_that_meets_one_dead_token_after_the_other_finds_a_living_one(operation: str) -> None:
    """Sealed in the cache, and ended since by somebody's logins."""
    dead = {"kind": "unauthorized", "nth": [1, 2, 3, 4, 5], "operation": operation}
    with emulator_thread(faults=[dead]) as organisation:
        sealed = fetch_token(account(organisation), tokens=6)
        with open_at(organisation.url, clock=SystemClock(), tokens=6, sealed_token=sealed.text) as genesys:
            assert isinstance(genesys, Platform)
            genesys.whoami()
            (known,) = genesys.register(told(contact()))
            assert isinstance(known, Registered)
            start(genesys, engagement(address="+13175550001", genesys_id=known.genesys_id))
        assert organisation.truth()["count"] == 1
        assert organisation.metrics()["by_status"]["401"] == 5


def test_tokens_that_are_turned_down_again_and_again_are_an_error() -> None:
    with (
        emulator_thread(faults=[{"kind": "unauthorized", "operation": "organisation.get"}]) as organisation,
        open_at(organisation.url, tokens=3) as genesys,
        pytest.raises(Unauthorized),
    ):
        genesys.whoami()


@pytest.mark.parametrize("alive", [1, 3])
def test_logins_that_end_older_tokens_leave_as_many_as_live_and_say_so(
    alive: int, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        emulator_thread(tokens_alive=alive) as organisation,
        open_at(organisation.url, clock=SystemClock(), tokens=10) as genesys,
        caplog.at_level(logging.WARNING),
    ):
        assert isinstance(genesys, Platform)

        def ask_once(_: int) -> None:
            genesys.whoami()

        with ThreadPoolExecutor(10) as crew:
            list(crew.map(ask_once, range(60)))
        before = organisation.metrics()["by_operation"]["oauth.token"]
        ask(genesys, 30)
        figures = organisation.metrics()
        assert figures["by_operation"]["oauth.token"] == before  # they end each other no more
        assert before == 10
    assert all(
        re.fullmatch(r"Token \d+ of 10 was ended by the login of another: .*", m) for m in caplog.messages
    )
    assert len(caplog.messages) == 10 - alive


def test_nobody_is_contacted_twice_where_logins_end_older_tokens() -> None:
    with (
        emulator_thread(tokens_alive=2) as organisation,
        open_at(organisation.url, clock=SystemClock(), tokens=5) as genesys,
    ):
        (known,) = genesys.register(told(contact()))
        assert isinstance(known, Registered)
        for number in range(12):
            start(genesys, engagement(address=f"+1317555{number:04}", genesys_id=known.genesys_id))
        truth = organisation.truth()
        assert (truth["count"], truth["addresses"]) == (12, 12)


@pytest.mark.parametrize(("emails", "budget", "bound"), [(60, 3000, "e-mails"), (300, 30, "tokens")])
def test_what_binds_is_told_by_the_minute(emails: int, budget: int, bound: str) -> None:
    with (
        emulator_thread() as organisation,
        open_at(organisation.url, tokens=2, requests_per_minute=budget, emails_per_minute=emails) as genesys,
    ):
        genesys.register(told(contact()))
        for number in range(4):
            start(genesys, engagement(Channel.EMAIL, address=f"p{number}@example.com"))
        assert genesys.connection.usage.snapshot().bound[0] == bound


def test_whoever_waits_for_a_login_that_fails_is_told_then_and_does_not_try_it_in_turn() -> None:
    logins = 0

    def fail_slowly(connection: socket.socket) -> None:
        nonlocal logins
        logins += 1
        time.sleep(0.2)
        answer(500)(connection)

    with (
        serve_bytes(answer()) as server,
        open_at(server.url, clock=SystemClock()) as genesys,
        ThreadPoolExecutor(30) as threads,
    ):
        server.token_script = fail_slowly
        calls = [threads.submit(genesys.wait_for_turn, engagement()) for _ in range(30)]
        failures = {type(call.exception()) for call in calls}

    assert failures == {NotSent}
    assert logins <= 3
