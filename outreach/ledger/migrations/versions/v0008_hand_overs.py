"""Hand-overs to Genesys' own engine, and whom each has."""

import sqlalchemy as sa
from alembic import op

from outreach.ledger.database.schema import Id, Instant, may, needed, number, of

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table, and the column that names one of its rows."""
    op.create_table(
        "hand_overs",
        number(),
        of("campaign", index=True),
        needed("name", sa.String(64), unique=True, comment="of the list and the campaign at Genesys"),
        needed("channel", sa.String(8)),
        needed("list_id", sa.String(100), server_default=""),
        needed("outbound_id", sa.String(100), server_default=""),
        needed("opened_at", Instant),
        needed("until", Instant, comment="the engine sends no later"),
        may("start_at", Instant, "committed before the start is made; from here on it may send"),
        may("ended_at", Instant, "everybody has an outcome, or is held"),
        comment="Groups of people that Genesys' own engine sends to.",
    )
    op.add_column("intents", sa.Column("hand_over_id", Id, comment="where Genesys' engine sends", index=True))
