"""Who asked for a campaign's stop."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add it to the campaigns."""
    comment = "who asked for that stop; null where the run itself did"
    op.add_column("campaigns", sa.Column("stopped_by", sa.String(200), comment=comment))
