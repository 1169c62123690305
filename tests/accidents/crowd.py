"""The people of one round: most may be contacted, some stand on the organisation's do-not-contact list."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

COLUMNS = ("external_contact_id", "name", "sms", "email", "voice", "time_zone")
CHANNELS = ("sms", "email", "voice")


@dataclass
class Crowd:
    """Who is in the file so far; addresses are what the far end's truth shows."""

    path: Path
    random: Random
    rows: list[dict[str, str]] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)

    @property
    def addresses(self) -> set[str]:
        """Everybody's."""
        return {address_of(row) for row in self.rows}

    @property
    def innocent(self) -> set[str]:
        """Of those who are to be contacted, each once."""
        return self.addresses - self.listed

    def come(self, count: int) -> set[str]:
        """So many more, and a twin of one of them; returns which of them are on the list."""
        people = [self._person(len(self.rows) + n) for n in range(count)]
        listed = {address_of(row) for row in self.random.sample(people, max(count // 6, 1))}
        twin = self.random.choice(people)
        self.rows += [*people, {**twin, "external_contact_id": f"{twin['external_contact_id']}-twin"}]
        self.listed |= listed
        self._write()
        return listed

    def _person(self, n: int) -> dict[str, str]:
        channel = self.random.choices(CHANNELS, (6, 2, 2))[0]
        address = f"p{n}@example.com" if channel == "email" else f"+1317555{n:04d}"
        row = dict.fromkeys(COLUMNS, "") | {channel: address}
        return row | {"external_contact_id": f"P-{n}", "name": f"N {n}", "time_zone": "America/New_York"}

    def _write(self) -> None:
        with self.path.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows)
        self.path.chmod(0o644)


def address_of(row: dict[str, str]) -> str:
    """The one address that a row has."""
    return next(row[channel] for channel in CHANNELS if row[channel])
