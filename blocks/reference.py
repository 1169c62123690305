"""The settings, the blocks' fields and the reasons, as the tables of the documentation.

`python -m blocks.reference docs/settings.md` writes them there.
"""

import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from prefect.blocks.core import Block
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from outreach.compliance.reasons import REASONS
from outreach.settings import CampaignSettings, FrequencyCap

_START = "<!-- tables -->\n"
_BLOCKS = (GenesysCredentials, Senders, CrmWebhook, ContactLedger)


def tables() -> str:
    """All tables, in Markdown."""
    return "\n".join(
        (
            *_section("Settings of a campaign", CampaignSettings),
            *_section("One of `caps`", FrequencyCap),
            *(
                line
                for block in _BLOCKS
                for line in _section(f"Block *{block.get_block_type_name()}*", block)
            ),
            *_reasons(),
        )
    )


def _section(title: str, model: type[BaseModel]) -> Iterator[str]:
    yield from (f"## {title}", "", "| Name | In the form | Default | What it does |", "|---|---|---|---|")
    for name, field in model.model_fields.items():
        if name not in Block.model_fields:
            cells = (f"`{name}`", field.title or "", _default(field), field.description or "")
            yield f"| {' | '.join(_cell(each) for each in cells)} |"
    yield ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = _plain(field.get_default(call_default_factory=True))
    return "" if value in (None, "", [], {}) else f"`{value}`"


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a field may hold
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, SecretStr):
        return ""
    if isinstance(value, (tuple, list)):
        return ", ".join(str(_plain(each)) for each in value)
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def _reasons() -> Iterator[str]:
    yield from (
        "## Reasons",
        "",
        "| Code | Whose it is | What it means | What mends it |",
        "|---|---|---|---|",
    )
    for code, (sentence, owner, advice) in REASONS.items():
        yield f"| `{code}` | {owner.value} | {_cell(sentence)} | {_cell(advice)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")  # a bare one would begin the next cell


def write(path: Path) -> None:
    """Put the tables of today below the document's mark."""
    head, start, _ = path.read_text(encoding="utf-8").partition(_START)
    path.write_text(f"{head}{start}{tables()}\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
