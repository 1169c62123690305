"""Whom a conversation names, why a message did not arrive, and what people answered."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.database.schema import Instant, needed, number, of

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add them to the contacts, and a table of replies."""
    undelivered = needed("undelivered", sa.String(100), server_default="", comment="why it did not arrive")
    link = needed("link", sa.String(16), server_default="", comment="does the conversation name them")
    for column in (undelivered, link):
        op.add_column("contacts", column)
    op.create_table(
        "replies",
        number(),
        of("campaign", index=True),
        of("contact"),
        needed("message_id", sa.String(100), unique=True),
        needed("conversation_id", sa.String(100), comment="the one that the reply is in"),
        needed("channel", sa.String(8)),
        needed("meaning", sa.String(8), comment="stop, start, help, review or none"),
        needed("at", Instant()),
        comment="What people answered: its meaning, never its words.",
    )
