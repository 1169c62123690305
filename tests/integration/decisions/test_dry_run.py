"""The dry run decides what the real run decides, and changes nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.contacts import Channel
from outreach.decisions.dry_run import decide_all, forecastable
from outreach.errors import Ambiguous, SettingsError
from outreach.ledger.suppressions import suppress
from outreach.privacy.erasure import erase
from outreach.report.forecast import Pace, make_forecast
from outreach.settings import CampaignSettings, ConsentPolicy, FrequencyCap, SameAddress
from outreach.sources.opening import open_source
from tests.support.campaigns import NOW, Stage, person, stage
from tests.support.decisions import decide, dry, real


def test_every_row_gets_one_decision_in_its_place() -> None:
    people = [
        person(1, time_zone="America/New_York"),
        person(2, time_zone="Asia/Tokyo"),
        person(3, sms="12"),
        person(1, time_zone="America/New_York"),
        person(4, sms="", email="a@example.com"),
        {**person(5), "sms": "", "consent.email": "no", "email": "b@example.com"},
    ]
    rows = [row.as_json() for row in decide(people)]
    assert [row["external_contact_id"] for row in rows] == [
        "EXT-1",
        "EXT-2",
        "EXT-3",
        "EXT-1",
        "EXT-4",
        "EXT-5",
    ]
    assert [row["verdict"] for row in rows] == [
        "allowed", "deferred", "rejected", "rejected", "allowed", "blocked",
    ]  # fmt: skip
    assert rows[0]["channel"] == "sms"
    assert rows[1]["next_allowed_at"] == "2026-03-04T23:00:00+00:00"
    assert rows[1]["reasons"] == ["outside_hours"]
    assert rows[3]["reasons"] == ["duplicate"]
    assert rows[4]["channel"] == "email"
    assert rows[5]["reasons"] == ["consent_refused"]


def test_another_instant_gives_another_decision() -> None:
    people = [person(1, time_zone="Asia/Tokyo")]
    assert decide(people)[0].verdict == "deferred"
    assert decide(people, at=NOW + timedelta(hours=9))[0].verdict == "allowed"


def test_senders_that_are_not_ready_are_known_when_somebody_asked() -> None:
    [row] = decide([person(1, time_zone="America/New_York")], senders={Channel.SMS: "number_inactive"})
    assert row.as_json()["reasons"] == ["sender_number_inactive"]


def test_a_wrong_rule_pack_is_said_before_anything_is_read() -> None:
    with pytest.raises(SettingsError):
        decide([person(1)], settings=CampaignSettings(message="Hello", rules=("no-such-pack",)))


def test_the_decisions_make_a_forecast() -> None:
    people = [person(n, time_zone="America/New_York") for n in range(1, 5)] + [person(5, sms="12")]
    rejected: Counter[str] = Counter()
    forecast = make_forecast(forecastable(decide(people), rejected), NOW, Pace(300), rejected=rejected)
    assert (forecast.total, forecast.now, forecast.sms_segments) == (5, 4, 4)
    assert forecast.zones == {"America/New_York": 4}
    assert forecast.verdicts["rejected"] == 1


def digest(staged: Stage, folder: Path) -> str:
    with staged.ledger.db.read() as connection:
        names = [
            str(name)
            for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        parts = [
            repr(connection.exec_driver_sql(f"SELECT * FROM {name}").all())
            for name in sorted(names)
            if name != "executors"
        ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@pytest.mark.parametrize(
    ("before", "who", "row"),
    [
        (person(1, sms="12"), "EXT-1", person(1)),
        (person(1), "EXT-1", {**person(1), "external_contact_id": "B-1", "email": "b@example.com"}),
    ],
)
def test_whom_a_load_would_forget_for_an_erasure_is_blocked_for_that(
    tmp_path: Path, before: dict[str, object], who: str, row: dict[str, object]
) -> None:
    with stage(tmp_path, [before], CampaignSettings(message="Hello", hours_bind=())) as staged:
        erase(staged.ledger, who)
        [told] = dry(decide([row], ledger=staged.ledger, settings=staged.run.settings))
        staged.contact_everybody([row])

        assert told in list(real(staged))
        assert told[1:3] == ("blocked", "erased")


def test_an_erased_id_with_another_address_is_foreseen_in_another_campaign(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)], CampaignSettings(message="Hello", hours_bind=())) as staged:
        erase(staged.ledger, "EXT-1")
        row = person(1, sms="+13175550444")
        options = {"ledger": staged.ledger, "settings": staged.run.settings, "campaign": "autumn"}
        [told] = dry(decide([row], **options))

        assert told[1:3] == ("blocked", "erased")


def test_nothing_in_the_ledger_changes_and_nobody_is_asked(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)], CampaignSettings(message="Hello", hours_bind=())) as staged:
        before, contacted = digest(staged, tmp_path), len(staged.org.contacted)
        rows = decide([person(1), person(2)], ledger=staged.ledger, settings=staged.run.settings)
        assert [row.verdict for row in rows] == ["blocked", "allowed"]
        assert rows[0].as_json()["reasons"] == ["already_contacted"]
        assert digest(staged, tmp_path) == before
        assert len(staged.org.contacted) == contacted
        assert not staged.org.reads


def test_addresses_that_another_row_of_the_campaign_took_are_known(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)], CampaignSettings(message="Hello", hours_bind=())) as staged:
        twin = person(2, sms=person(1)["sms"])
        [row] = decide([twin], ledger=staged.ledger, settings=staged.run.settings)
        assert row.as_json()["reasons"] == ["same_address"]
        [other] = decide([twin], ledger=staged.ledger, settings=staged.run.settings, campaign="autumn")
        assert other.verdict == "allowed"


def test_an_outcome_in_doubt_is_held(tmp_path: Path) -> None:
    with stage(tmp_path, (), CampaignSettings(message="Hello", hours_bind=())) as staged:
        staged.org.will(Ambiguous("start sms", 504))
        staged.contact_everybody([person(1)])
        [row] = decide([person(1)], ledger=staged.ledger, settings=staged.run.settings)
        assert (row.verdict, row.as_json()["reasons"]) == ("held", ["outcome_unknown"])


@pytest.mark.parametrize("same_address", SameAddress)
def test_an_address_counts_towards_the_caps_within_the_dry_run(
    tmp_path: Path, same_address: SameAddress
) -> None:
    behaviour = CampaignSettings(
        message="Hello", hours_bind=(), caps=(FrequencyCap(contacts=1, hours=24),), same_address=same_address
    )
    people = [person(1), person(2, sms=person(1)["sms"])]
    with stage(tmp_path, (), behaviour) as staged:
        rows = list(dry(decide(people, ledger=staged.ledger, settings=behaviour)))
        staged.contact_everybody(people)
        assert [row[:3] for row in rows] == [row[:3] for row in real(staged)]
        assert rows[1][4] == NOW + timedelta(hours=24)


def test_earlier_campaigns_count_towards_the_caps(tmp_path: Path) -> None:
    behaviour = CampaignSettings(message="Hello", hours_bind=(), caps=(FrequencyCap(contacts=1, hours=24),))
    with stage(tmp_path, [person(1)], behaviour) as staged:
        options = {"ledger": staged.ledger, "settings": behaviour, "campaign": "autumn"}
        assert decide([person(1)], **options)[0].verdict == "deferred"
        assert decide([person(1)], at=NOW + timedelta(hours=25), **options)[0].verdict == "allowed"


def test_a_corrected_row_is_decided_afresh_and_an_uncorrected_one_is_not(tmp_path: Path) -> None:
    behaviour = CampaignSettings(message="Hello", hours_bind=(), consent=ConsentPolicy.REQUIRED)
    with stage(tmp_path, [person(1), person(2)], behaviour) as staged:
        assert staged.row().state == "blocked"
        corrected = {**person(1), "consent.sms": "yes"}
        rows = decide([corrected, person(2)], ledger=staged.ledger, settings=behaviour)
        assert [row.verdict for row in rows] == ["allowed", "blocked"]
        assert rows[1].as_json()["reasons"] == ["consent_missing"]


def test_the_dry_run_streams() -> None:
    def people() -> Iterator[dict[str, object]]:
        for number in range(10**6):
            yield person(number % 9999, external_contact_id=f"EXT-{number}")

    class Endless(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            return people()

    rows = decide_all(open_source(Endless([1])), CampaignSettings(message="Hello"), campaign="x", at=NOW)
    assert [next(rows).external_contact_id for _ in range(3)] == ["EXT-0", "EXT-1", "EXT-2"]
    rows.close()  # type: ignore[attr-defined]  # a generator


def test_who_is_deferred_and_opted_out_since_waits_for_nothing(tmp_path: Path) -> None:
    sleeper = person(2, time_zone="Asia/Tokyo")
    with stage(tmp_path, [sleeper], CampaignSettings(message="Hello")) as staged:
        assert decide([sleeper], ledger=staged.ledger)[0].verdict == "deferred"
        suppress(staged.ledger, [str(sleeper["sms"])], source="test", reason="test")

        assert decide([sleeper], ledger=staged.ledger)[0].as_json()["reasons"] == ["suppressed"]


def test_an_address_that_a_corrected_row_brings_counts_though_genesys_has_not_seen_it(tmp_path: Path) -> None:
    sleeper = person(2, time_zone="Asia/Tokyo")
    with stage(tmp_path, [sleeper], CampaignSettings(message="Hello")) as staged:
        [row] = decide([{**sleeper, "email": "two@example.com"}], ledger=staged.ledger)
        assert (row.verdict, row.as_json()["channel"]) == ("allowed", "email")
