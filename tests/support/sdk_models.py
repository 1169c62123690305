"""Whether the official SDK's models hold all of what an answer said."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeVar

import PureCloudPlatformClientV2 as sdk  # noqa: N813  its own name is a mouthful

Model = TypeVar("Model")


def whole(client: sdk.ApiClient, model: Model) -> Model:
    """The model, once it is certain that it holds everything that was sent."""
    sent = json.loads(client.last_response.data)
    assert difference(sent, client.sanitize_for_serialization(model)) is None
    return model


def difference(sent: Any, read: Any, place: str = "$") -> str | None:
    """Where the two differ, None when they don't. Instants may be written differently."""
    if isinstance(sent, dict) and isinstance(read, dict):
        if sent.keys() != read.keys():
            return f"{place}: {sorted(sent.keys() ^ read.keys())}"
        found = (difference(sent[key], read[key], f"{place}.{key}") for key in sent)
        return next((each for each in found if each), None)
    if isinstance(sent, list) and isinstance(read, list) and len(sent) == len(read):
        found = (
            difference(*pair, f"{place}[{index}]") for index, pair in enumerate(zip(sent, read, strict=True))
        )
        return next((each for each in found if each), None)
    if sent == read or (
        isinstance(sent, str) and _instant(sent) is not None and _instant(sent) == _instant(read)
    ):
        return None
    return f"{place}: {sent!r} became {read!r}"


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, AttributeError):
        return None
