"""`outreach why`: one person of a campaign, every rule in order, as it was decided or as of another instant.

As decided, the gate runs again at the recorded instant on the recorded facts; where rule packs or settings
have changed since, `notes` says so and the recorded verdict stands. What the ledger's own keys keep comes
last: `one_contact_per_address`, and `once_per_campaign`, which the gate does not know. A row
that never became a contact is explained by the code that it was rejected with.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from outreach.compliance import Decision, Facts, Gate, RuleApplied, Verdict, sentence
from outreach.compliance.channels import ONE_CONTACT_PER_ADDRESS
from outreach.compliance.reasons import ROW_UNREADABLE, ROWS_CONTRADICT, TOO_LATE
from outreach.contacts import Channel, Contact
from outreach.decisions.contact_status import ContactStatus, channels_at, find_recent, find_statuses
from outreach.decisions.record import read_decision, read_facts
from outreach.decisions.rejected_rows import find_rejected
from outreach.errors import UnknownCampaign
from outreach.ledger.audit.chain import read_history
from outreach.ledger.campaigns import Campaign, find_campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.recent_contacts import find_taken, find_undelivered
from outreach.ledger.refusals import find_refused
from outreach.ledger.rejects import find_duplicates
from outreach.ledger.states import RESTING, State
from outreach.ledger.suppressions import find_suppressed
from outreach.messages.wording import Wording
from outreach.settings import SameAddress
from outreach.zones import find_version

REJECTED = "rejected"
"""Verdict and state of a row that never became a contact."""

_SAME_ADDRESS = "same_address"
_SHOWN = {"address": "taken by another row of the campaign"}
_TAKEN = RuleApplied(ONE_CONTACT_PER_ADDRESS, "1", _SHOWN, None, Verdict.BLOCKED)


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
        verdict}], packs, notes, history[{at, action, actor, detail}]`. Instants are ISO-8601 UTC. Of a row
        that was rejected, state and verdict are `rejected`.

    Raises:
        UnknownCampaign: there is no such campaign, or no row with this id in it.
    """
    found = find_campaign(ledger, campaign) if isinstance(campaign, str) else campaign
    named = {"campaign": found.name, "external_contact_id": external_contact_id}
    standing = find_statuses(ledger, found.id, [external_contact_id]).get(external_contact_id)
    if standing is None:
        return named | _rejection(ledger, found, external_contact_id)
    told = _decision(ledger, found, standing, at)
    told |= {"state": standing.state.value, "reason": standing.reason}
    told["notes"] += _on_duplicates(ledger, found, external_contact_id)
    told["notes"] += [sentence(TOO_LATE)] if standing.reason == TOO_LATE else []
    if standing.reason in (ROW_UNREADABLE, ROWS_CONTRADICT):  # whatever the earlier row came to
        told |= {"verdict": Verdict.HELD.value, "channel": None, "next_allowed_at": None}
        told |= {"reasons": [standing.reason], "sentences": [sentence(standing.reason)]}
    if standing.reason == ROW_UNREADABLE:
        rows = find_rejected(ledger, found, external_contact_id)[-1:]
        told["notes"] += [f"Line {row.line} of the source was rejected: {row.reason}" for row in rows]
    return named | told | {"history": read_history(ledger, standing.id)}


def _rejection(ledger: Ledger, campaign: Campaign, external_contact_id: str) -> dict[str, Any]:
    rows = find_rejected(ledger, campaign, external_contact_id)
    if not rows:
        raise UnknownCampaign(
            f"There is no contact {external_contact_id!r} in campaign {campaign.name!r}.",
            "Rows without a readable id are written by `outreach export --state rejected`.",
        )
    rules = [RuleApplied("format", "1", {"line": str(row.line)}, None, Verdict.BLOCKED) for row in rows]
    notes = ["Mend the row and feed it back: `outreach export --state rejected` writes it with its reason."]
    told = write_answer("recorded", None, None, rules, campaign.packs_hash, notes)
    for rule in told["rules"]:
        rule["verdict"] = REJECTED  # a rule's own verdicts are the gate's, which never saw the row
    codes = list(dict.fromkeys(row.code for row in rows))  # several rows may have this id
    sentences = list(dict.fromkeys(row.reason for row in rows))
    told |= {"verdict": REJECTED, "reasons": codes, "sentences": sentences}
    return {"state": REJECTED, "reason": codes[0], **told, "history": []}


def _on_duplicates(ledger: Ledger, campaign: Campaign, external_contact_id: str) -> list[str]:
    rows = find_duplicates(ledger, campaign.id, external_contact_id)
    return [
        f"Line {line}: {reason}"
        if code == ROWS_CONTRADICT
        else f"Line {line} of the source has the same id and was left out."
        for line, code, reason in rows
    ]


def _decision(
    ledger: Ledger, campaign: Campaign, standing: ContactStatus, at: datetime | None
) -> dict[str, Any]:
    if standing.contact is None:
        note = "The person was erased: the rules cannot be applied again, only the history remains."
        return write_answer("erased", at, None, [], campaign.packs_hash, [note])
    # An ended campaign may say what no new one may.
    gate = Gate(campaign.settings, Wording(campaign.settings, checked=False))
    if at is None and standing.recorded:
        told = _as_recorded(gate, standing, standing.contact)
        told["notes"] += _on_suppression(ledger, standing, standing.contact)
        return told
    return _afresh(ledger, gate, campaign, standing, standing.contact, at or ledger.clock.now())


def _on_suppression(ledger: Ledger, standing: ContactStatus, contact: Contact) -> list[str]:
    """Who waits, and opted out since: the recorded decision is not what will become of them."""
    if standing.has_intent or standing.state in RESTING - {State.DEFERRED, State.HELD}:
        return []
    known = read_facts(standing.recorded["facts"]).suppressed
    since = sorted(_find_suppressed_channels(ledger, contact) - known)
    if not since:
        return []
    named = ", ".join(since)
    return [f"Suppressed since then: {named}. That is not used any more; `--at` shows what follows."]


def _as_recorded(gate: Gate, standing: ContactStatus, contact: Contact) -> dict[str, Any]:
    recorded = standing.recorded
    at = datetime.fromisoformat(recorded["at"])
    again, rules = gate.explain(contact, read_facts(recorded["facts"]), at)
    rules = _address_last(rules)
    decision = read_decision(recorded)
    notes = []
    # The verdict is a fact of then; only the rules on the way to it can be shown as of now.
    if recorded["packs"] != gate.packs_hash:
        notes.append("The rule packs have changed since: the rules shown are those of now.")
    if recorded.get("zones", find_version()) != find_version():
        was = recorded["zones"]
        notes.append(f"It went by the time zones of tzdata {was}; those shown are of {find_version()}.")
    if decision.reasons == (_SAME_ADDRESS,) and "taken" not in recorded["facts"]:  # by an older version
        rules = [*rules, _TAKEN]
    elif (again.verdict, again.reasons[:1]) != (decision.verdict, decision.reasons[:1]):
        notes.append(
            "The rules shown come to another verdict than the recorded one: the settings, the contact or "
            "what others did at that moment were not the same. The recorded verdict stands."
        )
    return write_answer("recorded", at, decision, rules, recorded["packs"], notes)


def _afresh(
    ledger: Ledger, gate: Gate, campaign: Campaign, standing: ContactStatus, contact: Contact, at: datetime
) -> dict[str, Any]:
    facts = _facts_now(ledger, gate, campaign, standing, contact, at)
    decision, rules = gate.explain(contact, facts, at)
    rules = _address_last(rules)
    if standing.has_intent:
        stands = standing.standing_decision(at) or Decision(
            Verdict.HELD, standing.channel, ("outcome_unknown",)
        )
        state = {"state": standing.state.value}
        rules = [*rules, RuleApplied("once_per_campaign", "1", state, None, stands.verdict)]
        decision = stands
    notes = ["Decided afresh; nothing was recorded or changed."]
    if campaign.packs_hash and campaign.packs_hash != gate.packs_hash:
        notes.append("The rule packs have changed since the campaign's last run.")
    return write_answer("afresh", at, decision, rules, gate.packs_hash, notes)


def _address_last(rules: Sequence[RuleApplied]) -> list[RuleApplied]:
    return sorted(rules, key=lambda rule: rule.rule == ONE_CONTACT_PER_ADDRESS)


def _find_taken_channels(
    ledger: Ledger, campaign: Campaign, standing: ContactStatus, contact: Contact
) -> frozenset[Channel]:
    """The channels whose address the campaign contacts for another row."""
    if campaign.settings.same_address is SameAddress.EACH:
        return frozenset()
    addresses = contact.channels.addresses()
    taken = find_taken(ledger, campaign.id, list(addresses.values()))
    return channels_at(addresses, {a for a, contact_id in taken.items() if contact_id != standing.id})


def _facts_now(
    ledger: Ledger, gate: Gate, campaign: Campaign, standing: ContactStatus, contact: Contact, at: datetime
) -> Facts:
    senders = read_facts(standing.recorded.get("facts", {})).senders  # as recorded: nobody asks Genesys
    return Facts(
        inspection=standing.inspection,
        senders=senders,
        suppressed=_find_suppressed_channels(ledger, contact),
        taken=_find_taken_channels(ledger, campaign, standing, contact),
        recent=find_recent(ledger, [contact], gate.cap_hours, at)[0],
        undelivered=_find_undelivered_channels(ledger, campaign, contact),
        refused=_find_refused_channels(ledger, campaign, contact),
    )


def _find_refused_channels(ledger: Ledger, campaign: Campaign, contact: Contact) -> frozenset[Channel]:
    """The channels on which another row says no that has an address of the contact's."""
    refused = find_refused(ledger, campaign.id, [contact])
    return refused.get(contact.external_contact_id, frozenset())


def _find_undelivered_channels(ledger: Ledger, campaign: Campaign, contact: Contact) -> frozenset[Channel]:
    """The channels at whose address the last message did not arrive, where the campaign leaves these out."""
    addresses = contact.channels.addresses() if campaign.settings.leave_out_undelivered else {}
    return channels_at(addresses, find_undelivered(ledger, addresses.values()))


def _find_suppressed_channels(ledger: Ledger, contact: Contact) -> frozenset[Channel]:
    """The channels on which a contact's address is suppressed now."""
    addresses = contact.channels.addresses()
    return channels_at(addresses, find_suppressed(ledger, list(addresses.values())))


def write_answer(
    decided: str,
    at: datetime | None,
    decision: Decision | None,
    rules: Sequence[RuleApplied],
    packs: str,
    notes: Sequence[str],
) -> dict[str, Any]:
    """How it was `decided` (recorded, afresh, erased), when, what, by which rules, and what one must know."""
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
        "rules": [{**asdict(r), "input": dict(r.input), "verdict": r.verdict.value} for r in rules],
        "packs": packs,
        "notes": list(notes),
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.astimezone(timezone.utc).isoformat() if instant else None
