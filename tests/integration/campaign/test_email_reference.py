"""E-mails in doubt whose subject carries no reference: found by address, sender and time, or held."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

import pytest

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.reconciliation import reconcile
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.genesys.opening import Account, open_genesys
from outreach.genesys.senders import Senders
from outreach.ledger.claims import everything
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import prove
from outreach.settings import CampaignSettings, EmailReference, SameAddress, WhenNotFound
from outreach.sources.opening import open_source
from tests.support.emulation import SENDERS, emulator_thread
from tests.support.emulator_server import EmulatorThread

SETTINGS = CampaignSettings(
    message="Hello",
    subject="Your appointment",
    hours_bind=(),
    stop_unknown_rate=1,
    look_after_seconds=(0.01, 0.01),
    when_not_found=WhenNotFound.RELEASE,
)
SUBJECT = SETTINGS.model_copy(update={"email_reference": EmailReference.SUBJECT})
PERSON = [{"external_contact_id": "C-1", "name": "N", "email": "ann@example.com"}]
LOST = [{"kind": "act_then_reset", "operation": "emails.agentless", "nth": 1}]
UNSENT = [{"kind": "reset_before", "operation": "emails.agentless", "nth": 1}]


@pytest.fixture
def genesys() -> Iterator[EmulatorThread]:
    with emulator_thread(index_delay_seconds=0) as running:
        yield running


@contextlib.contextmanager
def opened(
    folder: Path, genesys: EmulatorThread, settings: CampaignSettings, name: str = "a"
) -> Iterator[Run]:
    account = Account(client_id="demo", client_secret="demo", api_url=genesys.url)
    senders = Senders(**SENDERS)  # type: ignore[arg-type]  # a plain mapping
    with (
        open_ledger(f"sqlite:///{folder / 'ledger.db'}") as ledger,
        open_genesys(account, senders=senders, requests_per_minute=None) as client,
        open_run(ledger, client, name, settings) as run,
    ):
        yield run


def contact(run: Run, people: Sequence[dict[str, str]] = PERSON) -> dict[str, int]:
    load_source(run, open_source(people))
    batch = everything(run.campaign.name)
    register_batch(run, batch)
    validate_batch(run, batch)
    interact_batch(run, batch)
    return prove(run.ledger, run.campaign).states


def look(run: Run) -> dict[str, int]:
    for _ in range(2):
        time.sleep(0.05)
        reconcile(run)
    return prove(run.ledger, run.campaign).states


def test_a_subject_is_as_it_was_written_unless_the_campaign_wants_our_reference_in_it(
    genesys: EmulatorThread, tmp_path: Path
) -> None:
    begun = datetime.now(timezone.utc)
    for name, settings in (("plain", SETTINGS), ("marked", SUBJECT)):
        with opened(tmp_path, genesys, settings, name) as run:
            contact(run)
            started, _ = run.genesys.list_started(begun)

    [marked], [plain] = (own.texts for own in started)  # the newest first
    assert plain == "Your appointment"
    assert marked.startswith("Your appointment [")


@pytest.mark.parametrize("settings", [SETTINGS, SUBJECT], ids=["none", "subject"])
def test_an_email_whose_answer_was_lost_is_found_and_not_sent_again(
    genesys: EmulatorThread, tmp_path: Path, settings: CampaignSettings
) -> None:
    genesys.configure(faults=LOST)
    with opened(tmp_path, genesys, settings) as run:
        assert contact(run) == {"unknown": 1}
        assert look(run) == {"started": 1}

    assert genesys.truth()["count"] == 1


@pytest.mark.parametrize(
    ("settings", "states"), [(SETTINGS, {"held": 10, "started": 40}), (SUBJECT, {"started": 50})]
)
def test_without_a_reference_only_those_in_doubt_who_share_an_address_are_left_to_a_person(
    genesys: EmulatorThread, tmp_path: Path, settings: CampaignSettings, states: dict[str, int]
) -> None:
    genesys.configure(faults=[{"kind": "act_then_reset", "operation": "emails.agentless"}])
    each = settings.model_copy(update={"same_address": SameAddress.EACH})
    addresses = [f"p{n}@example.com" for n in range(45)] + [f"p{n}@example.com" for n in range(5)]
    people = [
        {"external_contact_id": f"C-{n}", "name": "N", "email": address}
        for n, address in enumerate(addresses)
    ]
    with opened(tmp_path, genesys, each) as run:
        assert contact(run, people) == {"unknown": 50}
        assert look(run) == states

    assert genesys.truth()["count"] == 50


def test_a_doubt_outlives_the_setting_under_which_its_email_was_sent(
    genesys: EmulatorThread, tmp_path: Path
) -> None:
    genesys.configure(faults=LOST)
    with opened(tmp_path, genesys, SETTINGS) as run:
        contact(run)
    with opened(tmp_path, genesys, SUBJECT) as run:
        assert look(run) == {"started": 1}

    assert genesys.truth()["count"] == 1


def test_of_two_campaigns_in_doubt_about_one_address_neither_takes_the_only_email(
    genesys: EmulatorThread, tmp_path: Path
) -> None:
    genesys.configure(faults=LOST)
    with opened(tmp_path, genesys, SETTINGS, "spring") as spring, opened(tmp_path, genesys, SETTINGS) as run:
        contact(spring)
        genesys.configure(faults=UNSENT)
        contact(run)
        assert (look(run), look(spring)) == ({"held": 1}, {"held": 1})

    assert genesys.truth()["count"] == 1


def test_an_email_of_another_ledger_that_carries_its_reference_is_not_ours(
    genesys: EmulatorThread, tmp_path: Path
) -> None:
    genesys.configure(faults=UNSENT)
    (tmp_path / "other").mkdir()
    with opened(tmp_path, genesys, SETTINGS) as run, opened(tmp_path / "other", genesys, SUBJECT) as other:
        assert contact(run) == {"unknown": 1}
        contact(other)
        assert look(run) == {"cleared": 1}  # released, by the policy
