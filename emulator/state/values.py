"""The kinds of values that a setting can have: pydantic checks them, without guessing what was meant."""

from typing import Annotated

from pydantic import BaseModel, Field, Strict

Whole = Annotated[int, Field(ge=0, le=2**31)]
Positive = Annotated[int, Field(ge=1, le=2**31)]
Status = Annotated[int, Field(ge=200, le=599)]
Seconds = Annotated[float, Field(ge=0, le=1e10)]
Share = Annotated[float, Field(ge=0, le=1)]
Texts = Annotated[tuple[str, ...], Strict(strict=False)]
"""JSON has lists only."""


class Document(BaseModel, extra="forbid", strict=True, frozen=True, allow_inf_nan=False):
    """A JSON object whose fields are known."""
