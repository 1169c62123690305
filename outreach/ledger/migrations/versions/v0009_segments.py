"""How many parts each SMS took, for what a campaign cost."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; of what was sent before, nobody knows."""
    op.add_column(
        "contacts", sa.Column("segments", sa.Integer, comment="SMS: parts, where they have a price")
    )
