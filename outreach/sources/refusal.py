"""What a row says no to: its channels, and the addresses that it says so of, which others may share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from outreach.channels import Channel

if TYPE_CHECKING:
    from outreach.contacts import Contact

_EVERY = frozenset(Channel)
_MAILS = frozenset(channel.value for channel in Channel if channel.is_mail)


KeyedNo: TypeAlias = tuple[int, int, str]
"""One address of a row that says no and who says so, as keyed hashes; and the channels."""


class Refusal(NamedTuple):
    """A no of one row: see `named_in` for its channels, and those of its addresses that fit one of them."""

    channels: str
    addresses: tuple[str, ...]


def refusal_in(said: Mapping[str, Any]) -> Refusal | None:
    """The no in a row's values, None where it says none: also of a row that cannot be read to its end."""
    consents = said.get("consent") or {}
    for consent in consents.values():
        if not consent["given"]:  # of most rows none: no list is made for them
            channels = [name for name, each in consents.items() if not each["given"]]
            return _refusal(channels, said["channels"])
    return None


def refusal_of(contact: Contact) -> Refusal | None:
    """The same of a contact."""
    channels = [name for name, consent in contact.consent.items() if not consent.given]
    return _refusal(channels, vars(contact.channels)) if channels else None


@lru_cache(maxsize=32)
def named_in(channels: str) -> frozenset[Channel]:
    """The channels that a refusal names: by their names, or all of them by none."""
    return frozenset(map(Channel, channels.split())) or _EVERY


def _refusal(channels: Iterable[str], addresses: Mapping[str, str | None]) -> Refusal:
    named, mails, numbers = _read(tuple(channels))
    fitting = [at for name, at in addresses.items() if at and (mails if name in _MAILS else numbers)]
    return Refusal(named, tuple(fitting))


@lru_cache(maxsize=64)  # what many say is the same
def _read(channels: tuple[str, ...]) -> tuple[str, bool, bool]:
    # A handle may be a number; neither is a mailbox.
    named = "" if _EVERY.issubset(channels) else " ".join(sorted(channels))
    return named, not _MAILS.isdisjoint(channels), not _MAILS.issuperset(channels)
