"""Addresses for which a row of a campaign says no: whoever else has one waits for a person.

    a row says no, readable or not   ──> its addresses, and the channels that it names
    another row has such an address on a channel that is named   ──> held on all that are named
    a later list has a row of the id that said no, and no row of it does   ──> over, when it has been read

Whom a person released is not held again for what was said before.
"""

import contextlib
import functools
import secrets
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

import orjson
from sqlalchemy import Connection, Insert, bindparam, delete, func, select

from outreach.chunks import cut
from outreach.contacts import Channel, Contact
from outreach.ledger.database.bulk_write import inserting_new, write_columns
from outreach.ledger.database.engine import insert_in
from outreach.ledger.database.schema import EPOCH, audit, contacts, refusals, refusers
from outreach.ledger.facts import kept_as, recall_within
from outreach.ledger.ledger import Ledger
from outreach.ledger.suppressions import ALL_ERASED, ERASING
from outreach.ledger.vault import number_of
from outreach.sources.refusal import KeyedNo, named_in

Refused: TypeAlias = Mapping[str, frozenset[Channel]]
RELEASED = "refusal_released"
"""What the audit calls it when a person releases whom somebody's no held."""
_R, _W = refusals.c, refusers.c
_SAID = (_R.address, _R.said_by, _R.channels)
_OF_CAMPAIGN = _R.campaign_id == bindparam("campaign")
_ANY = select(_R.at).where(_OF_CAMPAIGN).limit(1)
_FIND = select(*_SAID, _R.at).where(_OF_CAMPAIGN, _R.address.in_(bindparam("addresses", expanding=True)))
_RELEASED = (
    select(contacts.c.external_contact_id, func.max(audit.c.at))
    .join(audit, audit.c.contact_id == contacts.c.id)
    .where(contacts.c.campaign_id == bindparam("campaign"), audit.c.action == RELEASED)
    .where(contacts.c.external_contact_id.in_(bindparam("names", expanding=True)))
    .group_by(contacts.c.external_contact_id)
)
_EARLIER = select(_W.who).where(_W.campaign_id == bindparam("campaign"), _W.load_id < bindparam("load"))
_EARLIER_ON_SERVER = _EARLIER.where(_W.who.in_(bindparam("people", expanding=True)))
_PEOPLE = func.json_each(bindparam("people")).table_valued("value")  # see known_contacts.py
_EARLIER_IN_FILE = _EARLIER.where(_W.who.in_(select(_PEOPLE.c.value)))
_MOST = 30_000
"""Values in one statement: SQLite takes 32,766."""


def freed_in(campaign_id: int) -> str:
    """The fact that is another one whenever a no is over: whom it kept back is decided on again."""
    return f"refusals-over@{campaign_id}"


class Refusals:
    """Those of one load."""

    def __init__(self, ledger: Ledger, connection: Connection, campaign_id: int, load_id: int) -> None:
        self._ledger, self._campaign_id, self._load_id = ledger, campaign_id, load_id
        self._has_any = connection.execute(_ANY, {"campaign": campaign_id}).first() is not None
        self._met = array("q")
        """Who said no in an earlier list and has a row here: eight bytes each, a tenth of a set's."""
        self._erasing: str | None = None
        self._erased: frozenset[int] = frozenset()

    def note(self, connection: Connection, said: Sequence[KeyedNo], names: Iterable[str]) -> None:
        """Keep what a chunk's rows say no to; `names` are the ids of those that can be read."""
        if self._has_any:
            self._meet(connection, self._ledger.vault.numbers("person", map(str.encode, names)))
        if not said or not (said := self._without_erased(connection, said)):
            return
        dialect, ours = connection.dialect.name, {"campaign_id": self._campaign_id, "load_id": self._load_id}
        columns = dict(zip(("address", "said_by", "channels"), zip(*said, strict=True), strict=False))
        now = self._ledger.clock.now()
        write_columns(connection, _saying(dialect), len(said), columns, {**ours, "at": now})
        who = sorted({no[1] for no in said})
        write_columns(connection, inserting_new(refusers, dialect), len(who), {"who": who}, ours)

    def _meet(self, connection: Connection, people: Sequence[int]) -> None:
        is_file = self._ledger.db.is_sqlite
        asked = orjson.dumps(people).decode() if is_file else people
        values = {"campaign": self._campaign_id, "load": self._load_id, "people": asked}
        found = connection.execute(_EARLIER_IN_FILE if is_file else _EARLIER_ON_SERVER, values)
        self._met.extend(found.scalars())

    def _without_erased(self, connection: Connection, said: Sequence[KeyedNo]) -> Sequence[KeyedNo]:
        """Without what was erased: suppressed for good is more than any campaign's no."""
        if (newest := recall_within(connection, ERASING)) != self._erasing:
            self._erasing, erased = newest, connection.execute(ALL_ERASED).scalars()
            self._erased = frozenset(map(number_of, erased))
        return [no for no in said if no[0] not in self._erased] if self._erased else said

    def end_others(self, connection: Connection) -> None:
        """Forget what an earlier list said of whom this one, read to its end, has a row that does not."""
        ours = _R.campaign_id == self._campaign_id
        said_since = select(_R.said_by).where(ours, _R.load_id >= self._load_id)
        silent = delete(refusers).where(_W.campaign_id == self._campaign_id, _W.who.not_in(said_since))
        earlier, ended = delete(refusals).where(ours, _R.load_id < self._load_id), 0
        for part in cut(self._met, _MOST):
            ended += connection.execute(earlier.where(_R.said_by.in_(part))).rowcount
            connection.execute(silent.where(_W.who.in_(part)))
        if ended:
            connection.execute(kept_as(self._ledger, freed_in(self._campaign_id), secrets.token_hex(8)))


def forget_noes(connection: Connection, addresses: Collection[int]) -> None:
    """Forget, in every campaign, what anybody says no to at these addresses."""
    gone = delete(refusals).where(_R.address.in_(addresses)).returning(_R.said_by)
    for part in cut(set(connection.execute(gone).scalars()), _MOST // 2):
        others = select(_R.said_by).where(_R.campaign_id == _W.campaign_id, _R.said_by.in_(part))
        connection.execute(delete(refusers).where(_W.who.in_(part), _W.who.not_in(others)))


@functools.lru_cache(maxsize=2)
def _saying(dialect: str) -> Insert:
    new = insert_in(dialect, refusals)
    return new.on_conflict_do_update(
        index_elements=list(refusals.primary_key),
        set_={"load_id": new.excluded.load_id},
        where=_R.load_id < new.excluded.load_id,  # two may load at once: the later ends what the earlier said
    )


def find_known(ledger: Ledger, campaign_id: int, said: Iterable[KeyedNo]) -> set[KeyedNo]:
    """What a campaign knows to be said of the addresses of these."""
    asked = {"campaign": campaign_id, "addresses": [address for address, *_ in said]}
    return {(address, by, channels) for address, by, channels, _ in ledger.db.rows(_FIND, asked)}


def find_refused(
    ledger: Ledger,
    campaign_id: int,
    people: Iterable[Contact],
    *,
    met: Collection[int] = (),
    said: Collection[KeyedNo] = (),
    within: Connection | None = None,
) -> Refused:
    """By id the channels on which others say no who share an address; `within` a transaction that is open.

    Of others whom a list has `met`, which is not in the ledger yet, only what they have `said` in it.
    """
    with contextlib.nullcontext(within) if within else ledger.db.read() as connection:
        if connection.execute(_ANY, {"campaign": campaign_id}).first() is None:
            return {}
        places = defaultdict(list)
        for contact in people:
            for channel, address in contact.channels.addresses().items():
                for key in ledger.vault.address_keys(address):
                    places[number_of(key)].append((contact.external_contact_id, channel))
        found = defaultdict(list)
        for row in connection.execute(_FIND, {"campaign": campaign_id, "addresses": list(places)}):
            named = named_in(row.channels)
            for name, channel in places[row.address] if row.said_by not in met or row[:3] in said else ():
                if channel in named and row.said_by != number_of(ledger.vault.person_key(name)):
                    found[name].append((row.at, named))
        asked = {"campaign": campaign_id, "names": list(found)}
        released = dict(map(tuple, connection.execute(_RELEASED, asked) if found else ()))
    return {
        name: frozenset[Channel]().union(*(named for at, named in noes if at > released.get(name, EPOCH)))
        for name, noes in found.items()
    }
