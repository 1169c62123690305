"""One address under two ids, and one of the two says no: the other waits for a person."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from outreach.campaign.loading import load_source
from outreach.campaign.run import Run
from outreach.contacts import Channel
from outreach.decisions import dry_run
from outreach.decisions.why import explain
from outreach.ledger.claims import claim
from outreach.ledger.database.schema import refusals, refusers
from outreach.ledger.intents import IntentRequest, commit_intents
from outreach.ledger.loads import entries as entries_module
from outreach.ledger.loads.load import Loading
from outreach.ledger.privacy.retention import purge
from outreach.ledger.proof import prove
from outreach.ledger.states import State
from outreach.ledger.vault import Vault, number_of
from outreach.operations.resolution import resolve
from outreach.privacy.erasure import erase
from outreach.sameness import same_form
from outreach.settings import SameAddress
from outreach.sources.opening import open_source
from tests.support.clients import open_at
from tests.support.clocks import SetClock
from tests.support.emulation import emulator_thread
from tests.support.ledgers import (
    CALM,
    advance,
    batch,
    clear,
    load,
    new_ledger,
    new_run,
    people,
    row_of,
    states,
)
from tests.support.organisations import Organisation
from tests.support.reading_beside import read_beside

Rows = list[dict[str, object]]
HELD = "held:address_refused"
NUMBER = "+13175550001"
NOES: list[Mapping[str, Any]] = [
    {"opt_out": "yes"},
    {"opt_out.sms": "yes"},
    {"consent.sms": "no"},
    {"Notes": "do not call"},
    {"opt_out": "yes", "time_zone": "Mars/Olympus"},
    {"opt_out": "yes", "time_zone": "Mars/Olympus", "external_contact_id": ""},
    {"opt_out": "yes", "email": "nobody"},
]


def no(**columns: Any) -> Rows:
    """Who says no, and has the number of C-1."""
    return [{**people(1, first=2)[0], "sms": NUMBER, "opt_out": "yes", **columns}]


def only_sms(**columns: Any) -> Rows:
    """C-1, who has one address and says nothing."""
    return [{**people(1)[0], "email": None, **columns}]


class Breaking(Rows):
    """A list that breaks off after its rows."""

    def __iter__(self) -> Any:
        yield from super().__iter__()
        raise RuntimeError


def told(run: Run, name: str = "C-1") -> str:
    return states(run.ledger)[name]


@pytest.mark.parametrize("columns", NOES)
@pytest.mark.parametrize("order", ["yes first", "no first"])
def test_whoever_has_a_number_that_another_row_refuses_is_held_whichever_comes_first(
    run: Run, organisation: Organisation, between: int, columns: Mapping[str, Any], order: str
) -> None:
    first, last = (only_sms(), no(**{"opt_out": "", **columns}))[:: 1 if order == "yes first" else -1]

    load(run, [*first, *people(between, first=10), *last])
    proof = advance(run)

    assert told(run) == HELD
    assert NUMBER not in [made.attempt.address for made in organisation.contacted]
    assert proof.balanced


def test_two_files_are_one_campaign(run: Run, organisation: Organisation) -> None:
    load(run, no())
    load(run, only_sms())
    advance(run)

    assert (told(run), organisation.contacted) == (HELD, [])


def test_a_later_list_holds_whoever_waits(run: Run, organisation: Organisation) -> None:
    load(run, only_sms())
    clear(run)
    assert told(run) == "cleared"

    load(run, no())
    advance(run)

    assert (told(run), organisation.contacted) == (HELD, [])


def test_the_last_look_before_the_call_sees_a_no_that_was_read_since(run: Run) -> None:
    load(run, only_sms())
    clear(run)
    [waiting] = claim(run.ledger, run.campaign.id, batch(run), (State.CLEARED,), limit=1)
    load(run, no())

    wanted = [IntentRequest(waiting, Channel.SMS, NUMBER)]
    opened, kept = commit_intents(run.ledger, wanted, same_address=SameAddress.ONCE)

    assert (opened, [each.code for each in kept]) == ([], ["address_refused"])


def test_whoever_was_contacted_already_stays_so(run: Run) -> None:
    load(run, only_sms())
    advance(run)

    load(run, [*only_sms(), *no()])
    proof = advance(run)

    assert (told(run), proof.balanced) == ("started", True)


def test_a_later_list_in_which_that_row_says_no_no_more_ends_it(run: Run, between: int) -> None:
    load(run, [*only_sms(), *people(between, first=10), *no()])
    advance(run)

    load(run, [*only_sms(), *people(between, first=10), *no(opt_out="")])
    advance(run)

    assert told(run) == "started"
    assert prove(run.ledger, run.campaign).balanced


def test_a_list_without_that_row_says_nothing_of_its_no(run: Run) -> None:
    load(run, [*only_sms(), *no()])
    advance(run)

    load(run, [*only_sms(), *people(1, first=3)])
    advance(run)

    assert told(run) == HELD


def test_a_list_that_broke_off_ends_no_no(run: Run, between: int) -> None:
    load(run, [*only_sms(), *no()])
    advance(run)

    rows = Breaking([*only_sms(), *no(opt_out=""), *people(9, first=20)])
    with pytest.raises(RuntimeError):
        load(run, rows)
    advance(run)

    assert told(run) == HELD


def test_two_that_read_one_list_at_once_end_no_no(run: Run) -> None:
    load(run, no())
    first, second = (Loading(run.ledger, run.campaign.id, "list") for _ in range(2))
    for reading in (second, first):
        list(reading.add(reading.taker.chunks(open_source(no()).rows())))
    second.finish()
    first.finish()

    load(run, only_sms())
    advance(run)

    assert told(run) == HELD


def test_the_same_list_again_changes_nothing(run: Run, between: int) -> None:
    rows = [*only_sms(), *people(between, first=10), *no()]
    load(run, rows)
    advance(run)
    before = row_of(run.ledger, "C-1").audit_count

    assert load(run, rows).known == len(rows)
    advance(run)

    assert (told(run), row_of(run.ledger, "C-1").audit_count) == (HELD, before)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"sms": None, "email": " Ann@EXAMPLE.com "}, {"sms": None, "email": "ann@example.com"}),
        ({"sms": "+1 (317) 555-0001"}, {}),
        ({"sms": "+525512345678"}, {"sms": "+5215512345678"}),
        ({"sms": None, "email": None, "chat": "+13175550001"}, {"voice": NUMBER, "sms": None}),
        ({"voice": NUMBER, "sms": None}, {}),
    ],
)
def test_another_spelling_of_the_address_is_the_same_address(
    run: Run, organisation: Organisation, theirs: Mapping[str, Any], ours: Mapping[str, Any]
) -> None:
    load(run, [*only_sms(**ours), *no(**theirs)])
    advance(run)

    assert (told(run), organisation.contacted) == (HELD, [])


def test_another_mailbox_is_another_address(run: Run) -> None:
    load(run, [*people(1, sms=None, email="ann.b@example.com"), *no(sms=None, email="annb@example.com")])
    advance(run)

    assert told(run) == "started"


def test_a_channel_that_the_no_does_not_name_is_used(run: Run, organisation: Organisation) -> None:
    load(run, [*people(1), *no(**{"opt_out": "", "opt_out.sms": "yes"})])
    advance(run)

    assert [
        made.attempt.channel for made in organisation.contacted if made.attempt.external_contact_id == "C-1"
    ] == ["email"]


def test_a_no_to_every_channel_holds_on_the_others_too(run: Run) -> None:
    """They may be one person under two ids, who wants to hear nothing."""
    load(run, [*people(1), *no()])
    advance(run)

    assert told(run) == HELD


def test_a_no_to_calls_holds_no_sms_to_the_same_number(run: Run) -> None:
    load(run, [*people(1), *no(**{"opt_out": "", "opt_out.voice": "yes"})])
    advance(run)

    assert told(run) == "started"


def test_ones_own_no_to_a_channel_holds_nobody(run: Run, organisation: Organisation) -> None:
    load(run, only_sms(email="p1@example.com", **{"opt_out.sms": "yes"}))
    advance(run)

    assert told(run) == "started"


def test_whom_a_person_released_stays_released(run: Run, clock: SetClock) -> None:
    rows = [*only_sms(), *no()]
    load(run, rows)
    advance(run)
    resolve(run.ledger, run.campaign, "C-1", "released", reason="she has the number now")
    clock.sleep(60)

    load(run, [*people(1, first=9), *rows])
    advance(run)

    assert told(run) == "started"


def test_a_no_that_comes_after_the_release_holds_again(run: Run, clock: SetClock) -> None:
    rows = [*only_sms(), *no()]
    load(run, rows)
    advance(run)
    resolve(run.ledger, run.campaign, "C-1", "released", reason="she has the number now")
    clock.sleep(60)

    load(run, [*rows, *people(1, first=3, sms=NUMBER, opt_out="yes")])
    advance(run)

    assert told(run) == HELD


def test_another_campaign_goes_by_its_own_rows(run: Run) -> None:
    load(run, no())
    with new_run(run.ledger, Organisation(), name="autumn") as other:
        load(other, only_sms())
        advance(other)

        assert told(run) == "started"


def test_why_says_it_in_one_sentence(run: Run) -> None:
    load(run, [*only_sms(), *no()])
    advance(run)

    answer = explain(run.ledger, run.campaign, "C-1")

    assert (answer["verdict"], answer["reasons"], answer["channel"]) == ("held", ["address_refused"], "sms")
    assert "Another row of the campaign" in answer["sentences"][0]
    assert not [note for note in answer["notes"] if "another verdict" in note]
    assert [rule["input"]["channel"] for rule in answer["rules"] if "refused" in rule["input"]] == ["sms"]


def test_a_process_of_its_own_that_reads_finds_the_same(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_beside(monkeypatch)
    (tmp_path / "people.csv").write_text(
        "external_contact_id,name,sms,time_zone,opt_out\nC-1,A,+13175550001,,\nC-2,B,+13175550001,,yes\n"
        "C-3,C,+13175550002,,\nC-4,D,+13175550002,Mars/Olympus,yes\n"
    )

    load_source(run, open_source(str(tmp_path / "people.csv")))
    advance(run)

    assert states(run.ledger) == {"C-1": HELD, "C-2": "blocked:consent_refused", "C-3": HELD}


@pytest.mark.parametrize("order", [1, -1])
def test_at_the_far_end_nobody_hears_on_a_number_that_a_row_refuses(tmp_path: Path, order: int) -> None:
    rows = [*only_sms(), *people(2, first=3, email=None), *no(time_zone="Mars/Olympus")][::order]
    with (
        emulator_thread() as far_end,
        new_ledger(tmp_path) as ledger,
        open_at(far_end.url) as genesys,
        new_run(ledger, genesys) as run,
    ):
        load(run, rows)
        assert advance(run).balanced

        reached = sorted(each["to"] for each in far_end.truth()["contacts"])
    assert reached == ["+13175550003", "+13175550004"]


def test_whoever_is_erased_leaves_no_key_of_their_no(run: Run) -> None:
    load(run, [*only_sms(), *no()])
    assert count_noes(run) > 0

    erase(run.ledger, "C-2")

    assert count_noes(run) == 0
    advance(run)
    assert told(run) == "blocked:suppressed"


@pytest.mark.parametrize("theirs", [{}, {"time_zone": "Mars/Olympus"}], ids=["readable", "unreadable"])
def test_the_list_of_before_brings_no_key_of_an_erased_ones_no_back(
    run: Run, theirs: Mapping[str, Any]
) -> None:
    load(run, no(email="", **theirs))
    erase(run.ledger, NUMBER)

    load(run, [*only_sms(sms="+13175550003"), *no(email="", **theirs)])

    assert count_noes(run) == 0


def test_the_list_being_read_brings_no_key_of_an_erased_ones_no_back(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries_module, "CHUNK", 1)

    reading = Loading(run.ledger, run.campaign.id, "list")
    rows = [*no(email=""), *no(email="", external_contact_id="C-9")]
    first, second = reading.taker.chunks(open_source(rows).rows())
    list(reading.add([first]))
    erase(run.ledger, NUMBER)
    list(reading.add([second]))

    assert count_noes(run) == 0


def test_a_no_to_another_address_than_the_erased_one_ends_as_any(run: Run) -> None:
    said = {"email": "", "time_zone": "Mars/Olympus"}  # in two rows: what one of them has is all erased
    load(run, [*only_sms(), *no(**said), *no(**said, sms="", voice="+13175550009")])
    erase(run.ledger, "+13175550009")
    advance(run)
    assert told(run) == HELD

    load(run, [*only_sms(), *no(opt_out="", sms="+13175550002")])
    advance(run)

    assert told(run) == "started"


def test_who_says_no_no_more_is_remembered_no_more(run: Run) -> None:
    load(run, no())
    load(run, no(opt_out=""))

    assert count_noes(run) == 0


def test_a_no_that_one_of_two_loads_at_once_ends_stands_by_the_other(run: Run) -> None:
    load(run, no())
    first, second = (Loading(run.ledger, run.campaign.id, "list") for _ in range(2))
    for reading, rows in ((second, no()), (first, no(opt_out=""))):
        list(reading.add(reading.taker.chunks(open_source(rows).rows())))
        reading.finish()
    assert count_noes(run) > 0

    load(run, no(opt_out=""))

    assert count_noes(run) == 0


def test_a_no_outlives_the_age_of_its_row(run: Run, clock: SetClock) -> None:
    load(run, no())
    advance(run)
    clock.sleep(90 * 86400)

    purge(run.ledger, keep_days=30, dry_run=False)
    load(run, only_sms())
    advance(run)

    assert told(run) == HELD


def count_noes(run: Run) -> int:
    """Of addresses, and of who said them."""
    counts = [select(func.count()).select_from(table) for table in (refusals, refusers)]
    return sum(run.ledger.db.value(count) or 0 for count in counts)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),  # who
            st.sampled_from([{}, {"consent.sms": "no"}, {"opt_out": "yes"}, {"consent.sms": "yes"}]),
            st.sampled_from([{}, {"time_zone": "Mars/Olympus"}]),
            st.sampled_from(["+13175550001", "+1 (317) 555-0001", "+13175550002"]),
            st.sampled_from([None, "ann@example.com", "Ann@EXAMPLE.com"]),
        ),
        min_size=2,
        max_size=7,
    ),
    st.integers(0, 7),
    st.sampled_from(SameAddress),
)
def test_nobody_whose_address_a_row_refuses_is_contacted_whatever_the_order(
    drawn: list[tuple[int, dict[str, str], dict[str, str], str, str | None]], cut: int, same: SameAddress
) -> None:
    rows = [people(1, first=n, sms=sms, email=mail, **said, **bad)[0] for n, said, bad, sms, mail in drawn]
    organisation = Organisation()
    calm = CALM.model_copy(update={"same_address": same})
    with (
        tempfile.TemporaryDirectory() as folder,
        new_ledger(Path(folder)) as ledger,
        new_run(ledger, organisation, calm) as run,
    ):
        for part in (rows[:cut], rows[cut:]) if len({n for n, *_ in drawn}) == len(drawn) else (rows,):
            if part:
                load(run, part)
        proof = advance(run)

    refused = {
        (channel, same_form(address))
        for _, said, _, sms, mail in drawn
        for channel, address in (("sms", sms), ("email", mail))
        if address and ("opt_out" in said or (channel == "sms" and said.get("consent.sms") == "no"))
    }
    reached = {(made.attempt.channel, same_form(made.attempt.address)) for made in organisation.contacted}
    assert not reached & refused
    assert proof.balanced


@pytest.mark.parametrize("columns", NOES)
@pytest.mark.parametrize("order", [1, -1])
def test_the_dry_run_says_what_the_run_does(run: Run, columns: Mapping[str, Any], order: int) -> None:
    rows = [*only_sms(), *no(**{"opt_out": "", **columns})][::order]

    for _ in range(2):
        assert rehearse(run, rows)["C-1"] == ("held", ["address_refused"])
        load(run, rows)
        advance(run)

    mended = [*only_sms(), *people(1, first=2, sms="+13175550002")][::order]
    freed = rehearse(run, mended)["C-1"][0]
    load(run, mended)
    advance(run)
    assert (freed == "allowed") == (told(run) == "started")
    assert (freed == "held") == (told(run) == HELD)


def test_the_dry_run_holds_nobody_whom_a_person_released(run: Run) -> None:
    rows = [*only_sms(), *no()]
    load(run, rows)
    advance(run)
    resolve(run.ledger, run.campaign, "C-1", "released", reason="she has the number now")

    assert rehearse(run, rows)["C-1"] == ("allowed", [])


def test_the_dry_run_counts_whom_a_row_far_below_refuses(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dry_run, "CHUNK", 4)

    rehearse(run, [*only_sms(), *people(9, first=10), *no()])

    assert "1 of those who count as contacted would be held" in caplog.text


def rehearse(run: Run, rows: Rows) -> dict[str, tuple[str, list[str]]]:
    decided = dry_run.decide_all(
        open_source(rows), run.settings, campaign="spring", at=run.ledger.clock.now(), ledger=run.ledger
    )
    return {row.external_contact_id: (row.verdict, row.as_json()["reasons"]) for row in decided}


@pytest.mark.parametrize("has_today_forms", [True, False])
@pytest.mark.parametrize(
    "address",
    [
        NUMBER,
        "+525512345678",
        "+5215512345678",
        "+5491123456789",
        "+541123456789",
        "Ann@Example.com",
        "ann",
        "0013175550001",
    ],
)
def test_a_no_is_kept_by_a_key_by_which_its_address_is_looked_for(
    address: str, *, has_today_forms: bool
) -> None:
    vault = Vault(["a key for tests only"])
    vault.has_today_forms = has_today_forms

    [kept] = vault.numbers("address", [same_form(address).encode()])

    assert kept in map(number_of, vault.address_keys(address))
