"""The first ledger: campaigns, loads, contacts, intents, outbox, audit."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from outreach.ledger.database.schema import Id, Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "campaigns",
        _number(),
        _needed("name", sa.String(200), unique=True),
        _needed("created_at", Instant()),
        _needed("settings", sa.Text(), server_default="{}"),
        _needed("packs_hash", sa.String(100), server_default=""),
        _may("stopped", sa.Text(), "why new contacts were stopped; null while they are not"),
    )
    op.create_table(
        "executors",
        sa.Column("id", sa.String(32), primary_key=True),
        _needed("host", sa.String(255)),
        _needed("pid", sa.BigInteger()),
        _needed("born", sa.String(64), comment="when the process began, so that a reused pid is known"),
        _needed("seen_at", Instant()),
        comment="Processes that hold leases.",
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(200), primary_key=True),
        _needed("value", sa.Text()),
        comment="What the ledger knows of itself: its key's fingerprint, disabled endpoints.",
    )
    op.create_table(
        "pacing",
        sa.Column("key", sa.String(100), primary_key=True),
        _needed("next_at", sa.BigInteger(), comment="microseconds since 1970: the next free slot"),
        comment="One row per budget: the shared timetable of all processes.",
    )
    op.create_table(
        "suppressions",
        sa.Column("address_key", sa.String(64), primary_key=True),
        _needed("source", sa.String(64)),
        _needed("reason", sa.String(200)),
        _needed("at", Instant()),
        comment="Addresses that nobody may contact, as keyed hashes only.",
    )
    op.create_table(
        "loads",
        _number(),
        _of("campaign", nullable=False, index=True),
        _needed("source", sa.Text()),
        _needed("started_at", Instant()),
        _may("finished_at", Instant()),
        _needed("rows_read", sa.BigInteger(), server_default="0"),
        _needed("known", sa.BigInteger(), server_default="0", comment="rows that an earlier load had"),
        _may("fingerprint", sa.String(64), "of a source that did not change while it was read to its end"),
        comment="One reading of one source. `rows_read` is counted by the reader, not by what it wrote.",
    )
    op.create_table(
        "contacts",
        _number(),
        _of("campaign", nullable=False),
        _needed("external_contact_id", sa.String(255)),
        _of("load", nullable=False),
        _needed("line", sa.BigInteger()),
        _needed("content_key", sa.String(64), comment="keyed hash of the row's content"),
        _may("payload", sa.Text(), "the contact as JSON, sealed when the ledger is encrypted; null: erased"),
        _needed("state", sa.String(16)),
        _needed("reason", sa.String(200), server_default=""),
        _needed("retryable", sa.Boolean(), server_default=sa.text("(false)")),
        _may("until", Instant(), "deferred: not before"),
        _may("channel", sa.String(8)),
        _may("genesys_id", sa.String(100)),
        _may("availability", sa.Text(), "what Genesys said of the channels when it registered the contact"),
        _may("decision", sa.Text(), "the rules as they were applied, for `outreach why`"),
        _needed("attempts", sa.Integer(), server_default="0"),
        _may("reference", sa.String(32), "of the live or last attempt"),
        _may("conversation_id", sa.String(100)),
        _may("latency_ms", sa.Float()),
        *(_may(name, Instant()) for name in ("started_at", "connected_at", "ended_at")),
        _needed("disconnect_type", sa.String(100), server_default=""),
        _needed("delivery", sa.String(100), server_default=""),
        _needed("looks", sa.Integer(), server_default="0"),
        _may("look_at", Instant(), "when to look at the conversation, or for it, again"),
        _may("lease_owner", sa.String(32)),
        _needed("deaths", sa.Integer(), server_default="0", comment="processes that died holding this row"),
        _needed("updated_at", Instant()),
        _needed("audit_count", sa.Integer(), server_default="0"),
        _needed("audit_head", sa.String(64), server_default=""),
        sa.UniqueConstraint("campaign_id", "external_contact_id"),
        sa.Index("ix_contacts_campaign_id_state_id", "campaign_id", "state", "id"),
        sa.Index("ix_contacts_external_contact_id", "external_contact_id"),
        sa.Index("ix_contacts_lease_owner", "lease_owner"),
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
        _number(),
        _of("campaign", nullable=False),
        _of("load", nullable=False),
        _needed("line", sa.BigInteger()),
        _needed("duplicate", sa.Boolean()),
        _may("external_contact_id", sa.String(255)),
        _needed("code", sa.String(64)),
        _needed("reason", sa.Text()),
        _needed("retryable", sa.Boolean()),
        _may("raw", sa.Text(), "the row as it was read, sealed when the ledger is encrypted"),
        _needed("row_key", sa.String(64)),
        sa.UniqueConstraint("campaign_id", "row_key"),
        comment="Rows that never became contacts.",
    )
    op.create_table(
        "audit",
        _number(),
        _of("campaign", nullable=False),
        _of("contact"),
        _needed("n", sa.Integer(), comment="1, 2, 3 ... within the contact"),
        _needed("at", Instant()),
        _needed("action", sa.String(32)),
        _needed("detail", sa.Text()),
        _needed("actor", sa.String(200)),
        _needed("previous", sa.String(64)),
        _needed("hash", sa.String(64)),
        sa.UniqueConstraint("contact_id", "n"),
        sa.Index("ix_audit_campaign_id_contact_id_n", "campaign_id", "contact_id", "n"),
        comment="Append only. Each record's hash covers the one before it.",
    )
    op.create_table(
        "intents",
        _of("contact", primary_key=True),
        _of("campaign", nullable=False),
        _needed("reference", sa.String(32), unique=True),
        _needed("channel", sa.String(8)),
        _needed("address_key", sa.String(64), comment="keyed hash of the address"),
        _needed("address_slot", sa.String(96), comment="address_key, or one per row where that is set"),
        _needed("person_key", sa.String(64), comment="keyed hash of the external contact id"),
        _needed("at", Instant()),
        _may("outcome", sa.String(16), "started or unknown; null while the call is in the air"),
        sa.UniqueConstraint("campaign_id", "address_slot"),
        sa.Index("ix_intents_address_key_at", "address_key", "at"),
        sa.Index("ix_intents_person_key_at", "person_key", "at"),
        comment="Committed before the creating call; its keys are the last guard against a second contact.",
    )
    op.create_table(
        "outbox",
        _number(),
        _needed("webhook_id", sa.String(64), unique=True),
        _of("campaign", nullable=False),
        _of("contact"),
        _needed("endpoint", sa.String(200), comment="the webhook block's name"),
        _needed("event", sa.String(64)),
        _needed("body", sa.LargeBinary()),
        _needed("created_at", Instant()),
        _needed("state", sa.String(16), comment="pending, delivered or dead"),
        _needed("attempts", sa.Integer(), server_default="0"),
        _needed("due_at", Instant()),
        _may("leased_until", Instant()),
        _needed("status", sa.Integer(), server_default="0"),
        _needed("code", sa.String(32), server_default=""),
        _needed("excerpt", sa.Text(), server_default=""),
        _may("delivered_at", Instant()),
        *(
            sa.Index(f"ix_outbox_{'_'.join(names)}", *names)
            for names in (("campaign_id", "state"), ("contact_id", "state"), ("state", "due_at"))
        ),
        comment="Events to tell the CRM, written with the change that they tell of.",
    )


def _number() -> sa.Column[Any]:
    return sa.Column("id", Id, primary_key=True, autoincrement=True)


def _of(table: str, **more: Any) -> sa.Column[Any]:  # noqa: ANN401 - SQLAlchemy's options of a column
    return sa.Column(f"{table}_id", Id, sa.ForeignKey(f"{table}s.id"), **more)


def _may(name: str, kind: Any, comment: str | None = None) -> sa.Column[Any]:  # noqa: ANN401 - SQLAlchemy's
    return sa.Column(name, kind, comment=comment)


def _needed(name: str, kind: Any, **more: Any) -> sa.Column[Any]:  # noqa: ANN401 - SQLAlchemy's
    return sa.Column(name, kind, nullable=False, **more)
