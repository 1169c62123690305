"""Data frames of pandas, Polars and Arrow as rows; none of them is imported."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from outreach.errors import SourceError
from outreach.sources.cells import DIGITS_LOST
from outreach.sources.columns import tell_apart

_EXACT = {"float": 2**24, "float32": 2**24, "halffloat": 2**11, "float16": 2**11}


class Frame(Protocol):
    """A data frame of pandas, Polars or Arrow."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ...


Rows: TypeAlias = Sequence[Mapping[str, object]]
Kinds: TypeAlias = Iterable[tuple[str, object]]


def rows_in(given: Rows | Frame) -> Rows:
    """The rows of a list of mappings, or of a data frame.

    Raises:
        SourceError: it is neither.
    """
    frame: Any = given
    kinds: Kinds = ()
    if hasattr(frame, "to_dicts"):  # Polars
        kinds, frame = frame.schema.items(), frame.to_dicts()
    elif hasattr(frame, "to_pylist"):
        frame, kinds = _of_arrow(frame)
    elif hasattr(frame, "notna"):
        frame, kinds = _of_pandas(frame)
    if not isinstance(frame, Sequence):
        raise SourceError(
            f"A source cannot be of the kind {type(given).__name__}.",
            "Give a path, a URL, a list of mappings, or a data frame.",
        )
    _mark_lost(frame, {name: exact for name, kind in kinds if (exact := exact_below(kind))})
    return frame


def _of_arrow(frame: Any) -> tuple[Any, Kinds]:  # noqa: ANN401 - pyarrow has no types
    names = frame.schema.names if hasattr(frame, "schema") else []
    if len(set(names)) < len(names):
        frame = frame.rename_columns(list(tell_apart(names)))
    return frame.to_pylist(), [(field.name, field.type) for field in getattr(frame, "schema", ())]


def _of_pandas(frame: Any) -> tuple[Any, Kinds]:  # noqa: ANN401 - pandas has no types
    # Of two columns of one name to_dict keeps the last, and an earlier one's "yes" to an opt-out was gone.
    if not frame.columns.is_unique:
        frame = frame.set_axis(tell_apart(list(map(str, frame.columns))), axis=1)
    # pandas' missing values have four forms.
    return frame.astype(object).where(frame.notna(), None).to_dict("records"), frame.dtypes.items()


def exact_below(kind: object) -> int | None:
    """Up to where a type has every whole number, if it is a float of four bytes or two; else None.

    `kind` is a type of Arrow, numpy, pandas or Polars.
    """
    return _EXACT.get(str(kind).lower().removesuffix("[pyarrow]"))


def unless_lost(value: Any, exact: int) -> object:  # noqa: ANN401 - a number of any library
    """The value, or that digits were lost: a float of four bytes makes another number of a phone's."""
    return DIGITS_LOST if value is not None and abs(value) >= exact else value


def _mark_lost(rows: Sequence[dict[str, object]], narrow: Mapping[str, int]) -> None:
    for row in rows if narrow else ():
        row.update({name: unless_lost(row[name], exact) for name, exact in narrow.items()})
