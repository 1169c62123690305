"""The events' JSON schemas, generated from their models: `python -m outreach.webhook.schemas [FOLDER]`.

They let unknown keys pass, because a later version may add some.
"""

import json
import sys
from pathlib import Path

from outreach.webhook.events import BODIES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """File name to JSON text, one per event."""
    return {f"{event}.json": _schema(event) for event in BODIES}


def _schema(event: str) -> str:
    schema = BODIES[event].model_json_schema(mode="serialization")
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("additionalProperties", None)
    return json.dumps({"$schema": DIALECT, **schema}, indent=2) + "\n"


def write(folder: Path) -> None:
    """Write every schema into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/webhook-schemas"))
