"""Facts that a ledger keeps about itself: a name and a value, the latest one."""

from sqlalchemy import Connection, Insert, bindparam, select

from outreach.ledger.database.schema import facts
from outreach.ledger.ledger import Ledger

_RECALL = select(facts.c.value).where(facts.c.name == bindparam("fact"))
"""Built once: to build it took longer than to ask."""


def remember(ledger: Ledger, name: str, value: str) -> None:
    """Keep one fact of the ledger's own."""
    ledger.db.execute(kept_as(ledger, name, value))


def kept_as(ledger: Ledger, name: str, value: str) -> Insert:
    """The statement that keeps a fact, for a transaction that does more."""
    upsert = ledger.db.insert(facts).values(name=name, value=value)
    return upsert.on_conflict_do_update(index_elements=["name"], set_={"value": value})


def columns_of(campaign_id: int) -> str:
    """The fact of what the columns of a campaign's source were read as."""
    return f"columns@{campaign_id}"


def unmarked_in(campaign_id: int) -> str:
    """The fact that a campaign has sent e-mails without our reference."""
    return f"unmarked@{campaign_id}"


def paces_of(campaign_id: int, channel: str) -> str:
    """The fact of how fast Genesys' engine may send for a campaign, sender by sender, and by whose word."""
    return f"paces@{campaign_id}/{channel}"


def recall(ledger: Ledger, name: str) -> str | None:
    """A fact kept earlier."""
    with ledger.db.read() as connection:
        return recall_within(connection, name)


def recall_within(connection: Connection, name: str) -> str | None:
    """The same inside a transaction that is open."""
    return connection.execute(_RECALL, {"fact": name}).scalar()
