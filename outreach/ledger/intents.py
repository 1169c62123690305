"""Intent before act: the row that is committed before anybody is called.

Its keys are the last guard, whoever else is at work: one live intent per contact, one per address and
campaign. Suppression, the no of others and rolling caps are looked at in the same transaction, behind a lock
per address and person on PostgreSQL (SQLite has one writer anyway), so that nothing slips in between look and
act.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select, text

from outreach.compliance.caps import caps_allow
from outreach.compliance.reasons import ADDRESS_REFUSED
from outreach.contacts import Channel
from outreach.ledger.audit.chain import ChainEnd
from outreach.ledger.changes import Change, apply_within, lock
from outreach.ledger.claims import Claimed
from outreach.ledger.database.bulk_write import inserting_new, write_rows
from outreach.ledger.database.schema import intents
from outreach.ledger.ledger import Ledger
from outreach.ledger.recent_contacts import TAKEN, contacts_since
from outreach.ledger.refusals import find_refused
from outreach.ledger.states import State
from outreach.ledger.suppressions import SUPPRESSED
from outreach.ledger.vault import number_of
from outreach.ledger.witness import MachineWitness, newest_mark
from outreach.settings import FrequencyCap, SameAddress


class Keys(NamedTuple):
    """What the looks and the guard go by: the person's, and the address's (see `Vault.address_keys`)."""

    person: str
    addresses: tuple[str, ...]

    @property
    def seen_by(self) -> tuple[str, ...]:
        """What a contact counts for, whichever of them it was made under."""
        return self.person, *self.addresses


@dataclass(slots=True)
class Intent:
    """An intent that is committed: from here on the person may have been contacted."""

    claimed: Claimed
    channel: Channel
    address: str
    reference: str
    at: datetime
    row: Mapping[str, object]
    """As it stands in the ledger, so that it can be put back."""


@dataclass(slots=True)
class IntentRequest:
    """A contact about to be contacted on a channel, and the caps that bind it there.

    `keys` are set as its intent is committed; where it is not, `code` says why the contact is `blocked` or,
    with an instant, `deferred`.
    """

    claimed: Claimed
    channel: Channel
    address: str
    caps: Sequence[FrequencyCap] = ()
    keys: Keys = field(init=False)
    code: str = ""
    until: datetime | None = None


def commit_intents(
    ledger: Ledger, wanted: Sequence[IntentRequest], *, same_address: SameAddress, all_or_none: bool = False
) -> tuple[list[Intent], list[IntentRequest]]:
    """Commit an intent for each contact that is still ours and still free; the rest is told why not.

    With `all_or_none` nobody gets one where somebody is refused. A contact whose lease was lost is in neither
    list: somebody else has it.
    """
    now = ledger.clock.now()
    for want in wanted:
        want.keys, want.code, want.until = find_keys(ledger, want.claimed, want.address), "", None
    with ledger.db.write() as connection:
        _guard(ledger, connection, [want.keys for want in wanted if want.caps])
        rows = lock(connection, [want.claimed.id for want in wanted])
        owners = {number: row.lease_owner for number, row in rows.items() if row.state == State.CLEARED}
        ours = [want for want in wanted if owners.get(want.claimed.id) == want.claimed.owner]
        _refuse(ledger, connection, ours, now)
        if same_address is SameAddress.ONCE:
            _refuse_taken(connection, ours)
        free = [want for want in ours if not want.code]
        offered = [_offer(ledger, want, rows[want.claimed.id], same_address, now) for want in free]
        written = _insert(connection, offered)
        for want in free:
            if want.claimed.id not in written:  # the database's own key refused it
                want.code = "same_address"
        refused = [want for want in ours if want.code]
        if all_or_none and refused:
            connection.rollback()
            return [], refused
        changes = [_intend(item) for item in written.values()]
        apply_within(ledger, connection, changes, rows=rows, at=now)
        mark = newest_mark(ledger, connection) if written and ledger.identity else None
    if mark and ledger.identity:  # after the commit, before any of these calls leaves
        MachineWitness().remember(ledger.identity, mark)
    return list(written.values()), refused


def read_intents(ledger: Ledger, contact_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """The intents of these contacts that stand, by contact."""
    found = ledger.db.rows(select(intents).where(intents.c.contact_id.in_(contact_ids)))
    return {row.contact_id: row for row in found}


def has_rival(
    ledger: Ledger, contact_id: int, keys: Sequence[str], channel: str, at: datetime, *, within: timedelta
) -> bool:
    """Whether another contact's attempt at these addresses is in doubt that was made about then."""
    i = intents.c
    in_doubt = func.coalesce(i.outcome, "") != "started"
    about = i.at.between(at - within, at + within)
    theirs = select(i.contact_id).where(i.address_key.in_(keys), i.channel == channel, about)
    return ledger.db.value(theirs.where(in_doubt, i.contact_id != contact_id).limit(1)) is not None


def find_attempted(connection: Connection, contact_ids: Sequence[int]) -> set[int]:
    """Those of these contacts whose intent stands."""
    found = select(intents.c.contact_id).where(intents.c.contact_id.in_(contact_ids))
    return set(connection.execute(found).scalars()) if contact_ids else set()


def apply_unattempted(
    ledger: Ledger, connection: Connection, changes: Sequence[Change], states: Collection[State]
) -> set[int]:
    """Make the changes of who stands in one of the states with no attempt; the contacts they were made to."""
    # Under the rows' lock: an attempt that begins at this very moment is seen, or finds its contact gone.
    rows = lock(connection, [change.contact_id for change in changes])
    attempted = find_attempted(connection, list(rows))
    free = {n: row for n, row in rows.items() if row.state in states and n not in attempted}
    return apply_within(ledger, connection, changes, rows=free)


def find_keys(ledger: Ledger, claimed: Claimed, address: str) -> Keys:
    """The keys by which a contact to this address is found again."""
    person = ledger.vault.person_key(claimed.contact.external_contact_id)
    return Keys(person, ledger.vault.address_keys(address))


def make_reference(ledger: Ledger, contact_id: int, audit_count: int) -> str:
    """Sixteen hex digits, never the same for two tries: each try lengthens the contact's audit."""
    return ledger.vault.key("attempt", f"{contact_id}/{audit_count}")[:16]


def _guard(ledger: Ledger, connection: Connection, keys: Sequence[Keys]) -> None:
    if ledger.db.is_sqlite or not keys:
        return
    # In one order everywhere, so that nobody waits in a circle.
    for number in sorted({number_of(key) for own in keys for key in (own.addresses[0], own.person)}):
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": number})


def _refuse(ledger: Ledger, connection: Connection, wanted: Sequence[IntentRequest], now: datetime) -> None:
    addresses = [key for want in wanted for key in want.keys.addresses]
    suppressed = set(connection.execute(SUPPRESSED, {"keys": addresses}).scalars())
    people = [want.claimed.contact for want in wanted]
    campaign_id = wanted[0].claimed.campaign_id if wanted else 0
    refused = find_refused(ledger, campaign_id, people, within=connection)
    capped = [want for want in wanted if want.caps]
    looked_at = {key for want in capped for key in want.keys.seen_by}
    longest = max((cap.hours for want in capped for cap in want.caps), default=0)
    recent = contacts_since(connection, looked_at, now - timedelta(hours=longest))
    for want in wanted:
        key = want.keys
        before = {who: at for seen in key.seen_by for who, at in recent[seen].items()} if want.caps else {}
        if not suppressed.isdisjoint(key.addresses):
            want.code = "suppressed"
        elif want.channel in refused.get(want.claimed.contact.external_contact_id, ()):
            want.code = ADDRESS_REFUSED
        elif until := caps_allow(want.caps, list(before.values()), now):
            want.code, want.until = "frequency_cap", until
        else:
            # Two of one group may share an address: the second sees the first.
            recent[key.addresses[0]][want.claimed.id] = now
            recent[key.person][want.claimed.id] = now


def _refuse_taken(connection: Connection, wanted: Sequence[IntentRequest]) -> None:
    """Whose address the campaign has taken in an earlier form: no key of the database would refuse those."""
    earlier = {key for want in wanted for key in want.keys.addresses[1:]}
    if not earlier:
        return
    taken = {"keys": list(earlier), "campaign": wanted[0].claimed.campaign_id}
    found = set(connection.execute(TAKEN, taken).scalars())
    for want in wanted:
        if not found.isdisjoint(want.keys.addresses[1:]):
            want.code, want.until = "same_address", None


def _offer(
    ledger: Ledger, want: IntentRequest, row: ChainEnd, same_address: SameAddress, now: datetime
) -> Intent:
    reference = make_reference(ledger, row.id, row.audit_count)
    intent = intent_row(want.claimed, want.channel, want.keys, reference, now, same_address)
    return Intent(want.claimed, want.channel, want.address, reference, now, intent)


def intent_row(
    row: Claimed,
    channel: Channel,
    keys: Keys,
    reference: str,
    at: datetime,
    same: SameAddress = SameAddress.ONCE,
) -> dict[str, Any]:
    """An attempt as a row of `intents`: the only one of its campaign at the address, or of its contact."""
    return {
        "contact_id": row.id,
        "campaign_id": row.campaign_id,
        "reference": reference,
        "channel": channel.value,
        "address_key": keys.addresses[0],
        "address_slot": keys.addresses[0] + ("" if same is SameAddress.ONCE else f"/{row.id}"),
        "person_key": keys.person,
        "at": at,
    }


def _insert(connection: Connection, offered: Sequence[Intent]) -> dict[int, Intent]:
    if not offered:
        return {}
    # In one order everywhere: PostgreSQL waits for whoever is inserting the same key at this moment.
    rows = sorted((item.row for item in offered), key=itemgetter("address_slot"))
    opened = {item.claimed.id: item for item in offered}
    if write_rows(connection, inserting_new(intents, connection.dialect.name), rows) == len(rows):
        return opened
    ours = intents.c.reference.in_([row["reference"] for row in rows])
    written = set(connection.execute(select(intents.c.reference).where(ours)).scalars())
    return {contact_id: item for contact_id, item in opened.items() if item.reference in written}


def _intend(item: Intent) -> Change:
    told = {"reference": item.reference, "channel": item.channel.value}
    return Change(
        contact_id=item.claimed.id,
        after=State.INTENT,
        action="intended",
        fields={**told, "attempts": item.claimed.attempts + 1},
        detail=told,
        keep_lease=True,
    )
