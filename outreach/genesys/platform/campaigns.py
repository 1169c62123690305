"""Contact lists and messaging campaigns of the platform API (outbound fact sheet, sections 1 and 7).

Two belts go with each list and hold without us: one attempt for each row and number, ever; and a rule that
marks whoever has a result as not to be contacted. No call of ours recycles, and none starts what is complete.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from outreach.errors import Ambiguous, NotSent
from outreach.genesys.campaign_route import RESULTS, EngineConversation, Hours, ListRow, Progress, Slot
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import read_code, read_list, read_mapping, read_number, read_text
from outreach.genesys.platform import exports
from outreach.genesys.platform.conversations import parts_of
from outreach.genesys.platform.engine import LONGEST_VALUE, SUBJECT, EngineMedium, EngineSender
from outreach.genesys.platform.listing import (
    Hit,
    read_all_hits,
    read_pages,
    unreadable,
    write_instant,
    write_predicate,
    write_query,
)
from outreach.genesys.platform.named import create, find, find_or_create

MOST_ROWS, MOST_BYTES = 1000, 480_000
"""Of one add: the platform takes 1,000 rows and 512,000 bytes."""

MOST_PAGES, STOPS = 10_000, 3

_OUTBOUND = "/api/v2/outbound"
_LISTS, _CAMPAIGNS = f"{_OUTBOUND}/contactlists", f"{_OUTBOUND}/messagingcampaigns"
_BELTS = "outreach once"
_LIMITS = {"name": _BELTS, "maxAttemptsPerContact": 1, "maxAttemptsPerNumber": 1, "resetPeriod": "NEVER"}
_ZONE = "zone"


class CampaignRoute:
    """Contact lists and campaigns of one of our senders. Raises only GenesysError. Safe for threads.

    `per_minute`: how many messages a minute the sender may send. `longest_text`: how many characters a row's
    text may have; what is longer would be cut off.
    """

    def __init__(self, connection: Connection, sender: EngineSender) -> None:
        self._connection = connection
        self._sender = sender
        self._medium = sender.medium
        self.per_minute = sender.pace.per_minute
        self.longest_text = LONGEST_VALUE * len(sender.medium.texts)

    def prepare_list(self, name: str) -> str:
        """The contact list of that name, made when it is not there, with its belts; its id."""
        if known := find(self._connection, "find contact list", _LISTS, name, filterType="Equals"):
            return known
        limits = find_or_create(self._connection, "attempt limits", f"{_OUTBOUND}/attemptlimits", _LIMITS)
        medium = self._medium
        body = {
            "name": name,
            "columnNames": [medium.address, *([SUBJECT] if medium.has_subject else []), *medium.texts, _ZONE],
            medium.columns: [{"columnName": medium.address, "type": medium.address, medium.zone: _ZONE}],
            "trimWhitespace": False,  # a long text goes on in the next column
            "attemptLimits": {"id": limits},
            "retentionType": "Never",  # whatever the organisation's default: its results are read later
        }
        return create(self._connection, "create contact list", _LISTS, body)

    def add(self, list_id: str, rows: Sequence[ListRow]) -> None:
        """Add rows, as many a request as it takes; who is there is not queued again.

        Raises Ambiguous where not all were taken.
        """
        for group in _groups([self._write_row(list_id, row) for row in rows]):
            answer = self._connection.request(
                "add to contact list",
                "POST",
                f"{_LISTS}/{quoted(list_id)}/contacts",
                json=group,
                # Whoever is there keeps their place: without this they would be contacted again.
                params={"doNotQueue": "true", "clearSystemData": "false"},
            )
            taken = {read_text(each, "id") for each in read_list({"rows": answer.json}, "rows")}
            if not taken.issuperset(row["id"] for row in group):
                raise unreadable("add to contact list", answer, "not_all_taken")

    def count(self, list_id: str) -> int:
        """How many rows the list has."""
        path, params = f"{_LISTS}/{quoted(list_id)}", {"includeSize": "true"}
        answer = self._connection.request("read contact list", "GET", path, params=params)
        size = read_number(answer.json, "size")
        if size is None:
            raise unreadable("read contact list", answer)
        return int(size)

    def withdraw(self, list_id: str, row: ListRow) -> None:
        """Have the engine leave one row alone: it is marked as not to be contacted."""
        path = f"{_LISTS}/{quoted(list_id)}/contacts/{quoted(row.row_id)}"
        body = {**self._write_row(list_id, row), "callable": False}
        if self._medium.columns != "phoneColumns":
            body["contactableStatus"] = {self._medium.name: {"contactable": False}}
        self._connection.request("withdraw from contact list", "PUT", path, json=body)

    def _write_row(self, list_id: str, row: ListRow) -> dict[str, Any]:
        medium = self._medium
        data = {medium.address: self._sender.write_address(row.address)}
        for number, column in enumerate(medium.texts):
            data[column] = row.text[number * LONGEST_VALUE : (number + 1) * LONGEST_VALUE]
        if medium.has_subject:
            data[SUBJECT] = (row.subject or self._sender.subject)[:LONGEST_VALUE]
        if row.zone:
            data[_ZONE] = row.zone
        return {"id": row.row_id, "contactListId": list_id, "data": data}

    def prepare_campaign(self, name: str, list_id: str, hours: Hours) -> str:
        """The campaign of that name, made switched off when it is not there, with its belts; its id."""
        if known := find(self._connection, "find campaign", _CAMPAIGNS, name):
            return known
        rules = find_or_create(
            self._connection, "digital rule set", f"{_OUTBOUND}/digitalrulesets", _rules(self._medium)
        )
        times = self._prepare_hours(hours)
        path = f"{_OUTBOUND}/dnclists"
        lists = read_pages(self._connection, "list do-not-contact lists", path, {})
        body = {
            "name": name,
            "contactList": {"id": list_id},
            "messagesPerMinute": self.per_minute,
            "campaignStatus": "off",
            "alwaysRunning": True,  # else it is complete when it is done, and a start would begin again
            "ruleSets": [{"id": rules}],
            "dncLists": [{"id": key} for each in lists if (key := read_code(each, "id"))],
            **({"callableTimeSet": {"id": times}} if times else {}),
            **self._sender.config,
        }
        return create(self._connection, "create campaign", _CAMPAIGNS, body)

    def _prepare_hours(self, hours: Hours) -> str:
        """The set of such hours, by a name that says which they are, so that others share it; "" for none."""
        if not hours:
            return ""
        times = [
            {"timeZoneId": zone, "timeSlots": [_write_slot(each) for each in slots]}
            for zone, slots in sorted(hours.items())
        ]
        said = hashlib.sha256(orjson.dumps(times)).hexdigest()[:32]
        body = {"name": f"outreach hours {said}", "callableTimes": times}
        return find_or_create(self._connection, "callable time set", f"{_OUTBOUND}/callabletimesets", body)

    def bound(self, campaign_id: str, until: datetime) -> None:
        """The latest instant at which the engine sends, whatever becomes of us: a schedule that ends then."""
        ahead = self._connection.clock_skew
        begin, end = write_instant(self._connection.clock.now() + ahead), write_instant(until + ahead)
        body = {"name": "outreach", "intervals": [{"start": begin, "end": end}], "timeZone": "UTC"}
        path = f"{_OUTBOUND}/schedules/{self._medium.schedules}/{quoted(campaign_id)}"
        self._connection.request("bound campaign", "PUT", path, json=body)

    def start(self, campaign_id: str) -> None:
        """Let the engine send. Sent once: it is never repeated in doubt."""
        self._connection.request("start campaign", "POST", _path(campaign_id, "/start"), creates=True)

    def stop(self, campaign_id: str) -> None:
        """Have it send nothing more, also where nobody waits for the budget any more. Safe to repeat.

        What is on its way may still arrive.
        """
        unsure = retry_if_exception_type((Ambiguous, NotSent))
        stopping = Retrying(retry=unsure, stop=stop_after_attempt(STOPS), reraise=True)
        stopping(self._connection.request_at_once, "stop campaign", "POST", _path(campaign_id, "/stop"))

    def look(self, campaign_id: str) -> Progress:
        """Status and progress, two reads."""
        shown = self._connection.request("read campaign", "GET", _path(campaign_id))
        status = read_code(shown.json, "campaignStatus")
        if not status:
            raise unreadable("read campaign", shown)
        answer = self._connection.request("read campaign progress", "GET", _path(campaign_id, "/progress"))
        messaged = read_number(answer.json, "numberOfContactsMessaged") or 0
        skipped = read_mapping(answer.json, "numberOfContactsSkipped").values()
        total = read_number(answer.json, "totalNumberOfContacts") or 0
        done = messaged + sum(each for each in skipped if isinstance(each, int))
        return Progress(status, int(done), int(total))

    def read_results(self, list_id: str) -> Mapping[str, str]:
        """What the engine says of every row, by its id, from an export that is made now."""
        return exports.read_results(self._connection, list_id, self._medium)

    def list_conversations(self, campaign_id: str, since: datetime) -> Iterator[EngineConversation]:
        """Every conversation that the campaign has started, 100 a request."""
        ahead = self._connection.clock_skew
        until = self._connection.clock.now() + timedelta(minutes=1)
        segments = {"type": "and", "predicates": [write_predicate("outboundCampaignId", campaign_id)]}
        query = write_query(since + ahead, until + ahead, segments)
        hits = read_all_hits(self._connection, "find conversations", query, most=MOST_PAGES)
        return (found for found in map(_read_conversation, hits) if found is not None)


def _path(campaign_id: str, rest: str = "") -> str:
    return f"{_CAMPAIGNS}/{quoted(campaign_id)}{rest}"


def _rules(medium: EngineMedium) -> dict[str, Any]:
    name = _BELTS if medium.name == "Sms" else f"{_BELTS}, {medium.name}"
    codes = [f"OUTBOUND-MESSAGE-{word}" for word in RESULTS]
    named = f"{medium.name[0].lower()}{medium.name[1:]}WrapupCodes"
    rule = {
        "name": name,
        "order": 0,
        "category": "PostContact",
        "conditions": [{"lastResultOverallConditionSettings": {named: codes}}],
        "actions": [{"markContactUncontactableActionSettings": {"mediaTypes": [medium.name]}}],
    }
    return {"name": name, "rules": [rule]}


def _write_slot(slot: Slot) -> dict[str, Any]:
    return {"day": slot.day, "startTime": slot.start.isoformat(), "stopTime": slot.stop.isoformat()}


def _groups(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """As many rows as one request takes."""
    group: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        length = len(orjson.dumps(row)) + 1
        if group and (len(group) == MOST_ROWS or size + length > MOST_BYTES):
            yield group
            group, size = [], 0
        group.append(row)
        size += length
    if group:
        yield group


def _read_conversation(hit: Hit) -> EngineConversation | None:
    keys = (read_text(session, "outboundContactId") for _, session in parts_of(hit.shown))
    row_id = next(filter(None, keys), "")
    return EngineConversation(row_id, hit.conversation_id, hit.started_at) if row_id else None
