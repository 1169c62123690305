"""Writing many rows with one statement, compiled once.

SQLAlchemy prepares the parameters of each row anew, which takes it longer than SQLite takes for the row. Here
a statement is compiled once for the names of its rows, and each row only goes through its columns' types.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, Delete, Insert, Update
from sqlalchemy.engine import Dialect

Statement = Insert | Update | Delete
Values = Mapping[str, Any]


def write_rows(connection: Connection, statement: Statement, rows: Sequence[Values]) -> int:
    """Execute the statement for each row; all rows have the same names. How many were written.

    The statement must be one that lives on, like a module's constant: it is what the compiled form goes by.
    """
    if not rows:
        return 0
    compiled = _compile(statement, connection.dialect, tuple(rows[0]))
    parameters = [compiled.fill(row) for row in rows]
    counting = {"preserve_rowcount": True}  # of an insert, SQLAlchemy forgets it otherwise
    return connection.exec_driver_sql(compiled.text, parameters, execution_options=counting).rowcount


@dataclass(frozen=True)
class _Compiled:
    """A statement in the driver's own words. `places` are its parameters' names and types in order."""

    text: str
    places: Sequence[tuple[str, Callable[[Any], Any] | None]]
    constants: Values
    positional: bool

    def fill(self, row: Values) -> Any:  # noqa: ANN401 - a tuple or a dict, as the driver wants
        """The parameters for one row."""
        values = {**self.constants, **row} if self.constants else row
        if self.positional:
            return tuple([turn(values[name]) if turn else values[name] for name, turn in self.places])
        return {name: turn(values[name]) if turn else values[name] for name, turn in self.places}


@functools.lru_cache(maxsize=256)
def _compile(statement: Statement, dialect: Dialect, names: tuple[str, ...]) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise TypeError("a statement for many rows has no defaults that Python makes")
    turns = {name: _turn(bind, dialect) for bind, name in compiled.bind_names.items()}
    order = compiled.positiontup
    places = [(name, turns[name]) for name in order or turns]
    constants = {name: value for name, value in compiled.params.items() if name not in names}
    return _Compiled(compiled.string, places, constants, order is not None)


def _turn(bind: BindParameter[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes the driver's value of ours, if anything has to."""
    return bind.type.dialect_impl(dialect).bind_processor(dialect)
