"""`outreach why`: one person of a campaign, every rule in order, as it was decided or as of another instant.

As decided, the gate runs again at the recorded instant on the recorded facts; where rule packs or settings
have changed since, `notes` says so and the recorded verdict stands. The rules that the gate does not know
come after its own: `once_per_campaign` and `one_contact_per_address`, kept by the ledger's own keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import orjson
from sqlalchemy import select

from outreach.compliance import Decision, Facts, Gate, RuleApplied, Verdict, sentence
from outreach.contacts import Channel, Contact
from outreach.errors import UnknownCampaign
from outreach.genesys.interface import Inspection
from outreach.ledger.campaigns import Campaign, find_campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.schema import audit
from outreach.ledger.suppressions import find_suppressed
from outreach.settings import SameAddress
from outreach.standing import Standing, find_recent, find_standings, find_taken

_SAME_ADDRESS = "same_address"


def explain(
    ledger: Ledger, campaign: Campaign | str, external_contact_id: str, *, at: datetime | None = None
) -> dict[str, Any]:
    """Everything about one contact, for machines and people; addresses are masked.

    Args:
        ledger: where to look; nothing is written.
        campaign: it, or its name.
        external_contact_id: of the contact.
        at: decide afresh as of this instant (aware), with what the ledger knows now; None: as it was decided.

    Returns:
        `campaign, external_contact_id, state, reason, decided` (recorded, afresh or erased), `at, verdict,
        channel, reasons, sentences, next_allowed_at, losing, rules[{rule, version, input, local_time,
        verdict}], packs, notes, history[{at, action, actor, detail}]`. Instants are ISO-8601 UTC.

    Raises:
        UnknownCampaign: there is no such campaign, or no such contact in it.
    """
    found = find_campaign(ledger, campaign) if isinstance(campaign, str) else campaign
    standing = find_standings(ledger, found.id, [external_contact_id]).get(external_contact_id)
    if standing is None:
        raise UnknownCampaign(
            f"There is no contact {external_contact_id!r} in campaign {found.name!r}.",
            "Its row may have been rejected: `outreach export --rejects` shows those.",
        )
    told: dict[str, Any] = {
        "campaign": found.name,
        "external_contact_id": external_contact_id,
        "state": standing.state.value,
        "reason": standing.reason,
    }
    told |= _decision(ledger, found, standing, at)
    told["history"] = _history(ledger, standing.id)
    return told


def _decision(ledger: Ledger, campaign: Campaign, standing: Standing, at: datetime | None) -> dict[str, Any]:
    if standing.contact is None:
        note = "The person was erased: the rules cannot be applied again, only the history remains."
        return _told("erased", at, None, [], campaign.packs_hash, [note])
    gate = Gate(campaign.settings)
    if at is None and standing.recorded:
        return _as_recorded(gate, standing, standing.contact)
    return _afresh(ledger, gate, campaign, standing, standing.contact, at or ledger.clock.now())


def _as_recorded(gate: Gate, standing: Standing, contact: Contact) -> dict[str, Any]:
    recorded = standing.recorded
    at = datetime.fromisoformat(recorded["at"])
    again, rules = gate.explain(contact, _recorded_facts(recorded["facts"]), at)
    decision = _recorded_decision(recorded)
    notes = []
    if recorded["packs"] != gate.packs_hash:
        notes.append("The rule packs have changed since: the rules shown are those of now.")
    if decision.reasons == (_SAME_ADDRESS,):
        rules = [*rules, _address_rule(taken=True)]
    elif (again.verdict, again.reasons[:1]) != (decision.verdict, decision.reasons[:1]):
        notes.append(
            "The rules shown come to another verdict than the recorded one: the settings, the contact or "
            "what others did at that moment were not the same. The recorded verdict stands."
        )
    return _told("recorded", at, decision, rules, recorded["packs"], notes)


def _afresh(
    ledger: Ledger, gate: Gate, campaign: Campaign, standing: Standing, contact: Contact, at: datetime
) -> dict[str, Any]:
    decision, rules = gate.explain(contact, _facts_now(ledger, gate, standing, contact, at), at)
    if campaign.settings.same_address is SameAddress.ONCE and decision.channel is not None:
        address = contact.channels.address(decision.channel) or ""
        taken = find_taken(ledger, campaign.id, [address]).get(address, standing.id) != standing.id
        rules = [*rules, _address_rule(taken=taken)]
        if taken and decision.verdict is Verdict.ALLOWED:
            decision = Decision(Verdict.BLOCKED, None, (_SAME_ADDRESS,), losing=decision.losing)
    if standing.has_intent:
        settled = standing.settled(at) or Decision(Verdict.HELD, standing.channel, ("outcome_unknown",))
        state = {"state": standing.state.value}
        rules = [*rules, RuleApplied("once_per_campaign", "1", state, None, settled.verdict)]
        decision = settled
    notes = ["Decided afresh; nothing was recorded or changed."]
    if campaign.packs_hash and campaign.packs_hash != gate.packs_hash:
        notes.append("The rule packs have changed since the campaign's last run.")
    return _told("afresh", at, decision, rules, gate.packs_hash, notes)


def _address_rule(*, taken: bool) -> RuleApplied:
    shown = {"address": "taken by another row of the campaign" if taken else "not taken"}
    verdict = Verdict.BLOCKED if taken else Verdict.ALLOWED
    return RuleApplied("one_contact_per_address", "1", shown, None, verdict)


def _facts_now(ledger: Ledger, gate: Gate, standing: Standing, contact: Contact, at: datetime) -> Facts:
    addresses = {name: contact.channels.address(name) or "" for name in contact.channels.present()}
    off = find_suppressed(ledger, list(addresses.values()))
    senders = _recorded_facts(standing.recorded.get("facts", {})).senders
    return Facts(
        inspection=standing.inspection,
        senders=senders,
        suppressed=frozenset(name for name, address in addresses.items() if address in off),
        recent=find_recent(ledger, [contact], gate.cap_hours, at)[0],
    )


def _recorded_facts(facts: Mapping[str, Any]) -> Facts:
    status = facts.get("status")
    availability = {Channel(name): verdict for name, verdict in facts.get("availability", {}).items()}
    return Facts(
        inspection=Inspection(status, availability, facts.get("reason", "")) if status else None,
        senders={Channel(name): verdict for name, verdict in facts.get("senders", {}).items()},
        suppressed=frozenset(Channel(name) for name in facts.get("suppressed", ())),
        recent=[datetime.fromisoformat(instant) for instant in facts.get("recent", ())],
    )


def _recorded_decision(recorded: Mapping[str, Any]) -> Decision:
    until = recorded["next_allowed_at"]
    return Decision(
        Verdict(recorded["verdict"]),
        Channel(recorded["channel"]) if recorded["channel"] else None,
        tuple(recorded["reasons"]),
        datetime.fromisoformat(until) if until else None,
        {Channel(name): tuple(reasons) for name, reasons in recorded["losing"].items()},
    )


def _told(
    decided: str,
    at: datetime | None,
    decision: Decision | None,
    rules: Sequence[RuleApplied],
    packs: str,
    notes: Sequence[str],
) -> dict[str, Any]:
    reasons = list(decision.reasons) if decision else []
    return {
        "decided": decided,
        "at": _iso(at),
        "verdict": decision.verdict.value if decision else None,
        "channel": decision.channel.value if decision and decision.channel else None,
        "reasons": reasons,
        "sentences": [sentence(code) for code in reasons],
        "next_allowed_at": _iso(decision.next_allowed_at) if decision else None,
        "losing": {str(name): list(why) for name, why in decision.losing.items()} if decision else {},
        "rules": [_rule(rule) for rule in rules],
        "packs": packs,
        "notes": list(notes),
    }


def _rule(rule: RuleApplied) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "version": rule.version,
        "input": dict(rule.input),
        "local_time": rule.local_time,
        "verdict": rule.verdict.value,
    }


def _history(ledger: Ledger, contact_id: int) -> list[dict[str, Any]]:
    a = audit.c
    query = select(a.at, a.action, a.actor, a.detail).where(a.contact_id == contact_id).order_by(a.n)
    with ledger.db.read() as connection:
        rows = connection.execute(query).all()
    return [
        {"at": _iso(row.at), "action": row.action, "actor": row.actor, "detail": orjson.loads(row.detail)}
        for row in rows
    ]


def _iso(instant: datetime | None) -> str | None:
    return instant.astimezone(timezone.utc).isoformat() if instant else None
