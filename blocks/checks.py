"""What a form refuses where it is typed: the checks of the core, in the words of a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints

from outreach.errors import OutreachError
from outreach.genesys.http.hosts import check_url, region_of
from outreach.ledger.place import read_url
from outreach.ledger.vault import check_roots
from outreach.sources.emails import normalise_email
from outreach.sources.rows import BadCell
from outreach.webhook.signing import parse_secrets

T = TypeVar("T")
U = TypeVar("U")


MOST_A_MINUTE = 1_000_000
"""More than any organisation is given; what is typed above it is a slip."""


def a_minute(what: str, default: int, description: str) -> Any:  # noqa: ANN401  pydantic's
    """A field of how many a minute there may be."""
    return Field(default=default, ge=0, le=MOST_A_MINUTE, title=f"{what} a minute", description=description)


def reading(read: Callable[[T], U]) -> Callable[[T], U]:
    """A validator out of what reads a value, or raises one of our errors."""

    def validate(value: T) -> U:
        try:
            return read(value)
        except OutreachError as error:
            raise ValueError(str(error)) from None

    return validate


def refusing(check: Callable[[T], object]) -> Callable[[T], T]:
    """The same out of a check; what is typed stays as it is."""

    def validate(value: T) -> T:
        reading(check)(value)
        return value

    return validate


def _trimmed(value: object) -> object:
    """Without the spaces and line ends that come along when something is pasted."""
    if isinstance(value, SecretStr):
        return SecretStr(value.get_secret_value().strip())
    return value.strip() if isinstance(value, str) else value


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        raise ValueError("is empty")
    return value


@reading
def _ledger_url(value: SecretStr) -> SecretStr:
    return SecretStr(read_url(value.get_secret_value()))


@refusing
def _signs(value: SecretStr) -> None:
    parse_secrets(value.get_secret_value())


@refusing
def _seals(value: SecretStr) -> None:
    check_roots([value.get_secret_value()])


def _email(value: str) -> str:
    try:
        return normalise_email(value)
    except BadCell as error:
        raise ValueError(error.reason) from None


def _where_given(check: Callable[[SecretStr], SecretStr]) -> Callable[[SecretStr | None], SecretStr | None]:
    return lambda value: None if value is None else check(value)


Trimmed = BeforeValidator(_trimmed)
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"), Trimmed]
"""An id as Genesys gives them out."""

Number = Annotated[str, StringConstraints(pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{3,8})$"), Trimmed]
"""A number in E.164, or a short code."""
Email = Annotated[
    str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"), AfterValidator(_email), Trimmed
]
Secret = Annotated[SecretStr, Trimmed, AfterValidator(_not_empty)]
GenesysUrl = Annotated[str, Trimmed, AfterValidator(refusing(check_url))]
Region = Annotated[str, Trimmed, AfterValidator(reading(region_of))]
LedgerUrl = Annotated[Secret, AfterValidator(_ledger_url)]
SigningSecret = Annotated[Secret, AfterValidator(_signs)]

# Prefect sees no secret in `SigningSecret | None` and saves asterisks, so None is within.
_Optional = Annotated[SecretStr | None, Trimmed, AfterValidator(_where_given(_not_empty))]
PreviousSecret = Annotated[_Optional, AfterValidator(_where_given(_signs))]
LedgerKey = Annotated[_Optional, AfterValidator(_where_given(_seals))]
