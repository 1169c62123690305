"""The ledger's tables, the same on SQLite and PostgreSQL. Migrations follow them; a test compares the two."""

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


def instant(number: int) -> datetime:
    """Aware UTC, of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(number))


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
    Column("value", Text, nullable=False),
    comment="What the ledger knows of itself: its key's fingerprint, disabled endpoints.",
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("settings", Text, nullable=False, server_default="{}"),
    Column("packs_hash", String(100), nullable=False, server_default=""),
    Column("zone_rules", String(20), nullable=False, server_default="", comment="the last run's tzdata"),
    Column("stopped", Text, comment="why new contacts were stopped; null while they are not"),
    Column("stopped_by", String(200), comment="who asked for that stop; null where the run itself did"),
)

loads = Table(
    "loads",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("rows_read", BigInteger, nullable=False, server_default="0"),
    Column("known", BigInteger, nullable=False, server_default="0", comment="rows that an earlier load had"),
    Column("fingerprint", String(64), comment="of a source that did not change while it was read to its end"),
    Column("numbers", Text, comment="how numbers without a country's code were read, counts as JSON"),
    comment="One reading of one source. `rows_read` is counted by the reader, not by what it wrote.",
)

rejects = Table(
    "rejects",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False),
    Column("load_id", ForeignKey("loads.id"), nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("duplicate", Boolean, nullable=False),
    Column("external_contact_id", String(255)),
    Column("code", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("retryable", Boolean, nullable=False),
    Column("raw", Text, comment="the row as it was read, sealed when the ledger is encrypted"),
    Column("row_key", String(64), nullable=False),
    UniqueConstraint("campaign_id", "row_key"),
    comment="Rows that never became contacts.",
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False),
    Column("external_contact_id", String(255), nullable=False),
    Column("load_id", ForeignKey("loads.id"), nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("content_key", Short(64), nullable=False, comment="keyed hash of the row's content"),
    Column("payload", Text, comment="the contact as JSON, sealed when the ledger is encrypted; null: erased"),
    Column("state", String(16), nullable=False),
    Column("reason", String(200), nullable=False, server_default=""),
    Column("retryable", Boolean, nullable=False, server_default=text("false")),
    Column("until", Instant, comment="deferred: not before"),
    Column("channel", String(8)),
    Column("genesys_id", Short(100)),
    Column(
        "availability", Packed, comment="what Genesys said of the channels when it registered the contact"
    ),
    Column("decision", Packed, comment="the rules as they were applied, for `outreach why`"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reference", Short(32), comment="of the live or last attempt"),
    Column("conversation_id", Short(100)),
    Column("latency_ms", Float),
    Column("segments", Integer, comment="SMS: parts, where they have a price"),
    Column("started_at", Instant),
    Column("connected_at", Instant),
    Column("ended_at", Instant),
    Column("disconnect_type", String(100), nullable=False, server_default=""),
    Column("delivery", String(100), nullable=False, server_default=""),
    Column("undelivered", String(100), nullable=False, server_default="", comment="why it did not arrive"),
    Column("link", String(16), nullable=False, server_default="", comment="does the conversation name them"),
    Column("looks", Integer, nullable=False, server_default="0"),
    Column("look_at", Instant, comment="when to look at the conversation, or for it, again"),
    Column("lease_owner", String(32)),
    Column(
        "deaths", Integer, nullable=False, server_default="0", comment="processes that died holding this row"
    ),
    Column("updated_at", Instant, nullable=False),
    Column("audit_count", Integer, nullable=False, server_default="0"),
    Column("audit_head", Short(64), nullable=False, server_default=""),
    UniqueConstraint("campaign_id", "external_contact_id"),
    Index("ix_contacts_campaign_id_state_id", "campaign_id", "state", "id"),
    Index("ix_contacts_state_look_at", "state", "look_at"),
    Index("ix_contacts_lease_owner", "lease_owner"),
    Index("ix_contacts_external_contact_id", "external_contact_id"),
    # Of rows that have one, on PostgreSQL too, where the migration says it: to say it here loads that dialect
    # for every ledger, 0.035 s of the 0.42 s of processor time that a proof takes.
    Index("ix_contacts_conversation_id", "conversation_id", sqlite_where=text("conversation_id IS NOT NULL")),
    comment="One row per campaign and person.",
)

hand_overs = Table(
    "hand_overs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False, index=True),
    Column(
        "name", String(64), nullable=False, unique=True, comment="of the list and the campaign at Genesys"
    ),
    Column("channel", String(8), nullable=False),
    Column("sender", String(254), nullable=False, server_default="", comment="of ours; empty: the only one"),
    Column("list_id", String(100), nullable=False, server_default=""),
    Column("outbound_id", String(100), nullable=False, server_default=""),
    Column("opened_at", Instant, nullable=False),
    Column("until", Instant, nullable=False, comment="the engine sends no later"),
    Column("start_at", Instant, comment="committed before the start is made; from here on it may send"),
    Column("ended_at", Instant, comment="everybody has an outcome, or is held"),
    comment="Groups of people that Genesys' own engine sends to.",
)

intents = Table(
    "intents",
    metadata,
    Column("contact_id", ForeignKey("contacts.id"), primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False),
    Column("reference", Short(32), nullable=False, unique=True),
    Column("channel", String(8), nullable=False),
    Column("address_key", Short(64), nullable=False, comment="keyed hash of the address"),
    Column(
        "address_slot", Short(96), nullable=False, comment="address_key, or one per row where that is set"
    ),
    Column("person_key", Short(64), nullable=False, comment="keyed hash of the external contact id"),
    Column("at", Instant, nullable=False),
    Column("outcome", String(16), comment="started or unknown; null while the call is in the air"),
    Column("hand_over_id", Id, comment="where Genesys' engine sends", index=True),
    UniqueConstraint("campaign_id", "address_slot"),
    Index("ix_intents_address_key_at", "address_key", "at"),
    Index("ix_intents_person_key_at", "person_key", "at"),
    comment="Committed before the creating call; its keys are the last guard against a second contact.",
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("webhook_id", String(64), nullable=False, unique=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False),
    Column("contact_id", ForeignKey("contacts.id")),
    Column("endpoint", String(200), nullable=False, comment="the webhook block's name"),
    Column("event", String(64), nullable=False),
    Column("body", PackedBytes, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state", String(16), nullable=False, comment="pending, delivered or dead"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Instant, nullable=False),
    Column("leased_until", Instant),
    Column("status", Integer, nullable=False, server_default="0"),
    Column("code", String(32), nullable=False, server_default=""),
    Column("excerpt", Text, nullable=False, server_default=""),
    Column("delivered_at", Instant),
    Index("ix_outbox_state_due_at", "state", "due_at"),
    Index("ix_outbox_contact_id_state", "contact_id", "state"),
    Index("ix_outbox_campaign_id_state", "campaign_id", "state"),
    comment="Events to tell the CRM, written with the change that they tell of.",
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False),
    Column("contact_id", ForeignKey("contacts.id")),
    Column("n", Integer, nullable=False, comment="1, 2, 3 ... within the contact"),
    Column("at", Instant, nullable=False),
    Column("action", String(32), nullable=False),
    Column("detail", Packed, nullable=False),
    Column("actor", PackedLine(200), nullable=False),
    Column("previous", Short(64), nullable=False),
    Column("hash", Short(64), nullable=False),
    UniqueConstraint("contact_id", "n"),  # not for a campaign's own chain, as NULLs never collide
    Index("ix_audit_campaign_id_contact_id_n", "campaign_id", "contact_id", "n"),
    comment="Append only. Each record's hash covers the one before it.",
)

replies = Table(
    "replies",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False, index=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False),
    Column("message_id", String(100), nullable=False, unique=True),
    Column("conversation_id", String(100), nullable=False, comment="the one that the reply is in"),
    Column("channel", String(8), nullable=False),
    Column("meaning", String(8), nullable=False, comment="stop, start, help, review or none"),
    Column("at", Instant, nullable=False),
    comment="What people answered: its meaning, never its words.",
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_key", String(64), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("at", Instant, nullable=False),
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
    Column("campaign_id", ForeignKey("campaigns.id"), primary_key=True),
    Column("address", BigInteger, primary_key=True),
    Column("said_by", BigInteger, primary_key=True),
    Column("channels", String(32), primary_key=True),
    Column("load_id", ForeignKey("loads.id"), nullable=False, comment="the last that read it"),
    Column("at", Instant, nullable=False, comment="when it was read first"),
    comment="Addresses for which a row says no, and who said so, as keyed hashes: others may share them.",
    sqlite_with_rowid=False,
)

refusers = Table(
    "refusers",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.id"), primary_key=True),
    Column("who", BigInteger, primary_key=True),
    Column("load_id", ForeignKey("loads.id"), nullable=False, comment="the first that read a no of theirs"),
    comment="Who said what `refusals` hold: an index of those by who said them took three times as long.",
    sqlite_with_rowid=False,
)

executors = Table(
    "executors",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column(
        "born", String(64), nullable=False, comment="when the process began, so that a reused pid is known"
    ),
    Column("seen_at", Instant, nullable=False),
    Column("zone_rules", String(20), nullable=False, server_default="", comment="its version of tzdata"),
    comment="Processes that hold leases.",
)

pacing = Table(
    "pacing",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("timetable", Text, nullable=False, comment="JSON: `outreach/timetable.py`"),
    comment="One row a budget: the timetables that all processes share.",
)
