"""The report's tables as plain rows, so that Markdown, HTML, CSV and terminal show the same words.

Cells are one clean line of text each, but not escaped: that is the business of whoever renders them.
"""

from dataclasses import dataclass
from datetime import datetime

from outreach.ledger.proof import Proof
from outreach.ledger.states import State
from outreach.report.figures.counts import Cost, ReasonCount
from outreach.report.figures.do_not_contact import Lists
from outreach.report.figures.engine import EngineUse
from outreach.report.figures.gather import Figures
from outreach.report.figures.history import MOST_RUNS
from outreach.report.figures.loads_and_outbox import Outbox
from outreach.report.figures.timeline import Bound, Budget
from outreach.report.summary import list_checks
from outreach.report.wording import (
    NOTHING,
    clean,
    duration,
    explain,
    instant,
    milliseconds,
    number,
    numbers_sentence,
    percent,
)

ORDER = (
    *(State.STARTED, State.ENDED, State.UNKNOWN, State.HELD, State.DEFERRED, State.BLOCKED, State.FAILED),
    *(State.CLEARED, State.INTENT, State.REGISTERED, State.ACCEPTED),
)
"""The order in which states are shown."""

NOT_REACHED = (State.FAILED, State.UNKNOWN, State.HELD, State.BLOCKED, "rejected", "duplicate")
"""Outcomes that a person may want to look into; deferred contacts come by themselves."""

TICK, WARNING, CROSS = "✓", "⚠", "✗"
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Table:
    """Headers and rows of text. `numeric` names the headers whose column is set to the right."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[str] = frozenset()


def every(figures: Figures) -> list[Table]:
    """All tables that have rows, in the report's order."""
    found = [
        proof(figures.proof),
        history(figures),
        outcomes(figures),
        not_reached(figures),
        afterwards(figures.proof),
        *([cost(figures.cost)] if figures.cost else []),
        deferred(figures),
        endings(figures),
        timings(figures),
        *([budget(figures.budget)] if figures.budget else []),
        webhooks(figures),
        sources(figures),
        columns(figures),
        *([lists(figures.lists)] if figures.lists else []),
        rules(figures),
    ]
    return [table for table in found if table.rows]


def mark(found: Proof) -> str:
    """How a proof looks at first sight: well, well but the run is red, or red."""
    if not found.balanced:
        return CROSS
    return WARNING if found.stopped or found.nobody_contacted else TICK


def history(figures: Figures) -> Table:
    """The campaign's runs, the last one first."""
    headers = ("Run of", "Took", "Contacted", "Requests", "Budget used", "429", "Verdict")
    rows = tuple(
        (
            instant(run.began),
            duration((run.ended - run.began).total_seconds() if run.ended else None),
            *(NOTHING if count is None else number(count) for count in (run.contacted, run.requests)),
            NOTHING if run.budget_used is None else percent(run.budget_used),
            NOTHING if run.too_many is None else number(run.too_many),
            run.verdict or "no end noted",
        )
        for run in reversed(figures.history)
    )
    return Table(f"Runs, the last {MOST_RUNS}", headers, rows, frozenset(headers[2:6]))


def endings(figures: Figures) -> Table:
    """How interactions ended, in Genesys' words."""
    rows = tuple(
        (
            clean(e.channel) or NOTHING,
            clean(e.ended_by) or NOTHING,
            clean(e.delivery) or NOTHING,
            number(e.count),
        )
        for e in figures.endings
    )
    return Table(
        "How interactions ended", ("Channel", "Ended by", "Delivery", "Count"), rows, frozenset({"Count"})
    )


def outcomes(figures: Figures) -> Table:
    """Every contact and every rejected row, by outcome, channel and reason."""
    place = {str(state): position for position, state in enumerate(ORDER)}
    # 99: a state that this version does not know is shown last, not left out.
    tallies = sorted(figures.tallies, key=lambda t: (place.get(t.state, 99), t.channel, -t.count, t.code))
    rows = [(t.state, clean(t.channel) or NOTHING, clean(explain(t.code)), number(t.count)) for t in tallies]
    rows += [
        (reason.state, NOTHING, reason.sentence, number(reason.count))
        for reason in figures.reasons
        if reason.state in {"rejected", "duplicate"}
    ]
    return Table("Outcomes", ("Outcome", "Channel", "Why", "Count"), tuple(rows), frozenset({"Count"}))


def not_reached(figures: Figures) -> Table:
    """Failures and the like by code, with a few examples."""
    headers = ("Outcome", "Code", "Why", "Count", "May be retried", "Examples")
    rows = tuple(
        (
            reason.state,
            clean(reason.code),
            reason.sentence,
            number(reason.count),
            number(reason.retryable),
            _examples(reason),
        )
        for reason in list_not_reached(figures)
    )
    return Table("Not reached, by code", headers, rows, frozenset({"Count", "May be retried"}))


def list_not_reached(figures: Figures) -> list[ReasonCount]:
    """The reasons of everybody who was not reached, in the order of NOT_REACHED, the commonest first."""
    place = {str(state): position for position, state in enumerate(NOT_REACHED)}
    found = [reason for reason in figures.reasons if reason.state in place]
    return sorted(found, key=lambda reason: (place[reason.state], -reason.count, reason.code))


def proof(the_proof: Proof) -> Table:
    """Each sum with a tick or a cross."""
    rows = tuple(
        (TICK if check.holds else CROSS, check.claim, check.figures) for check in list_checks(the_proof)
    )
    return Table("Proof", ("", "What must hold", "Figures"), rows, frozenset({"Figures"}))


LINKS = {
    "named": "Conversations that name their contact",
    "asked": "asked to, and not shown yet",
    "refused": "Genesys did not take it",
    "not_shown": "nobody looked yet",
}


def afterwards(the_proof: Proof) -> Table:
    """What the follow-up found: links to contacts, answers by meaning, messages that did not arrive."""
    shown = the_proof.links if set(the_proof.links) - {"not_shown"} else {}
    rows = [(LINKS[name], number(shown[name])) for name in LINKS if name in shown]
    rows += [(f"Answers: {clean(meaning)}", number(count)) for meaning, count in the_proof.answers.items()]
    rows += [(f"Not delivered: {clean(why)}", number(n)) for why, n in the_proof.not_delivered.items()]
    return Table("Afterwards", ("", "Count"), tuple(rows), frozenset({"Count"}))


UNCOUNTED = "SMS of which it is not known: sent by Genesys' engine, found later, or before there was a price"


def cost(spent: Cost) -> Table:
    """What the SMS cost, in parts and in money: of those that were counted."""
    uncounted = spent.sent - spent.counted
    rows = (
        ("SMS sent", number(spent.sent)),
        ("Segments", number(spent.segments)),
        ("Price of a segment", f"{spent.price:g}"),
        ("Cost", f"{spent.segments * spent.price:,.2f}"),
        *([(UNCOUNTED, number(uncounted))] if uncounted else []),
    )
    return Table("Cost of SMS", ("", "Figure"), rows, frozenset({"Figure"}))


def timings(figures: Figures) -> Table:
    """How long creating calls and ended interactions took."""
    calls, talks = figures.latency_ms, figures.duration_seconds
    in_ms = (calls.average, calls.p50, calls.p95, calls.maximum)
    in_seconds = (talks.average, talks.p50, talks.p95, talks.maximum)
    headers = ("", "Measured", "Average", "p50", "p95", "Longest")
    rows = (
        ("Creating call", number(calls.count), *map(milliseconds, in_ms)),
        ("Ended interaction", number(talks.count), *map(duration, in_seconds)),
    )
    return Table("How long it took", headers, rows, frozenset(headers[1:]))


def webhooks(figures: Figures) -> Table:
    """The outbox by state and the receiver's last answer."""
    rows = tuple(
        (answer.state, clean(answer.code) or NOTHING, str(answer.status or NOTHING), number(answer.count))
        for answer in figures.outbox.answers
    )
    return Table("Webhooks", ("State", "Code", "HTTP", "Count"), rows, frozenset({"HTTP", "Count"}))


def count_webhooks(box: Outbox) -> str:
    """Like "182 delivered, 0 pending, 0 dead"."""
    told = ((box.delivered, "delivered"), (box.pending, "pending"), (box.dead, "dead"))
    return ", ".join(f"{number(count)} {where}" for count, where in told)


def sources(figures: Figures) -> Table:
    """Each reading of a source."""
    headers = ("Source", "Read at", "Rows", "Known before", "Duplicates", "Rejected", "By code", "Numbers")
    rows = tuple(
        (
            clean(load.source),
            instant(load.started_at) + ("" if load.finished_at else " (not finished)"),
            number(load.rows_read),
            number(load.known),
            number(load.duplicates),
            number(sum(load.rejected.values())),
            ", ".join(f"{clean(code)} {number(count)}" for code, count in load.rejected.items()) or NOTHING,
            numbers_sentence(load.numbers).partition(": ")[2] or NOTHING,
        )
        for load in figures.loads
    )
    more = (
        f" (the last {len(rows)} of {len(rows) + figures.loads_left_out})" if figures.loads_left_out else ""
    )
    return Table(f"Sources{more}", headers, rows, frozenset(headers[2:6]))


def columns(figures: Figures) -> Table:
    """What the source's columns were read as, and which were left out."""
    # At the first colon only: a header may hold one of its own.
    rows = tuple(tuple(said.split(": ", 1)) for said in figures.columns)
    return Table("Columns of the source", ("", "Which"), rows)


def lists(known: Lists) -> Table:
    """What is known of the organisation's do-not-contact lists, and what is not."""
    rows = [
        ("Copy in force of", _read_at(known)),
        ("Addresses on by it", number(known.addresses)),
        ("Entries at the last look", number(known.entries)),
    ]
    if known.unread:
        rows.append(("Cannot be read", f"{number(known.unread)} ({clean('; '.join(known.lines))})"))
    if known.problem:
        rows.append(("Not known, because", clean(known.problem)))
    return Table("Do-not-contact lists", ("", "Value"), tuple(rows))


def _read_at(known: Lists) -> str:
    if known.at:
        return instant(datetime.fromisoformat(known.at))
    return "none: not allowed to look" if known.forbidden else "none"


def deferred(figures: Figures) -> Table:
    """When those who wait may be contacted."""
    waiting = figures.deferred
    rows = [("due now", number(waiting.due))] if waiting.due else []
    rows += [(f"{hour.at:%a %d %b %H:00} UTC", number(hour.count)) for hour in waiting.hours if hour.count]
    rows += [("later than 24 hours", number(waiting.later))] if waiting.later else []
    return Table("Deferred: when next", ("Not before", "Contacts"), tuple(rows), frozenset({"Contacts"}))


def budget(spent: Budget) -> Table:
    """Requests against what is allowed."""
    per_started = f"{spent.per_started:.2f}" if spent.per_started else NOTHING
    average = spent.average_per_minute
    rows = [
        ("Requests", number(spent.requests)),
        ("Requests per started contact", per_started),
        ("Requests a minute, on average", NOTHING if average is None else number(average)),
        ("Budget a minute", number(spent.budget_per_minute) if spent.budget_per_minute else "none"),
        ("Budget used", percent(spent.used) if spent.used is not None else NOTHING),
        ("Answers 429", number(spent.too_many)),
        ("Waited for a turn, all threads", duration(spent.waited_seconds)),
    ]
    rows += [(f"Bound in {_minutes(each)}", clean(each.name)) for each in spent.bound]
    rows += [(f"of them: {clean(name)}", number(count)) for name, count in spent.by_operation.items()]
    return Table("Requests and budget", ("", "Figure"), tuple(rows), frozenset({"Figure"}))


def describe_engine(use: EngineUse) -> str:
    """Like "100 sms from 1 sender, 600 a minute by each; 600 a minute allowed, by the number's kind"."""
    senders = "1 sender" if use.senders == 1 else f"{use.senders} senders"
    pace = f", {number(round(use.per_minute))} a minute by each" if use.per_minute else ""
    return f"{number(use.sent)} {use.channel} from {senders}{pace}{describe_allowed(use, '; ')}"


def describe_allowed(use: EngineUse, before: str = "") -> str:
    """How many a minute all senders of a channel may send, and by whose word; "" where nobody noted it."""
    if not use.allowed:
        return ""
    return f"{before}{number(sum(use.allowed.values()))} a minute allowed, by {' and '.join(use.allowed)}"


def _minutes(each: Bound) -> str:
    return f"minute {each.first}" if each.first == each.last else f"minutes {each.first} to {each.last}"


def rules(figures: Figures) -> Table:
    """What the campaign went by."""
    went_by = figures.rules
    assumed = "assumed where the source says nothing: the owner's word, not the person's"
    rows = (
        ("Consent", assumed if went_by.consent_assumed else "required"),
        (
            "Rule packs",
            ", ".join(map(clean, went_by.packs)) or "none named: 8 to 21 in the person's own zone",
        ),
        ("Rule packs' hash", went_by.packs_hash[:16] or NOTHING),  # enough to compare by eye
        ("Time zones' rules", f"tzdata {went_by.zone_rules}" if went_by.zone_rules else NOTHING),
        ("Channel order", ", ".join(went_by.channel_order)),
        ("Same address", went_by.same_address),
    )
    return Table("Rules", ("", "Setting"), rows)


def _examples(reason: ReasonCount) -> str:
    shown = ", ".join(clean(sample) for sample in reason.samples[:EXAMPLES])
    return f"{shown}, …" if reason.count > EXAMPLES and shown else shown or NOTHING
