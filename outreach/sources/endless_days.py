"""PostgreSQL's `infinity` and years past 9999, for which Python has no day: read as they are written there.

psycopg raises for them, and `valid_to = 'infinity'` of one row was the end of the whole list.
"""

from typing import Any

from psycopg import DataError
from psycopg.abc import Buffer
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from sqlalchemy import Connection


class _Date(DateLoader):
    def load(self, data: Buffer) -> Any:  # noqa: ANN401 - a day, or its text
        try:
            return super().load(data)
        except DataError:
            return bytes(data).decode()


class _Time(TimestampLoader):
    def load(self, data: Buffer) -> Any:  # noqa: ANN401 - as above
        try:
            return super().load(data)
        except DataError:
            return bytes(data).decode()


class _TimeOfAZone(TimestamptzLoader):
    def load(self, data: Buffer) -> Any:  # noqa: ANN401 - as above
        try:
            return super().load(data)
        except DataError:
            return bytes(data).decode()


def read_endless_days(connection: Connection) -> None:
    """From now on this connection of psycopg gives them as text."""
    adapters = connection.connection.driver_connection.adapters  # type: ignore[union-attr]  # while it is open
    for name, loader in (("date", _Date), ("timestamp", _Time), ("timestamptz", _TimeOfAZone)):
        adapters.register_loader(name, loader)
