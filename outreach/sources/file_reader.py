"""What the readers of files share: where the file is, and what its headers mean."""

from __future__ import annotations

from outreach.sources.columns import Headings
from outreach.sources.files import Location


class FileReader:
    """A file anywhere; each kind adds `records`."""

    fixed_columns = True
    may_be_empty = False

    def __init__(self, location: Location, headings: Headings) -> None:
        self._location = location
        self._headings = headings
        self.label = location.label
