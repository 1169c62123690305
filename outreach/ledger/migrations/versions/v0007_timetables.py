"""One row a budget for all of its lanes, instead of several for each."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Begin anew: what was taken is over within a second."""
    op.drop_table("pacing")
    op.create_table(
        "pacing",
        sa.Column("key", sa.String(100), primary_key=True),
        sa.Column("timetable", sa.Text(), nullable=False, comment="JSON: `outreach/timetable.py`"),
        comment="One row a budget: the timetables that all processes share.",
    )
