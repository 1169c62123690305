"""PostgreSQL's `infinity` and years past 9999, for which Python has no day: read as they are written there.

psycopg raises for them, and `valid_to = 'infinity'` of one row was the end of the whole list.
"""

from typing import Any

_KINDS = "date", "timestamp", "timestamptz"
_AS_TEXT = 0
"""How the server sends what nobody asks for in bytes."""


def read_endless_days(connection: Any) -> None:  # noqa: ANN401 - psycopg's, which only queries import
    """From now on the connection gives them as text."""
    adapters = connection.adapters
    for kind in _KINDS:
        number = adapters.types[kind].oid
        usual = adapters.get_loader(number, _AS_TEXT)
        adapters.register_loader(number, _or_text(usual, connection.DataError))


def _or_text(usual: Any, no_day: type[Exception]) -> type:  # noqa: ANN401 - a loader of psycopg
    class OrText:
        format = usual.format

        def __init__(self, number: int, connection: object = None) -> None:
            self._usual = usual(number, connection)

        def load(self, data: bytes) -> object:
            try:
                return self._usual.load(data)
            except no_day:
                return bytes(data).decode()

    return OrText
