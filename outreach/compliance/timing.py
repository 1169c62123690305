"""The last check of a channel: where the person may be, how often they were contacted, the hours there."""

from collections.abc import Sequence
from datetime import datetime, timezone
from math import floor

from outreach.channels import AddressKind
from outreach.compliance.caps import caps_allow
from outreach.compliance.channels import BUILT_IN, Case, held
from outreach.compliance.decision import PASSED, Finding, RuleApplied, Verdict
from outreach.compliance.hours import SAFETY, Binding, HourRule, Hours, count_day, local_time
from outreach.compliance.location import Place, locate
from outreach.compliance.redaction import mask_address, mask_postal_code
from outreach.compliance.rulebook import Bound
from outreach.contacts import Channel, Contact
from outreach.settings import FrequencyCap

_PHONES = sorted(
    (channel for channel in Channel if channel.traits.kind is AddressKind.PHONE),
    key=lambda channel: channel.traits.preference,
)


def find_place(contact: Contact, channel: Channel) -> Place:
    """Where the person may be, by the number of the channel, or any number where it has none."""
    return locate(contact.time_zone, contact.postal_code, _number(contact, channel))


def judge_timing(case: Case, hours: Hours | None, caps: Sequence[FrequencyCap]) -> Finding:
    """Now, later, or never. `hours` None: no hours bind this channel."""
    free_at = caps_allow(caps, case.facts.recent, case.now)
    start = free_at or case.now
    reasons = ("frequency_cap",) if free_at else ()
    if hours is None:
        return Finding(Verdict.DEFERRED, reasons, free_at) if free_at else PASSED
    is_open = hours.allows(floor(case.now.timestamp()))
    if is_open and not free_at:
        return PASSED
    if not is_open:
        reasons = ("outside_hours", *reasons)
    # Both reasons are told, but one instant follows: the first allowed one once the cap is free.
    at = hours.next_allowed(floor(start.timestamp()))
    if at is None:
        return held("no_common_hours")
    # Hours count whole seconds, and a cap may end between two.
    return Finding(Verdict.DEFERRED, reasons, max(start, datetime.fromtimestamp(at, timezone.utc)))


def explain_place(contact: Contact, channel: Channel, place: Place) -> RuleApplied:
    """How the zones were found."""
    number = _number(contact, channel)
    zones = [candidate.zone for candidate in place.candidates]
    shown = {
        "channel": channel.value,
        "time_zone": contact.time_zone or "",
        "postal_code": mask_postal_code(contact.postal_code) if contact.postal_code else "",
        "number": mask_address(number) if number else "",
        "basis": place.basis,
        "confidence": place.confidence,
        "zones": ", ".join(zones[:5]) + (f" and {len(zones) - 5} more" if len(zones) > 5 else ""),
    }
    verdict = Verdict.HELD if place.problem else Verdict.ALLOWED
    return RuleApplied("time_zone", BUILT_IN, shown, None, verdict)


def explain_timing(case: Case, bound: Bound | None) -> list[RuleApplied]:
    """Every cap, and every rule of hours in the zone that decides."""
    rows = [_explain_caps(case, "frequency_cap", BUILT_IN, case.settings.caps)] if case.settings.caps else []
    if bound is None:
        return rows
    rows += [_explain_caps(case, rule.id, rule.version, rule.caps) for rule in bound.caps]
    at = floor(case.now.timestamp())
    applied: dict[str, RuleApplied] = {}
    for binding in bound.hours.bindings:
        for rule in binding.rules_on(count_day(local_time(binding.zone, at))):
            row = _explain_hours(case, binding, rule, at)
            # The zone that forbids is the one to show.
            if rule.id not in applied or row.verdict is not Verdict.ALLOWED:
                applied[rule.id] = row
    return rows + list(applied.values())


def _explain_caps(case: Case, rule: str, version: str, caps: Sequence[FrequencyCap]) -> RuleApplied:
    free_at = caps_allow(caps, case.facts.recent, case.now)
    shown = {
        "channel": case.channel.value,
        "caps": ", ".join(f"{cap.contacts} in {cap.hours:g} hours" for cap in caps),
        "contacts": str(len(case.facts.recent)),
    }
    return RuleApplied(rule, version, shown, None, Verdict.DEFERRED if free_at else Verdict.ALLOWED)


def _explain_hours(case: Case, binding: Binding, rule: HourRule, at: int) -> RuleApplied:
    local = local_time(binding.zone, at)
    spans = binding.open_spans(at, at + SAFETY + 1, rule)  # through the safety minute, as Hours has it
    is_open = spans == [(at, at + SAFETY + 1)]
    windows = ", ".join(_write(a, b) for a, b in rule.open_spans(count_day(local)))
    shown = {"channel": case.channel.value, "zone": binding.zone, "windows": windows or "closed"}
    verdict = Verdict.ALLOWED if is_open else Verdict.DEFERRED
    return RuleApplied(rule.id, rule.version, shown, local.isoformat(), verdict)


def _write(start: int, end: int) -> str:
    """A window of local seconds, as 08:00-21:00."""
    return "-".join(f"{at // 3600 % 24:02}:{at // 60 % 60:02}" for at in (start, end))


def _number(contact: Contact, channel: Channel) -> str | None:
    own = contact.channels.address(channel) if channel in _PHONES else None
    return own or next(filter(None, map(contact.channels.address, _PHONES)), None)
