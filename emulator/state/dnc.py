"""Do-not-contact lists: entries with an optional expiry, and their export as a file."""

from dataclasses import dataclass, field

from emulator.state.clock import iso
from emulator.state.defaults import DNC_EXTERNAL_LIST_ID, DNC_LIST_ID, DNC_LIST_NAME


@dataclass
class DncList:
    """One list. `source` is rds (internal), rds_custom, dnc.com or gryphon; expiry None means for good."""

    list_id: str
    name: str
    source: str = "rds"
    method: str = "Any"
    created: float = 0.0
    entries: dict[str, float | None] = field(default_factory=dict)
    exported_at: float | None = None
    exported: str = ""

    def valid(self, now: float) -> dict[str, float | None]:
        """The entries that have not expired."""
        return {entry: until for entry, until in self.entries.items() if until is None or until > now}

    def file(self, now: float, separator: str = ",") -> str:
        """The export, one entry a line."""
        rows = (
            f"{entry}{separator}{iso(until) if until else ''}" for entry, until in self.valid(now).items()
        )
        return "\r\n".join([f"entry{separator}expirationDateTime", *rows, ""])

    def export(self, ready_at: float, separator: str) -> None:
        """Write the file that an export gives from now on."""
        self.exported_at, self.exported = ready_at, self.file(ready_at, separator)


def first_lists() -> dict[str, DncList]:
    """The lists at the start, by id: one internal and empty, one of an outside service."""
    internal = DncList(DNC_LIST_ID, DNC_LIST_NAME)
    outside = DncList(DNC_EXTERNAL_LIST_ID, "National registry", source="dnc.com", method="Phone")
    return {internal.list_id: internal, outside.list_id: outside}
