"""Which operations are emulated and which are not, as the tables of the documentation.

`python -m emulator.operation_table docs/emulator.md` writes them there.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from emulator.catalogue import GUIDE_OPERATIONS, LOGIN, OWN, PLATFORM_OPERATIONS
from emulator.http.routing import Operation

_START, _END = "<!-- operations -->\n", "<!-- end -->"
NOT_EMULATED = (
    ("POST", "/api/v2/conversations/messages", "wants a user for the message that follows"),
    ("POST", "/api/v2/conversations/emails", "leaves a draft for an agent"),
    ("POST", "/api/v2/conversations/messages/{integrationId}/inbound/open/message", "inbound, no outreach"),
    ("POST", "/api/v2/conversations/faxes", "gives no conversation id"),
    ("POST", "/api/v2/flows/executions", "workflows are not modelled"),
    ("POST", "/api/v2/outbound/campaigns", "calls by campaigns are not modelled"),
    ("POST", "/api/v2/outbound/contactlists/uploads", "contacts come by requests"),
    ("POST", "/api/v2/outbound/contactlists/{contactListId}/contacts/bulk/update", "one by one it is there"),
    ("GET", "/api/v2/outbound/sequences", "campaigns one after another are not modelled"),
    ("POST", "/api/v2/analytics/conversations/details/jobs", "the query and reading by id are there"),
    ("POST", "/api/v2/analytics/ratelimits/aggregates/query", "see GET /_emulator/metrics"),
    ("POST", "/api/v2/oauth/clients/{clientId}/usage/query", "see GET /_emulator/metrics"),
    ("PUT", "/api/v2/conversations/{conversationId}/customattributes", "participant attributes are there"),
    ("POST", "/api/v2/conversations/customattributes/search", "participant attributes are there"),
    ("POST", "/api/v2/externalcontacts/bulk/contacts/unresolved", "one by one it is there"),
    ("POST", "/api/v2/externalcontacts/bulk/contacts/divisionviews", "there is one division"),
    (
        "GET",
        "/api/v2/externalcontacts/contacts/schemas",
        "custom fields are kept, their schema is not checked",
    ),
    ("POST", "/api/v2/externalcontacts/import/csv/jobs", "contacts come by enrich"),
    ("POST", "/api/v2/externalcontacts/contacts/exports", "see the list and the scan"),
    ("GET", "/api/v2/routing/email/domains", "inbound routes are not modelled"),
    ("GET", "/api/v2/routing/email/outbound/domains/{domainId}/activation", "see the domain itself"),
    ("POST", "/api/v2/notifications/channels", "read the conversation instead"),
    ("POST", "/api/v2/processautomation/triggers", "read the conversation instead"),
)
"""Operations of the platform that an outreach could think of, and why they are left out."""


def tables() -> str:
    """All tables, in Markdown."""
    return "\n".join(
        (
            *_section("Log-in, both APIs", LOGIN),
            *_section("Platform API, emulated", PLATFORM_OPERATIONS),
            *_section("The guide's API, emulated", GUIDE_OPERATIONS.values()),
            *_section("The emulator's own", OWN),
            *_left_out(),
        )
    )


def _section(title: str, operations: Iterable[Operation]) -> Iterator[str]:
    yield from (
        f"### {title}",
        "",
        "| Name | Operation | Permission (any of) | What it does |",
        "|---|---|---|---|",
    )
    for operation in operations:
        permissions = ", ".join(f"`{each}`" for each in operation.permissions) or "none"
        what = re.sub(r" \(fact sheet[^)]*\)", "", (operation.handler.__doc__ or "").splitlines()[0])
        yield f"| `{operation.name}` | `{operation.method} {operation.template}` | {permissions} | {what} |"
    yield ""


def _left_out() -> Iterator[str]:
    yield from ("### Not emulated", "", "| Operation | Why |", "|---|---|")
    for method, template, why in NOT_EMULATED:
        yield f"| `{method} {template}` | {why} |"
    yield ""


def write(path: Path) -> None:
    """Put the tables of today between the document's marks."""
    text = path.read_text(encoding="utf-8")
    head, start, rest = text.partition(_START)
    _, end, tail = rest.partition(_END)
    path.write_text(f"{head}{start}{tables()}{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
