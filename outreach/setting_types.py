"""What one setting may be: names, texts and numbers within their bounds, and how the form shows them."""

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from outreach.countries import read_country

_SHIPPED = ("us-federal", "us-states", "ca", "fr", "eu-default")

PackName: TypeAlias = Annotated[  # the form's; reading a pack says more
    str,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(_SHIPPED), "title": "Shipped"},
                {"type": "string", "pattern": r"\.json$", "title": "A file of yours"},
            ]
        }
    ),
]
"""A shipped rule pack, or the path of one's own."""

CountryName: TypeAlias = Annotated[str, Field(max_length=80), AfterValidator(read_country)]
"""An ISO 3166-1 code, or what `outreach.countries` reads as one."""

LanguageName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$")]
"""Like en, en-GB or zh_Hant_TW."""

# The titles are what the form's choice says; without them it says str and dict.
_Line: TypeAlias = Annotated[str, Field(max_length=2000, title="Text")]
_Page: TypeAlias = Annotated[str, Field(max_length=200_000, title="Text")]

Text: TypeAlias = str | dict[str, str]
"""A template, or one a language."""

Message: TypeAlias = _Line | Annotated[dict[LanguageName, _Line], Field(min_length=1, title="By language")]
Page: TypeAlias = _Page | Annotated[dict[LanguageName, _Page], Field(min_length=1, title="By language")]

LookDelay: TypeAlias = Annotated[float, Field(gt=0, le=7 * 86400)]
"""Seconds, to a week: by then analytics shows whatever it will ever show."""


def _as_zero(value: Any) -> Any:  # noqa: ANN401 - whatever somebody set
    return 0 if value is None else value


Count: TypeAlias = Annotated[int, BeforeValidator(_as_zero)]
"""Ledgers of earlier builds hold null for what is by itself."""


def as_plain_fields(schema: dict[str, Any]) -> None:
    """Have forms show what may be left out as an empty field, instead of a choice between a type and "None".

    There nonsense is told by the bound; in a choice, by "not valid under any of the given schemas". Prefect's
    server takes null all the same for what is not required.
    """
    for field in schema["properties"].values():
        kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
        if kinds:
            del field["default"]  # a choice begins with its first, an empty text, and not with "None"
        if len(kinds) == 1:
            del field["anyOf"]
            field.update(kinds[0])
