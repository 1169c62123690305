"""Hand-overs to Genesys' own engine, and whom each has."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.database.schema import Id, Instant

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table, and the column that names one of its rows."""
    op.create_table(
        "hand_overs",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("campaign_id", Id, sa.ForeignKey("campaigns.id"), nullable=False, index=True),
        sa.Column(
            "name",
            sa.String(64),
            nullable=False,
            unique=True,
            comment="of the list and the campaign at Genesys",
        ),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("list_id", sa.String(100), nullable=False, server_default=""),
        sa.Column("outbound_id", sa.String(100), nullable=False, server_default=""),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("until", Instant, nullable=False, comment="the engine sends no later"),
        sa.Column(
            "start_at", Instant, comment="committed before the start is made; from here on it may send"
        ),
        sa.Column("ended_at", Instant, comment="everybody has an outcome, or is held"),
        comment="Groups of people that Genesys' own engine sends to.",
    )
    op.add_column("intents", sa.Column("hand_over_id", Id, comment="where Genesys' engine sends", index=True))
