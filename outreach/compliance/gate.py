"""The gate: one contact, what is known of it, and the time; out comes a decision, with its reasons.

The campaign's channels are tried in order, and the first on which the person may and can be reached now is
chosen. If there is none: deferred to the earliest time that any channel allows; else held if any channel is
in doubt; else blocked.
"""

from datetime import datetime, timezone

from outreach.compliance.channels import ADDRESS_CHECK, BUILT_IN, CHECKS, Case, Check, blocked, held
from outreach.compliance.decision import PASSED, Decision, Facts, Finding, RuleApplied, Verdict
from outreach.compliance.hours import Hours
from outreach.compliance.location import Place
from outreach.compliance.reasons import CHOSEN, is_ours
from outreach.compliance.rulebook import Bound, Rulebook
from outreach.compliance.timing import explain_place, explain_timing, find_place, judge_timing
from outreach.contacts import Channel, Contact
from outreach.messages.wording import Wording
from outreach.settings import CampaignSettings, FrequencyCap

Trace = list[RuleApplied]


class Gate:
    """Decides for one campaign. Opens its rule packs and texts once; raises SettingsError. Safe for threads.

    `wording` is what the campaign says; None makes it of the settings.
    """

    def __init__(self, settings: CampaignSettings, wording: Wording | None = None) -> None:
        self._settings = settings
        self.wording = wording or Wording(settings)
        self._rulebook = Rulebook(settings.rules)
        self._ends_at = _aware(settings.expires_at) if settings.expires_at else None
        caps = [*settings.caps, *self._rulebook.all_caps]
        self.cap_hours = max((cap.hours for cap in caps), default=None)
        """How far back any cap may look, in hours; None when there is no cap."""

    @property
    def packs_hash(self) -> str:
        """The hash of the rule packs that bind, for the run's record."""
        return self._rulebook.packs_hash

    def decide(self, contact: Contact, facts: Facts, now: datetime) -> Decision:
        """May this person be contacted at `now` (aware), and on which channel?"""
        return self._decide(contact, facts, now, None)

    def explain(self, contact: Contact, facts: Facts, now: datetime) -> tuple[Decision, list[RuleApplied]]:
        """The same decision, and every rule on the way to it, in order, inputs masked."""
        trace: Trace = []
        return self._decide(contact, facts, now, trace), trace

    def has_ended(self, now: datetime) -> bool:
        """Whether the campaign is over at `now` (aware)."""
        return self._ends_at is not None and now >= self._ends_at

    def place(self, contact: Contact, channel: Channel) -> Place | None:
        """Where the person may be, None when hours do not bind the channel and nobody needs to know."""
        return find_place(contact, channel) if channel in self._settings.hours_bind else None

    def hours(self, contact: Contact, channel: Channel) -> tuple[str, Hours] | None:
        """A zone in which the person may be, and what is allowed wherever they may; None as for `place`."""
        place = self.place(contact, channel)
        if place is None or not place.candidates:
            return None
        return place.candidates[0].zone, self._rulebook.bind(place, channel).hours

    def caps(self, contact: Contact, channel: Channel) -> tuple[FrequencyCap, ...]:
        """Every cap that binds this contact on a channel, for the check in the intent's transaction."""
        # For the intent's own transaction: two runs that both looked before it would both find room.
        place = self.place(contact, channel)
        return self._caps(self._rulebook.bind(place, channel) if place else None)

    def _decide(self, contact: Contact, facts: Facts, now: datetime, trace: Trace | None) -> Decision:
        if self._has_ended(now, trace):
            return Decision(Verdict.BLOCKED, None, ("campaign_ended",))
        findings: dict[Channel, Finding] = {}
        # The first that passes is taken, and those after it are not judged: most people cost one channel.
        for channel in self._settings.channel_order:
            case = Case(contact, channel, facts, self._settings, self.wording, now)
            finding = findings[channel] = self._judge(case, trace)
            if finding.verdict is Verdict.ALLOWED:
                return Decision(Verdict.ALLOWED, channel, losing=self._losing(contact, findings, channel))
        return self._settle(contact, findings)

    def _has_ended(self, now: datetime, trace: Trace | None) -> bool:
        ended = self.has_ended(now)
        if trace is not None and self._ends_at is not None:
            verdict = Verdict.BLOCKED if ended else Verdict.ALLOWED
            trace.append(
                RuleApplied("campaign_end", BUILT_IN, {"ends_at": str(self._ends_at)}, None, verdict)
            )
        return ended

    def _judge(self, case: Case, trace: Trace | None) -> Finding:
        """One channel: the first check that does not pass, its timing, whether its address is free."""
        for check in CHECKS:
            finding = check.judge(case) if trace is None else _apply(check, case, trace)
            if finding is not PASSED:  # one object, compared by identity
                return finding
        timed = self._within_campaign(self._judge_timing(case, trace))
        return _apply(ADDRESS_CHECK, case, trace) if timed.verdict is Verdict.ALLOWED else timed

    def _judge_timing(self, case: Case, trace: Trace | None) -> Finding:
        place = self.place(case.contact, case.channel)
        if trace is not None and place:
            trace.append(explain_place(case.contact, case.channel, place))
        # Fail closed: without a zone nobody is contacted (others send then: neighbours' fact sheet, C).
        if place and place.problem:
            return held(place.problem)
        bound = self._rulebook.bind(place, case.channel) if place else None
        if trace is not None:
            trace.extend(explain_timing(case, bound))
        return judge_timing(case, bound.hours if bound else None, self._caps(bound))

    def _caps(self, bound: Bound | None) -> tuple[FrequencyCap, ...]:
        """The campaign's own caps, and those of the rules that bind."""
        binding = bound.caps if bound else ()
        return (*self._settings.caps, *(cap for rule in binding for cap in rule.caps))

    def _within_campaign(self, finding: Finding) -> Finding:
        at = finding.next_allowed_at
        # Deferred beyond the campaign's end, a contact would wait for ever.
        late = at is not None and self._ends_at is not None and at >= self._ends_at
        return blocked("no_window_before_end") if late else finding

    def _settle(self, contact: Contact, findings: dict[Channel, Finding]) -> Decision:
        """No channel may be used now: wait for the earliest, else for certainty, else give up."""
        waits = [
            (finding.next_allowed_at, channel)
            for channel, finding in findings.items()
            if finding.next_allowed_at is not None
        ]
        if waits:
            at, channel = min(waits, key=lambda wait: wait[0])  # among equals, the campaign's order
            losing = self._losing(contact, findings, channel)
            return Decision(Verdict.DEFERRED, channel, findings[channel].reasons, at, losing)
        for channel, finding in findings.items():
            if finding.verdict is Verdict.HELD:
                losing = self._losing(contact, findings, channel)
                return Decision(Verdict.HELD, channel, finding.reasons, None, losing)
        losing = self._losing(contact, findings, None)
        return Decision(Verdict.BLOCKED, None, _unique(losing), None, losing)

    def _losing(
        self, contact: Contact, findings: dict[Channel, Finding], chosen: Channel | None
    ) -> dict[Channel, tuple[str, ...]]:
        """The other channels and why they lost; absent ones only where the campaign asked for them."""
        losing = {channel: finding.reasons for channel, finding in findings.items() if channel is not chosen}
        for channel in contact.channels.present():
            if channel not in findings:
                asked = channel in self._settings.channel_order
                losing[channel] = ("not_needed",) if asked else ("not_in_order",)
        return losing


def _apply(check: Check, case: Case, trace: Trace | None) -> Finding:
    finding = check.judge(case)
    if trace is not None:
        shown = {"channel": case.channel.value, **check.show(case)}
        trace.append(RuleApplied(check.rule, BUILT_IN, shown, None, finding.verdict))
    return finding


def _unique(losing: dict[Channel, tuple[str, ...]]) -> tuple[str, ...]:
    """The reasons that tell most, once each: an unused or absent channel counts when nothing else does."""
    found = dict.fromkeys(reason for reasons in losing.values() for reason in reasons)
    # What we can mend comes first: the first reason is the one that reports count.
    reasons = sorted(found, key=lambda reason: not is_ours(reason) or reason in CHOSEN)
    # Who refused SMS and has no e-mail address is told of the refusal, which a person can act on.
    for weak in ({"no_address", "not_in_order"}, {"no_address"}):
        telling = tuple(reason for reason in reasons if reason not in weak)
        if telling:
            return telling
    return tuple(reasons)


def _aware(at: datetime) -> datetime:
    """A setting without a zone is UTC."""
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)
