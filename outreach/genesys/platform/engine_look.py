"""What others have set up in Genesys that would send to our people again, or take our results away."""

from collections.abc import Iterator
from dataclasses import dataclass

from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import Object, read_code, read_list, read_mapping, read_text
from outreach.genesys.platform.listing import read_pages
from outreach.genesys.senders import Senders

_OUTBOUND = "/api/v2/outbound"


@dataclass(frozen=True, slots=True)
class EngineFound:
    """Ids at Genesys. `busy`: campaigns that send from a number of ours now. `recycling`: campaign rules that
    are on and recycle. `fading`: contact lists of ours that erase themselves.
    """

    busy: tuple[str, ...]
    recycling: tuple[str, ...]
    fading: tuple[str, ...]


def look_at_engine(connection: Connection, senders: Senders, prefix: str) -> EngineFound:
    """Look; our lists are those whose names begin so. Raises GenesysError."""

    def read(operation: str, path: str, **asked: str) -> Iterator[Object]:
        return read_pages(connection, operation, f"{_OUTBOUND}{path}", asked)

    ours = {each.name for each in senders.more} | {senders.sms_from}
    running = read("find campaign", "/messagingcampaigns", campaignStatus="on")
    lists = read("find contact list", "/contactlists", name=prefix)
    return EngineFound(
        busy=_ids(each for each in running if _number_of(each) in ours),
        recycling=_ids(rule for rule in read("list campaign rules", "/campaignrules") if _recycles(rule)),
        fading=_ids(each for each in lists if _fades(each) and read_text(each, "name").startswith(prefix)),
    )


def _ids(found: Iterator[Object]) -> tuple[str, ...]:
    return tuple(read_code(each, "id") for each in found)


def _number_of(campaign: Object) -> str:
    sender = read_mapping(read_mapping(campaign, "smsConfig"), "senderSmsPhoneNumber")
    return read_text(sender, "phoneNumber")


def _recycles(rule: Object) -> bool:
    actions = read_list(rule, "campaignRuleActions")
    return rule.get("enabled") is not False and any(
        read_text(each, "actionType") == "recycleCampaign" for each in actions
    )


def _fades(found: Object) -> bool:
    return bool(found.get("dateExpiration")) or read_text(found, "retentionType") not in ("", "Never")
