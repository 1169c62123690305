"""The proof: a campaign's sums (`proof_sums`), and whether they meet.

    source rows      = accepted + rejected + duplicates
    accepted         = the sum of all states
    intents in doubt = 0, unless their contact says so (intent of a live process, unknown, held)
    contacted twice  = 0   (by person, by address, by conversation, and by answers that came late)
    contacted        = intents that started = contacts whose audit says so
    webhooks         = delivered + pending + dead
    audit            = every contact's chain is whole and ends where its row says; the campaign's is as long

`balanced` is true only when every line holds. It is the run's own verdict.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Connection, Row

from outreach.ledger.campaigns import Campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof_sums import ANSWERS, BY_STATE, REMARKS, add_up, count_webhooks, read
from outreach.ledger.states import State


@dataclass(frozen=True, slots=True)
class Proof:
    """The sums of one campaign. `contacted` counts people whose interaction exists; `audit` is ok or broken.

    `missing` names every line that does not hold; it is empty when `balanced`. `links`: conversations by
    whether they name their contact (`named`; `asked` for it; `refused`; `not_shown` while nobody looked).
    `answers`: what people wrote, by its meaning. `not_delivered`: messages that did not arrive, by Genesys'
    reason. `nobody_contacted`: why a run is red though every sum holds; only the run itself can say.
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
    webhooks: dict[str, int]
    audit: str
    balanced: bool
    missing: tuple[str, ...]
    stopped: str | None
    links: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    not_delivered: dict[str, int] = field(default_factory=dict)
    nobody_contacted: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "missing": list(self.missing)}


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
        return replace(proof, webhooks=count_webhooks(connection, campaign.id))


def prove_within(connection: Connection, campaign: Campaign) -> Proof:
    """The same in a transaction that is already open."""
    counts = add_up(connection, campaign.id)
    by_state = read(connection, BY_STATE, campaign.id)
    remarks = read(connection, REMARKS, campaign.id) if any(each.remarks for each in by_state) else []
    states = _count_by(by_state, "state")
    contacted = states.get(State.STARTED, 0) + states.get(State.ENDED, 0)
    twice = sum(counts[name] for name in ("same_person", "same_slot", "same_conversation", "came_late"))
    chained = counts["audit_records"] == _sum(by_state, "records") and not counts["broken_links"]
    whole = _sum(by_state, "whole") == _sum(by_state, "contacts")
    audit_holds = chained and whole and counts["own_records"] == counts["own_written"]
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
        webhooks=count_webhooks(connection, campaign.id),
        audit="ok" if audit_holds else "broken",
        balanced=not missing,
        missing=missing,
        stopped=campaign.stopped,
        links=_count_links(by_state, remarks),
        answers=dict(map(tuple, read(connection, ANSWERS, campaign.id))),
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
        "an audit chain does not end where the ledger says": audit_holds,
    }
    return tuple(line for line, holds in lines.items() if not holds)


def _sum(rows: Sequence[Row[Any]], column: str) -> int:
    return sum(int(getattr(row, column)) for row in rows)


def _count_by(rows: Sequence[Row[Any]], column: str) -> dict[str, int]:
    """How many contacts are of each kind, by one column, but for those where it is empty."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts[getattr(row, column)] += row.contacts
    return {name: counts[name] for name in sorted(counts) if name}


def _count_links(by_state: Sequence[Row[Any]], remarks: Sequence[Row[Any]]) -> dict[str, int]:
    links = {**_count_by(remarks, "link"), "named": _sum(by_state, "named")}
    links["not_shown"] = _sum(by_state, "conversations") - sum(links.values())
    return {name: links[name] for name in sorted(links) if links[name]}
