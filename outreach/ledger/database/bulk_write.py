"""Writing many rows with one statement, compiled once.

SQLAlchemy prepares the parameters of each row anew, which takes it longer than SQLite takes for the row. Here
a statement is compiled once for the names of its rows, and each column only goes through its type.

SQLite gets many rows in one statement. Python's driver gives the interpreter away at every step of every
statement, and gets it back after the threads that make calls had their turn: row by row, a group of a hundred
took a hundred such turns.

    INSERT INTO t (a, b) VALUES (?, ?), (?, ?), ...
    UPDATE t SET a=given.column1 FROM (VALUES (?, ?), (?, ?), ...) AS given WHERE t.id = given.column2
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Insert, Table, Update
from sqlalchemy.engine import Dialect

from outreach.ledger.database.engine import insert_in

Statement = Insert | Update
Values = Mapping[str, Any]
Columns = Mapping[str, Iterable[Any]]
_NOTHING: Values = MappingProxyType({})

PIECES = (256, 128, 64, 32, 16, 8, 4, 2, 1)
"""So many rows go into one statement: few sizes, so that SQLite's driver has them all prepared. Without 128
and 32, the groups of steps and of the courier, each of these was two statements.
"""

GIVEN = "{rows}"


def write_rows(connection: Connection, statement: Statement, rows: Sequence[Values]) -> int:
    """Execute the statement for each row; all rows have the same names. How many were written.

    The statement must be one that lives on, like a module's constant: it is what the compiled form goes by.
    """
    columns = {name: map(itemgetter(name), rows) for name in (rows[0] if rows else ())}
    return write_columns(connection, statement, len(rows), columns)


def write_columns(
    connection: Connection,
    statement: Statement,
    count: int,
    columns: Columns,
    alike: Values = _NOTHING,
    *,
    are_turned: bool = False,
) -> int:
    """The same of `count` rows, by the values of each column; `alike` are those that all rows share.

    `are_turned` says that the columns hold what the driver takes.
    """
    if not count:
        return 0
    compiled = _compile(statement, connection.dialect, (*columns, *alike))
    filled = compiled.fill(count, columns, alike, are_turned=are_turned)
    if not compiled.shape:
        return _execute(connection, compiled.text, filled)
    return sum(_execute(connection, text, values) for text, values in _in_pieces(compiled, filled))


@functools.lru_cache(maxsize=32)
def inserting_new(table: Table, dialect: str) -> Insert:
    """What inserts the rows that break no key of the table."""
    return insert_in(dialect, table).on_conflict_do_nothing()


def _execute(connection: Connection, text: str, parameters: Any) -> int:  # noqa: ANN401 - the driver's
    counting = {"preserve_rowcount": True}  # of an insert, SQLAlchemy forgets it otherwise
    return connection.exec_driver_sql(text, parameters, execution_options=counting).rowcount


def _in_pieces(
    compiled: _Compiled, filled: Sequence[tuple[Any, ...]]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    begin = 0
    while begin < len(filled):
        count = next(size for size in PIECES if size <= len(filled) - begin)
        piece = filled[begin : begin + count]
        yield _repeated(compiled.shape, len(compiled.places), count), tuple(chain.from_iterable(piece))
        begin += count


@functools.lru_cache(maxsize=512)
def _repeated(shape: str, width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return shape.replace(GIVEN, ", ".join([row] * count))


@dataclass(frozen=True)
class _Compiled:
    """A statement in the driver's own words.

    `places` are its parameters' names in order, and what makes the driver's value of ours, if anything has
    to. `shape` is the statement for many rows, with GIVEN where they go; "" where the driver takes one after
    the other.
    """

    text: str
    shape: str
    places: Sequence[tuple[str, Callable[[Any], Any] | None]]
    constants: Values
    positional: bool

    def fill(self, count: int, columns: Columns, alike: Values, *, are_turned: bool) -> list[Any]:
        """The parameters for each row, a tuple or a dict, as the driver wants."""
        alike = {**self.constants, **alike}
        # Column by column: row by row, names and types were looked up anew, 2 microseconds a row.
        turned = [
            repeat(turn(alike[name]) if turn else alike[name], count)
            if name in alike
            else (_turned(turn, list(columns[name])) if turn and not are_turned else columns[name])
            for name, turn in self.places
        ]
        rows = zip(*turned, strict=True)
        if self.positional:
            return list(rows)
        names = [name for name, _ in self.places]
        return [dict(zip(names, row, strict=True)) for row in rows]


def _turned(turn: Callable[[Any], Any], values: list[Any]) -> Iterable[Any]:
    """The driver's values; the instants, actors and decisions of a group are mostly one."""
    is_one = values.count(values[0]) == len(values)
    return repeat(turn(values[0]), len(values)) if is_one else map(turn, values)


@functools.lru_cache(maxsize=256)
def _compile(statement: Statement, dialect: Dialect, names: tuple[str, ...]) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise TypeError("a statement for many rows has no defaults that Python makes")
    kinds = {name: bind.type.dialect_impl(dialect) for bind, name in compiled.bind_names.items()}
    order = compiled.positiontup  # None where the driver's parameters have names
    places = [(name, kinds[name].bind_processor(dialect)) for name in order or kinds]
    constants = {name: value for name, value in compiled.params.items() if name not in names}
    shape = _shape(statement, compiled.string, len(places)) if dialect.name == "sqlite" else ""
    return _Compiled(compiled.string, shape, places, constants, order is not None)


def _shape(statement: Statement, text: str, width: int) -> str:
    """The statement for many rows; "" when it is not of a kind that can be told so."""
    if isinstance(statement, Insert):
        one = f"({', '.join('?' * width)})"
        return text.replace(one, GIVEN) if one in text else ""
    head, _, where = text.rpartition(" WHERE ")  # the last: SET may hold a subquery with one
    if "SELECT" in where or text.count("?") != width:
        return ""
    names = [f"given.column{number}" for number in range(1, width + 1)]  # SQLite's own names for VALUES
    *parts, end = f"{head} FROM (VALUES {GIVEN}) AS given WHERE {where}".split("?")
    return "".join(f"{part}{name}" for part, name in zip(parts, names, strict=True)) + end
