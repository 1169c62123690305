"""An approval that is waited for without a process: whoever begins the run anew finds the answer.

The runs are a deployment's. Each is begun in this process, as a worker begins it in one of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.flow_runs import resume_flow_run
from prefect.states import Scheduled

from deployments.registry import DEPLOYMENTS, build
from flows.approval import has_grown
from flows.campaign import run_campaign
from flows.question import SLACK_SECONDS, end_unanswered
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.opening import open_ledger
from outreach.ledger.runs import stop_campaign
from tests.flows.office import LEDGER_KEY, Office

PEOPLE = 8
YES = {"approve": True, "by": "Ada"}
NO = {"approve": False, "by": "Ada", "reason": "wrong list"}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)  # a deployment's run stands at home from now on


@pytest.fixture
def deployment(office: Office) -> Iterator[UUID]:
    """The campaign's, which no worker takes."""
    wanted = build(next(each for each in DEPLOYMENTS if each.name == "campaign"))
    wanted.name = office.name
    made = cast("UUID", wanted.apply())
    yield made
    with get_client(sync_client=True) as client:
        client.delete_deployment(made)


@pytest.fixture
def client(prefect_api: str) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as opened:
        yield opened


def ask_for(office: Office, client: SyncPrefectClient, deployment: UUID, **settings: Any) -> UUID:
    """A run of the campaign that asks above five; it is not begun."""
    wanted = office.settings(**{"approve_above": 5, **settings}).model_dump(mode="json")
    parameters = {
        **office.names,
        "source": office.source(PEOPLE),
        "campaign": office.name,
        "settings": wanted,
    }
    return client.create_flow_run_from_deployment(deployment, parameters=parameters).id


def begin(client: SyncPrefectClient, run: UUID) -> State[Any]:
    """Work on the run as a worker's process does; its state then."""
    known: FlowRun = client.read_flow_run(run)
    with contextlib.suppress(Pause):
        run_flow(run_campaign, flow_run=known, parameters=known.parameters, return_type="state")
    state = client.read_flow_run(run).state
    assert state is not None
    return state


def count(office: Office) -> tuple[int, int]:
    """People contacted, and contacted twice, as the far end counts them."""
    truth = office.genesys.truth()
    return truth["count"], truth["contacted_twice_count"]


def add_people(office: Office, more: int) -> None:
    """To the source, while somebody thinks about it."""
    added = Path(office.source(more, first=PEOPLE)).read_text().splitlines()[1:]
    file = Path(office.source(PEOPLE))
    file.write_text(file.read_text() + "\n".join(added) + "\n")


def test_a_deployments_run_ends_its_process_to_wait_and_is_begun_anew_with_the_answer(
    office: Office, client: SyncPrefectClient, deployment: UUID
) -> None:
    run = ask_for(office, client, deployment)
    asked = begin(client, run)
    keys = asked.state_details.run_input_keyset or {}
    form = office.read(f"{office.prefect}/flow_runs/{run}/input/{keys['description']}")

    resume_flow_run(run, YES)
    answered = begin(client, run)

    assert (asked.name, count(office)) == ("Suspended", (PEOPLE, 0))
    assert "take up **8** contacts" in form
    assert "| allowed by sms | 8 |" in form
    assert answered.is_completed()


def test_a_no_is_found_too_and_whoever_has_the_run_tried_again_is_asked_again(
    office: Office, client: SyncPrefectClient, deployment: UUID
) -> None:
    run = ask_for(office, client, deployment)
    begin(client, run)
    resume_flow_run(run, NO)

    refused = begin(client, run)

    assert (refused.type.value, refused.name) == ("COMPLETED", "Refused")
    assert refused.message == "Refused by Ada: wrong list. Nobody was contacted."
    client.set_flow_run_state(run, Scheduled(), force=True)
    assert begin(client, run).name == "Suspended"
    assert count(office) == (0, 0)


def test_a_no_counts_even_if_fewer_are_left_than_somebody_is_asked_for(
    office: Office, client: SyncPrefectClient, deployment: UUID
) -> None:
    run, other = (ask_for(office, client, deployment, approve_above=above) for above in (5, 100))
    begin(client, run)
    resume_flow_run(run, NO)
    office.source(PEOPLE)
    begin(client, other)
    assert count(office)[0] == PEOPLE

    assert begin(client, run).name == "Refused"


def test_it_is_asked_again_when_the_numbers_grew_by_more_than_the_setting(
    office: Office, client: SyncPrefectClient, deployment: UUID
) -> None:
    run = ask_for(office, client, deployment, approve_growth=0.5)
    first = begin(client, run)
    resume_flow_run(run, YES)
    add_people(office, 5)

    second = begin(client, run)
    keys = second.state_details.run_input_keyset or {}
    form = office.read(f"{office.prefect}/flow_runs/{run}/input/{keys['description']}")
    asked = count(office)
    resume_flow_run(run, YES)
    third = begin(client, run)

    assert (first.name, second.name, asked) == ("Suspended", "Suspended", (0, 0))
    assert "The numbers grew since **8** were approved." in form
    assert "take up **13** contacts" in form
    assert (third.type.value, count(office)) == ("COMPLETED", (PEOPLE + 5, 0))


def test_it_is_not_asked_again_for_a_few_more(
    office: Office, client: SyncPrefectClient, deployment: UUID
) -> None:
    run = ask_for(office, client, deployment, approve_growth=0.5)
    begin(client, run)
    resume_flow_run(run, YES)
    add_people(office, 4)

    assert begin(client, run).is_completed()
    assert count(office) == (PEOPLE + 4, 0)


@pytest.mark.parametrize(
    ("asked", "now", "grew"),
    [
        ({"due": 100, "sms": 90}, {"due": 110, "sms": 100}, False),
        ({"due": 100, "sms": 90}, {"due": 111, "sms": 90}, True),
        ({"due": 100, "sms": 10}, {"due": 100, "sms": 90}, True),
        ({"due": 100, "sms": 90}, {"due": 100, "voice": 90}, True),
        ({"due": 100, "sms": 90}, {"due": 20, "sms": 20}, False),
        ({}, {"due": 1}, True),
    ],
)
def test_numbers_grow_by_people_by_channel_and_never_by_being_fewer(
    asked: dict[str, int],
    now: dict[str, int],
    grew: bool,  # noqa: FBT001 - a case's
) -> None:
    assert has_grown(asked, now, 0.1) is grew


def test_an_answer_to_a_question_that_is_older_than_a_stop_contacts_nobody(
    office: Office, client: SyncPrefectClient, deployment: UUID
) -> None:
    run = ask_for(office, client, deployment)
    begin(client, run)
    with open_ledger(f"sqlite:///{office.folder / 'ledger.db'}", keys=[LEDGER_KEY]) as ledger:
        stop_campaign(ledger, find_campaign(ledger, office.name), "Stopped by Bo.", by="Bo")
    resume_flow_run(run, YES)

    state = begin(client, run)

    assert (state.type.value, count(office)) == ("CANCELLED", (0, 0))
    assert (state.message or "").startswith("Stopped by Bo. 0 contacted, 8 not yet.")


def test_two_approvals_of_one_campaign_contact_everybody_once(
    office: Office, client: SyncPrefectClient, deployment: UUID
) -> None:
    runs = [ask_for(office, client, deployment) for _ in range(2)]
    for run in runs:
        assert begin(client, run).name == "Suspended"
    for run in runs:
        resume_flow_run(run, YES)

    assert [begin(client, run).type.value for run in runs] == ["COMPLETED", "COMPLETED"]
    assert count(office) == (PEOPLE, 0)


def test_an_answer_that_comes_too_late_is_none(
    office: Office, client: SyncPrefectClient, deployment: UUID
) -> None:
    run = ask_for(office, client, deployment, approve_within_minutes=0.001)
    begin(client, run)
    resume_flow_run(run, YES)

    state = begin(client, run)

    assert (state.type.value, state.name, count(office)) == ("COMPLETED", "NotApproved", (0, 0))


def test_a_round_ends_the_runs_that_nobody_answered_in_time_and_no_others(
    office: Office, client: SyncPrefectClient, deployment: UUID
) -> None:
    late, other = (ask_for(office, client, deployment, approve_within_minutes=each) for each in (10, 1000))
    asked = begin(client, late)
    begin(client, other)
    until = asked.state_details.pause_timeout
    assert until is not None
    until -= timedelta(seconds=SLACK_SECONDS)

    counts = [end_unanswered(until - timedelta(seconds=1)), end_unanswered(until + timedelta(seconds=1))]
    ended, waits = client.read_flow_run(late).state, client.read_flow_run(other).state

    assert counts == [0, 1]
    assert ended is not None
    assert (ended.type.value, ended.name) == ("COMPLETED", "NotApproved")
    assert ended.message == "Nobody approved in time. Nobody was contacted."
    assert waits is not None
    assert waits.name == "Suspended"
    client.delete_flow_run(other)
