"""A dry run in Prefect reads, and changes nothing: not at Genesys, not in the ledger."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import create_engine, text

from blocks import GenesysCredentials
from blocks.stored import load_block
from cli.main import execute
from emulator.state import defaults
from tests.flows.office import Office

READING = {"oauth.token", "queues.list", "sms_numbers.list", "email_domains.list", "integrations.list"}
"""What a dry run may ask the platform; the guide's API has no senders to ask about."""

BOOKKEEPING = {"pacing", "executors", "alembic_version"}
"""Tables in which the budget that all processes share is spent, by whoever asks."""


def digest(office: Office) -> str:
    engine = create_engine(f"sqlite:///{office.folder / 'ledger.db'}")
    with engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
        tables = sorted(set(names) - BOOKKEEPING)
        rows = [connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in tables]
    engine.dispose()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


@pytest.mark.parametrize("dispatch", ["here", "work-pool"])
@pytest.mark.parametrize("api", ["platform", "guide"])
def test_no_request_that_changes_anything_leaves(office: Office, api: str, dispatch: str) -> None:
    office.save_blocks(api)
    office.run(office.source(3))
    before = office.genesys.metrics()["by_operation"]
    known, truth, seen = digest(office), office.genesys.truth()["count"], office.genesys.webhooks()["count"]

    said = office.run(office.source(4, first=3), dispatch, dry_run=True)

    after = office.genesys.metrics()["by_operation"]
    asked = {name for name, count in after.items() if count > before.get(name, 0)}
    assert (said["total"], said["now"]) == (4, 4)
    assert asked <= (READING if api == "platform" else set())
    assert digest(office) == known
    assert office.genesys.truth()["count"] == truth == 3
    assert office.genesys.webhooks()["count"] == seen


def test_before_the_first_run_it_makes_no_ledger_and_says_so(
    office: Office, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    source, ledger = office.source(3), office.folder / "ledger.db"
    settings = office.folder / "settings.json"
    settings.write_text(office.settings().model_dump_json(exclude_unset=True))
    named = [f"--{kind}={name}" for kind, name in office.names.items()]

    by_form = office.run(source, dry_run=True)
    by_hand = execute(["run", source, "--campaign", "c", "--dry-run", f"--settings={settings}", *named])

    assert (by_form["total"], by_form["now"], by_hand) == (3, 3, 0)
    for said in (caplog.text, capfd.readouterr().err):
        assert f"There is no ledger {ledger}. A run makes it" in said
    assert not list(office.folder.glob("ledger.db*"))


def test_a_sender_that_is_not_ready_blocks_in_a_dry_run_as_in_a_run(office: Office) -> None:
    source = office.source(3)
    office.genesys.configure(sms_numbers={defaults.SMS_NUMBER: "PENDING"})

    said = office.run(source, dry_run=True)

    assert said["senders"]["sms"] == "sender_not_active"
    assert said["channels"] == {"email": 3}
    office.run(source)
    assert office.genesys.truth()["by_channel"] == {"email": 3}


def test_the_minutes_are_those_of_the_credentials(office: Office) -> None:
    office.budget = 600
    office.save_blocks()

    said = office.run(office.source(5), dry_run=True)

    assert said["requests_per_minute"] == 600
    assert said["minutes"] == pytest.approx(5 * 1.1 / (600 * 0.987))


def test_an_organisation_that_does_not_answer_is_no_reason_not_to_decide(office: Office) -> None:
    credentials = load_block(GenesysCredentials, office.name)
    credentials.login_url = credentials.api_url = "http://127.0.0.1:9"  # nobody listens there
    credentials.save(office.name, overwrite=True)

    said = office.run(office.source(2), dry_run=True)

    assert (said["now"], said["senders"]) == (2, None)
