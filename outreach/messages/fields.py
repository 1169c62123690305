"""What a text may say of a contact: its fields by their names, and only those that are filled."""

import re
import unicodedata
from collections.abc import Mapping

from outreach.contacts import Contact

METADATA = "metadata"
LANGUAGE = "language"
OPT_OUT_LINK = "opt_out_link"
NAMES = frozenset(
    {
        "name",
        "first_name",
        "external_contact_id",
        "voice",
        "sms",
        "email",
        "chat",
        LANGUAGE,
        "time_zone",
        "postal_code",
        OPT_OUT_LINK,
    }
)
"""The fields that a text may name, beside `metadata.<column>`."""

_NOTHING = frozenset(
    {"nan", "NaN", "NaT", "<NA>", "None", "none", "null", "NULL", "N/A", "n/a", "#N/A", "undefined", "NA"}
)
"""What spreadsheets, data frames and databases write where nothing is."""
_NO_NAMES = frozenset({"test", "test test", "na", "unknown", "unbekannt", "inconnu", "desconocido"})
_NO_FIRST_NAME = re.compile(r"[\d@,]")
"""`Müller, Anna` is a whole name in the wrong column, and greets nobody."""


def fields_of(contact: Contact) -> dict[str, object]:
    """The contact's fields by name, without those that are empty, blank or no value at all."""
    metadata = {key: value for key, value in contact.metadata.items() if not is_blank(value)}
    found: dict[str, object] = {
        "external_contact_id": contact.external_contact_id,
        "name": contact.name,
        "first_name": metadata.get("first_name"),
        LANGUAGE: metadata.get(LANGUAGE),
        "time_zone": contact.time_zone,
        "postal_code": contact.postal_code,
        **{channel.value: address for channel, address in contact.channels.addresses().items()},
    }
    kept = {name: value for name, value in found.items() if isinstance(value, str) and not is_blank(value)}
    for name in ("name", "first_name"):
        if name in kept and not _is_name(kept[name], name):
            del kept[name]
    return {**kept, METADATA: metadata}


def is_blank(value: str) -> bool:
    """Whether a cell says nothing: empty, signs that nobody sees, a lone dash, a spreadsheet's #N/A."""
    stripped = value.strip()
    if stripped in _NOTHING:
        return True
    if stripped[:1].isalnum():  # nearly every cell
        return False
    return not any(sign.isalnum() or unicodedata.category(sign)[0] == "S" for sign in stripped)


def _is_name(value: str, field: str) -> bool:
    if value.strip().casefold() in _NO_NAMES or not any(sign.isalpha() for sign in value):
        return False
    return field == "name" or not _NO_FIRST_NAME.search(value)


def read_language(metadata: Mapping[str, str]) -> str:
    """The language that a contact's row names, as it is written; "" for none."""
    return metadata.get(LANGUAGE, "").strip()
