"""The first ledger: campaigns, loads, contacts, intents, outbox, audit."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.database import schema as ledger

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "campaigns",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", ledger.Instant(), nullable=False),
        sa.Column("settings", sa.Text(), server_default="{}", nullable=False),
        sa.Column("packs_hash", sa.String(length=100), server_default="", nullable=False),
        sa.Column(
            "stopped",
            sa.Text(),
            nullable=True,
            comment="why new contacts were stopped; null while they are not",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_campaigns_name")),
    )
    op.create_table(
        "executors",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column(
            "born",
            sa.String(length=64),
            nullable=False,
            comment="when the process began, so that a reused pid is known",
        ),
        sa.Column("seen_at", ledger.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executors")),
        comment="Processes that hold leases.",
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
        comment="What the ledger knows of itself: its key's fingerprint, disabled endpoints.",
    )
    op.create_table(
        "pacing",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column(
            "next_at", sa.BigInteger(), nullable=False, comment="microseconds since 1970: the next free slot"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_pacing")),
        comment="One row per budget: the shared timetable of all processes.",
    )
    op.create_table(
        "suppressions",
        sa.Column("address_key", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", ledger.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_suppressions")),
        comment="Addresses that nobody may contact, as keyed hashes only.",
    )
    op.create_table(
        "loads",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started_at", ledger.Instant(), nullable=False),
        sa.Column("finished_at", ledger.Instant(), nullable=True),
        sa.Column("rows_read", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "known",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="rows that an earlier load had",
        ),
        sa.Column(
            "fingerprint",
            sa.String(length=64),
            nullable=True,
            comment="of a source that did not change while it was read to its end",
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_loads_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loads")),
        comment="One reading of one source. `rows_read` is counted by the reader, not by what it wrote.",
    )
    op.create_index(op.f("ix_loads_campaign_id"), "loads", ["campaign_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("external_contact_id", sa.String(length=255), nullable=False),
        sa.Column("load_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column(
            "content_key", sa.String(length=64), nullable=False, comment="keyed hash of the row's content"
        ),
        sa.Column(
            "payload",
            sa.Text(),
            nullable=True,
            comment="the contact as JSON, sealed when the ledger is encrypted; null: erased",
        ),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("retryable", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("until", ledger.Instant(), nullable=True, comment="deferred: not before"),
        sa.Column("channel", sa.String(length=8), nullable=True),
        sa.Column("genesys_id", sa.String(length=100), nullable=True),
        sa.Column(
            "availability",
            sa.Text(),
            nullable=True,
            comment="what Genesys said of the channels when it registered the contact",
        ),
        sa.Column(
            "decision", sa.Text(), nullable=True, comment="the rules as they were applied, for `outreach why`"
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=True, comment="of the live or last attempt"),
        sa.Column("conversation_id", sa.String(length=100), nullable=True),
        sa.Column("latency_ms", sa.Float(), nullable=True),
        sa.Column("started_at", ledger.Instant(), nullable=True),
        sa.Column("connected_at", ledger.Instant(), nullable=True),
        sa.Column("ended_at", ledger.Instant(), nullable=True),
        sa.Column("disconnect_type", sa.String(length=100), server_default="", nullable=False),
        sa.Column("delivery", sa.String(length=100), server_default="", nullable=False),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "look_at",
            ledger.Instant(),
            nullable=True,
            comment="when to look at the conversation, or for it, again",
        ),
        sa.Column("lease_owner", sa.String(length=32), nullable=True),
        sa.Column(
            "deaths",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="processes that died holding this row",
        ),
        sa.Column("updated_at", ledger.Instant(), nullable=False),
        sa.Column("audit_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("audit_head", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_contacts_campaign_id")),
        sa.ForeignKeyConstraint(["load_id"], ["loads.id"], name=op.f("fk_contacts_load_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint(
            "campaign_id", "external_contact_id", name=op.f("uq_contacts_campaign_id_external_contact_id")
        ),
        comment="One row per campaign and person.",
    )
    op.create_index(
        "ix_contacts_campaign_id_state_id", "contacts", ["campaign_id", "state", "id"], unique=False
    )
    op.create_index(
        "ix_contacts_conversation_id",
        "contacts",
        ["conversation_id"],
        unique=False,
        sqlite_where=sa.text("conversation_id IS NOT NULL"),
        postgresql_where=sa.text("conversation_id IS NOT NULL"),
    )
    op.create_index("ix_contacts_external_contact_id", "contacts", ["external_contact_id"], unique=False)
    op.create_index("ix_contacts_lease_owner", "contacts", ["lease_owner"], unique=False)
    op.create_index("ix_contacts_state_look_at", "contacts", ["state", "look_at"], unique=False)
    op.create_table(
        "rejects",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("load_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("duplicate", sa.Boolean(), nullable=False),
        sa.Column("external_contact_id", sa.String(length=255), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("retryable", sa.Boolean(), nullable=False),
        sa.Column(
            "raw",
            sa.Text(),
            nullable=True,
            comment="the row as it was read, sealed when the ledger is encrypted",
        ),
        sa.Column("row_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_rejects_campaign_id")),
        sa.ForeignKeyConstraint(["load_id"], ["loads.id"], name=op.f("fk_rejects_load_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejects")),
        sa.UniqueConstraint("campaign_id", "row_key", name=op.f("uq_rejects_campaign_id_row_key")),
        comment="Rows that never became contacts.",
    )
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False, comment="1, 2, 3 ... within the contact"),
        sa.Column("at", ledger.Instant(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_audit_campaign_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_audit_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("contact_id", "n", name=op.f("uq_audit_contact_id_n")),
        comment="Append only. Each record's hash covers the one before it.",
    )
    op.create_index(
        "ix_audit_campaign_id_contact_id_n", "audit", ["campaign_id", "contact_id", "n"], unique=False
    )
    op.create_table(
        "intents",
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("address_key", sa.String(length=64), nullable=False, comment="keyed hash of the address"),
        sa.Column(
            "address_slot",
            sa.String(length=96),
            nullable=False,
            comment="address_key, or one per row where that is set",
        ),
        sa.Column(
            "person_key",
            sa.String(length=64),
            nullable=False,
            comment="keyed hash of the external contact id",
        ),
        sa.Column("at", ledger.Instant(), nullable=False),
        sa.Column(
            "outcome",
            sa.String(length=16),
            nullable=True,
            comment="started or unknown; null while the call is in the air",
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_intents_campaign_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_intents_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_intents")),
        sa.UniqueConstraint("campaign_id", "address_slot", name=op.f("uq_intents_campaign_id_address_slot")),
        sa.UniqueConstraint("reference", name=op.f("uq_intents_reference")),
        comment="Committed before the creating call; its keys are the last guard against a second contact.",
    )
    op.create_index("ix_intents_address_key_at", "intents", ["address_key", "at"], unique=False)
    op.create_index("ix_intents_person_key_at", "intents", ["person_key", "at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("webhook_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("endpoint", sa.String(length=200), nullable=False, comment="the webhook block's name"),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", ledger.Instant(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="pending, delivered or dead"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", ledger.Instant(), nullable=False),
        sa.Column("leased_until", ledger.Instant(), nullable=True),
        sa.Column("status", sa.Integer(), server_default="0", nullable=False),
        sa.Column("code", sa.String(length=32), server_default="", nullable=False),
        sa.Column("excerpt", sa.Text(), server_default="", nullable=False),
        sa.Column("delivered_at", ledger.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_outbox_campaign_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_outbox_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("webhook_id", name=op.f("uq_outbox_webhook_id")),
        comment="Events to tell the CRM, written with the change that they tell of.",
    )
    op.create_index("ix_outbox_campaign_id_state", "outbox", ["campaign_id", "state"], unique=False)
    op.create_index("ix_outbox_contact_id_state", "outbox", ["contact_id", "state"], unique=False)
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"], unique=False)
