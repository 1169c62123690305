"""Whether a campaign's callable time set allows the hour where the contact is (outbound fact sheet 1.6)."""

from collections.abc import Iterator
from datetime import datetime, time

from babel.dates import get_timezone

from emulator.http.messages import JsonObject
from emulator.state.organisation import Organisation
from emulator.state.outbound import Campaign, ContactList, ListContact, id_of


def within_hours(
    org: Organisation, campaign: Campaign, contacts: ContactList, contact: ListContact, at: float
) -> bool:
    """Whether every address of the contact is within hours; one whose zone is not known is not."""
    found = org.outbound.find("callabletimesets", id_of(campaign.body, "callableTimeSet"))
    if found is None:
        return True
    return all(_is_open(found, zone, at) for zone in _zones(contacts, contact))


def has_zones(contacts: ContactList, kind: str) -> bool:
    """Whether the list says where people are."""
    return any(zone_column(column) for each, column in contacts.address_columns() if each == kind)


def zone_column(column: JsonObject) -> str:
    """The column that holds the time zone of an address column, "" for none."""
    return str(column.get("callableTimeColumnName") or column.get("contactableTimeColumnName") or "")


def _zones(contacts: ContactList, contact: ListContact) -> Iterator[str]:
    for _, column in contacts.address_columns():
        if contact.data.get(column["columnName"]):
            yield contact.data.get(zone_column(column), "")


def _is_open(found: JsonObject, zone: str, at: float) -> bool:
    slots = [
        slot for each in found["callableTimes"] if each["timeZoneId"] == zone for slot in each["timeSlots"]
    ]
    if not slots:
        return False
    local = datetime.fromtimestamp(
        at, get_timezone(zone)
    )  # by that organisation's rules, not by the product's
    return any(
        slot["day"] == local.isoweekday()
        and time.fromisoformat(slot["startTime"]) <= local.time() < time.fromisoformat(slot["stopTime"])
        for slot in slots
    )
