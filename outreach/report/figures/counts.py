"""Counting a campaign's contacts by state, channel and reason: one pass over the rows, sums only."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, text

from outreach.contacts import Channel
from outreach.ledger.campaigns import Campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import State
from outreach.report.figures.extract import TABLE
from outreach.report.wording import explain

MOST_CODES = 100
"""Reason codes that are listed one by one; rarer ones are summed up as `other_reasons`."""

MOST_SAMPLES = 20  # for JSON and the artifact; the page shows a few of them
MOST_ENDINGS = 20
OTHER = "other_reasons"
EXPLAINED = (State.BLOCKED, State.DEFERRED, State.FAILED, State.HELD, State.UNKNOWN)
"""The states that have a reason."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Contacts alike in state, channel ("" while none is chosen) and reason code ("" without)."""

    state: str
    channel: str
    code: str
    count: int
    retryable: int


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """A reason and how many it met.

    `state` is a contact's, or `rejected` or `duplicate` for rows that never became contacts. `samples` are
    external contact ids, or `line N` where a row has none.
    """

    state: str
    code: str
    sentence: str
    count: int
    retryable: int
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """Interactions alike in channel, in who ended them and what became of the message, in Genesys' words."""

    channel: str
    ended_by: str
    delivery: str
    count: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far rows came. `cleared` counts everybody who ever was cleared for contact."""

    rows: int
    accepted: int
    registered: int
    cleared: int
    contacted: int
    ended: int


_TALLY = f"""
    SELECT state, channel, code, count(*), sum(retryable), sum(registered), sum(cleared)
    FROM {TABLE} GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"""  # noqa: S608 - our own table

_OUTCOME = "CASE WHEN duplicate THEN 'duplicate' ELSE 'rejected' END"

# Numbered among the extract's narrow rows, and named afterwards: half the time, for 100,000 contacts.
_SAMPLES = f"""
    SELECT numbered.state, numbered.code, contacts.external_contact_id FROM (
        SELECT id, state, code, row_number() OVER (PARTITION BY state, code ORDER BY id) AS place
        FROM {TABLE} WHERE state IN ('blocked', 'failed', 'held', 'unknown')
    ) AS numbered JOIN contacts ON contacts.id = numbered.id
    WHERE numbered.place <= :most ORDER BY numbered.id"""  # noqa: S608 - our own table

_REJECTED_SAMPLES = f"""
    SELECT state, code, name FROM (
        SELECT {_OUTCOME} AS state, code, id,
               coalesce(nullif(external_contact_id, ''), 'line ' || line) AS name,
               row_number() OVER (PARTITION BY duplicate, code ORDER BY line, id) AS place
        FROM rejects WHERE campaign_id = :c
    ) AS numbered WHERE place <= :most ORDER BY state, code, place"""  # noqa: S608 - our own words

_REJECTS = f"""
    SELECT {_OUTCOME}, code, count(*), sum(CASE WHEN retryable THEN 1 ELSE 0 END)
    FROM rejects WHERE campaign_id = :c GROUP BY 1, 2 ORDER BY 3 DESC, 1 DESC, 2"""  # noqa: S608 - our own words


def count_states(ledger: Ledger, campaign: Campaign) -> dict[str, int]:
    """Contacts by state, from an index alone: cheap enough for a progress line."""
    query = "SELECT state, count(*) FROM contacts WHERE campaign_id = :c GROUP BY state"
    with ledger.db.read() as connection:
        return {str(state): int(n) for state, n in connection.execute(text(query), {"c": campaign.id})}


def tally(connection: Connection) -> tuple[list[Tally], tuple[int, int]]:
    """All tallies of the extract, the largest first, and how many contacts were registered and cleared."""
    kept: list[Tally] = []
    rest: Counter[tuple[str, str]] = Counter()
    rest_retryable: Counter[tuple[str, str]] = Counter()
    codes: set[str] = set()
    registered = cleared = 0
    for state, channel, code, count, retryable, with_id, was_cleared in connection.execute(text(_TALLY)):
        registered, cleared = registered + int(with_id), cleared + int(was_cleared)
        if code in codes or len(codes) < MOST_CODES:  # the largest come first
            codes.add(code)
            kept.append(Tally(state, channel, code, int(count), int(retryable)))
        else:
            rest[state, channel] += int(count)
            rest_retryable[state, channel] += int(retryable)
    kept += [Tally(*key, OTHER, count, rest_retryable[key]) for key, count in sorted(rest.items())]
    return kept, (registered, cleared)


@dataclass(frozen=True, slots=True)
class Cost:
    """What SMS cost: `segments` of the `counted` among those that were `sent`, at `price` each."""

    sent: int
    counted: int
    segments: int
    price: float


def sum_cost(connection: Connection, price: float | None) -> Cost | None:
    """Of the extract's SMS; None where they have no price, or none was counted."""
    query = f"""
        SELECT count(*), count(segments), coalesce(sum(segments), 0) FROM {TABLE}
        WHERE channel IN :counted AND started_at IS NOT NULL"""  # noqa: S608 - our own table
    counted_by = [channel.value for channel in Channel if channel.traits.has_segments]
    sums = text(query).bindparams(bindparam("counted", counted_by, expanding=True))
    sent, counted, found = connection.execute(sums).one()
    return Cost(int(sent), int(counted), int(found), price) if price is not None and counted else None


def list_endings(connection: Connection) -> list[Ending]:
    """How the extract's interactions ended, the commonest first."""
    query = f"""
        SELECT channel, disconnect_type, delivery, count(*) FROM {TABLE} WHERE state = 'ended'
        GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT {MOST_ENDINGS}"""  # noqa: S608 - our own words
    found = connection.execute(text(query))
    return [Ending(str(channel), str(by), str(what), int(count)) for channel, by, what, count in found]


def list_reasons(connection: Connection, campaign_id: int, tallies: Iterable[Tally]) -> list[ReasonCount]:
    """Every reason with its count and samples: contacts first, then rows that never became contacts."""
    counts: Counter[tuple[str, str]] = Counter()
    retryable: Counter[tuple[str, str]] = Counter()
    for entry in tallies:
        if entry.code or entry.state in EXPLAINED:
            counts[entry.state, entry.code] += entry.count
            retryable[entry.state, entry.code] += entry.retryable
    met: list[tuple[str, str, int, int]] = [
        (*key, count, retryable[key])
        for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    rejects = connection.execute(text(_REJECTS), {"c": campaign_id})
    met += [(outcome, code, int(count), int(again)) for outcome, code, count, again in rejects]
    samples: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    asked = {"c": campaign_id, "most": MOST_SAMPLES}
    for query in (_SAMPLES, _REJECTED_SAMPLES):
        for state, code, name in connection.execute(text(query), asked):
            samples[state, code].append(name)
    return [
        ReasonCount(state, code, explain(code), count, again, tuple(samples[state, code]))
        for state, code, count, again in met
    ]
