"""Bounds that the form of a deployment knows, so that nonsense is refused before a run starts.

They change what Prefect's server accepts, nothing else: whoever calls a flow in Python hears from the core.
"""

from typing import Annotated, Any, TypeAlias

from pydantic import WithJsonSchema

from outreach.ledger.campaigns import NAME

_ANY_TEXT = {"type": "string", "minLength": 1}

SourceName: TypeAlias = Annotated[Any, WithJsonSchema(_ANY_TEXT)]
"""A path, a URL, or a database URL with a query; in Python also the rows, which Prefect never sees."""

BlockName: TypeAlias = Annotated[str, WithJsonSchema(_ANY_TEXT)]
"""The name of a stored block."""

CampaignName: TypeAlias = Annotated[
    str, WithJsonSchema({"type": "string", "pattern": f"^ *{NAME.pattern[:-2]} *$"})
]
"""What can name a campaign: it names files too. JSON's patterns end in $ where Python's end in \\Z."""

_COLUMNS = {
    "external_contact_id": "The person's id in your CRM.",
    "name": "As it is spoken to.",
    "sms": "A mobile number, like +13172000001.",
    "email": "An address.",
    "voice": "A number for callbacks.",
    "chat": "An id in the messenger.",
    "initial_message": "In place of the campaign's message.",
    "time_zone": "Like America/New_York.",
    "postal_code": "Tells the zone where no other column does.",
}

ContactGiven: TypeAlias = Annotated[
    dict[str, Any] | str,
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "object",
                    "title": "Fields",
                    "properties": {
                        name: {"type": "string", "title": name, "description": words}
                        for name, words in _COLUMNS.items()
                    },
                },
                {"type": "object", "title": "JSON"},  # a CRM's nulls and nested fields
                {"type": "string", "title": "Sealed"},
            ]
        }
    ),
]
"""One person, by the columns of a source, any of them, or sealed."""

Days: TypeAlias = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1})]
"""At least one."""
