"""The version of the time zones' rules by which a run, and a process, decides."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add it to the campaigns and to the executors."""
    for table, comment in (("campaigns", "the last run's tzdata"), ("executors", "its version of tzdata")):
        column = sa.Column("zone_rules", sa.String(20), nullable=False, server_default="", comment=comment)
        op.add_column(table, column)
