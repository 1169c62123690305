"""The ledger as 0.1.0 made it, on either database: all that steps are taken from. It stays as it is."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, inspect

from outreach.ledger.database.engine import Database
from outreach.ledger.database.schema import Instant, may, metadata, needed, number, of
from outreach.ledger.migrations.migrate import VERSION_TABLE, revision_of, upgrade


def migrated(url: str) -> Database:
    """A database that 0.1.0 made, with all steps since."""
    database = Database(url)
    with database.write() as connection:
        make_first(connection)
        upgrade(connection)
    return database


def describe(database: Database) -> dict[str, object]:
    """Tables, columns with their types and defaults, keys and indexes: all but the columns' order."""
    with database.read() as connection:
        look = inspect(connection)
        written = "SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name"
        if not database.is_sqlite:
            written = (
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname"
            )
        described: dict[str, object] = {
            table: [
                sorted(map(str, look.get_columns(table))),
                sorted(map(str, look.get_unique_constraints(table))),
                sorted(map(str, look.get_foreign_keys(table))),
                look.get_pk_constraint(table),
            ]
            for table in look.get_table_names()
        }
        described["indexes"] = connection.exec_driver_sql(written).all()
    return {**described, "revision": revision_of(database)}


def make_first(connection: Connection) -> None:
    """Campaigns, loads, contacts, intents, outbox, audit."""
    op = Operations(MigrationContext.configure(connection, opts={"target_metadata": metadata}))
    key = sa.PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc")
    op.create_table(VERSION_TABLE, sa.Column("version_num", sa.String(32), nullable=False), key)
    op.execute(f"INSERT INTO {VERSION_TABLE} VALUES ('0001')")
    op.create_table(
        "campaigns",
        number(),
        needed("name", sa.String(200), unique=True),
        needed("created_at", Instant()),
        needed("settings", sa.Text(), server_default="{}"),
        needed("packs_hash", sa.String(100), server_default=""),
        may("stopped", sa.Text(), "why new contacts were stopped; null while they are not"),
    )
    op.create_table(
        "executors",
        sa.Column("id", sa.String(32), primary_key=True),
        needed("host", sa.String(255)),
        needed("pid", sa.BigInteger()),
        needed("born", sa.String(64), comment="when the process began, so that a reused pid is known"),
        needed("seen_at", Instant()),
        comment="Processes that hold leases.",
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(200), primary_key=True),
        needed("value", sa.Text()),
        comment="What the ledger knows of itself: its key's fingerprint, disabled endpoints.",
    )
    op.create_table(
        "pacing",
        sa.Column("key", sa.String(100), primary_key=True),
        needed("next_at", sa.BigInteger(), comment="microseconds since 1970: the next free slot"),
        comment="One row per budget: the shared timetable of all processes.",
    )
    op.create_table(
        "suppressions",
        sa.Column("address_key", sa.String(64), primary_key=True),
        needed("source", sa.String(64)),
        needed("reason", sa.String(200)),
        needed("at", Instant()),
        comment="Addresses that nobody may contact, as keyed hashes only.",
    )
    op.create_table(
        "loads",
        number(),
        of("campaign", index=True),
        needed("source", sa.Text()),
        needed("started_at", Instant()),
        may("finished_at", Instant()),
        needed("rows_read", sa.BigInteger(), server_default="0"),
        needed("known", sa.BigInteger(), server_default="0", comment="rows that an earlier load had"),
        may("fingerprint", sa.String(64), "of a source that did not change while it was read to its end"),
        comment="One reading of one source. `rows_read` is counted by the reader, not by what it wrote.",
    )
    op.create_table(
        "contacts",
        number(),
        of("campaign"),
        needed("external_contact_id", sa.String(255), index=True),
        of("load"),
        needed("line", sa.BigInteger()),
        needed("content_key", sa.String(64), comment="keyed hash of the row's content"),
        may("payload", sa.Text(), "the contact as JSON, sealed when the ledger is encrypted; null: erased"),
        needed("state", sa.String(16)),
        needed("reason", sa.String(200), server_default=""),
        needed("retryable", sa.Boolean(), server_default=sa.text("(false)")),
        may("until", Instant(), "deferred: not before"),
        may("channel", sa.String(8)),
        may("genesys_id", sa.String(100)),
        may("availability", sa.Text(), "what Genesys said of the channels when it registered the contact"),
        may("decision", sa.Text(), "the rules as they were applied, for `outreach why`"),
        needed("attempts", sa.Integer(), server_default="0"),
        may("reference", sa.String(32), "of the live or last attempt"),
        may("conversation_id", sa.String(100)),
        may("latency_ms", sa.Float()),
        may("started_at", Instant()),
        may("connected_at", Instant()),
        may("ended_at", Instant()),
        needed("disconnect_type", sa.String(100), server_default=""),
        needed("delivery", sa.String(100), server_default=""),
        needed("looks", sa.Integer(), server_default="0"),
        may("look_at", Instant(), "when to look at the conversation, or for it, again"),
        sa.Column("lease_owner", sa.String(32), index=True),
        needed("deaths", sa.Integer(), server_default="0", comment="processes that died holding this row"),
        needed("updated_at", Instant()),
        needed("audit_count", sa.Integer(), server_default="0"),
        needed("audit_head", sa.String(64), server_default=""),
        sa.UniqueConstraint("campaign_id", "external_contact_id"),
        sa.Index("ix_contacts_campaign_id_state_id", "campaign_id", "state", "id"),
        sa.Index("ix_contacts_state_look_at", "state", "look_at"),
        sa.Index(
            "ix_contacts_conversation_id",
            "conversation_id",
            sqlite_where=sa.text("conversation_id IS NOT NULL"),
            postgresql_where=sa.text("conversation_id IS NOT NULL"),
        ),
        comment="One row per campaign and person.",
    )
    op.create_table(
        "rejects",
        number(),
        of("campaign"),
        of("load"),
        needed("line", sa.BigInteger()),
        needed("duplicate", sa.Boolean()),
        may("external_contact_id", sa.String(255)),
        needed("code", sa.String(64)),
        needed("reason", sa.Text()),
        needed("retryable", sa.Boolean()),
        may("raw", sa.Text(), "the row as it was read, sealed when the ledger is encrypted"),
        needed("row_key", sa.String(64)),
        sa.UniqueConstraint("campaign_id", "row_key"),
        comment="Rows that never became contacts.",
    )
    op.create_table(
        "audit",
        number(),
        of("campaign"),
        of("contact", nullable=True),
        needed("n", sa.Integer(), comment="1, 2, 3 ... within the contact"),
        needed("at", Instant()),
        needed("action", sa.String(32)),
        needed("detail", sa.Text()),
        needed("actor", sa.String(200)),
        needed("previous", sa.String(64)),
        needed("hash", sa.String(64)),
        sa.UniqueConstraint("contact_id", "n"),
        sa.Index("ix_audit_campaign_id_contact_id_n", "campaign_id", "contact_id", "n"),
        comment="Append only. Each record's hash covers the one before it.",
    )
    op.create_table(
        "intents",
        of("contact", primary_key=True),
        of("campaign"),
        needed("reference", sa.String(32), unique=True),
        needed("channel", sa.String(8)),
        needed("address_key", sa.String(64), comment="keyed hash of the address"),
        needed("address_slot", sa.String(96), comment="address_key, or one per row where that is set"),
        needed("person_key", sa.String(64), comment="keyed hash of the external contact id"),
        needed("at", Instant()),
        may("outcome", sa.String(16), "started or unknown; null while the call is in the air"),
        sa.UniqueConstraint("campaign_id", "address_slot"),
        sa.Index("ix_intents_address_key_at", "address_key", "at"),
        sa.Index("ix_intents_person_key_at", "person_key", "at"),
        comment="Committed before the creating call; its keys are the last guard against a second contact.",
    )
    op.create_table(
        "outbox",
        number(),
        needed("webhook_id", sa.String(64), unique=True),
        of("campaign"),
        of("contact", nullable=True),
        needed("endpoint", sa.String(200), comment="the webhook block's name"),
        needed("event", sa.String(64)),
        needed("body", sa.LargeBinary()),
        needed("created_at", Instant()),
        needed("state", sa.String(16), comment="pending, delivered or dead"),
        needed("attempts", sa.Integer(), server_default="0"),
        needed("due_at", Instant()),
        may("leased_until", Instant()),
        needed("status", sa.Integer(), server_default="0"),
        needed("code", sa.String(32), server_default=""),
        needed("excerpt", sa.Text(), server_default=""),
        may("delivered_at", Instant()),
        *(
            sa.Index(f"ix_outbox_{'_'.join(names)}", *names)
            for names in (("campaign_id", "state"), ("contact_id", "state"), ("state", "due_at"))
        ),
        comment="Events to tell the CRM, written with the change that they tell of.",
    )
