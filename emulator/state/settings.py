"""What can be set while it runs (`POST /_emulator/config`): names, defaults, meaning and check of each.

None switches a limit off. A change is merged key by key; `faults` and lists are replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from emulator.state import defaults
from emulator.state.faults import Fault


class WrongSetting(Exception):  # noqa: N818  it names what is wrong
    """A setting that doesn't exist, or has a value that it can't have."""


@dataclass(frozen=True)
class Settings:
    """Everything that `POST /_emulator/config` takes. Seconds are the organisation's, unless said."""

    seed: int = 1
    # limits, on the real clock
    requests_per_minute: int | None = 300
    creations_per_minute: int | None = 100
    token_requests_per_minute: int | None = 300
    window: str = "fixed"
    window_seconds: float = 60.0
    # faults
    latency_ms: float = 0.0
    clock_skew_seconds: float = 0.0
    faults: tuple[Fault, ...] = ()
    # clients and rights
    token_lifetime_seconds: int = 86400
    guide_token_lifetime_seconds: int = 3600
    clients: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    permissions_denied: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # senders, by their id or address
    sms_numbers: Mapping[str, str] = field(default_factory=lambda: dict(defaults.SMS_NUMBERS))
    integrations: Mapping[str, str] = field(default_factory=lambda: dict(defaults.INTEGRATIONS))
    email_domains: Mapping[str, str] = field(default_factory=lambda: dict(defaults.EMAIL_DOMAINS))
    queues: Mapping[str, str] = field(default_factory=lambda: dict(defaults.QUEUES))
    # how conversations go
    alerting_seconds: float = 1.0
    message_seconds: float = 30.0
    email_seconds: float = 20.0
    callback_wait_seconds: float = 5.0
    callback_seconds: float = 60.0
    never_end: bool = False
    disconnect_types: Mapping[str, str] = field(default_factory=dict)
    sent_seconds: float = 0.5
    delivered_seconds: float = 2.0
    opted_out: tuple[str, ...] = ()
    undeliverable: Mapping[str, str] = field(default_factory=dict)
    index_delay_seconds: float = 5.0
    attribute_index_delay_seconds: float = 5.0
    # where the published documents are silent
    duplicate_external_id: str = "silent"
    bulk_most: int = 50
    unknown_fields: str = "reject"
    email_matches_contact: bool = False
    dnc_export_seconds: float = 0.0
    # the guide's verdicts and the webhook receiver
    verdicts: tuple[Mapping[str, Any], ...] = ()
    webhook_secrets: tuple[str, ...] = ()
    webhook_answers: tuple[Mapping[str, Any], ...] = ()

    def merged(self, changes: object) -> Settings:
        """These settings with changes; raises WrongSetting with a sentence that names the key."""
        if not isinstance(changes, dict):
            raise WrongSetting("The settings must be a JSON object")
        checked: dict[str, Any] = {}
        for name, value in changes.items():
            check = CHECKS.get(name)
            if check is None:
                raise WrongSetting(f"There is no setting {name}. The settings are: {', '.join(CHECKS)}")
            try:
                checked[name] = check(value)
            except (TypeError, ValueError, OverflowError) as error:
                raise WrongSetting(f"The setting {name} is wrong: {error}") from error
        return replace(self, **checked)

    def document(self) -> dict[str, Any]:
        """As JSON, in the form that `merged` takes."""
        return {**asdict(self), "faults": [fault.document() for fault in self.faults]}


def _whole(lowest: int, highest: int = 2**31) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ValueError(f"a whole number from {lowest} is needed")
        return value

    return check


def _limit(value: object) -> int | None:
    return None if value is None or value is False or value == 0 else _whole(1)(value)


def _seconds(lowest: float) -> Callable[[object], float]:
    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= 1e10:
            raise ValueError(f"a number from {lowest} is needed")
        return float(value)

    return check


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is needed")
    return value


def _one_of(*choices: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)} is needed")
        return str(value)

    return check


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise TypeError("a list of strings is needed")
    return tuple(value)


def _objects(value: object) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, dict) for item in value):
        raise TypeError("a list of objects is needed")
    return tuple(value)


def _webhook_answers(value: object) -> tuple[Mapping[str, Any], ...]:
    """Entries for the receiver: what to answer, to which endpoint, how often."""
    for entry in _objects(value):
        _known(
            entry,
            (
                "status",
                "retry_after",
                "delay_seconds",
                "hang",
                "times",
                "probability",
                "endpoint",
                "location",
            ),
        )
        numbers = (entry.get(name, 0) for name in ("delay_seconds", "probability"))
        whole = (entry.get("status", 204), entry.get("times") or 0)
        if not all(_is_number(number) for number in (*numbers, *whole)) or not 200 <= whole[0] <= 599:
            raise ValueError("status is 200 to 599; times, delay_seconds and probability are numbers from 0")
    return _objects(value)


def _verdicts(value: object) -> tuple[Mapping[str, Any], ...]:
    """Entries for the guide's validation: which contacts, and what is said of them."""
    for entry in _objects(value):
        _known(entry, ("contact", "metadata", "status", "reason", "unavailable", "pending_seconds"))
        _text_map(entry.get("metadata", {}))
        _text_map(entry.get("unavailable", {}))
        if not _is_number(entry.get("pending_seconds", 0)) or not isinstance(entry.get("contact", ""), str):
            raise ValueError("contact is a pattern, pending_seconds a number from 0")
    return _objects(value)


def _known(entry: Mapping[str, Any], names: tuple[str, ...]) -> None:
    if unknown := entry.keys() - names:
        raise ValueError(f"an entry has no {min(unknown)}; it has {', '.join(names)}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e10


def _text_map(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise TypeError("an object of strings is needed")
    return dict(value)


def _clients(value: object) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict):
        raise TypeError("an object of client id to {secret, state} is needed")
    return {name: _text_map(client) for name, client in value.items()}


def _permissions(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise TypeError("an object of client id to a list of permissions is needed")
    return {name: _texts(permissions) for name, permissions in value.items()}


def _faults(value: object) -> tuple[Fault, ...]:
    return tuple(Fault.parse(item) for item in _objects(value))


CHECKS: dict[str, Callable[[object], object]] = {
    "seed": _whole(0),
    "requests_per_minute": _limit,
    "creations_per_minute": _limit,
    "token_requests_per_minute": _limit,
    "window": _one_of("fixed", "sliding"),
    "window_seconds": _seconds(0.05),
    "latency_ms": _seconds(0),
    "clock_skew_seconds": _seconds(-1e9),
    "faults": _faults,
    "token_lifetime_seconds": _whole(1),
    "guide_token_lifetime_seconds": _whole(1),
    "clients": _clients,
    "permissions_denied": _permissions,
    "sms_numbers": _text_map,
    "integrations": _text_map,
    "email_domains": _text_map,
    "queues": _text_map,
    "alerting_seconds": _seconds(0),
    "message_seconds": _seconds(0),
    "email_seconds": _seconds(0),
    "callback_wait_seconds": _seconds(0),
    "callback_seconds": _seconds(0),
    "never_end": _flag,
    "disconnect_types": _text_map,
    "sent_seconds": _seconds(0),
    "delivered_seconds": _seconds(0),
    "opted_out": _texts,
    "undeliverable": _text_map,
    "index_delay_seconds": _seconds(0),
    "attribute_index_delay_seconds": _seconds(0),
    "duplicate_external_id": _one_of("silent", "conflict"),
    "bulk_most": _whole(1, 1000),
    "unknown_fields": _one_of("reject", "ignore"),
    "email_matches_contact": _flag,
    "dnc_export_seconds": _seconds(0),
    "verdicts": _verdicts,
    "webhook_secrets": _texts,
    "webhook_answers": _webhook_answers,
}
