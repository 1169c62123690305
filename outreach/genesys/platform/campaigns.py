"""Contact lists and messaging campaigns of the platform API (outbound fact sheet, sections 1 and 7).

Two belts go with each list and hold without us: one attempt for each row and number, ever; and a rule that
marks whoever has a result as not to be contacted. No call of ours recycles, and none starts what is complete.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from outreach.errors import Ambiguous, NotSent
from outreach.genesys.campaign_route import (
    AMBIGUOUS,
    FAILED,
    SENT,
    THROTTLED,
    EngineConversation,
    ListRow,
    Progress,
)
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import (
    Object,
    read_code,
    read_instant,
    read_list,
    read_mapping,
    read_number,
    read_text,
)
from outreach.genesys.interface import Senders
from outreach.genesys.platform import list_export
from outreach.genesys.platform.listing import read_all_hits, read_pages, unreadable
from outreach.genesys.platform.lookup import write_instant, write_predicate

MOST_ROWS, MOST_BYTES = 1000, 480_000
"""Of one add: the platform takes 1,000 rows and 512,000 bytes."""

MOST_PAGES, STOPS = 10_000, 3

_OUTBOUND = "/api/v2/outbound"
_LISTS, _CAMPAIGNS = f"{_OUTBOUND}/contactlists", f"{_OUTBOUND}/messagingcampaigns"
_BELTS = "outreach once"
_ADDRESS, _TEXT = "cell", "text"
_RESULTS = (SENT, AMBIGUOUS, FAILED, THROTTLED)
_TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888")


class PlatformCampaigns:
    """`campaign_route.CampaignRoute` over the platform API, for SMS."""

    def __init__(self, connection: Connection, senders: Senders) -> None:
        self._connection = connection
        self._senders = senders

    @property
    def per_minute(self) -> int:
        """As the sender's carrier lets it, by its kind of number, or less where the senders say so."""
        number = self._senders.sms_from or ""
        most = 180 if number.startswith(_TOLL_FREE) else 60 if number.startswith("+1") else 600
        return min(most, self._senders.sms_per_minute or most)

    def prepare_list(self, name: str) -> str:
        """The contact list of that name, with its belts."""
        known = self._find("find contact list", _LISTS, name, {"filterType": "Equals"})
        if known:
            return known
        limits = self._find_or_create("attempt limits", f"{_OUTBOUND}/attemptlimits", _limits())
        body = {
            "name": name,
            "columnNames": [_ADDRESS, _TEXT],
            "phoneColumns": [{"columnName": _ADDRESS, "type": "cell"}],
            "attemptLimits": {"id": limits},
        }
        return self._create("create contact list", _LISTS, body)

    def add(self, list_id: str, rows: Sequence[ListRow]) -> None:
        """Add rows, as many a request as it takes."""
        for group in _groups([_write_row(list_id, row) for row in rows]):
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
        """Mark one row as not to be contacted."""
        path = f"{_LISTS}/{quoted(list_id)}/contacts/{quoted(row.row_id)}"
        body = {**_write_row(list_id, row), "callable": False}
        self._connection.request("withdraw from contact list", "PUT", path, json=body)

    def prepare_campaign(self, name: str, list_id: str) -> str:
        """The campaign of that name, switched off."""
        known = self._find("find campaign", _CAMPAIGNS, name, {})
        if known:
            return known
        rules = self._find_or_create("digital rule set", f"{_OUTBOUND}/digitalrulesets", _rules())
        body = {
            "name": name,
            "contactList": {"id": list_id},
            "messagesPerMinute": self.per_minute,
            "campaignStatus": "off",
            "alwaysRunning": True,  # else it is complete when it is done, and a start would begin again
            "ruleSets": [{"id": rules}],
            "dncLists": [{"id": each} for each in self._list_do_not_contact()],
            "smsConfig": {
                "phoneColumn": _ADDRESS,
                "messageColumn": _TEXT,
                "senderSmsPhoneNumber": {"phoneNumber": self._senders.sms_from or ""},
            },
        }
        return self._create("create campaign", _CAMPAIGNS, body)

    def bound(self, campaign_id: str, until: datetime) -> None:
        """A schedule that ends then."""
        ahead = self._connection.clock_skew
        begin, end = write_instant(self._connection.clock.now() + ahead), write_instant(until + ahead)
        body = {"name": "outreach", "intervals": [{"start": begin, "end": end}], "timeZone": "UTC"}
        path = f"{_OUTBOUND}/schedules/messagingcampaigns/{quoted(campaign_id)}"
        self._connection.request("bound campaign", "PUT", path, json=body)

    def start(self, campaign_id: str) -> None:
        """Start it, once."""
        self._connection.request("start campaign", "POST", _path(campaign_id, "/start"), creates=True)

    def stop(self, campaign_id: str) -> None:
        """Stop it, also where nobody waits for the budget any more. Safe to repeat."""
        for _ in range(STOPS - 1):
            with contextlib.suppress(Ambiguous, NotSent):
                return self._connection.request_at_once("stop campaign", "POST", _path(campaign_id, "/stop"))
        return self._connection.request_at_once("stop campaign", "POST", _path(campaign_id, "/stop"))

    def look(self, campaign_id: str) -> Progress:
        """Status and progress, two reads."""
        status = read_code(
            self._connection.request("read campaign", "GET", _path(campaign_id)).json, "campaignStatus"
        )
        answer = self._connection.request("read campaign progress", "GET", _path(campaign_id, "/progress"))
        messaged = read_number(answer.json, "numberOfContactsMessaged") or 0
        skipped = read_mapping(answer.json, "numberOfContactsSkipped").values()
        total = read_number(answer.json, "totalNumberOfContacts") or 0
        if not status:
            raise unreadable("read campaign", answer)
        done = messaged + sum(each for each in skipped if isinstance(each, int))
        return Progress(status, int(done), int(total))

    def read_results(self, list_id: str) -> Mapping[str, str]:
        """The result of every row, from an export that is made now."""
        return list_export.read_results(self._connection, list_id, _ADDRESS)

    def list_conversations(self, campaign_id: str, since: datetime) -> Iterator[EngineConversation]:
        """Every conversation of the campaign, 100 a request."""
        ahead = self._connection.clock_skew
        until = self._connection.clock.now() + timedelta(minutes=1)
        predicate = write_predicate("outboundCampaignId", campaign_id)
        body: dict[str, Any] = {
            "interval": f"{write_instant(since + ahead)}/{write_instant(until + ahead)}",
            "order": "asc",
            "orderBy": "conversationStart",
            "segmentFilters": [{"type": "and", "predicates": [predicate]}],
        }
        hits = read_all_hits(self._connection, "find conversations", body, most=MOST_PAGES)
        return (found for found in map(_read_conversation, hits) if found is not None)

    def _find(self, operation: str, path: str, name: str, params: Mapping[str, str]) -> str:
        """The id of what has exactly this name, "" when there is none. Several are for a person."""
        asked = {"name": name, **params}
        found = [
            read_code(each, "id")
            for each in read_pages(self._connection, operation, path, asked, most=20)
            if read_text(each, "name") == name  # the filter may be looser (section 11.5)
        ]
        if len(found) > 1 or "" in found:
            raise Ambiguous(
                operation, 200, "several_of_one_name", "", "Delete all but one of them in Genesys."
            )
        return found[0] if found else ""

    def _find_or_create(self, what: str, path: str, body: dict[str, Any]) -> str:
        known = self._find(f"find {what}", path, body["name"], {})
        return known or self._create(f"create {what}", path, body)

    def _create(self, operation: str, path: str, body: dict[str, Any]) -> str:
        answer = self._connection.request(operation, "POST", path, json=body, creates=True)
        made = read_code(answer.json, "id")
        if not made:
            raise unreadable(operation, answer)
        return made

    def _list_do_not_contact(self) -> Iterator[str]:
        found = read_pages(
            self._connection, "list do-not-contact lists", f"{_OUTBOUND}/dnclists", {}, most=100
        )
        return (key for key in (read_code(each, "id") for each in found) if key)


def _path(campaign_id: str, rest: str = "") -> str:
    return f"{_CAMPAIGNS}/{quoted(campaign_id)}{rest}"


def _limits() -> dict[str, Any]:
    return {"name": _BELTS, "maxAttemptsPerContact": 1, "maxAttemptsPerNumber": 1, "resetPeriod": "NEVER"}


def _rules() -> dict[str, Any]:
    codes = [f"OUTBOUND-MESSAGE-{word}" for word in _RESULTS]
    rule = {
        "name": _BELTS,
        "order": 0,
        "category": "PostContact",
        "conditions": [{"lastResultOverallConditionSettings": {"smsWrapupCodes": codes}}],
        "actions": [{"markContactUncontactableActionSettings": {"mediaTypes": ["Sms"]}}],
    }
    return {"name": _BELTS, "rules": [rule]}


def _write_row(list_id: str, row: ListRow) -> dict[str, Any]:
    return {"id": row.row_id, "contactListId": list_id, "data": {_ADDRESS: row.address, _TEXT: row.text}}


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


def _read_conversation(found: Object) -> EngineConversation | None:
    started = read_instant(found, "conversationStart")
    sessions = (
        session
        for participant in read_list(found, "participants")
        for session in read_list(participant, "sessions")
    )
    row_id = next((key for key in (read_text(each, "outboundContactId") for each in sessions) if key), "")
    if started is None or not row_id:
        return None
    return EngineConversation(row_id, read_code(found, "conversationId"), started)
