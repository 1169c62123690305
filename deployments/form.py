"""The form of a deployment as people fill it in: blocks are chosen by name from those that are saved.

The list is of the moment of deploying; another name can be typed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from prefect.blocks.core import Block

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from blocks.stored import list_saved

BLOCKS: Mapping[str, type[Block]] = {
    "genesys": GenesysCredentials,
    "senders": Senders,
    "webhook": CrmWebhook,
    "ledger": ContactLedger,
}
"""The parameters of flows that name a block, and its kind."""


def read_saved() -> Mapping[str, Sequence[str]]:
    """The names of the blocks that are saved on the Prefect server, by the parameter that takes them."""
    return {parameter: list_saved(kind.get_block_type_slug()) for parameter, kind in BLOCKS.items()}


def offer_saved(form: dict[str, Any], saved: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A flow's parameters, as JSON Schema, with the names to choose from."""
    given: dict[str, dict[str, Any]] = form["properties"]
    return {
        **form,
        "properties": {
            name: _offer(field, saved[name]) if saved.get(name) else _leave_out_nulls(field)
            for name, field in given.items()
        },
    }


def _leave_out_nulls(field: dict[str, Any]) -> dict[str, Any]:
    """A choice that is null by default would begin with "None" instead of an empty text."""
    if not isinstance(field.get("default"), dict):
        return field
    kept = {name: value for name, value in field["default"].items() if value is not None}
    return {**field, "default": kept}


def _offer(field: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    kinds = ("type", "minLength", "anyOf")
    typed = field.get("anyOf") or [{name: field[name] for name in kinds if name in field}]
    choices = [{"type": "string", "enum": list(names), "title": "Saved"}]
    others = [{**each, "title": "Another"} if each["type"] == "string" else each for each in typed]
    # The form begins with the first: a default that nobody has saved must not look like a choice.
    ordered = [*choices, *others] if field.get("default") in names else [*others, *choices]
    return {**{name: value for name, value in field.items() if name not in kinds}, "anyOf": ordered}
