"""Rule packs: what is shipped keeps its own golden cases, what is wrong is named."""

from __future__ import annotations

import json
from datetime import timezone
from pathlib import Path
from typing import Any

import pytest

from outreach.compliance import Facts, Gate
from outreach.compliance.packs import DEFAULT, Golden, list_packs, open_pack
from outreach.contacts import Channels, Contact
from outreach.errors import SettingsError
from outreach.settings import CampaignSettings

SHIPPED = [*list_packs(), DEFAULT]
CASES = [(name, case) for name in SHIPPED for case in open_pack(name).golden]
RULE: dict[str, Any] = {
    "id": "mine", "countries": ["US"], "source": "me", "evidence": "house",
    "windows": {"mon-fri": ["09:00-17:00"]},
}  # fmt: skip
PACK: dict[str, Any] = {
    "name": "mine",
    "version": "1",
    "as_of": "2026-01-01",
    "about": "Mine.",
    "rules": [RULE],
}


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case.why}" for name, case in CASES])
def test_a_pack_keeps_its_own_golden_cases(name: str, case: Golden) -> None:
    contact = Contact(
        external_contact_id="golden",
        name="Golden",
        channels=Channels(sms=case.number),
        time_zone=case.time_zone,
        postal_code=case.postal_code,
    )
    gate = Gate(CampaignSettings(rules=() if name == DEFAULT else (name,)))

    decision = gate.decide(contact, Facts(), case.at.astimezone(timezone.utc))

    assert (decision.verdict.value, decision.next_allowed_at) == (case.verdict, case.next_allowed_at)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_pack_is_dated_sourced_and_has_golden_cases(name: str) -> None:
    pack = open_pack(name)

    assert (pack.name, bool(pack.golden)) == (name, True)
    assert all(rule.source for rule in pack.rules)
    assert len({rule.id for rule in pack.rules}) == len(pack.rules)


def test_the_shipped_packs_are_those_of_the_settings_form() -> None:
    assert list_packs() == ["ca", "eu-default", "fr", "us-federal", "us-states"]


def test_an_unknown_pack_names_the_choices() -> None:
    with pytest.raises(
        SettingsError, match=r"no rule pack 'uk'\. Choose from ca, eu-default, fr, us-federal"
    ):
        Gate(CampaignSettings(rules=("uk",)))


def _write(folder: Path, text: str) -> str:
    path = folder / "mine.json"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_ones_own_pack_binds(tmp_path: Path) -> None:
    gate = Gate(CampaignSettings(rules=(_write(tmp_path, json.dumps(PACK)),)))

    assert gate.packs_hash != Gate(CampaignSettings()).packs_hash


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rules": []}, "wrong at rules"),
        ({"author": "me"}, "wrong at author"),
        ({"as_of": "soon"}, "wrong at as_of"),
        ({"rules": [{**RULE, "windows": {"funday": ["09:00-17:00"]}}]}, "'funday' is no day"),
        ({"rules": [{**RULE, "windows": {"mon-someday": ["09:00-17:00"]}}]}, "'mon-someday' is no day"),
        ({"rules": [{**RULE, "windows": {"mon": ["9-17"]}}]}, "'9-17' is no window"),
        ({"rules": [{**RULE, "windows": {"mon": ["09:00-24:30"]}}]}, "ends after 24:00"),
        ({"rules": [{**RULE, "channels": ["fax"]}]}, "wrong at rules.0.channels.0"),
        ({"rules": [{**RULE, "caps": [{"contacts": 0, "hours": 1}]}]}, "wrong at rules.0.caps.0.contacts"),
        ({"rules": [{**RULE, "holidays": {"calendar": "XX"}}]}, "no holiday calendar 'XX'"),
        ({"rules": [{**RULE, "holidays": {"calendar": "US-XX"}}]}, "no holiday calendar 'US-XX'"),
    ],
)
def test_a_wrong_pack_says_where_it_is_wrong(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = _write(tmp_path, json.dumps({**PACK, **change}))

    with pytest.raises(SettingsError, match=message):
        Gate(CampaignSettings(rules=(path,)))


def test_a_pack_that_is_not_json_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not JSON"):
        Gate(CampaignSettings(rules=(_write(tmp_path, "rules: []"),)))


def test_a_pack_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.json cannot be read"):
        Gate(CampaignSettings(rules=(str(tmp_path / "gone.json"),)))


def test_the_hash_is_of_the_content_and_not_of_the_order() -> None:
    hashes = {
        rules: Gate(CampaignSettings(rules=rules)).packs_hash
        for rules in [("fr", "ca"), ("ca", "fr"), ("ca",)]
    }

    assert hashes["fr", "ca"] == hashes["ca", "fr"] != hashes["ca",]


def test_a_rule_may_speak_of_one_channel_alone(tmp_path: Path) -> None:
    rule = {**RULE, "channels": ["voice"], "windows": {}}
    gate = Gate(CampaignSettings(rules=(_write(tmp_path, json.dumps({**PACK, "rules": [rule]})),)))
    both = Contact(
        external_contact_id="c-1", name="Ada", channels=Channels(sms="+12125550123", voice="+12125550123")
    )
    noon = CASES[0][1].at.replace(year=2026, month=7, day=14, hour=16, tzinfo=timezone.utc)

    decision, rules = gate.explain(both, Facts(), noon)

    assert decision.verdict.value == "allowed"
    assert [row.rule for row in rules if row.local_time] == ["default-hours"]
