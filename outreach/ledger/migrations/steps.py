"""The ledger's history since 0.1.0 wrote version 0001: what each step makes of the version before it.

A step that was released stays as it is: somebody's ledger has still to take it.
"""

from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from outreach.ledger.database.packing import shorten
from outreach.ledger.database.schema import Id, Instant, may, needed, number, of

_SHORT = {
    "contacts": ("content_key", "genesys_id", "reference", "conversation_id", "audit_head"),
    "intents": ("reference", "address_key", "address_slot", "person_key"),
    "audit": ("previous", "hash"),
}


def keep_lists_apart(op: Operations) -> None:
    """Do-not-contact lists by organisation: of two on one ledger none takes off whom the other lists.

    What was mirrored so far moves; the first organisation that is mirrored again takes it over.
    """
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


def add_who_stopped(op: Operations) -> None:
    """Who asked for a campaign's stop."""
    comment = "who asked for that stop; null where the run itself did"
    op.add_column("campaigns", sa.Column("stopped_by", sa.String(200), comment=comment))


def add_zone_rules(op: Operations) -> None:
    """The version of the time zones' rules by which a run, and a process, decides."""
    for table, comment in (("campaigns", "the last run's tzdata"), ("executors", "its version of tzdata")):
        column = sa.Column("zone_rules", sa.String(20), nullable=False, server_default="", comment=comment)
        op.add_column(table, column)


def add_numbers(op: Operations) -> None:
    """How a load read phone numbers without their country's code."""
    comment = "how numbers without a country's code were read, counts as JSON"
    op.add_column("loads", sa.Column("numbers", sa.Text(), comment=comment))


def add_answers(op: Operations) -> None:
    """Whom a conversation names, why a message did not arrive, and what people answered."""
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


def begin_timetables(op: Operations) -> None:
    """One row a budget for all of its lanes, instead of several for each: what was taken is over at once."""
    op.drop_table("pacing")
    op.create_table(
        "pacing",
        sa.Column("key", sa.String(100), primary_key=True),
        sa.Column("timetable", sa.Text(), nullable=False, comment="JSON: `outreach/timetable.py`"),
        comment="One row a budget: the timetables that all processes share.",
    )


def add_hand_overs(op: Operations) -> None:
    """Hand-overs to Genesys' own engine, and whom each has."""
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


def add_segments(op: Operations) -> None:
    """How many parts each SMS took, for what a campaign cost; of what was sent before, nobody knows."""
    op.add_column(
        "contacts", sa.Column("segments", sa.Integer, comment="SMS: parts, where they have a price")
    )


def shorten_keys(op: Operations) -> None:
    """Keys, hashes and ids as bytes on SQLite: see `database/packing.py`. JSON of before stays as it is.

    All of them at once: a key in its old form would not know the person in the new one.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    driver: Any = connection.connection.driver_connection
    driver.create_function("shortened", 1, shorten, deterministic=True)
    for table, columns in _SHORT.items():
        values = ", ".join(f"{column} = shortened({column})" for column in columns)
        connection.execute(sa.text(f"UPDATE {table} SET {values}"))  # noqa: S608 - our own names


def add_senders(op: Operations) -> None:
    """Which of our senders each hand-over has; those that are there have the only one that there was."""
    comment = "of ours; empty: the only one"
    sender = sa.Column("sender", sa.String(254), nullable=False, server_default="", comment=comment)
    op.add_column("hand_overs", sender)


def add_refusals(op: Operations) -> None:
    """Addresses for which a row says no; rows of before are sealed, so each list is read once more."""
    op.create_table(
        "refusals",
        of("campaign", primary_key=True),
        sa.Column("address", sa.BigInteger, primary_key=True),
        sa.Column("said_by", sa.BigInteger, primary_key=True),
        sa.Column("channels", sa.String(32), primary_key=True),
        of("load", comment="the last that read it"),
        needed("at", Instant, comment="when it was read first"),
        comment="Addresses for which a row says no, and who said so, as keyed hashes: others may share them.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "refusers",
        of("campaign", primary_key=True),
        sa.Column("who", sa.BigInteger, primary_key=True),
        of("load", comment="the first that read a no of theirs"),
        comment="Who said what `refusals` hold: an index of those by who said them took three times as long.",
        sqlite_with_rowid=False,
    )
    op.execute("UPDATE loads SET fingerprint = NULL")


STEPS = {
    "0002": keep_lists_apart,
    "0003": add_who_stopped,
    "0004": add_zone_rules,
    "0005": add_numbers,
    "0006": add_answers,
    "0007": begin_timetables,
    "0008": add_hand_overs,
    "0009": add_segments,
    "0010": shorten_keys,
    "0011": add_senders,
    "0012": add_refusals,
}
"""By the version that each leads to, in their order."""
