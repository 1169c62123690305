"""The people of one round, as a CSV file with every kind of row."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

COLUMNS = ("external_contact_id", "name", "sms", "email", "voice", "time_zone")

MIX = {"sms": 6, "email": 2, "voice": 2}
"""Of ten people, so many can be reached on each channel alone."""


@dataclass(frozen=True)
class Crowd:
    """A written source: so many rows, of which so many people can be contacted."""

    path: Path
    rows: int
    people: int
    channels: dict[str, str]
    """External contact id to the one channel that they have."""


def write_crowd(folder: Path, number: int, random: Random, among: Sequence[str] = tuple(MIX)) -> Crowd:
    """90 to 140 people on these channels; a few share an address, stand twice, or cannot be read."""
    count = random.randint(90, 140)
    rows: list[dict[str, str]] = []
    channels: dict[str, str] = {}
    for n in range(count):
        row = _person(number, n, random, among)
        rows.append(row)
        channels[row["external_contact_id"]] = next(c for c in ("sms", "email", "voice") if row[c])
    for row in random.sample(rows, 3):
        rows.append({**row, "external_contact_id": f"{row['external_contact_id']}-twin"})
        rows.append({**row, "name": "Again"})
    rows.append({**rows[0], "external_contact_id": f"R{number}-bad", "sms": "12", "email": "", "voice": ""})
    random.shuffle(rows)
    path = folder / f"round-{number}.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return Crowd(path, len(rows), count, channels)


def _person(number: int, n: int, random: Random, among: Sequence[str]) -> dict[str, str]:
    phone = f"+1317{200 + number % 800}{n:04d}"
    row = dict.fromkeys(COLUMNS, "")
    channel = random.choices(among, [MIX[channel] for channel in among])[0]
    row[channel] = f"r{number}-{n}@example.com" if channel == "email" else phone
    return {
        **row,
        "external_contact_id": f"R{number}-{n}",
        "name": f"Person {n}",
        "time_zone": "America/New_York",
    }
