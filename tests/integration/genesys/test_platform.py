"""The platform client against the emulator: what it does with people, and what really happened to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

import pytest

from emulator.state import defaults
from outreach.clock import SystemClock
from outreach.contacts import Channel, Channels
from outreach.errors import Ambiguous, Conflict, Forbidden, RateLimited, Unauthorized
from outreach.genesys.interface import PAGE, Attempt, Genesys, NotRegistered, Registered, Started
from outreach.genesys.opening import Account, fetch_token
from outreach.genesys.platform import lookup
from outreach.genesys.platform.api import Platform
from outreach.genesys.platform.organization import read_limits
from outreach.genesys.senders import Senders
from outreach.reachability import AVAILABLE, NOT_CHECKABLE
from outreach.sources.list_entries import read_entries
from tests.support.byte_server import answer, serve_bytes
from tests.support.clients import NOW, SENDERS, contact, engagement, open_at, told
from tests.support.clients import start as contact_by
from tests.support.clocks import SetClock
from tests.support.emulation import EmulatorThread, emulator_thread

EVERYWHERE = dict.fromkeys(Channel, AVAILABLE)


@pytest.fixture
def organisation() -> Iterator[EmulatorThread]:
    with emulator_thread(index_delay_seconds=0) as running:
        yield running


@pytest.fixture
def genesys(organisation: EmulatorThread) -> Iterator[Platform]:
    """On the machine's clock, with sleeps that take no time."""
    with open_at(organisation.url, clock=NoSleep()) as client:
        assert isinstance(client, Platform)
        yield client


class NoSleep(SystemClock):
    """The machine's clock, for those who can't wait."""

    def sleep(self, seconds: float) -> None:
        """Don't."""


def register(genesys: Platform, number: int = 0) -> Registered:
    [registered] = genesys.register(told(contact(number)))
    assert isinstance(registered, Registered)
    return registered


def start(genesys: Platform, channel: Channel, **changes: str) -> Started:
    changes = {"genesys_id": register(genesys).genesys_id} | changes
    return contact_by(genesys, engagement(channel, SystemClock().now(), **changes))


def test_ten_contacts_take_one_request_and_come_back_in_their_order(genesys: Platform) -> None:
    people = [contact(number) for number in range(10)]
    results = genesys.register(told(*people))

    assert [result.external_contact_id for result in results] == [p.external_contact_id for p in people]
    assert {r.status for r in results if isinstance(r, Registered)} == {"created"}
    assert genesys.connection.usage.snapshot().by_operation["register"] == 1


def test_registering_again_updates_and_keeps_the_id(genesys: Platform) -> None:
    first, second = register(genesys), register(genesys)

    assert (first.status, second.status) == ("created", "updated")
    assert first.genesys_id == second.genesys_id


def test_the_answer_says_which_addresses_genesys_recognised() -> None:
    entity = {"id": "g-1", "cellPhone": {"display": "+19999999999999"}, "workEmail": "a@b.example"}
    results = {"results": [{"id": "0", "success": True, "status": 201, "entity": entity}]}
    channels = Channels(sms="+19999999999999", email="a@b.example")
    scripts = (answer(200, {"entities": []}), answer(200, {"id": "s-1"}), answer(200, results))
    with serve_bytes(*scripts) as server, open_at(server.url) as genesys:
        [registered] = genesys.register(told(contact(channels=channels)))

    assert isinstance(registered, Registered)
    assert registered.availability == {Channel.SMS: "not_recognised", Channel.EMAIL: AVAILABLE}


def test_inspecting_asks_nothing_again(genesys: Platform) -> None:
    registered = register(genesys)
    before = genesys.connection.usage.snapshot().requests

    assert genesys.inspect(contact(), registered).availability == registered.availability
    assert genesys.connection.usage.snapshot().requests == before


@pytest.mark.parametrize(
    "body", [b"", b"{}", {"results": []}, {"error": {"status": 503}}, {"results": [{"id": 0}]}]
)
def test_an_answer_that_speaks_of_nobody_fails_nobody(body: object) -> None:
    scripts = (answer(200, {"entities": []}), answer(200, {"id": "s-1"}), answer(200, body))
    with serve_bytes(*scripts) as server, open_at(server.url) as genesys, pytest.raises(Ambiguous):
        genesys.register(told(contact()))


def test_where_all_are_to_be_tried_again_nobody_has_failed() -> None:
    later = {"success": False, "status": 503, "error": {"code": "service.unavailable", "retryable": True}}
    results = {"results": [{"id": str(number), **later} for number in range(2)]}
    scripts = (answer(200, {"entities": []}), answer(200, {"id": "s-1"}), answer(200, results))
    with (
        serve_bytes(*scripts) as server,
        open_at(server.url) as genesys,
        pytest.raises(Ambiguous, match=r"service\.unavailable"),
    ):
        genesys.register(told(contact(0), contact(1)))


def test_one_bad_contact_of_ten_is_a_value_and_the_others_are_registered(
    organisation: EmulatorThread, genesys: Platform
) -> None:
    organisation.configure(
        faults=[{"kind": "entity_error", "operation": "contacts.bulk_enrich", "nth": 1, "retryable": True}]
    )
    results = genesys.register(told(*map(contact, range(10))))
    [failed] = [result for result in results if isinstance(result, NotRegistered)]

    assert failed.retryable
    assert len(results) == 10


@pytest.mark.parametrize("kind", ["act_then_reset", "reset_before", "error_after_effect", "truncated_json"])
def test_a_lost_registration_is_asked_for_again_and_makes_no_duplicate(
    organisation: EmulatorThread, genesys: Platform, kind: str
) -> None:
    organisation.configure(faults=[{"kind": kind, "operation": "contacts.bulk_enrich", "nth": 1}])

    assert register(genesys).genesys_id == register(genesys).genesys_id
    assert organisation.state()["contacts"]["platform"] == 1


@pytest.mark.parametrize("channel", list(Channel))
def test_a_person_is_contacted_once_at_the_right_address(
    organisation: EmulatorThread, genesys: Platform, channel: Channel
) -> None:
    started = start(genesys, channel)
    [happened] = organisation.truth()["contacts"]

    assert happened["conversation_id"] == started.conversation_id
    assert (happened["channel"], happened["to"]) == (channel.value, engagement(channel).attempt.address)
    assert started.latency_ms > 0


@pytest.mark.parametrize("channel", list(Channel))
def test_a_lost_answer_is_found_again_and_never_sent_again(
    organisation: EmulatorThread, genesys: Platform, channel: Channel
) -> None:
    person = register(genesys)
    organisation.configure(faults=[{"kind": "act_then_reset", "operation": "*", "nth": 1}])
    lost = engagement(channel, SystemClock().now(), genesys_id=person.genesys_id)
    with pytest.raises(Ambiguous):
        contact_by(genesys, lost)

    [sighting] = genesys.find([lost.attempt])[lost.attempt.reference]
    [happened] = organisation.truth()["contacts"]
    assert sighting.conversation_id == happened["conversation_id"]
    assert sighting.certain == (channel in {Channel.VOICE, Channel.EMAIL})


@pytest.mark.parametrize("channel", list(Channel))
def test_what_never_happened_is_not_found(
    organisation: EmulatorThread, genesys: Platform, channel: Channel
) -> None:
    person = register(genesys)
    organisation.configure(faults=[{"kind": "reset_before", "operation": "*", "nth": 1}])
    lost = engagement(channel, SystemClock().now(), genesys_id=person.genesys_id)
    with pytest.raises(Ambiguous):
        contact_by(genesys, lost)

    assert genesys.find([lost.attempt]) == {lost.attempt.reference: []}
    assert organisation.truth()["count"] == 0


@pytest.mark.parametrize("channel", [Channel.VOICE, Channel.EMAIL])
def test_somebody_elses_conversation_with_the_same_person_is_not_ours(
    genesys: Platform, channel: Channel
) -> None:
    start(genesys, channel, reference="ffffffffffffffff")
    ours = engagement(channel, SystemClock().now()).attempt

    assert genesys.find([ours]) == {ours.reference: []}


def test_an_earlier_conversation_is_not_ours(genesys: Platform) -> None:
    start(genesys, Channel.SMS)
    later = engagement(Channel.SMS, SystemClock().now() + timedelta(minutes=2)).attempt

    assert genesys.find([later]) == {later.reference: []}


def test_a_list_that_was_not_read_to_its_end_says_of_nobody_that_they_were_not_found(
    genesys: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(genesys, Channel.SMS)
    later = engagement(Channel.SMS, SystemClock().now() + timedelta(minutes=2)).attempt
    monkeypatch.setattr(lookup, "MOST_PAGES", 1)
    monkeypatch.setattr(lookup, "PAGE", 1)

    assert genesys.find([later]) == {}


def to(number: int, at: datetime) -> Attempt:
    """An attempt by SMS at this person's number."""
    attempt = engagement(Channel.SMS, at, genesys_id="", reference=f"{number:016x}").attempt
    return replace(attempt, address=f"+1317555{number:04d}")


def show_one_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a search has more, not all is shown."""
    monkeypatch.setattr(lookup, "MOST_PAGES", 2)
    monkeypatch.setattr(lookup, "PAGE", 1)


def start_two(organisation: EmulatorThread, genesys: Platform) -> None:
    """Conversations by SMS with one address, both over at once."""
    organisation.configure(message_seconds=0)
    for _ in range(2):
        start(genesys, Channel.SMS)


def test_a_crowded_address_keeps_nobody_else_waiting(
    organisation: EmulatorThread, genesys: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_two(organisation, genesys)
    later = SystemClock().now() + timedelta(minutes=2)
    crowded = engagement(Channel.SMS, later, genesys_id="").attempt
    others = [to(number, later) for number in range(5)]
    show_one_at_most(monkeypatch)

    assert genesys.find([*others[:3], crowded, *others[3:]]) == {other.reference: [] for other in others}


def test_of_many_who_were_contacted_each_is_found_though_together_they_are_too_many(
    genesys: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = SystemClock().now()
    attempts = [to(number, begun) for number in range(5)]
    started = {}
    for attempt in attempts:
        item = engagement(Channel.SMS, begun, genesys_id=register(genesys).genesys_id)
        started[attempt.reference] = contact_by(genesys, replace(item, attempt=attempt)).conversation_id
    show_one_at_most(monkeypatch)

    found = genesys.find(attempts)

    assert {name: [each.conversation_id for each in seen] for name, seen in found.items()} == {
        name: [conversation_id] for name, conversation_id in started.items()
    }


def test_what_began_after_an_attempts_time_hides_nothing_of_it(
    organisation: EmulatorThread, genesys: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_two(organisation, genesys)
    earlier = engagement(Channel.SMS, SystemClock().now() - timedelta(minutes=30), genesys_id="").attempt
    show_one_at_most(monkeypatch)

    assert genesys.find([earlier]) == {earlier.reference: []}


def test_of_whom_not_all_was_shown_under_their_other_ids_nobody_says_that_there_was_nothing(
    organisation: EmulatorThread, genesys: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation.configure(message_seconds=0)
    kept, absorbed = register(genesys, 0), register(genesys, 1)
    for _ in range(2):
        start(genesys, Channel.SMS, genesys_id=kept.genesys_id)
    merge = {"contactIds": [kept.genesys_id, absorbed.genesys_id]}
    genesys.connection.request("merge", "POST", "/api/v2/externalcontacts/contacts/merge", json=merge)
    later = replace(to(7, SystemClock().now() + timedelta(minutes=2)), genesys_id=absorbed.genesys_id)
    show_one_at_most(monkeypatch)

    assert genesys.find([later]) == {}


def test_whose_other_ids_nobody_may_look_up_is_not_said_to_have_nothing(
    organisation: EmulatorThread, genesys: Platform
) -> None:
    person = register(genesys)
    deny(organisation, "externalContacts:contact:view")
    named = engagement(Channel.SMS, SystemClock().now(), genesys_id=person.genesys_id).attempt
    mail = engagement(Channel.EMAIL, SystemClock().now(), genesys_id=person.genesys_id).attempt

    assert genesys.find([named, replace(mail, reference="f" * 16)]) == {"f" * 16: []}


def test_a_conversation_from_another_sender_is_not_ours(
    organisation: EmulatorThread, genesys: Platform
) -> None:
    person = register(genesys)
    begun = SystemClock().now()
    contact_by(genesys, engagement(Channel.SMS, begun, genesys_id=person.genesys_id))
    other = replace(SENDERS, sms_from="+13175550123")
    with open_at(organisation.url, clock=NoSleep(), senders=other) as stranger:
        attempt = engagement(Channel.SMS, begun, genesys_id=person.genesys_id).attempt

        assert stranger.find([attempt]) == {attempt.reference: []}


def test_two_conversations_that_could_be_ours_are_both_told(
    organisation: EmulatorThread, genesys: Platform
) -> None:
    organisation.configure(message_seconds=0)
    begun = SystemClock().now()
    both = {start(genesys, Channel.SMS).conversation_id for _ in range(2)}
    ours = engagement(Channel.SMS, begun).attempt

    assert {sighting.conversation_id for sighting in genesys.find([ours])[ours.reference]} == both


def test_a_last_page_that_is_full_leaves_nothing_in_doubt(
    organisation: EmulatorThread, genesys: Platform
) -> None:
    organisation.configure(message_seconds=0)
    begun = SystemClock().now()
    started = {start(genesys, Channel.SMS).conversation_id for _ in range(PAGE)}
    ours = engagement(Channel.SMS, begun).attempt

    assert {sighting.conversation_id for sighting in genesys.find([ours])[ours.reference]} == started
    assert {each.conversation_id for each in genesys.list_started(begun)[0]} == started


def test_one_request_looks_for_many_attempts(genesys: Platform) -> None:
    attempts = [
        engagement(Channel.SMS, SystemClock().now(), reference=f"{n:016x}", genesys_id="").attempt
        for n in range(25)
    ]
    genesys.find(attempts)

    assert genesys.connection.usage.snapshot().by_operation == {"find conversations": 1}


def test_a_merged_contact_is_found_by_its_other_id(organisation: EmulatorThread, genesys: Platform) -> None:
    kept, absorbed = register(genesys, 0), register(genesys, 1)
    web = replace(SENDERS, chat_from=defaults.WEB_DEPLOYMENT_ID, chat_type="webmessaging")
    with open_at(organisation.url, clock=NoSleep(), senders=web) as client:
        assert isinstance(client, Platform)
        begun = SystemClock().now()
        contact_by(client, engagement(Channel.CHAT, begun, genesys_id=kept.genesys_id))
        merge = {"contactIds": [kept.genesys_id, absorbed.genesys_id]}
        client.connection.request("merge", "POST", "/api/v2/externalcontacts/contacts/merge", json=merge)
        attempt = engagement(Channel.CHAT, begun, genesys_id=absorbed.genesys_id).attempt

        assert len(client.find([attempt])[attempt.reference]) == 1


@pytest.mark.parametrize(
    "look",
    [
        lambda genesys: genesys.list_started(NOW - timedelta(hours=1)),
        lambda genesys: genesys.find([engagement(Channel.SMS, NOW).attempt]),
        lambda genesys: list(islice(genesys.list_inbound(NOW - timedelta(hours=1), NOW, skip=0), 3 * PAGE)),
    ],
    ids=["list_started", "find", "list_inbound"],
)
def test_a_list_that_gives_one_page_for_all_is_not_read_without_end(
    look: Callable[[Genesys], object],
) -> None:
    hits = [{"conversationId": f"c-{n}", "conversationStart": "2026-03-04T15:00:00Z"} for n in range(PAGE)]
    page = answer(200, {"conversations": hits, "totalHits": PAGE})
    with (
        serve_bytes(page) as server,
        open_at(server.url) as genesys,
        pytest.raises(Ambiguous, match="page_twice"),
    ):
        look(genesys)


def test_reading_many_takes_one_request(genesys: Platform) -> None:
    started = [start(genesys, channel).conversation_id for channel in Channel]
    before = genesys.connection.usage.snapshot().requests
    read = genesys.read(started)

    assert [conversation.conversation_id for conversation in read] == started
    assert genesys.connection.usage.snapshot().requests - before == 1


@pytest.mark.parametrize("status", [400, 403, 410, 500])
def test_a_conversation_that_cannot_be_read_keeps_no_other_waiting(
    organisation: EmulatorThread, genesys: Platform, status: int
) -> None:
    organisation.configure(index_delay_seconds=3600)
    hidden, shown = (start(genesys, channel).conversation_id for channel in (Channel.SMS, Channel.EMAIL))
    path = f"GET /api/v2/conversations/{hidden}"
    organisation.configure(faults=[{"kind": "error_before_effect", "operation": path, "status": status}])

    assert [conversation.conversation_id for conversation in genesys.read([hidden, shown])] == [shown]


def test_where_no_conversation_can_be_read_the_reason_is_said(
    organisation: EmulatorThread, genesys: Platform
) -> None:
    organisation.configure(
        index_delay_seconds=3600, permissions_denied={"*": ["conversation:communication:view"]}
    )
    started = [start(genesys, channel).conversation_id for channel in (Channel.SMS, Channel.EMAIL)]

    with pytest.raises(Forbidden, match="conversation:communication:view"):
        genesys.read(started)


def test_what_analytics_does_not_show_yet_is_read_itself(
    organisation: EmulatorThread, genesys: Platform
) -> None:
    organisation.configure(index_delay_seconds=3600)
    started = start(genesys, Channel.SMS)
    [conversation] = genesys.read([started.conversation_id, "no-such"])

    assert conversation.conversation_id == started.conversation_id
    assert conversation.ended_at is None


@pytest.mark.parametrize("delay", [0, 3600])
@pytest.mark.parametrize("channel", list(Channel))
def test_an_ended_conversation_tells_when_and_why(
    organisation: EmulatorThread, genesys: Platform, channel: Channel, delay: int
) -> None:
    organisation.configure(index_delay_seconds=delay)
    started = start(genesys, channel)
    organisation.advance(600)
    [conversation] = genesys.read([started.conversation_id])

    assert conversation.ended_at is not None
    assert conversation.started_at is not None
    assert conversation.ended_at > conversation.started_at
    assert conversation.disconnect_type


@pytest.mark.parametrize("delay", [0, 3600])
def test_an_opt_out_receipt_is_seen(organisation: EmulatorThread, genesys: Platform, delay: int) -> None:
    organisation.configure(index_delay_seconds=delay, opted_out=["+15551234567"])
    started = start(genesys, Channel.SMS)
    organisation.advance(600)
    [conversation] = genesys.read([started.conversation_id])

    assert conversation.opted_out
    assert conversation.delivery in {"failed", "delivery-failed"}


@pytest.mark.parametrize("channel", list(Channel))
def test_ending_twice_is_as_good_as_once(genesys: Platform, channel: Channel) -> None:
    started = start(genesys, channel)
    genesys.end(started.conversation_id, channel)
    genesys.end(started.conversation_id, channel)
    [conversation] = genesys.read([started.conversation_id])

    assert conversation.ended_at is not None


def test_a_second_message_into_a_running_conversation_is_refused(genesys: Platform) -> None:
    start(genesys, Channel.SMS)

    with pytest.raises(Conflict):
        start(genesys, Channel.SMS)


def test_ready_senders_are_available(genesys: Platform) -> None:
    assert genesys.check_senders() == EVERYWHERE


def test_senders_that_are_not_ready_say_why(organisation: EmulatorThread) -> None:
    unready = Senders(
        sms_from=defaults.SMS_NUMBER_PENDING,
        email_from="hello@elsewhere.example",
        voice_queue_id="0e6e1b0a-0004-4000-8000-00000000dead",
        chat_from=defaults.INACTIVE_INTEGRATION_ID,
    )
    with open_at(organisation.url, senders=unready) as genesys:
        assert genesys.check_senders() == {
            Channel.VOICE: "sender_not_found",
            Channel.SMS: "sender_not_active",
            Channel.EMAIL: "sender_not_found",
            Channel.CHAT: "sender_not_active",
        }


def test_channels_without_a_sender_say_so_and_ask_nothing(organisation: EmulatorThread) -> None:
    with open_at(organisation.url, senders=Senders()) as genesys:
        assert genesys.check_senders() == dict.fromkeys(Channel, "no_sender")
        assert genesys.connection.usage.snapshot().requests == 0


def deny(organisation: EmulatorThread, *permissions: str) -> None:
    organisation.configure(permissions_denied={"*": list(permissions)})


def test_a_look_that_is_forbidden_says_nothing_against_the_channel(
    organisation: EmulatorThread, genesys: Platform
) -> None:
    deny(organisation, "sms:phoneNumber:view", "routing:email:manage", "routing:email:view")

    checked = genesys.check_senders()
    assert checked == EVERYWHERE | {Channel.SMS: NOT_CHECKABLE, Channel.EMAIL: NOT_CHECKABLE}


def test_the_right_to_view_one_domain_is_enough(organisation: EmulatorThread, genesys: Platform) -> None:
    deny(organisation, "routing:email:manage")

    assert genesys.check_senders()[Channel.EMAIL] == AVAILABLE


def test_a_missing_permission_is_named(organisation: EmulatorThread, genesys: Platform) -> None:
    deny(organisation, "conversation:message:create")
    with pytest.raises(Forbidden) as caught:
        start(genesys, Channel.SMS)

    assert "conversation:message:create" in caught.value.advice
    assert caught.value.correlation_id


def test_a_wrong_secret_is_one_clear_error(organisation: EmulatorThread) -> None:
    with pytest.raises(Unauthorized, match="client id or secret"):
        fetch_token(Account(client_id="demo", client_secret="wrong", api_url=organisation.url))


def test_a_cached_token_saves_the_login_and_an_expired_one_is_replaced(organisation: EmulatorThread) -> None:
    token = fetch_token(Account(client_id="demo", client_secret="demo", api_url=organisation.url))
    with open_at(organisation.url, clock=SystemClock(), sealed_token=token.text) as genesys:
        assert isinstance(genesys, Platform)
        genesys.whoami()
        organisation.reset()
        assert genesys.whoami().organization_id == defaults.ORGANISATION_ID


def test_do_not_contact_lists_are_mirrored(organisation: EmulatorThread, genesys: Platform) -> None:
    lists = f"/api/v2/outbound/dnclists/{defaults.DNC_LIST_ID}"
    ask = genesys.connection.request
    ask("add", "POST", f"{lists}/phonenumbers", json=["+15551234567", "+442079460000"])
    ask("add", "POST", f"{lists}/emailaddresses", json=["Stop@Acme.example"])

    [found] = genesys.list_do_not_contact()
    read = read_entries(found.content or "", found.size, genesys.whoami().country)
    # The ledger's key of an e-mail address is the same in any case.
    addresses = {address.casefold() for address in read.addresses}
    assert addresses == {"+15551234567", "+442079460000", "stop@acme.example"}
    assert (found.size, read.rows, read.unread, read.problem) == (3, 3, 0, "")


def test_the_organisations_own_limits_can_be_read(genesys: Platform) -> None:
    assert read_limits(genesys.connection)["token.rate.per.minute"] == 300


def test_a_429_of_the_emulator_is_waited_for_and_counted(organisation: EmulatorThread) -> None:
    clock = SetClock(NOW)
    organisation.configure(
        faults=[{"kind": "rate_limited", "operation": "org*", "times": 1, "retry_after": 9}]
    )
    with open_at(organisation.url, clock=clock) as genesys:
        assert isinstance(genesys, Platform)
        genesys.whoami()
        assert clock.monotonic() >= 9.0
        assert genesys.connection.usage.snapshot().too_many == 1


def test_an_absurd_wait_is_told_and_stops_everybody(organisation: EmulatorThread) -> None:
    fault = {"kind": "rate_limited", "operation": "org*", "times": 1, "retry_after": "absurd"}
    organisation.configure(faults=[fault])
    with open_at(organisation.url) as genesys:
        assert isinstance(genesys, Platform)
        for _ in range(2):
            with pytest.raises(RateLimited) as caught:
                genesys.whoami()
            assert caught.value.retry_after > 180
        assert genesys.connection.usage.snapshot().requests == 1


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_clock_that_is_wrong_over_there_does_not_hide_what_happened(
    organisation: EmulatorThread, genesys: Platform, seconds: int
) -> None:
    organisation.configure(clock_skew_seconds=seconds)
    started = start(genesys, Channel.SMS)
    ours = engagement(Channel.SMS, SystemClock().now()).attempt

    assert [s.conversation_id for s in genesys.find([ours])[ours.reference]] == [started.conversation_id]
    assert abs(genesys.connection.clock_skew.total_seconds() - seconds) < 2


@pytest.mark.parametrize("channel", [Channel.VOICE, Channel.CHAT])
def test_without_the_right_to_look_closer_a_sighting_stays_uncertain(
    organisation: EmulatorThread, genesys: Platform, channel: Channel
) -> None:
    started = start(genesys, channel)
    deny(organisation, "conversation:communication:view", "externalContacts:contact:view")
    ours = engagement(channel, SystemClock().now()).attempt
    [sighting] = genesys.find([ours])[ours.reference]

    assert (sighting.conversation_id, sighting.certain) == (started.conversation_id, False)


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("VERIFIED", AVAILABLE),
        ("PENDING", "sender_not_verified"),
        ("SMTP", NOT_CHECKABLE),
        ("", NOT_CHECKABLE),
    ],
)
def test_a_domain_that_does_not_say_is_not_known(
    organisation: EmulatorThread, genesys: Platform, state: str, verdict: str
) -> None:
    organisation.configure(email_domains={defaults.EMAIL_DOMAIN: state})

    assert genesys.check_senders()[Channel.EMAIL] == verdict


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"entities": {}}', b'{"entities": [1]}', b"<html>"])
def test_senders_of_a_list_that_is_none_are_not_known(body: bytes) -> None:
    with serve_bytes(answer(200, body)) as server, open_at(server.url) as platform, pytest.raises(Ambiguous):
        platform.check_senders()


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"name": "somebody"}'])
def test_an_organisation_that_does_not_say_who_it_is_is_not_known(body: bytes) -> None:
    with serve_bytes(answer(200, body)) as server, open_at(server.url) as platform, pytest.raises(Ambiguous):
        platform.whoami()
