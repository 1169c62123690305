"""Which of our senders each hand-over has."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column; those that are there have the only sender that there was."""
    comment = "of ours; empty: the only one"
    sender = sa.Column("sender", sa.String(254), nullable=False, server_default="", comment=comment)
    op.add_column("hand_overs", sender)
