"""One person under two spellings of an address is one person, in ledgers of old hashes too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import delete, select

from emulator.state import defaults
from outreach.campaign.run import Run
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Senders
from outreach.ledger.database.schema import contacts, facts, rejects
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.suppressions import allow_again, find_suppressed, suppress
from outreach.ledger.vault import Vault
from outreach.operations.opt_out import opt_out
from outreach.privacy.erasure import erase
from outreach.settings import CampaignSettings, FrequencyCap
from tests.support.emulation import emulator_thread
from tests.support.ledgers import CALM, advance, load, new_ledger, new_run, people, states
from tests.support.organisations import Organisation

OLD, NEW = "+5215512345678", "+525512345678"
SPELLINGS = ("+13173330017", "13173330017", "+1 317 333 0017", "0013173330017")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Begun before two forms were known as one."""
    with new_ledger(tmp_path) as begun, begun.db.write() as connection:
        connection.execute(delete(facts).where(facts.c.name == "address_forms"))
    with new_ledger(tmp_path) as opened:
        yield opened


def one(n: int, **channels: str) -> dict[str, object]:
    return {"external_contact_id": f"C-{n}", "name": f"N {n}", "time_zone": "America/New_York", **channels}


def test_a_ledger_that_was_begun_today_looks_for_no_earlier_form(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as begun:
        assert begun.vault.address_keys(NEW) == (begun.vault.address_key(OLD),)


def test_an_older_ledger_is_asked_for_every_form(ledger: Ledger) -> None:
    keys = ledger.vault.address_keys(NEW)
    assert keys[0] == ledger.vault.address_key(OLD)
    assert ledger.vault.key("address", OLD) in keys[1:]


def as_before() -> AbstractContextManager[object]:
    """Hash as ledgers were written until 0.1.0: each spelling for itself."""
    return patch.multiple(
        Vault,
        address_key=lambda self, address: self.key("address", address.strip().casefold()),
        address_keys=lambda self, address: (self.key("address", address.strip().casefold()),),
    )


def test_one_whatsapp_number_in_four_spellings_is_contacted_once(ledger: Ledger) -> None:
    senders = Senders(
        chat_from=defaults.WHATSAPP_INTEGRATION_ID, chat_type="whatsapp", chat_template_id="t-1"
    )
    with (
        emulator_thread() as org,
        open_genesys(
            Account(client_id="demo", client_secret="demo", api_url=org.url),
            senders=senders,
            requests_per_minute=None,
        ) as genesys,
        new_run(ledger, genesys) as run,
    ):
        load(run, [one(n, chat=spelling) for n, spelling in enumerate(SPELLINGS)])
        proof = advance(run)
        truth = org.truth()

    assert [row["to"] for row in truth["contacts"]] == ["13173330017"]
    assert (proof.contacted, proof.balanced) == (1, True)
    assert sorted(states(ledger).values()) == ["blocked:same_address"] * 3 + ["started"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_number_that_opted_out_is_off_in_every_spelling_of_a_handle(ledger: Ledger, spelling: str) -> None:
    suppress(ledger, [spelling], source="by_hand", reason="opted_out")

    assert find_suppressed(ledger, SPELLINGS) == set(SPELLINGS)
    assert allow_again(ledger, SPELLINGS[0])
    assert find_suppressed(ledger, SPELLINGS) == set()


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (OLD, NEW),
        ("+22507123456", "+2250707123456"),
        ("+551181234567", "+5511981234567"),
        ("+5491123456789", "+541123456789"),
        ("13173330017", "+13173330017"),
    ],
)
def test_an_opt_out_that_an_older_ledger_holds_in_the_old_form_goes_on_to_hold(
    ledger: Ledger, before: str, now: str
) -> None:
    with as_before():
        suppress(ledger, [before], source="by_hand", reason="opted_out")

    assert find_suppressed(ledger, [before, now]) == {before, now}
    with new_run(ledger, Organisation()) as run:
        load(run, [one(1, chat=now)])
        advance(run)
    assert states(ledger) == {"C-1": "blocked:suppressed"}
    assert allow_again(ledger, now)
    assert find_suppressed(ledger, [before, now]) == set()


def test_an_opt_out_that_comes_between_decision_and_intent_holds_in_its_old_form_too(ledger: Ledger) -> None:
    with new_run(ledger, Organisation()) as run:
        load(run, [one(1, sms=NEW)])
        with as_before():
            suppress(ledger, [OLD], source="by_hand", reason="opted_out")
        with patch("outreach.campaign.validation.find_suppressed", return_value=set()):
            advance(run)

    assert states(ledger) == {"C-1": "blocked:suppressed"}


@pytest.mark.parametrize("number", [OLD, NEW])
def test_who_opts_out_in_one_form_is_off_in_the_other(ledger: Ledger, number: str) -> None:
    opt_out(ledger, [number])

    with new_run(ledger, Organisation()) as run:
        load(run, [one(1, sms=OLD), one(2, sms=NEW)])
        advance(run)
    assert set(states(ledger).values()) == {"blocked:suppressed"}


@pytest.mark.parametrize(
    ("one_form", "other"),
    [(OLD, NEW), ("+551181234567", "+5511981234567"), ("+541123456789", "+5491123456789")],
)
def test_two_rows_of_one_number_in_its_two_forms_are_contacted_once(
    ledger: Ledger, one_form: str, other: str
) -> None:
    with new_run(ledger, Organisation()) as run:
        load(run, [one(1, sms=one_form), one(2, sms=other)])
        advance(run)

    assert sorted(states(ledger).values()) == ["blocked:same_address", "started"]


def test_a_campaign_that_an_older_version_began_contacts_nobody_again_in_the_new_form(ledger: Ledger) -> None:
    org = Organisation()
    with new_run(ledger, org) as run:
        with as_before():
            load(run, [one(1, chat="5215512345678")])
            advance(run)
        load(run, [one(2, sms=NEW)])
        advance(run)

    assert states(ledger) == {"C-1": "started", "C-2": "blocked:same_address"}


def test_caps_count_what_an_older_version_sent_to_the_old_form(ledger: Ledger) -> None:
    capped = CALM.model_copy(update={"caps": (FrequencyCap(contacts=1, hours=24),)})
    with as_before(), new_run(ledger, Organisation(), name="winter") as run:
        load(run, [one(1, chat="5215512345678")])
        advance(run)
    with new_run(ledger, Organisation(), capped) as run:
        load(run, [one(2, sms=NEW)])
        advance(run)

    assert states(ledger)["C-2"] == "deferred:frequency_cap"


def forgotten(ledger: Ledger, settings: CampaignSettings = CALM) -> Run:
    with new_run(ledger, Organisation(), settings, name="winter") as run:
        load(run, [one(1, sms=NEW, email="ada@example.org")])
        advance(run)
    erase(ledger, "C-1")
    return run


def kept(ledger: Ledger) -> str:
    with ledger.db.read() as connection:
        rows = [*connection.execute(select(rejects.c.raw)), *connection.execute(select(contacts.c.payload))]
    return " ".join(text for (text,) in rows if text)


def test_who_was_erased_and_comes_again_under_another_id_is_not_stored(ledger: Ledger) -> None:
    forgotten(ledger)
    rows = [*people(3, first=5), one(2, sms=OLD), one(3, email="Ada@Example.org"), one(1, sms=NEW)]

    with new_run(ledger, Organisation()) as run:
        first, again = load(run, rows), load(run, rows)
        proof = advance(run)

    assert (first.accepted, again.known, again.corrected) == (6, 6, 0)
    assert (proof.contacted, proof.balanced, proof.reasons) == (3, True, {"erased": 3})
    assert "5512345678" not in kept(ledger)
    assert "ada@" not in kept(ledger).casefold()


def test_a_corrected_row_does_not_bring_an_erased_address_back(ledger: Ledger) -> None:
    forgotten(ledger)
    with new_run(ledger, Organisation()) as run:
        opt_out(ledger, ["+13175550009"])
        load(run, [one(9, sms="+13175550009")])
        advance(run)
        done = load(run, [one(9, sms=NEW)])

        assert (done.known, done.corrected) == (1, 0)
        assert prove(ledger, run.campaign).balanced
    assert "5512345678" not in kept(ledger)


def test_an_erasure_finds_a_person_by_the_other_form_of_their_number(ledger: Ledger) -> None:
    with new_run(ledger, Organisation()) as run:
        load(run, [one(1, chat="521 55 1234 5678"), one(2, sms="+13175550002")])

    assert erase(ledger, NEW).contacts == 1
    assert "1234 5678" not in kept(ledger)
