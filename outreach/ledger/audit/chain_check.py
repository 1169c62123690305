"""What is wrong with one chain of audit records, and where.

altered    its hash does not cover what stands there
missing    a record that the next one follows, or that the contact or a seal counts, is gone
inserted   a record that no other follows, or beyond the chain's end
reordered  a genuine record that stands in another's place
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row

from outreach.ledger.audit.chain import canonical_values
from outreach.ledger.ledger import Ledger

Problem = Literal["altered", "missing", "inserted", "reordered"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: in whose chain ("" is the campaign's own), at which record, and what it is."""

    contact: str
    n: int
    problem: Problem
    explanation: str

    def __str__(self) -> str:
        """For example: `record 3 of C-17 is altered: its hash covers something else`."""
        whose = self.contact or "the campaign itself"
        return f"record {self.n} of {whose} is {self.problem}: {self.explanation}"


def check_chain(ledger: Ledger, records: Sequence[Row[Any]], count: int, head: str) -> Finding | None:
    """The first problem of one chain in the order of its numbers, given where it should end."""
    previous, number = "", 0
    for place, record in enumerate(records, start=1):
        if record.n == place and record.previous == previous and is_genuine(ledger, record, place):
            if record.id < number:  # ids grow as rows are written, so a row made again gives itself away
                return Finding("", place, "reordered", "it was written before the one that it follows")
            previous, number = record.hash, record.id
            continue
        return _name_problem(ledger, records, place, previous, count)
    if len(records) < count:
        return Finding("", len(records) + 1, "missing", f"{count} records were written")
    if len(records) > count:
        return Finding("", count + 1, "inserted", f"only {count} records were written")
    if previous != head:
        return Finding("", count, "altered", "the end of the chain is remembered as another")
    return None


def _name_problem(
    ledger: Ledger, records: Sequence[Row[Any]], place: int, previous: str, count: int
) -> Finding:
    record, end = records[place - 1], max(count, len(records)) + 1
    # The place that it was written for, if it is genuine; the likely ones first: each guess costs a hash.
    likely = (place, record.n, *range(1, end + 1))
    meant = next((number for number in likely if is_genuine(ledger, record, number)), None)
    if meant is None and record.n > place:
        return Finding("", place, "missing", f"after it comes record {record.n}")
    if meant is None:
        following = records[place] if place < len(records) else None
        heals = following is not None and following.previous == previous
        if len(records) > count or heals:
            return Finding("", place, "inserted", "no other record knows of it")
        return Finding("", place, "altered", "its hash covers something else")
    if meant > place:
        elsewhere = any(is_genuine(ledger, other, place) for other in records if other is not record)
        problem: Problem = "reordered" if elsewhere else "missing"
        return Finding("", place, problem, f"in its place stands what was written as record {meant}")
    if meant < place:
        return Finding("", place, "reordered", f"it was written as record {meant}")
    return Finding("", max(place - 1, 1), "altered", "the record after it follows another one")


def is_genuine(ledger: Ledger, record: Row[Any], n: int) -> bool:
    """Whether our key made the record, as the one of this number."""
    covered = canonical_values((*record[:3], n, *record[4:8]))  # 4 times as fast as by names
    return bool(ledger.vault.chain(record.previous, covered) == record.hash)
