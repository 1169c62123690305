"""Verifying the audit: every record of a campaign, one chain after another, against the ledger's key.

What the chains cannot show (last records or a whole contact gone) the seals do: see `seals`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, select, type_coerce
from sqlalchemy.types import NULLTYPE

from outreach.ledger.audit.chain import COVERED, canonical_values, end_of
from outreach.ledger.audit.chain_check import Finding, check_chain, is_genuine
from outreach.ledger.audit.seals import MOST, SEALED, fold, unpack_counts
from outreach.ledger.campaigns import Campaign
from outreach.ledger.database.packing import unpack, unpacked
from outreach.ledger.database.schema import audit, contacts, facts
from outreach.ledger.ledger import Ledger

_End = tuple[int, int, str]
"""A record as a seal counts it: its id, its number and its hash."""
_Stored = Sequence[Any]
"""A row as the database has it."""


@dataclass
class Verification:
    """What was verified, and the first problem of each chain, in the ledger's order."""

    campaign: str
    chains: int = 0
    records: int = 0
    seals: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """For machines; `first` is the first problem, or None."""
        first = asdict(self.findings[0]) if self.findings else None
        return {**asdict(self), "intact": self.intact, "first": first}


_AS_READ = (*COVERED, audit.c.id, audit.c.hash)
_AS_STORED = tuple(type_coerce(column, NULLTYPE) for column in _AS_READ)
"""The same as the database has it: SQLAlchemy's turning of each value took a third of the time."""
_WHOSE = itemgetter(_AS_READ.index(audit.c.contact_id))

_BESIDE = [contacts.c[name] for name in ("id", "external_contact_id", "audit_count", "audit_head", "state")]


@dataclass
class _Seal:
    n: int
    hash: str
    last: int
    root: str
    counts: dict[int, int]
    so_far: str = ""


def verify(ledger: Ledger, campaign: Campaign, *, seal: str | None = None) -> Verification:
    """Verify every record of a campaign, in one consistent look, by the ledger's key.

    A `seal` whose hash was kept elsewhere (a run's report, Prefect) must be among the records.
    """
    result = Verification(campaign.name)
    with ledger.db.snapshot() as connection:
        seals = _verify_own(ledger, connection, campaign, result)
        _verify_contacts(ledger, connection, campaign, seals, result)
    result.findings += [finding for sealed in seals for finding in _check_seal(sealed)]
    result.seals = len(seals)
    if seal and not any(sealed.hash.startswith(seal) for sealed in seals):
        result.findings.append(Finding("", 0, "missing", f"no seal {seal[:16]} is here any more"))
    return result


def _verify_own(
    ledger: Ledger, connection: Connection, campaign: Campaign, result: Verification
) -> list[_Seal]:
    own = select(*_AS_READ).where(audit.c.campaign_id == campaign.id, audit.c.contact_id.is_(None))
    records = connection.execute(own.order_by(audit.c.n, audit.c.id)).all()
    fact = connection.execute(select(facts.c.value).where(facts.c.name == end_of(campaign.id))).scalar()
    count, _, head = (fact or "0 ").partition(" ")
    finding = check_chain(ledger, records, int(count), head)
    result.chains += 1
    result.records += len(records)
    result.findings += [finding] if finding else []
    return [_as_seal(r) for r in records if r.action == SEALED and is_genuine(ledger, r, r.n)]


def _as_seal(record: Row[Any]) -> _Seal:
    detail = orjson.loads(record.detail)
    counts = unpack_counts(detail["counts"])
    return _Seal(record.n, record.hash, detail["last"], detail["root"], counts)


def _verify_contacts(
    ledger: Ledger, connection: Connection, campaign: Campaign, seals: Sequence[_Seal], result: Verification
) -> None:
    for contact_id, beside, stored in _chains(connection, campaign.id):
        finding, name = None, beside[1] if beside else f"contact number {contact_id}"
        ends = _follow(ledger, stored, beside)
        if ends is None:
            finding, ends = _look_closer(ledger, connection, campaign, contact_id)
        result.chains += 1
        result.records += len(ends)
        rolled_back = _add_to_seals(ledger, name, contact_id, ends, seals)
        result.findings += [found for found in (finding or rolled_back,) if found]


def _chains(connection: Connection, campaign_id: int) -> Iterator[tuple[int, _Stored | None, list[_Stored]]]:
    """Each contact's number, its row unless that is gone or another campaign's, and its records as stored."""
    a, c = audit.c, contacts.c
    written = select(*_AS_STORED).where(a.campaign_id == campaign_id, a.contact_id.is_not(None))
    records = groupby(_stream(connection, written.order_by(a.contact_id, a.n, a.id)), _WHOSE)
    as_stored = [type_coerce(column, NULLTYPE).label(column.name) for column in _BESIDE]
    standing = _stream(connection, select(*as_stored).where(c.campaign_id == campaign_id).order_by(c.id))
    beside = next(standing, None)
    for contact_id, read in records:
        while beside and beside[0] < contact_id:
            yield beside[0], beside, []
            beside = next(standing, None)
        own = beside if beside and beside[0] == contact_id else None
        yield contact_id, own, list(read)
        beside = next(standing, None) if own else beside
    yield from ((row[0], row, []) for row in chain([beside] if beside else [], standing))


def _stream(connection: Connection, query: Select[Any]) -> Iterator[_Stored]:
    return chain.from_iterable(connection.execute(query.execution_options(yield_per=1000)).partitions())


def _follow(ledger: Ledger, stored: Sequence[_Stored], beside: _Stored | None) -> list[_End] | None:
    """The records of a chain, from rows as they are stored, where nothing is wrong; None to look closer."""
    if not beside or beside[2] != len(stored):
        return None
    ends: list[_End] = []
    link, as_stored = ledger.vault.chain, bytes.fromhex if ledger.db.is_sqlite else str
    number, made, before, told = 0, "", "", "{}"
    for place, (at, campaign_id, contact_id, n, action, detail, by, previous, key, digest) in enumerate(
        stored, 1
    ):
        told = unpack(detail).decode(errors="replace") if isinstance(detail, bytes) else detail or ""
        covered = (at, campaign_id, contact_id, n, action, told, unpacked(by), made)
        made = link(made, canonical_values(covered))
        if n != place or key < number or previous != before or as_stored(made) != digest:
            return None
        number, before = key, digest
        ends.append((key, n, made))
    _, _, _, head, state = beside
    whole = before == head and orjson.loads(told).get("state", state) == state
    return ends if whole else None


def _look_closer(
    ledger: Ledger, connection: Connection, campaign: Campaign, contact_id: int
) -> tuple[Finding | None, list[_End]]:
    a, c = audit.c, contacts.c
    own = select(*_AS_READ).where(a.campaign_id == campaign.id, a.contact_id == contact_id)
    records = connection.execute(own.order_by(a.n, a.id)).all()
    beside = connection.execute(select(*_BESIDE, c.campaign_id).where(c.id == contact_id)).first()
    ends = [(record.id, record.n, record.hash) for record in records]
    if beside is None:
        return Finding("", 0, "missing", f"contact number {contact_id} is gone, its records are not"), ends
    name, state = beside.external_contact_id, beside.state
    if beside.campaign_id != campaign.id:
        return Finding(name, records[0].n, "inserted", "its contact is another campaign's"), ends
    if finding := check_chain(ledger, records, beside.audit_count, beside.audit_head):
        return replace(finding, contact=name), ends
    told = orjson.loads(records[-1].detail).get("state", state) if records else state
    if told != state:
        return Finding(name, len(records), "altered", f"it says {told}, the contact says {state}"), ends
    return None, ends


def _add_to_seals(
    ledger: Ledger, name: str, contact_id: int, records: Sequence[_End], seals: Sequence[_Seal]
) -> Finding | None:
    """Fold one chain into each seal as it was then; the first record that a seal counts differently."""
    findings: list[Finding] = []
    folded: dict[tuple[str, int], str] = {}  # most seals saw most chains end alike: once for all of them
    for seal in seals:
        # Nearly always all of them, or none.
        whole = not records or records[-1][0] <= seal.last
        then = records if whole else [record for record in records if record[0] <= seal.last]
        if then:
            _, n, digest = then[-1]
            before = seal.so_far, n
            if before not in folded:
                folded[before] = fold(ledger, seal.so_far, contact_id, n, digest)
            seal.so_far = folded[before]
        counted = seal.counts.pop(contact_id, 0)
        if len(then) != counted:
            findings.extend(_count_differently(name, seal, len(then), counted))
    return findings[0] if findings else None


def _count_differently(name: str, seal: _Seal, there: int, counted: int) -> Iterator[Finding]:
    text = f"seal {seal.n} counted {counted} records"
    if there < counted:
        yield Finding(name, there + 1, "missing", text)
    elif counted < MOST:  # at MOST, the count only says "at least so many"
        yield Finding(name, counted + 1, "inserted", text)


def _check_seal(seal: _Seal) -> Iterator[Finding]:
    for contact_id, count in seal.counts.items():  # what no chain has taken out
        text = f"contact number {contact_id} and its {count} records are gone since seal {seal.n}"
        yield Finding("", 0, "missing", text)
    if not seal.counts and seal.so_far != seal.root:  # while contacts are gone, it cannot fit
        yield Finding("", seal.n, "altered", "the chains do not end as this seal says")
