"""Talking to the person, or to the machine, on the other side of a command."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, Token
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from rich.table import Table

EARLIEST, LATEST = 2000, 2200


def read_instant(_kind: object, tokens: Sequence[Token]) -> datetime:
    """ISO 8601 as aware UTC, which one without an offset is taken to be."""
    # Python 3.10's own reader does not know that Z is UTC.
    said = tokens[0].value.strip()
    try:
        at = datetime.fromisoformat(re.sub(r"[zZ]\Z", "+00:00", said))
    except ValueError:
        raise ValueError(f"{said!r}; write it like 2026-11-29T09:00, or 2026-11-29T09:00+01:00.") from None
    if not EARLIEST <= at.year <= LATEST:  # a zone's offset, or a day added, must not leave the calendar
        raise ValueError(f"The year must lie between {EARLIEST} and {LATEST}.")
    return at.astimezone(timezone.utc) if at.tzinfo else at.replace(tzinfo=timezone.utc)


Instant = Annotated[datetime, Parameter(converter=read_instant)]
PerhapsInstant = Annotated[datetime | None, Parameter(converter=read_instant)]
AsJson = Annotated[
    bool, Parameter(name="--json", negative="", help="Print one JSON object and nothing else.")
]
LedgerName = Annotated[
    str | None,
    Parameter(
        name="--ledger",
        help="A ledger's URL, or a ledger block's name. Default: $OUTREACH_LEDGER, then the block 'default' "
        "of the Prefect server that is configured, then out/ledger.db; to read, at last the demo's.",
    ),
]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def new_table(*headers: str) -> Table:
    """A table that shows each cell whole: by itself rich cuts a long word and ends it with an ellipsis."""
    from rich.table import Column, Table

    return Table(*(Column(header, overflow="fold") for header in headers))


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """One object on standard output."""
    import orjson

    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n")


def complain(problem: object, code: int) -> int:
    """One sentence on standard error; gives the exit code back."""
    err.print(Text.assemble(("outreach: ", "bold red"), str(problem)), soft_wrap=True)
    return code
