"""The campaign, on a real Prefect server against the emulator: its truth is what counts."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from pathlib import Path
from typing import Any

import orjson
import pytest
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH

from cli.main import execute
from emulator.state import defaults
from flows.campaign import run_campaign
from outreach.errors import CampaignStopped, NobodyContacted, SettingsError
from outreach.genesys.http.auth import unseal
from outreach.ledger.claims import _batches, _cuts
from tasks.policies import BATCHES_AT_MOST
from tests.flows.office import TUTORIAL, Office
from tests.support.task_runs import count_task_runs

FIXED_TASK_RUNS = 8
"""authenticate, load, check-senders, mirror, publish, and what a run may add."""


@pytest.mark.parametrize("api", ["platform", "guide"])
def test_the_tutorials_contact_is_one_contact_and_one_webhook(office: Office, api: str) -> None:
    office.save_blocks(api)

    proof = office.contact(TUTORIAL, events=["contact_interaction_created"])

    assert proof["balanced"], proof
    truth = office.genesys.truth()
    assert (truth["count"], truth["contacted_twice_count"]) == (1, 0)
    received = office.genesys.webhooks()
    assert (received["accepted"], received["invalid"]) == (1, 0)


@pytest.mark.parametrize("api", ["platform", "guide"])
def test_a_campaign_contacts_everybody_once_and_a_second_run_nobody(office: Office, api: str) -> None:
    office.save_blocks(api)
    source = office.source(60)

    first, again = office.run(source), office.run(source)

    assert (first["contacted"], first["balanced"]) == (60, True)
    assert (again["contacted"], again["source_rows"], again["balanced"]) == (60, 60, True)
    truth = office.genesys.truth()
    assert (truth["count"], truth["contacted_twice_count"]) == (60, 0)


def test_lists_that_cannot_be_read_contact_nobody_until_they_can(office: Office) -> None:
    source = office.source(5)
    office.genesys.configure(dnc_export="page")

    with pytest.raises(CampaignStopped, match=r"could not be read.*nobody is contacted"):
        office.run(source)

    assert office.genesys.truth()["count"] == 0
    assert orjson.loads(office.artifact("proof")["data"].strip("`json\n"))["balanced"]
    office.genesys.configure(dnc_export="file")
    assert office.run(source)["contacted"] == 5


def test_whoever_waits_and_whose_row_of_today_cannot_be_read_waits_for_a_list_in_which_it_can(
    office: Office,
) -> None:
    source = office.source(3)
    office.genesys.configure(dnc_export="page")
    with pytest.raises(CampaignStopped):
        office.run(source)
    office.genesys.configure(dnc_export="file")
    yesterday = Path(source).read_text()
    head, first, *others = yesterday.splitlines()

    Path(source).write_text("\n".join([f"{head},opt_out", f"{first},who knows", *(f"{o}," for o in others)]))
    today = office.run(source)
    Path(source).write_text(yesterday)
    tomorrow = office.run(source)

    assert (today["states"], today["reasons"], today["balanced"]) == (
        {"held": 1, "started": 2},
        {"row_unreadable": 1},
        True,
    )
    assert (tomorrow["states"], tomorrow["balanced"]) == ({"started": 3}, True)
    assert office.genesys.truth()["contacted_twice_count"] == 0


def test_a_dry_run_says_what_would_happen_and_contacts_nobody(office: Office) -> None:
    source = office.source(7)

    said = office.run(source, dry_run=True)

    assert (said["total"], said["now"]) == (7, 7)
    assert office.genesys.truth()["count"] == 0
    assert office.runs()[0]["state"]["message"].startswith("Dry run: Of 7 rows, 7 now")
    assert "Dry run" in office.artifact("forecast")["description"]
    assert office.run(source)["contacted"] == 7


def test_a_dry_run_of_one_contact_is_refused_in_one_sentence(office: Office) -> None:
    with pytest.raises(SettingsError, match="A dry run takes a whole source"):
        office.contact(TUTORIAL, dry_run=True)

    assert office.genesys.truth()["count"] == 0


def test_the_runs_state_says_what_came_of_it(office: Office) -> None:
    office.run(office.source(5))

    assert office.runs()[0]["state"]["message"] == "5 started, 0 deferred, 0 rejected, 0 unknown"


def test_prefect_holds_nobodys_data(office: Office) -> None:
    office.run(office.source(12))
    office.contact(TUTORIAL)

    queries = [
        "/flow_runs/filter",
        "/task_runs/filter",
        "/artifacts/filter",
        "/logs/filter",
        "/events/filter",
    ]
    kept = "".join(orjson.dumps(office.ask(path)).decode() for path in queries)
    stored = PREFECT_LOCAL_STORAGE_PATH.value()
    kept += "".join(file.read_text(errors="replace") for file in stored.rglob("*") if file.is_file())
    assert office.name in kept
    for private in ("1317200", "@example.com", "Person 1", "5551234567", "acme.com", "Acme Corp"):
        assert private not in kept, private


def test_a_missing_block_is_one_clear_sentence(office: Office) -> None:
    office.names["senders"] = "nobody"

    with pytest.raises(SettingsError, match=r"There is no block genesys-outreach-senders/nobody\. Save one"):
        office.run(office.source(1))


def test_a_missing_block_names_those_to_choose_from(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["status", "--ledger", "nobody"]) == 2

    said = " ".join(capsys.readouterr().err.split())
    assert "There is no block genesys-outreach-ledger/nobody." in said
    assert office.name in said.partition("Saved are: ")[2]


def test_the_token_is_cached_across_runs_and_stored_sealed(office: Office) -> None:
    office.run(office.source(1))
    office.run(office.source(1, first=1))

    logins = [count for name, count in office.genesys.metrics()["by_operation"].items() if "token" in name]
    assert logins == [1]
    stored = [f.read_text() for f in (PREFECT_LOCAL_STORAGE_PATH.value() / "token").rglob("*") if f.is_file()]
    sealed = [orjson.loads(orjson.loads(text)["result"]) for text in stored]
    opened = [token.value for text in sealed if (token := unseal(text, office.secret_of_client))]
    assert opened
    assert not any(value in text for value in opened for text in stored)


@pytest.mark.parametrize("contacts", [1, 369, 5_000, 100_000, 1_000_000])
def test_the_task_runs_of_a_run_stay_under_five_hundred(contacts: int) -> None:
    cuts = _cuts(contacts, 500, BATCHES_AT_MOST)
    batches = _batches("any", cuts, {cut: cut for cut in [1, *cuts]})

    assert sum(batch.size for batch in batches) == contacts
    assert all(left.last < right.first for left, right in itertools.pairwise(batches))
    assert 4 * len(batches) + FIXED_TASK_RUNS < 500


@pytest.mark.slow
def test_as_many_batches_as_there_may_be_take_few_task_runs(office: Office) -> None:
    office.run(office.source(1000), batch_size=5)

    assert 350 < count_task_runs(office.prefect, office.name) < 500


def test_a_sender_that_was_mended_serves_the_very_next_run(office: Office) -> None:
    source, numbers = office.source(3), defaults.SMS_NUMBERS
    office.genesys.configure(sms_numbers={**numbers, defaults.SMS_NUMBER: "SUSPENDED"})
    with pytest.raises(NobodyContacted, match="preflight"):
        office.run(source, channel_order=["sms"])

    office.genesys.configure(sms_numbers=numbers)
    proof = office.run(source, channel_order=["sms"])

    assert (proof["states"], proof["balanced"]) == ({"started": 3}, True)
    assert office.genesys.truth()["contacted_twice_count"] == 0


def test_a_short_list_that_genesys_refuses_whole_is_red_in_state_report_and_proof(office: Office) -> None:
    office.genesys.configure(
        faults=[{"kind": "error_before_effect", "operation": "messages.agentless", "status": 400}]
    )
    with pytest.raises(NobodyContacted, match=r"5 failed.*retry --refused"):
        office.run(office.source(5), channel_order=["sms"])

    shown = office.artifact("report")["data"]
    proof = orjson.loads(office.artifact("proof")["data"].strip("`json\n"))
    assert "⚠ Balanced, but nobody was contacted: 5 failed" in shown
    assert proof["nobody_contacted"].startswith("5 failed")


def test_a_call_for_somebody_who_has_failed_is_red_though_the_campaign_reached_others(office: Office) -> None:
    office.contact(TUTORIAL, channel_order=["sms"])
    refusing = {"kind": "error_before_effect", "operation": "messages.agentless", "status": 400}
    office.genesys.configure(faults=[refusing])
    other = {**TUTORIAL, "external_contact_id": "EXT-2", "channels": {"sms": "+13172000009"}}
    for _ in range(2):
        with pytest.raises(NobodyContacted, match="1 failed"):
            office.contact(other, channel_order=["sms"])

    assert office.contact(TUTORIAL, channel_order=["sms"])["balanced"]


def test_by_hand_such_a_run_ends_in_1_and_its_json_says_why(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    refusing = {"kind": "error_before_effect", "operation": "messages.agentless", "status": 400}
    office.genesys.configure(faults=[refusing])
    settings = office.folder / "settings.json"
    settings.write_text(office.settings(channel_order=["sms"]).model_dump_json())
    names = [part for kind, name in office.names.items() for part in (f"--{kind}", name)]
    run = ["run", office.source(2), "--campaign", office.name, *names, "--settings", str(settings), "--json"]

    assert execute(run) == 1
    assert orjson.loads(capsys.readouterr().out)["nobody_contacted"].startswith("2 failed")


def test_a_name_that_differs_by_case_only_makes_a_red_run_that_names_the_known_one(office: Office) -> None:
    office.run(office.source(1))

    state = run_campaign(
        office.source(1), office.name.upper(), **office.names, settings=office.settings(), return_state=True
    )

    assert state.is_failed()
    with pytest.raises(SettingsError, match=office.name):
        state.result()


def test_a_call_for_one_person_does_not_look_for_what_the_others_may_have_done(office: Office) -> None:
    late: dict[str, Any] = {
        "look_after_seconds": (0.01,),
        "when_not_found": "release",
        "stop_unknown_rate": 1,
    }
    office.genesys.configure(
        index_delay_seconds=900, faults=[{"kind": "act_then_reset", "operation": "*.agentless"}]
    )
    with pytest.raises(CampaignStopped):
        office.run(office.source(60), **late)
    office.genesys.configure(faults=[])
    with contextlib.closing(sqlite3.connect(office.folder / "ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE contacts SET state = 'deferred', until = 9e15")

    def count_looks() -> int:
        return int(office.genesys.metrics()["by_operation"]["analytics.query"])

    before = count_looks()
    office.contact(TUTORIAL, **late)
    assert count_looks() == before
