"""What another system does not say clearly is no permission: at the far end nobody listed is contacted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from emulator.state import defaults
from outreach.campaign.preparation import Mirrored, mirror_do_not_contact
from outreach.campaign.run import Run
from outreach.genesys.platform.api import Platform
from outreach.ledger.ledger import Ledger
from outreach.report.figures.gather import gather
from outreach.report.tables import every
from tests.support.clients import open_at
from tests.support.clocks import SetClock
from tests.support.emulation import emulator_thread
from tests.support.emulator_server import EmulatorThread
from tests.support.ledgers import NOON, advance, load, new_ledger, new_run, people

NUMBERS = [f"+1317888{number:04d}" for number in range(1, 7)]
LISTED = NUMBERS[:4]
UNREADABLE: dict[str, dict[str, object]] = {
    "an empty file": {"dnc_export": "empty"},
    "a page with status 200": {"dnc_export": "page"},
    "fewer entries than the list's size": {"dnc_export": "half"},
    "an object instead of lists": {"dnc_listing": "object"},
    "an array instead of lists": {"dnc_listing": "array"},
    "a body that is empty": {"faults": [{"kind": "empty_body", "operation": "dnc.list"}]},
    "half a body": {"faults": [{"kind": "truncated_json", "operation": "dnc.list"}]},
    "a gateway's page": {"faults": [{"kind": "wrong_content_type", "operation": "dnc.list"}]},
    "no file": {"faults": [{"kind": "error_before_effect", "operation": "downloads.get", "status": 404}]},
    "an address without an export": {"faults": [{"kind": "empty_body", "operation": "dnc.export"}]},
    "an export of last week": {"dnc_export": "stale"},
    "an export that is never ready": {"dnc_export_seconds": 1e6},
    "a list that nobody may export": {"permissions_denied": {"*": ["outbound:dnc:view"]}},
}


@pytest.fixture
def genesys() -> Iterator[EmulatorThread]:
    with emulator_thread() as server:
        yield server


def put_on(genesys: EmulatorThread, *entries: str) -> None:
    genesys.org.dnc[defaults.DNC_LIST_ID].entries |= dict.fromkeys(entries)


@contextmanager
def opened(ledger: Ledger, genesys: EmulatorThread, name: str = "spring") -> Iterator[Run]:
    with open_at(genesys.url) as platform, new_run(ledger, platform, name=name) as run:
        assert isinstance(platform, Platform)
        yield run


def carry_out(run: Run, age: timedelta = timedelta()) -> Mirrored:
    """A run as the flow makes it: ask whom to leave alone, then contact whoever may be."""
    load(
        run, [{**person, "sms": number} for person, number in zip(people(6, email=""), NUMBERS, strict=True)]
    )
    found = mirror_do_not_contact(run, not_older_than=age)
    if objection := found.objection(run.settings):
        run.auto_stop.stop(objection)
    assert advance(run).balanced
    return found


def contacted(genesys: EmulatorThread) -> set[str]:
    return {row["to"] for row in genesys.truth()["contacts"]}


def make_stale(genesys: EmulatorThread) -> None:
    """An export that is there already, and of a time before anybody was listed."""
    dnc = genesys.org.dnc[defaults.DNC_LIST_ID]
    dnc.exported_at, dnc.exported = genesys.org.now() - 7 * 86400, "entry,expirationDateTime\r\n"


@pytest.mark.parametrize("what", UNREADABLE)
def test_lists_that_cannot_be_read_contact_nobody_where_there_is_no_copy(
    tmp_path: Path, genesys: EmulatorThread, what: str
) -> None:
    put_on(genesys, *LISTED)
    make_stale(genesys)
    genesys.configure(**UNREADABLE[what])
    with new_ledger(tmp_path) as ledger, opened(ledger, genesys) as run:
        found = carry_out(run)

        assert run.auto_stop.reason is not None
        assert "could not be read" in run.auto_stop.reason
    assert (found.at, contacted(genesys)) == ("", set())


@pytest.mark.parametrize("what", UNREADABLE)
def test_lists_that_cannot_be_read_leave_the_last_good_copy_in_force(
    tmp_path: Path, genesys: EmulatorThread, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    put_on(genesys, *LISTED)
    with new_ledger(tmp_path) as ledger, opened(ledger, genesys) as run:
        mirror_do_not_contact(run, not_older_than=timedelta())
        make_stale(genesys)
        genesys.configure(**UNREADABLE[what])

        found = carry_out(run)

    assert found.problem
    assert "stays in force" in caplog.text
    assert contacted(genesys) == set(NUMBERS) - set(LISTED)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_entries_in_every_spelling_are_kept(tmp_path: Path, genesys: EmulatorThread, separator: str) -> None:
    genesys.configure(dnc_separator=separator)
    put_on(genesys, '"3178880001', "tel:+13178880002", "'3178880003", "0013178880004")
    with new_ledger(tmp_path) as ledger, opened(ledger, genesys) as run:
        found = carry_out(run)

    assert (found.entries, found.unread) == (4, 0)
    assert contacted(genesys) == set(NUMBERS) - set(LISTED)


def test_too_many_entries_that_cannot_be_read_stop_the_run(tmp_path: Path, genesys: EmulatorThread) -> None:
    put_on(genesys, *LISTED, "ask Ann about the second number")
    with new_ledger(tmp_path) as ledger, opened(ledger, genesys) as run:
        carry_out(run)

        assert run.auto_stop.reason is not None
        assert (
            f"1 of 5 entries of the do-not-contact lists cannot be read (list {defaults.DNC_LIST_ID}: line 6)"
            in (run.auto_stop.reason)
        )
        assert "Ann" not in run.auto_stop.reason
        report = "".join(map(str, every(gather(ledger, run.campaign))))
        assert f"1 (list {defaults.DNC_LIST_ID}: line 6)" in report
        assert "Ann" not in report
    assert contacted(genesys) == set()


def test_a_few_entries_that_cannot_be_read_are_said_and_take_nobody_off(
    tmp_path: Path, genesys: EmulatorThread, caplog: pytest.LogCaptureFixture
) -> None:
    put_on(genesys, *LISTED, *(f"+1317777{number:04d}" for number in range(200)))
    with new_ledger(tmp_path) as ledger, opened(ledger, genesys) as run:
        mirror_do_not_contact(run, not_older_than=timedelta())
        entries = genesys.org.dnc[defaults.DNC_LIST_ID].entries
        del entries[LISTED[0]]
        put_on(genesys, "317 888 00o1")

        found = carry_out(run)

    assert found.unread == 1
    assert "1 of 204 entries" in caplog.text
    assert contacted(genesys) == set(NUMBERS) - set(LISTED)


def test_two_organisations_on_one_ledger_keep_their_lists(tmp_path: Path, genesys: EmulatorThread) -> None:
    clock = SetClock(NOON)
    fresh = timedelta(minutes=15)
    with emulator_thread(organisation_id="another") as other, new_ledger(tmp_path, clock) as ledger:
        put_on(genesys, *LISTED[:3])
        put_on(other, *LISTED[2:])
        with opened(ledger, genesys, "first") as run:
            mirror_do_not_contact(run, not_older_than=fresh)
        with opened(ledger, other, "second") as run:
            carry_out(run, fresh)
        other.org.dnc[defaults.DNC_LIST_ID].entries.clear()
        clock.advance(3600)
        with opened(ledger, other, "third") as run:
            mirror_do_not_contact(run, not_older_than=fresh)
        with opened(ledger, genesys, "fourth") as run:
            carry_out(run, timedelta(days=1))

        assert contacted(other) == set(NUMBERS) - set(LISTED)
        assert contacted(genesys) == set(NUMBERS) - set(LISTED[:3])


@pytest.mark.parametrize("minutes", [-1500, -5, 5, 1500])
def test_a_clock_that_is_wrong_hides_no_list_and_stops_no_run(
    tmp_path: Path, genesys: EmulatorThread, minutes: int
) -> None:
    genesys.configure(clock_skew_seconds=60 * minutes)
    put_on(genesys, *LISTED)
    with new_ledger(tmp_path) as ledger, opened(ledger, genesys) as run:
        carry_out(run)

    assert contacted(genesys) == set(NUMBERS) - set(LISTED)


def test_a_copy_of_an_instant_to_come_is_not_fresh(tmp_path: Path, genesys: EmulatorThread) -> None:
    clock = SetClock(NOON + timedelta(days=1))
    with new_ledger(tmp_path, clock) as ledger, opened(ledger, genesys) as run:
        mirror_do_not_contact(run, not_older_than=timedelta(minutes=15))
        put_on(genesys, *LISTED)
        clock.advance(-86400)

        carry_out(run, timedelta(minutes=15))

    assert contacted(genesys) == set(NUMBERS) - set(LISTED)


def test_a_file_elsewhere_on_this_machine_is_no_list(tmp_path: Path, genesys: EmulatorThread) -> None:
    put_on(genesys, *LISTED)
    with emulator_thread() as elsewhere, new_ledger(tmp_path) as ledger, opened(ledger, genesys) as run:
        genesys.configure(dnc_download_url=f"{elsewhere.url}/_emulator/state")
        asked = elsewhere.metrics()
        found = carry_out(run)

        assert "unsafe_address" in found.problem
        assert elsewhere.metrics()["by_operation"].keys() == asked["by_operation"].keys()
    assert contacted(genesys) == set()


def test_a_client_that_may_not_look_keeps_its_last_copy_and_says_so(
    tmp_path: Path, genesys: EmulatorThread, caplog: pytest.LogCaptureFixture
) -> None:
    put_on(genesys, *LISTED)
    with new_ledger(tmp_path) as ledger, opened(ledger, genesys) as run:
        mirror_do_not_contact(run, not_older_than=timedelta())
        genesys.configure(permissions_denied={"*": ["outbound:dncList:view", "outbound:dnc:view"]})

        carry_out(run)

    assert "not checkable" in caplog.text
    assert contacted(genesys) == set(NUMBERS) - set(LISTED)


def test_a_client_that_may_not_look_contacts_nobody_unless_the_settings_say_so(
    tmp_path: Path, genesys: EmulatorThread
) -> None:
    genesys.configure(permissions_denied={"*": ["outbound:dncList:view", "outbound:dnc:view"]})
    with new_ledger(tmp_path) as ledger, opened(ledger, genesys) as run:
        found = mirror_do_not_contact(run, not_older_than=timedelta())

        assert "outbound:dncList:view" in found.objection(run.settings)
        assert found.objection(run.settings.model_copy(update={"lists_needed": False})) == ""
