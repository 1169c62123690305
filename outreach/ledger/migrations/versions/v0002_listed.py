"""Do-not-contact lists by organisation: of two on one ledger none takes off whom the other lists."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Move what was mirrored so far; the first organisation that is mirrored again takes it over."""
    op.create_table(
        "listed",
        sa.Column("address_key", sa.String(64), primary_key=True),
        sa.Column(
            "organisation", sa.String(100), primary_key=True, comment="its id; empty: of an older ledger"
        ),
        comment="Whom an organisation's do-not-contact lists name, as keyed hashes: the last copy of them.",
    )
    op.execute(
        "INSERT INTO listed (address_key, organisation) "
        "SELECT address_key, '' FROM suppressions WHERE source = 'genesys-dnc'"
    )
    op.execute("DELETE FROM suppressions WHERE source = 'genesys-dnc'")
