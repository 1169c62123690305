"""The checks of one channel, in order: the first that does not pass speaks for the channel.

address -> consent -> suppression -> delivery -> sender -> text -> validation -> availability
-> zone, caps and hours -> one contact per address
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from outreach.compliance.decision import PASSED, Facts, Finding, Verdict
from outreach.compliance.reasons import ADDRESS_REFUSED, coin
from outreach.compliance.redaction import mask_address, mask_text
from outreach.contacts import Channel, Contact
from outreach.messages.sms import segments
from outreach.messages.wording import Said, Unsaid, Wording, fits
from outreach.reachability import AVAILABLE, NOT_CHECKABLE
from outreach.settings import CampaignSettings, ConsentPolicy

BUILT_IN = "1"
"""The version of the rules that are code; packs have their own."""

ONE_CONTACT_PER_ADDRESS = "one_contact_per_address"
"""The rule that the ledger's own key keeps; the check says beforehand what the key would say."""


@dataclass(slots=True)  # frozen, it takes three times as long to make
class Case:
    """One contact on one channel, now."""

    contact: Contact
    channel: Channel
    facts: Facts
    settings: CampaignSettings
    wording: Wording
    now: datetime

    @property
    def address(self) -> str | None:
        """The address on this channel."""
        return self.contact.channels.address(self.channel)

    @property
    def said(self) -> Said | Unsaid:
        """What will be said."""
        # One function chooses: the text judged is the text sent.
        return self.wording.say(self.contact, self.channel)


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that is code: `judge` decides, `show` says what it saw, masked."""

    rule: str
    judge: Callable[[Case], Finding]
    show: Callable[[Case], Mapping[str, str]]


def blocked(reason: str) -> Finding:
    """This channel cannot be used in this campaign."""
    return Finding(Verdict.BLOCKED, (reason,))


def held(reason: str) -> Finding:
    """Unsure about this channel."""
    return Finding(Verdict.HELD, (reason,))


def _judge_address(case: Case) -> Finding:
    return PASSED if case.address else blocked("no_address")


def _judge_consent(case: Case) -> Finding:
    consent = case.contact.consent.get(case.channel)
    if consent is None:
        assumed = case.settings.consent is ConsentPolicy.ASSUMED  # the campaign's owner vouches for them
        return PASSED if assumed else blocked("consent_missing")
    return PASSED if consent.given else blocked("consent_refused")


def _show_consent(case: Case) -> Mapping[str, str]:
    consent = case.contact.consent.get(case.channel)
    if consent is None:
        return {"consent": f"none recorded, {case.settings.consent.value}"}
    given = "given" if consent.given else "refused"
    return {"consent": given, "source": mask_text(consent.source or ""), "on": str(consent.on or "")}


def _judge_suppression(case: Case) -> Finding:
    if case.channel in case.facts.suppressed:
        return blocked("suppressed")
    return held(ADDRESS_REFUSED) if case.channel in case.facts.refused else PASSED


def _show_suppression(case: Case) -> Mapping[str, str]:
    shown = {"suppressed": "yes" if case.channel in case.facts.suppressed else "no"}
    return {**shown, "refused": "by another row"} if case.channel in case.facts.refused else shown


def _judge_delivery(case: Case) -> Finding:
    return blocked("undelivered") if case.channel in case.facts.undelivered else PASSED


def _judge_taken(case: Case) -> Finding:
    return blocked("same_address") if case.channel in case.facts.taken else PASSED


def _show_taken(case: Case) -> Mapping[str, str]:
    taken = case.channel in case.facts.taken
    return {"address": "taken by another row of the campaign" if taken else "not taken"}


def _judge_sender(case: Case) -> Finding:
    state = case.facts.senders.get(case.channel, NOT_CHECKABLE)
    # A look at our sender that was forbidden (403) says nothing against the channel.
    return PASSED if state in {AVAILABLE, NOT_CHECKABLE} else blocked(coin("sender", state))


def _judge_availability(case: Case) -> Finding:
    """Only what Genesys calls available may be used; a look that it refused says nothing."""
    if case.facts.inspection is None:
        return PASSED
    # Genesys lists what it recognised: a channel that it leaves out cannot be used.
    state = case.facts.inspection.availability.get(case.channel, "not_listed")
    return PASSED if state in {AVAILABLE, NOT_CHECKABLE} else blocked(coin("channel", state))


def _show_availability(case: Case) -> Mapping[str, str]:
    inspection = case.facts.inspection
    state = inspection.availability.get(case.channel, "not listed") if inspection else "not looked at"
    return {"availability": state}


def _judge_text(case: Case) -> Finding:
    said = case.said
    if isinstance(said, Unsaid):
        return blocked(said.code)
    return PASSED if fits(said.text, case.channel) else blocked("text_too_long")


def _show_text(case: Case) -> Mapping[str, str]:
    said = case.said
    if isinstance(said, Unsaid):
        return {"missing": said.in_words() or "message"}
    shown = {"characters": str(len(said.text))}
    return {**shown, "segments": str(segments(said.text))} if case.channel.traits.has_segments else shown


def _judge_validation(case: Case) -> Finding:
    inspection = case.facts.inspection
    # The guide sheet clears "passed" and "pending"; any other word is no yes.
    if inspection is None or inspection.status in {"passed", "pending"}:
        return PASSED
    return blocked("validation_failed") if inspection.status == "failed" else held("validation_unknown")


def _show_validation(case: Case) -> Mapping[str, str]:
    inspection = case.facts.inspection
    if inspection is None:
        return {"status": "not looked at"}
    return {"status": inspection.status, "reason": mask_text(inspection.reason)}


# What the row says, then what we know, then what Genesys says; validation before availability, so that a
# contact which failed it is told so.
CHECKS = (
    Check(
        "address",
        _judge_address,
        lambda case: {"address": mask_address(case.address) if case.address else "none"},
    ),
    Check("consent", _judge_consent, _show_consent),
    Check("suppression", _judge_suppression, _show_suppression),
    Check(
        "delivery",
        _judge_delivery,
        lambda case: {"undelivered": "yes" if case.channel in case.facts.undelivered else "no"},
    ),
    Check(
        "sender",
        _judge_sender,
        lambda case: {"sender": case.facts.senders.get(case.channel, "not looked at")},
    ),
    Check("text", _judge_text, _show_text),
    Check("validation", _judge_validation, _show_validation),
    Check("availability", _judge_availability, _show_availability),
)

ADDRESS_CHECK = Check(ONE_CONTACT_PER_ADDRESS, _judge_taken, _show_taken)
"""The last one, after the timing: whom the ledger's own key would refuse now."""
