"""The proof: what a campaign's rows say, in plain SQL that shares nothing with the code that wrote them.

    source rows      = accepted + rejected + duplicates
    accepted         = the sum of all states
    intents in doubt = 0, unless their contact says so (intent of a live process, unknown, held)
    contacted twice  = 0   (by person, by address, by conversation, and by answers that came late)
    contacted        = intents that started = contacts whose audit says so
    webhooks         = delivered + pending + dead
    audit            = every contact's chain is whole and ends where its row says

`balanced` is true only when every line holds. It is the run's own verdict.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Connection, Row, text

from outreach.ledger.campaigns import Campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import State


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Events by where they stand."""

    delivered: int
    pending: int
    dead: int


@dataclass(frozen=True, slots=True)
class Proof:
    """The sums of one campaign. `contacted` counts people whose interaction exists; `audit` is ok or broken.

    `missing` names every line that does not hold; it is empty when `balanced`. `links`: conversations by
    whether they name their contact (`named`; `asked` for it; `refused`; `not_shown` while nobody looked).
    `answers`: what people wrote, by its meaning. `not_delivered`: messages that did not arrive, by Genesys'
    reason.
    """

    campaign: str
    source_rows: int
    accepted: int
    rejected: int
    duplicates: int
    states: dict[str, int]
    reasons: dict[str, int]
    contacted: int
    contacted_twice: int
    unknown: int
    webhooks: Webhooks
    audit: str
    balanced: bool
    missing: tuple[str, ...]
    stopped: str | None
    links: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    not_delivered: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "missing": list(self.missing)}


SUMS = (
    # {all} goes before a column that no index is to be used for, where most rows are wanted anyway.
    # Without the rows that an earlier load had read: each person counts where they came first.
    "SELECT coalesce(sum(rows_read - known), 0) AS rows_read FROM loads WHERE campaign_id = :c",
    """
        SELECT count(CASE WHEN NOT duplicate THEN 1 END) AS rejected,
               count(CASE WHEN duplicate THEN 1 END) AS duplicates FROM rejects WHERE campaign_id = :c""",
    "SELECT count(*) AS accepted FROM contacts WHERE campaign_id = :c",
    """
        SELECT count(CASE WHEN outcome = 'started' THEN 1 END) AS started_intents,
               count(CASE WHEN outcome IS NULL AND EXISTS (SELECT 1 FROM contacts k
                          WHERE k.id = i.contact_id AND k.lease_owner IS NULL) THEN 1 END) AS doubtful
        FROM intents i WHERE {all}campaign_id = :c""",
    # {sorted}: SQLite would take each row by an index whose order it likes, three times as slow as sorting.
    # {sort_or}: that nobody at all is there twice, an index tells in a third of the time of sorting them.
    # "AS twice" below: before version 16 PostgreSQL takes no subquery without a name.
    """
        SELECT CASE WHEN {sort_or}EXISTS (SELECT 1 FROM intents GROUP BY person_key HAVING count(*) > 1)
        THEN (SELECT count(*) FROM (SELECT person_key FROM intents
              WHERE {all}campaign_id = :c AND outcome = 'started'
              GROUP BY {sorted}person_key HAVING count(*) > 1) AS twice) ELSE 0 END AS same_person""",
    """
        SELECT CASE WHEN {sort_or}EXISTS (SELECT 1 FROM intents
              WHERE campaign_id = :c GROUP BY address_slot HAVING count(*) > 1)
        THEN (SELECT count(*) FROM (SELECT address_slot FROM intents
              WHERE {all}campaign_id = :c AND outcome = 'started'
              GROUP BY address_slot HAVING count(*) > 1) AS twice) ELSE 0 END AS same_slot""",
    """
        SELECT CASE WHEN {sort_or}EXISTS (SELECT 1 FROM contacts
              WHERE conversation_id IS NOT NULL GROUP BY conversation_id HAVING count(*) > 1)
        THEN (SELECT count(*) FROM (SELECT conversation_id FROM contacts
              WHERE {all}campaign_id = :c AND conversation_id IS NOT NULL
              GROUP BY conversation_id HAVING count(*) > 1) AS twice) ELSE 0 END AS same_conversation""",
    # In one pass: the audit is the largest table, and its four sums one by one took 1.6 times as long.
    # DISTINCT: whoever was contacted twice has a record for each time. Of the late answer of an attempt that
    # was given up no intent tells, only the audit does. FILTER: a CASE had each NULL looked up among the
    # distinct ones, a fifth of the time. "+": PostgreSQL would read by an index in that order, for 2.5 times
    # the time. The campaign's own records, which are few, are no contact's; that of a second contact counts
    # wherever it stands.
    """
        SELECT count(a.contact_id) AS audit_records,
               count(*) FILTER (WHERE a.action = 'contacted_twice') AS came_late,
               count(DISTINCT +a.contact_id) FILTER (WHERE a.action IN
                   ('started', 'found', 'resolved_started', 'contacted_twice')) AS started_audits,
               count(a.contact_id) FILTER (WHERE a.previous <> coalesce(b.hash, '')) AS broken_links
        FROM audit a LEFT JOIN audit b ON b.contact_id = a.contact_id AND b.n = a.n - 1
        WHERE {all}a.campaign_id = :c""",
)


# LEFT JOIN: a record that is gone must count, and an inner join would drop its contact.
_STANDING = """
    SELECT k.state, count(*) AS contacts, sum(k.audit_count) AS records,
           count(CASE WHEN a.hash = k.audit_head THEN 1 END) AS whole,
           count(k.conversation_id) AS conversations,
           count(CASE WHEN k.link = 'named' THEN k.conversation_id END) AS named,
           count(CASE WHEN k.reason <> '' OR k.undelivered <> '' OR k.link NOT IN ('', 'named')
                 THEN 1 END) AS remarks
    FROM contacts k LEFT JOIN audit a ON a.contact_id = k.id AND a.n = k.audit_count
    WHERE k.campaign_id = :c GROUP BY k.state"""
"""All that is counted of contacts, in one pass in the order of an index: with what few have, it would have to
be sorted, and took twice the time."""
_REMARKS = """
    SELECT reason, undelivered, CASE WHEN link = 'named' OR conversation_id IS NULL THEN ''
           WHEN link LIKE 'asked%' THEN 'asked' ELSE link END AS link, count(*) AS contacts
    FROM contacts WHERE campaign_id = :c
    AND (reason <> '' OR undelivered <> '' OR link NOT IN ('', 'named')) GROUP BY 1, 2, 3"""
_ANSWERS = "SELECT meaning, count(*) FROM replies WHERE campaign_id = :c GROUP BY 1 ORDER BY 1"


def key_of_standing(proof: Proof) -> str:
    """What the CRM is told at a campaign's end goes by it: the same standing has the same key."""
    standing = [proof.balanced, proof.source_rows, proof.states]
    return hashlib.sha256(orjson.dumps(standing, option=orjson.OPT_SORT_KEYS)).hexdigest()


def prove(ledger: Ledger, campaign: Campaign) -> Proof:
    """Count everything again, in one consistent look."""
    # Sums that are taken one after another while a run goes on would never meet.
    with ledger.db.snapshot() as connection:
        return prove_within(connection, campaign)


def recount_webhooks(ledger: Ledger, campaign: Campaign, proof: Proof) -> Proof:
    """The same proof with the events as they stand now: what was delivered since changes no other sum."""
    with ledger.db.read() as connection:
        return replace(proof, webhooks=_webhooks(connection, campaign.id))


def count_contacted(ledger: Ledger, campaign: Campaign) -> int:
    """How many people the campaign has contacted so far."""
    query = "SELECT count(*) FROM contacts WHERE campaign_id = :c AND state IN ('started', 'ended')"
    with ledger.db.read() as connection:
        return _count(connection, query, campaign.id)


def count_waiting(ledger: Ledger, campaign: Campaign) -> int:
    """How many people the next run takes up, now or when their time has come."""
    query = """
        SELECT count(*) FROM contacts WHERE campaign_id = :c
        AND state IN ('accepted', 'registered', 'cleared', 'deferred', 'intent')"""
    with ledger.db.read() as connection:
        return _count(connection, query, campaign.id)


def prove_within(connection: Connection, campaign: Campaign) -> Proof:
    """The same in a transaction that is already open."""
    counts = _sums(connection, campaign.id)
    standing = connection.execute(text(_STANDING), {"c": campaign.id}).all()
    has_remarks = any(each.remarks for each in standing)
    remarks = connection.execute(text(_REMARKS), {"c": campaign.id}).all() if has_remarks else []
    states = _count_by(standing, "state")
    contacted = states.get(State.STARTED, 0) + states.get(State.ENDED, 0)
    twice = sum(counts[name] for name in ("same_person", "same_slot", "same_conversation", "came_late"))
    chained = counts["audit_records"] == _sum(standing, "records") and not counts["broken_links"]
    audit_holds = chained and _sum(standing, "whole") == _sum(standing, "contacts")
    missing = _missing(counts, states, contacted, twice, audit_holds=audit_holds)
    return Proof(
        campaign=campaign.name,
        source_rows=counts["rows_read"],
        accepted=counts["accepted"],
        rejected=counts["rejected"],
        duplicates=counts["duplicates"],
        states=states,
        reasons=_count_by(remarks, "reason"),
        contacted=contacted,
        contacted_twice=twice,
        unknown=states.get(State.UNKNOWN, 0),
        webhooks=_webhooks(connection, campaign.id),
        audit="ok" if audit_holds else "broken",
        balanced=not missing,
        missing=missing,
        stopped=campaign.stopped,
        links=_count_links(standing, remarks),
        answers=_counts(connection, _ANSWERS, campaign.id),
        not_delivered=_count_by(remarks, "undelivered"),
    )


def _missing(
    counts: dict[str, int], states: dict[str, int], contacted: int, twice: int, *, audit_holds: bool
) -> tuple[str, ...]:
    placed = counts["accepted"] + counts["rejected"] + counts["duplicates"]
    lines = {
        f"{counts['rows_read']} source rows, but {placed} in a named place": counts["rows_read"] == placed,
        f"{counts['accepted']} accepted, but {sum(states.values())} in a state": (
            counts["accepted"] == sum(states.values()) and set(states) <= {state.value for state in State}
        ),
        f"{counts['doubtful']} intents without an outcome": not counts["doubtful"],
        f"{twice} contacted twice": not twice,
        f"{contacted} contacted, but {counts['started_intents']} intents say so": (
            contacted == counts["started_intents"]
        ),
        f"{contacted} contacted, but the audit of {counts['started_audits']} says so": (
            contacted == counts["started_audits"]
        ),
        "the audit chain does not end where the contacts say": audit_holds,
    }
    return tuple(line for line, holds in lines.items() if not holds)


def _sums(connection: Connection, campaign_id: int) -> dict[str, int]:
    # A plus keeps SQLite from an index, which leads to the rows one by one, in another order than they lie.
    every = "+" if _is_most_of_all(connection, campaign_id) else ""
    sort = "+" if connection.dialect.name == "sqlite" else ""
    ways = {"all": every, "sorted": sort, "sort_or": "" if every else "TRUE OR "}
    sums = [text(query.format_map(ways)) for query in SUMS]
    rows = [connection.execute(query, {"c": campaign_id}).mappings().one() for query in sums]
    return {name: int(count) for row in rows for name, count in row.items()}


def _is_most_of_all(connection: Connection, campaign_id: int) -> bool:
    """Whether to read tables from end to end: two thirds of the time where there is no other campaign."""
    if connection.dialect.name != "sqlite":  # PostgreSQL's planner knows by itself
        return False
    query = "SELECT count(CASE WHEN campaign_id = :c THEN 1 END) * 2 > count(*) FROM contacts"
    return bool(_count(connection, query, campaign_id))


def _count(connection: Connection, query: str, campaign_id: int) -> int:
    return int(connection.execute(text(query), {"c": campaign_id}).scalar_one())


def _sum(rows: Sequence[Row[Any]], column: str) -> int:
    return sum(int(getattr(row, column)) for row in rows)


def _count_by(rows: Sequence[Row[Any]], column: str) -> dict[str, int]:
    """How many contacts are of each kind, by one column, but for those where it is empty."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts[getattr(row, column)] += row.contacts
    return {name: counts[name] for name in sorted(counts) if name}


def _count_links(standing: Sequence[Row[Any]], remarks: Sequence[Row[Any]]) -> dict[str, int]:
    links = {**_count_by(remarks, "link"), "named": _sum(standing, "named")}
    links["not_shown"] = _sum(standing, "conversations") - sum(links.values())
    return {name: links[name] for name in sorted(links) if links[name]}


def _counts(connection: Connection, query: str, campaign_id: int) -> dict[str, int]:
    return {str(name): int(count) for name, count in connection.execute(text(query), {"c": campaign_id})}


def _webhooks(connection: Connection, campaign_id: int) -> Webhooks:
    query = "SELECT state, count(*) FROM outbox WHERE campaign_id = :c GROUP BY state"
    counts = {str(state): int(n) for state, n in connection.execute(text(query), {"c": campaign_id})}
    return Webhooks(counts.get("delivered", 0), counts.get("pending", 0), counts.get("dead", 0))
