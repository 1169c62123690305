"""Data frames of pandas, Polars and Arrow as rows; none of them is imported."""

import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Protocol, TypeAlias

from outreach.errors import SourceError
from outreach.sources.cells import DIGITS_LOST
from outreach.sources.columns import tell_apart

_EXACT = {"float": 2**24, "float32": 2**24, "halffloat": 2**11, "float16": 2**11}
_WORD = re.compile(r"[a-z0-9]+")


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
    """Up to where a type has every whole number, if there is a float of four bytes or two in it; else None.

    `kind` is a type of Arrow, numpy, pandas or Polars.
    """
    kind = kind if (kinds := getattr(kind, "categories", None)) is None else getattr(kinds, "dtype", kind)
    # A word of it: a dictionary, a list or an object of such floats loses the same digits.
    found = _EXACT.keys() & _WORD.findall(str(kind).lower())
    return min((_EXACT[each] for each in found), default=None)


def unless_lost(value: object, exact: int) -> object:
    """The value, or that digits were lost: a float of four bytes makes another number of a phone's."""
    if isinstance(value, Mapping):
        return {name: unless_lost(each, exact) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [unless_lost(each, exact) for each in value]
    is_lost = isinstance(value, Real) and not isinstance(value, Integral) and abs(float(value)) >= exact
    return DIGITS_LOST if is_lost else value


def _mark_lost(rows: Sequence[dict[str, object]], narrow: Mapping[str, int]) -> None:
    for row in rows if narrow else ():
        row.update({name: unless_lost(row[name], exact) for name, exact in narrow.items()})
