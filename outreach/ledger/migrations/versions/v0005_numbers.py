"""How a load read phone numbers without their country's code."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add it to the loads."""
    comment = "how numbers without a country's code were read, counts as JSON"
    op.add_column("loads", sa.Column("numbers", sa.Text(), comment=comment))
