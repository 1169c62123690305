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

Days: TypeAlias = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1})]
"""At least one."""
