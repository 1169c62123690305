"""What a proof adds up: plain SQL that shares nothing with the code that wrote the rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

_SUMS = (
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
        SELECT count(a.contact_id) AS audit_records, count(*) - count(a.contact_id) AS own_records,
               count(*) FILTER (WHERE a.action = 'contacted_twice') AS came_late,
               count(DISTINCT +a.contact_id) FILTER (WHERE a.action IN
                   ('started', 'found', 'resolved_started', 'contacted_twice')) AS started_audits,
               count(a.contact_id) FILTER (WHERE a.previous <> coalesce(b.hash, '')) AS broken_links
        FROM audit a LEFT JOIN audit b ON b.contact_id = a.contact_id AND b.n = a.n - 1
        WHERE {all}a.campaign_id = :c""",
    # The fact ends in a blank and the hash of the last of them.
    """
        SELECT coalesce(sum(CAST(substr(value, 1, length(value) - 65) AS INTEGER)), 0) AS own_written
        FROM facts WHERE name = 'audit_end:' || CAST(:c AS TEXT)""",
)

# LEFT JOIN: a record that is gone must count, and an inner join would drop its contact.
BY_STATE = """
    SELECT k.state, count(*) AS contacts, sum(k.audit_count) AS records,
           count(CASE WHEN a.hash = k.audit_head THEN 1 END) AS whole,
           count(k.conversation_id) AS conversations,
           count(CASE WHEN k.link = 'named' THEN k.conversation_id END) AS named,
           count(CASE WHEN k.reason <> '' OR k.undelivered <> '' OR k.link NOT IN ('', 'named')
                 THEN 1 END) AS remarks
    FROM contacts k LEFT JOIN audit a ON a.contact_id = k.id AND a.n = k.audit_count
    WHERE k.campaign_id = :c GROUP BY k.state"""
"""How many contacts are in each state, and what of them is whole: all that is counted of contacts, in one
pass in the order of an index. With what few have, it would have to be sorted, and took twice the time."""
REMARKS = """
    SELECT reason, undelivered, CASE WHEN link = 'named' OR conversation_id IS NULL THEN ''
           WHEN link LIKE 'asked%' THEN 'asked' ELSE link END AS link, count(*) AS contacts
    FROM contacts WHERE campaign_id = :c
    AND (reason <> '' OR undelivered <> '' OR link NOT IN ('', 'named')) GROUP BY 1, 2, 3"""
"""How many contacts have the same reason, non-delivery and link, of those that have any."""
ANSWERS = "SELECT meaning, count(*) FROM replies WHERE campaign_id = :c GROUP BY 1 ORDER BY 1"
"""What people wrote, by its meaning."""
_WEBHOOKS = "SELECT state, count(*) FROM outbox WHERE campaign_id = :c GROUP BY state"


def add_up(connection: Connection, campaign_id: int) -> dict[str, int]:
    """All sums that have a name of their own."""
    # A plus keeps SQLite from an index, which leads to the rows one by one, in another order than they lie.
    every = "+" if _is_most_of_all(connection, campaign_id) else ""
    sort = "+" if connection.dialect.name == "sqlite" else ""
    ways = {"all": every, "sorted": sort, "sort_or": "" if every else "TRUE OR "}
    sums = [text(query.format_map(ways)) for query in _SUMS]
    rows = [connection.execute(query, {"c": campaign_id}).mappings().one() for query in sums]
    return {name: int(count) for row in rows for name, count in row.items()}


def read(connection: Connection, query: str, campaign_id: int) -> Sequence[Row[Any]]:
    """What one of the queries above finds of a campaign."""
    return connection.execute(text(query), {"c": campaign_id}).all()


def count_webhooks(connection: Connection, campaign_id: int) -> dict[str, int]:
    """Events by where they stand."""
    counts = dict(map(tuple, read(connection, _WEBHOOKS, campaign_id)))
    return {state: counts.get(state, 0) for state in ("delivered", "pending", "dead")}


def _is_most_of_all(connection: Connection, campaign_id: int) -> bool:
    """Whether to read tables from end to end: two thirds of the time where there is no other campaign."""
    if connection.dialect.name != "sqlite":  # PostgreSQL's planner knows by itself
        return False
    # No row is ever deleted, so the last number says how many there are: a million took 48 ms to count.
    query = "SELECT count(*) * 2 > (SELECT max(id) FROM contacts) FROM contacts WHERE campaign_id = :c"
    return bool(connection.execute(text(query), {"c": campaign_id}).scalar_one())
