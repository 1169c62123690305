"""Several senders of a channel: each person's own, each at its own rate, each checked."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from datetime import datetime, timezone

import pytest

from blocks import Senders as Block
from outreach.contacts import Channel, Channels, Contact
from outreach.genesys.interface import Attempt, Engagement
from outreach.genesys.platform.api import Platform
from outreach.genesys.platform.senders import check_each
from outreach.genesys.platform.sending import write_call
from outreach.genesys.rate_limit.pacer import Pacer
from outreach.genesys.rate_limit.slots import LocalSlotAllocator
from outreach.genesys.senders import Sender, Senders, choose_sender
from tests.support.clients import open_at
from tests.support.clocks import SetClock
from tests.support.emulation import SENDERS, emulator_thread

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)


def person(number: str = "+13175550001", **metadata: str) -> Contact:
    return Contact(external_contact_id="P", name="N", channels=Channels(sms=number), metadata=metadata)


def senders(*more: Sender) -> Senders:
    return Senders(sms_from="+13175550100", more=more)


ABROAD = senders(
    Sender(Channel.SMS, "+4915155500100", countries=("DE",)),
    Sender(Channel.SMS, "+4915155500101", countries=("DE",), languages=("tr",)),
    Sender(Channel.SMS, "+13175550102", metadata={"brand": "b"}),
    Sender(Channel.EMAIL, "b@outreach.example"),
)


@pytest.mark.parametrize(
    ("contact", "sender"),
    [
        (person(), "+13175550100"),
        (person("+4915112345678"), "+4915155500100"),
        (person("+4915112345678", language="TR"), "+4915155500101"),
        (person("+4915112345678", language="tr-DE"), "+4915155500101"),
        (person("+4915112345678", language="Turkish"), "+4915155500101"),
        (person("+999123456789"), "+13175550100"),
        (person(brand="b"), "+13175550102"),
        (person(brand="c"), "+13175550100"),
    ],
)
def test_the_sender_that_asks_for_the_most_and_fits_contacts_the_person(
    contact: Contact, sender: str
) -> None:
    assert ABROAD.choose(contact, Channel.SMS) == sender


@pytest.mark.parametrize("country", ["Germany", "DE", "nowhere", ""])
def test_an_address_without_a_country_has_the_one_of_its_row(country: str) -> None:
    ours = (
        Sender(Channel.EMAIL, "all@outreach.example"),
        Sender(Channel.EMAIL, "de@outreach.example", countries=("DE",)),
    )
    mail = Channels(email="p@example.com")
    one = Contact(external_contact_id="P", name="N", channels=mail, metadata={"country": country})
    chosen = choose_sender(ours, one, Channel.EMAIL)
    assert chosen
    assert chosen.name.startswith("de@") is (country in {"Germany", "DE"})


def test_nobody_is_contacted_by_a_sender_for_others() -> None:
    only_germany = (Sender(Channel.SMS, "+4915155500100", countries=("DE",)),)
    assert choose_sender(only_germany, person(), Channel.SMS) is None


def test_the_same_person_always_hears_from_the_same_sender_and_each_has_its_share() -> None:
    three = [Sender(Channel.SMS, f"+1317555020{n}", rate) for n, rate in enumerate((60, 180, 600))]
    people = [person(f"+1463{n:07d}") for n in range(2_000_000, 2_003_000)]
    chosen = [choose_sender(three, each, Channel.SMS) for each in people]
    assert chosen == [choose_sender(three[::-1], each, Channel.SMS) for each in people]
    share = Counter(each.per_minute for each in chosen if each)
    assert share[60] == pytest.approx(3000 * 60 / 840, rel=0.2)
    assert share[600] == pytest.approx(3000 * 600 / 840, rel=0.05)
    fourth = [
        choose_sender([*three, Sender(Channel.SMS, "+13175550203", 600)], p, Channel.SMS) for p in people
    ]
    moved = [after for before, after in zip(chosen, fourth, strict=True) if before != after]
    assert {each.name for each in moved if each} == {"+13175550203"}


RATES = {"slow": 60, "middle": 180, "fast": 600}
SECONDS, TOKENS = 240.0, 2


def play(own: dict[str, Pacer], tokens: Pacer, clock: SetClock) -> dict[str, list[float]]:
    """Everybody has somebody to contact at every moment: first their own turn, then the tokens'."""
    sent: dict[str, list[float]] = {name: [] for name in own}
    line: list[str] = []
    while (now := clock.monotonic()) < SECONDS:
        for name, pacer in own.items():
            if name not in line and pacer.next_instant() <= now:
                pacer.spend()
                line.append(name)
        if line and tokens.next_instant(len(line) - 1) <= now:
            tokens.spend()
            sent[line.pop(0)].append(now)
            continue
        instants = [pacer.next_instant() for name, pacer in own.items() if name not in line]
        instants += [tokens.next_instant(len(line) - 1)] if line else []
        clock.advance(max(min(instants) - now, 0.0005))
    return sent


def fullest(times: list[float]) -> int:
    return max(bisect_left(times, begin + 60.0) - i for i, begin in enumerate(times))


@pytest.mark.parametrize("names", [["slow", "middle", "fast"], ["fast"]], ids=["three", "one"])
def test_senders_under_one_token_budget_each_use_what_binds_them_and_nothing_would_be_refused(
    names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    clock = SetClock(NOW)
    slots = LocalSlotAllocator(clock)
    own = {name: Pacer(name, RATES[name], slots, clock, name=name) for name in names}

    sent = play(own, Pacer("token:1", 300, slots, clock, TOKENS), clock)

    # Of the tokens' 600 a minute the slow ones take what they may; the fast one is bound by what is left.
    left = 300 * TOKENS - sum(RATES[name] for name in names if name != "fast")
    binds = {**RATES, "fast": min(RATES["fast"], left)}
    used = {name: len(sent[name]) / SECONDS * 60 / binds[name] for name in names}
    with capsys.disabled():
        print("".join(f"\n{name}: {share:.1%} of {binds[name]} a minute" for name, share in used.items()))
    assert min(used.values()) >= 0.95
    assert all(fullest(times) <= RATES[name] for name, times in sent.items())
    assert fullest(sorted(at for times in sent.values() for at in times)) <= 300 * TOKENS


def test_a_callback_carries_script_skills_priority_country_and_the_metadata_for_its_agent() -> None:
    block = Block(
        voice_queue_id="queue-1",
        voice_script_id="script-1",
        voice_skill_ids=["skill-1"],
        voice_priority=5,
        voice_country="Germany",
        voice_validate_numbers=True,
        voice_metadata=["tier", "nothing", "attempt"],
    )
    one = Contact(
        external_contact_id="P",
        name="N",
        channels=Channels(voice="+4915112345678"),
        metadata={"tier": "gold", "secret": "x", "attempt": "theirs"},
    )
    attempt = Attempt("ref-1", "P", "g-1", Channel.VOICE, "+4915112345678", NOW)
    body = write_call(Engagement(attempt, one, "Hello"), block.as_senders()).body
    assert body["routingData"] == {"queueId": "queue-1", "skillIds": ["skill-1"], "priority": 5}
    assert "queueId" not in body
    assert (body["scriptId"], body["countryCode"], body["validateCallbackNumbers"]) == (
        "script-1",
        "DE",
        True,
    )
    assert body["data"]["tier"] == "gold"
    assert (body["data"]["attempt"], "secret" in body["data"]) == ("ref-1", False)


def test_each_sender_is_checked_and_a_channel_is_as_ready_as_the_least_of_them() -> None:
    pending = Senders(**SENDERS, more=(Sender(Channel.SMS, "+13175550199"),))  # type: ignore[arg-type]  # a plain mapping
    with emulator_thread() as genesys, open_at(genesys.url, senders=pending) as client:
        assert isinstance(client, Platform)
        assert client.check_senders()[Channel.SMS] == "sender_not_active"
        found = {name: state for _, name, state in check_each(client.connection, client.senders)}
    assert found["+13175550199"] == "sender_not_active"
    assert found[SENDERS["sms_from"]] == "available"


def test_a_number_is_found_behind_a_thousand_others() -> None:
    numbers = {f"+1317555{number:04}": "ACTIVE" for number in range(1100)}
    with (
        emulator_thread(sms_numbers=numbers) as genesys,
        open_at(genesys.url, senders=Senders(sms_from=max(numbers))) as client,
    ):
        assert client.check_senders()[Channel.SMS] == "available"


def test_what_is_sent_goes_out_from_the_persons_own_sender() -> None:
    other = "+13175550177"
    ours = Senders(**SENDERS, more=(Sender(Channel.SMS, other, metadata={"brand": "b"}),))  # type: ignore[arg-type]  # a plain mapping
    with (
        emulator_thread(
            sms_numbers={SENDERS["sms_from"]: "ACTIVE", other: "ACTIVE"}, index_delay_seconds=0
        ) as genesys,
        open_at(genesys.url, senders=ours) as client,
    ):
        [known] = client.register([(person(brand="b"), "Hi")])
        attempt = Attempt("0a1b2c3d4e5f6a7b", "P", known.genesys_id, Channel.SMS, "+13175550001", NOW)  # type: ignore[union-attr]  # it was
        client.wait_for_turn(Engagement(attempt, person(brand="b"), "Hi")).send()
        [reached] = genesys.truth()["contacts"]
    assert reached["from"] == other


def test_a_number_that_is_named_twice_keeps_its_rate() -> None:
    twice = [Sender(Channel.SMS, "+4915155500100", 60, countries=(land,)) for land in ("DE", "AT")]
    clock = SetClock(NOW)
    attempt = Attempt("0a1b2c3d4e5f6a7b", "P", "g-1", Channel.SMS, "+4915112345678", NOW)
    wanted = Engagement(attempt, person("+4915112345678"), "Hi")
    with (
        emulator_thread(sms_numbers={twice[0].name: "ACTIVE"}) as genesys,
        open_at(genesys.url, clock=clock, senders=senders(*twice), requests_per_minute=300) as client,
    ):
        begun = clock.monotonic()
        for _ in range(31):
            client.wait_for_turn(wanted)
        passed = clock.monotonic() - begun
    assert passed == pytest.approx(30, rel=0.05)


@pytest.mark.parametrize(("channel", "sender"), [("sms", "me"), ("email", "x"), ("voice", "a b")])
def test_a_sender_of_another_form_is_refused_where_it_is_typed(channel: str, sender: str) -> None:
    with pytest.raises(ValueError, match="more"):
        Block(more=[{"channel": channel, "sender": sender}])


def test_one_sender_needs_one_line() -> None:
    assert Block(sms_from="+13175550100").as_senders() == Senders(sms_from="+13175550100")
