"""What goes by a name of ours in Genesys: found by it, or made."""

from collections.abc import Mapping
from typing import Any

from outreach.errors import Ambiguous, Refused
from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import read_code, read_text
from outreach.genesys.platform.listing import read_pages


def find(connection: Connection, operation: str, path: str, name: str, **more: str) -> str:
    """The id of what has exactly this name, "" when there is none. Several are for a person."""
    pages = read_pages(connection, operation, path, {"name": name, **more})
    # The filter may be looser (section 11.5).
    found = [read_code(each, "id") for each in pages if read_text(each, "name") == name]
    if len(found) > 1 or "" in found:
        advice = "Delete all but one of them in Genesys."
        raise Ambiguous(operation, 200, "several_of_one_name", "", advice)
    return found[0] if found else ""


def find_or_create(connection: Connection, what: str, path: str, body: Mapping[str, Any]) -> str:
    """The id of what has the body's name, made when it is not there."""
    if known := find(connection, f"find {what}", path, body["name"]):
        return known
    try:
        return create(connection, f"create {what}", path, body)
    except Refused:  # another sender's hand-over has made it meanwhile
        if known := find(connection, f"find {what}", path, body["name"]):
            return known
        raise


def create(connection: Connection, operation: str, path: str, body: Mapping[str, Any]) -> str:
    """Make it, and give its id."""
    answer = connection.request(operation, "POST", path, json=body, creates=True)
    made = read_code(answer.json, "id")
    if not made:
        raise Ambiguous(operation, answer.status, "no_id", answer.correlation_id, "Run it again.")
    return made
