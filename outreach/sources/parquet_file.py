"""Parquet: streamed batch by batch, dictionaries kept as such, with a bound on what a file may unfold to."""

from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import IO, Any

from outreach.errors import SourceError
from outreach.sources.cells import DIGITS_LOST
from outreach.sources.columns import Headings, tell_apart
from outreach.sources.frames import exact_below, unless_lost
from outreach.sources.mappings import text_of
from outreach.sources.rows import Record
from outreach.sources.unpacking import check_expansion, seekable

MOST_BYTES_A_ROW_GROUP = 1 << 29
_BATCH_BYTES = 1 << 24
_BATCH_ROWS = 2000


class ParquetFile:
    """A Parquet file anywhere. The row's number stands for its line."""

    fixed_columns = True

    def __init__(self, label: str, headings: Headings) -> None:
        self.label = label
        self.notes: list[str] = []
        self._headings = headings

    def records(self, stack: ExitStack, data: IO[bytes]) -> Iterator[Record]:
        """One record a row. Raises SourceError."""
        parquet = self._library()
        file = self._open(parquet, seekable(stack, data))
        yield from self._rows(file)

    def _library(self) -> Any:  # noqa: ANN401 - pyarrow has no types
        try:
            return import_module("pyarrow.parquet")
        except ImportError as e:
            raise SourceError(
                f"{self.label} is Parquet, and pyarrow is not installed.",
                "Install the extra: pip install 'genesys-outreach[parquet]'.",
            ) from e

    def _open(self, parquet: Any, data: IO[bytes]) -> Any:  # noqa: ANN401 - pyarrow has no types
        lib = import_module("pyarrow")
        try:
            file = parquet.ParquetFile(data)
            texts = [field.name for field in file.schema_arrow if _is_text(lib, field.type)]
            data.seek(0)
            # Nanoseconds end in 2262: Spark's 9999-12-31 would be a day in 1816.
            file = parquet.ParquetFile(data, read_dictionary=texts, coerce_int96_timestamp_unit="us")
        except (lib.ArrowException, OSError, ValueError) as e:
            raise SourceError(f"{self.label} is not a readable Parquet file.", "Write it again.") from e
        # The footer has the sizes: nothing is unfolded to learn them.
        for number in range(file.metadata.num_row_groups):
            self._check(file.metadata.row_group(number))
        return file

    def _check(self, group: Any) -> None:  # noqa: ANN401 - pyarrow has no types
        packed = sum(group.column(number).total_compressed_size for number in range(group.num_columns))
        check_expansion(self.label, packed, group.total_byte_size)
        if group.total_byte_size > MOST_BYTES_A_ROW_GROUP:
            raise SourceError(
                f"{self.label} has a row group of more than {MOST_BYTES_A_ROW_GROUP >> 20} MB.",
                "Write it with smaller row groups.",
            )

    def _rows(self, file: Any) -> Iterator[Record]:  # noqa: ANN401 - pyarrow has no types
        lib = import_module("pyarrow")
        headers: tuple[str, ...] = ()
        number = 0
        try:
            for group in range(file.metadata.num_row_groups):
                size = _rows_at_once(file.metadata.row_group(group))
                # By batches: a process that read a whole table with threads may abort as it exits (pyarrow
                # 26.0.1).
                for batch in file.iter_batches(batch_size=size, row_groups=[group]):
                    table = _flat(lib, batch)
                    headers = headers or self._headers(lib.types, table.schema)
                    for cells in _unfolded(lib, table):
                        number += 1
                        yield Record(number, headers, cells)
        except (lib.ArrowException, OSError) as e:
            raise SourceError(f"{self.label} is damaged after row {number}.", "Write it again.") from e

    def _headers(self, types: Any, schema: Any) -> tuple[str, ...]:  # noqa: ANN401 - pyarrow has no types
        for field in schema:
            column = self._headings.column(field.name)
            if column and not column.startswith("metadata.") and types.is_nested(field.type):
                raise SourceError(f"{column} holds lists in {self.label}.", "One row needs one value.")
        return tell_apart(schema.names)


def _flat(lib: Any, batch: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """A batch as a table in which `channels.sms` is a column of its own, null where `channels` is."""
    table = lib.Table.from_batches([batch])
    while any(lib.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table


def _rows_at_once(group: Any) -> int:  # noqa: ANN401 - pyarrow has no types
    rows, size = int(group.num_rows), int(group.total_byte_size)
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES * rows // max(1, size)))


def _unfolded(lib: Any, table: Any) -> Iterator[list[str]]:  # noqa: ANN401 - pyarrow has no types
    """The rows, a few at a time: a dictionary's one long value may stand for every row."""
    longest = sum(_longest(lib, column) for column in table.columns)
    # One long value for all rows took gigabytes when a batch was unfolded at once.
    size = max(1, _BATCH_BYTES // max(1, longest))
    for start in range(0, table.num_rows, size):
        columns = table.slice(start, size).columns
        yield from map(list, zip(*(_texts(lib, column) for column in columns), strict=True))


def _texts(lib: Any, column: Any) -> list[str]:  # noqa: ANN401 - pyarrow has no types
    """A column's cells. What Python has no value for is written as pyarrow writes it."""
    try:
        values = _without_nanoseconds(lib, column).to_pylist()
    except (lib.ArrowException, ValueError, OverflowError):
        values = _written(lib, column)
    if exact := exact_below(column.type):
        values = [unless_lost(value, exact) for value in values]
    return list(map(text_of, values))


def _written(lib: Any, column: Any) -> list[str | None]:  # noqa: ANN401 - pyarrow has no types
    """As pyarrow writes it; an instant beyond all calendars is not known."""
    try:
        found: list[str | None] = column.cast(lib.string()).to_pylist()
    except lib.ArrowException:
        return [DIGITS_LOST] * len(column)
    return [DIGITS_LOST if text and text.startswith("<value out of range") else text for text in found]


def _without_nanoseconds(lib: Any, column: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    types, kind = lib.types, column.type
    if types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(lib.timestamp("us", kind.tz), safe=False)
    if types.is_time64(kind) and kind.unit == "ns":
        return column.cast(lib.time64("us"), safe=False)
    if types.is_duration(kind) and kind.unit == "ns":
        return column.cast(lib.duration("us"), safe=False)
    return column


def _longest(lib: Any, column: Any) -> int:  # noqa: ANN401 - pyarrow has no types
    """Bytes of a dictionary's longest text; 0 for a column without one, which takes what the file takes."""
    if not lib.types.is_dictionary(column.type) or not _is_text(lib, column.type.value_type):
        return 0
    compute = import_module("pyarrow.compute")
    return max(
        (compute.max(compute.binary_length(chunk.dictionary)).as_py() or 0 for chunk in column.chunks),
        default=0,
    )


def _is_text(lib: Any, kind: Any) -> bool:  # noqa: ANN401 - pyarrow has no types
    types = lib.types
    return any(fits(kind) for fits in (types.is_string, types.is_large_string, types.is_binary))
