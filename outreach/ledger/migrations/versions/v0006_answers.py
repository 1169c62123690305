"""Whom a conversation names, why a message did not arrive, and what people answered."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.database.schema import Id, Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add them to the contacts, and a table of replies."""
    for name, length, comment in (
        ("undelivered", 100, "why it did not arrive"),
        ("link", 16, "does the conversation name them"),
    ):
        column = sa.Column(name, sa.String(length), nullable=False, server_default="", comment=comment)
        op.add_column("contacts", column)
    op.create_table(
        "replies",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("campaign_id", Id, sa.ForeignKey("campaigns.id"), nullable=False, index=True),
        sa.Column("contact_id", Id, sa.ForeignKey("contacts.id"), nullable=False),
        sa.Column("message_id", sa.String(100), nullable=False, unique=True),
        sa.Column("conversation_id", sa.String(100), nullable=False, comment="the one that the reply is in"),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("meaning", sa.String(8), nullable=False, comment="stop, start, help, review or none"),
        sa.Column("at", Instant(), nullable=False),
        comment="What people answered: its meaning, never its words.",
    )
