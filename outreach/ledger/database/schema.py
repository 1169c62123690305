"""The ledger's tables, the same on SQLite and PostgreSQL. Migrations follow them; tests compare the two."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from outreach.ledger.database.packing import Packed, PackedBytes, PackedLine, Short

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
Id = BigInteger().with_variant(Integer, "sqlite")  # there only INTEGER PRIMARY KEY counts by itself


@lru_cache(maxsize=256)
def microseconds(at: datetime) -> int:
    """Since 1970. Rows that are written together carry one instant."""
    return (at - EPOCH) // timedelta(microseconds=1)


def instant(count: int) -> datetime:
    """Aware UTC, of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(count))


class Instant(TypeDecorator[datetime]):
    """Aware UTC in Python, whole microseconds since 1970 in the database: exact, and alike everywhere."""

    impl = BigInteger
    cache_ok = True

    # The functions themselves, as in `packing`.
    def bind_processor(self, *_: object) -> Callable[[datetime | None], int | None]:
        """Microseconds."""
        return lambda value: None if value is None else microseconds(value)

    def result_processor(self, *_: object) -> Callable[[Any | None], datetime | None]:
        """Aware UTC."""
        return lambda value: None if value is None else instant(value)


def number() -> Column[int]:
    """A row's own number, which the database gives."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def of(table: str, **more: Any) -> Column[int]:  # noqa: ANN401 - SQLAlchemy's options of a column
    """The number of a row of another table: `of("load")` refers to `loads`."""
    return Column(f"{table}_id", Id, ForeignKey(f"{table}s.id"), **{"nullable": False, **more})


def needed(name: str, kind: Any, **more: Any) -> Column[Any]:  # noqa: ANN401 - SQLAlchemy's
    """What every row has."""
    return Column(name, kind, nullable=False, **more)


def may(name: str, kind: Any, comment: str | None = None) -> Column[Any]:  # noqa: ANN401 - SQLAlchemy's
    """What a row may have."""
    return Column(name, kind, comment=comment)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

facts = Table(
    "facts",
    metadata,
    Column("name", String(200), primary_key=True),
    needed("value", Text),
    comment="What the ledger knows of itself: its key's fingerprint, disabled endpoints.",
)

campaigns = Table(
    "campaigns",
    metadata,
    number(),
    needed("name", String(200), unique=True),
    needed("created_at", Instant),
    needed("settings", Text, server_default="{}"),
    needed("packs_hash", String(100), server_default=""),
    needed("zone_rules", String(20), server_default="", comment="the last run's tzdata"),
    may("stopped", Text, "why new contacts were stopped; null while they are not"),
    may("stopped_by", String(200), "who asked for that stop; null where the run itself did"),
)

loads = Table(
    "loads",
    metadata,
    number(),
    of("campaign", index=True),
    needed("source", Text),
    needed("started_at", Instant),
    may("finished_at", Instant),
    needed("rows_read", BigInteger, server_default="0"),
    needed("known", BigInteger, server_default="0", comment="rows that an earlier load had"),
    may("fingerprint", String(64), "of a source that did not change while it was read to its end"),
    may("numbers", Text, "how numbers without a country's code were read, counts as JSON"),
    comment="One reading of one source. `rows_read` is counted by the reader, not by what it wrote.",
)

rejects = Table(
    "rejects",
    metadata,
    number(),
    of("campaign"),
    of("load"),
    needed("line", BigInteger),
    needed("duplicate", Boolean),
    may("external_contact_id", String(255)),
    needed("code", String(64)),
    needed("reason", Text),
    needed("retryable", Boolean),
    may("raw", Text, "the row as it was read, sealed when the ledger is encrypted"),
    needed("row_key", String(64)),
    UniqueConstraint("campaign_id", "row_key"),
    comment="Rows that never became contacts.",
)

OF_CONVERSATIONS = Index(
    "ix_contacts_conversation_id", "conversation_id", sqlite_where=text("conversation_id IS NOT NULL")
)
"""Of rows that have one, on PostgreSQL too, where `migrate` says it: to say it here loads that dialect for
every ledger, 0.035 s of the 0.42 s of processor time that a proof takes.
"""

contacts = Table(
    "contacts",
    metadata,
    number(),
    of("campaign"),
    needed("external_contact_id", String(255), index=True),
    of("load"),
    needed("line", BigInteger),
    needed("content_key", Short(64), comment="keyed hash of the row's content"),
    may("payload", Text, "the contact as JSON, sealed when the ledger is encrypted; null: erased"),
    needed("state", String(16)),
    needed("reason", String(200), server_default=""),
    needed("retryable", Boolean, server_default=text("false")),
    may("until", Instant, "deferred: not before"),
    may("channel", String(8)),
    may("genesys_id", Short(100)),
    may("availability", Packed, "what Genesys said of the channels when it registered the contact"),
    may("decision", Packed, "the rules as they were applied, for `outreach why`"),
    needed("attempts", Integer, server_default="0"),
    may("reference", Short(32), "of the live or last attempt"),
    may("conversation_id", Short(100)),
    may("latency_ms", Float),
    may("segments", Integer, "SMS: parts, where they have a price"),
    may("started_at", Instant),
    may("connected_at", Instant),
    may("ended_at", Instant),
    needed("disconnect_type", String(100), server_default=""),
    needed("delivery", String(100), server_default=""),
    needed("undelivered", String(100), server_default="", comment="why it did not arrive"),
    needed("link", String(16), server_default="", comment="does the conversation name them"),
    needed("looks", Integer, server_default="0"),
    may("look_at", Instant, "when to look at the conversation, or for it, again"),
    Column("lease_owner", String(32), index=True),
    needed("deaths", Integer, server_default="0", comment="processes that died holding this row"),
    needed("updated_at", Instant),
    needed("audit_count", Integer, server_default="0"),
    needed("audit_head", Short(64), server_default=""),
    UniqueConstraint("campaign_id", "external_contact_id"),
    Index("ix_contacts_campaign_id_state_id", "campaign_id", "state", "id"),
    Index("ix_contacts_state_look_at", "state", "look_at"),
    OF_CONVERSATIONS,
    comment="One row per campaign and person.",
)

hand_overs = Table(
    "hand_overs",
    metadata,
    number(),
    of("campaign", index=True),
    needed("name", String(64), unique=True, comment="of the list and the campaign at Genesys"),
    needed("channel", String(8)),
    needed("sender", String(254), server_default="", comment="of ours; empty: the only one"),
    needed("list_id", String(100), server_default=""),
    needed("outbound_id", String(100), server_default=""),
    needed("opened_at", Instant),
    needed("until", Instant, comment="the engine sends no later"),
    may("start_at", Instant, "committed before the start is made; from here on it may send"),
    may("ended_at", Instant, "everybody has an outcome, or is held"),
    comment="Groups of people that Genesys' own engine sends to.",
)

intents = Table(
    "intents",
    metadata,
    of("contact", primary_key=True),
    of("campaign"),
    needed("reference", Short(32), unique=True),
    needed("channel", String(8)),
    needed("address_key", Short(64), comment="keyed hash of the address"),
    needed("address_slot", Short(96), comment="address_key, or one per row where that is set"),
    needed("person_key", Short(64), comment="keyed hash of the external contact id"),
    needed("at", Instant),
    may("outcome", String(16), "started or unknown; null while the call is in the air"),
    Column("hand_over_id", Id, comment="where Genesys' engine sends", index=True),
    UniqueConstraint("campaign_id", "address_slot"),
    Index("ix_intents_address_key_at", "address_key", "at"),
    Index("ix_intents_person_key_at", "person_key", "at"),
    comment="Committed before the creating call; its keys are the last guard against a second contact.",
)

outbox = Table(
    "outbox",
    metadata,
    number(),
    needed("webhook_id", String(64), unique=True),
    of("campaign"),
    of("contact", nullable=True),
    needed("endpoint", String(200), comment="the webhook block's name"),
    needed("event", String(64)),
    needed("body", PackedBytes),
    needed("created_at", Instant),
    needed("state", String(16), comment="pending, delivered or dead"),
    needed("attempts", Integer, server_default="0"),
    needed("due_at", Instant),
    may("leased_until", Instant),
    needed("status", Integer, server_default="0"),
    needed("code", String(32), server_default=""),
    needed("excerpt", Text, server_default=""),
    may("delivered_at", Instant),
    Index("ix_outbox_state_due_at", "state", "due_at"),
    Index("ix_outbox_contact_id_state", "contact_id", "state"),
    Index("ix_outbox_campaign_id_state", "campaign_id", "state"),
    comment="Events to tell the CRM, written with the change that they tell of.",
)

audit = Table(
    "audit",
    metadata,
    number(),
    of("campaign"),
    of("contact", nullable=True),
    needed("n", Integer, comment="1, 2, 3 ... within the contact"),
    needed("at", Instant),
    needed("action", String(32)),
    needed("detail", Packed),
    needed("actor", PackedLine(200)),
    needed("previous", Short(64)),
    needed("hash", Short(64)),
    UniqueConstraint("contact_id", "n"),  # not for a campaign's own chain, as NULLs never collide
    Index("ix_audit_campaign_id_contact_id_n", "campaign_id", "contact_id", "n"),
    comment="Append only. Each record's hash covers the one before it.",
)

replies = Table(
    "replies",
    metadata,
    number(),
    of("campaign", index=True),
    of("contact"),
    needed("message_id", String(100), unique=True),
    needed("conversation_id", String(100), comment="the one that the reply is in"),
    needed("channel", String(8)),
    needed("meaning", String(8), comment="stop, start, help, review or none"),
    needed("at", Instant),
    comment="What people answered: its meaning, never its words.",
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_key", String(64), primary_key=True),
    needed("source", String(64)),
    needed("reason", String(200)),
    needed("at", Instant),
    comment="Addresses that nobody may contact, as keyed hashes only.",
)

listed = Table(
    "listed",
    metadata,
    Column("address_key", String(64), primary_key=True),
    Column("organisation", String(100), primary_key=True, comment="its id; empty: of an older ledger"),
    comment="Whom an organisation's do-not-contact lists name, as keyed hashes: the last copy of them.",
)

refusals = Table(
    "refusals",
    metadata,
    of("campaign", primary_key=True),
    Column("address", BigInteger, primary_key=True),
    Column("said_by", BigInteger, primary_key=True),
    Column("channels", String(32), primary_key=True),
    of("load", comment="the last that read it"),
    needed("at", Instant, comment="when it was read first"),
    comment="Addresses for which a row says no, and who said so, as keyed hashes: others may share them.",
    sqlite_with_rowid=False,
)

refusers = Table(
    "refusers",
    metadata,
    of("campaign", primary_key=True),
    Column("who", BigInteger, primary_key=True),
    of("load", comment="the first that read a no of theirs"),
    comment="Who said what `refusals` hold: an index of those by who said them took three times as long.",
    sqlite_with_rowid=False,
)

executors = Table(
    "executors",
    metadata,
    Column("id", String(32), primary_key=True),
    needed("host", String(255)),
    needed("pid", BigInteger),
    needed("born", String(64), comment="when the process began, so that a reused pid is known"),
    needed("seen_at", Instant),
    needed("zone_rules", String(20), server_default="", comment="its version of tzdata"),
    comment="Processes that hold leases.",
)

pacing = Table(
    "pacing",
    metadata,
    Column("key", String(100), primary_key=True),
    needed("timetable", Text, comment="JSON: `outreach/timetable.py`"),
    comment="One row a budget: the timetables that all processes share.",
)
