"""What others have set up in Genesys that would send to our people again, or take our results away."""

from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import Object, read_code, read_list, read_mapping, read_text
from outreach.genesys.platform.listing import read_pages
from outreach.genesys.senders import Senders

_OUTBOUND = "/api/v2/outbound"


def find_busy(connection: Connection, senders: Senders) -> list[str]:
    """Campaigns that send from a number of ours now. Raises GenesysError, as the others do."""
    ours = {each.name for each in senders.more} | {senders.sms_from}
    path, on = f"{_OUTBOUND}/messagingcampaigns", {"campaignStatus": "on"}
    running = read_pages(connection, "find campaign", path, on)
    return [read_code(each, "id") for each in running if _number_of(each) in ours]


def find_recycling(connection: Connection) -> list[str]:
    """Campaign rules that are on and recycle."""
    rules = read_pages(connection, "list campaign rules", f"{_OUTBOUND}/campaignrules", {})
    return [read_code(each, "id") for each in rules if _recycles(each)]


def find_fading(connection: Connection, prefix: str) -> list[str]:
    """Contact lists of ours, whose names begin so, that erase themselves."""
    lists = read_pages(connection, "find contact list", f"{_OUTBOUND}/contactlists", {"name": prefix})
    ours = (each for each in lists if read_text(each, "name").startswith(prefix))
    return [read_code(each, "id") for each in ours if _fades(each)]


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
