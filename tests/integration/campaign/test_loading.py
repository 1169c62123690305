"""Loading again: a source that has not changed is not read again, and everything else is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.campaign.loading import load_source
from outreach.campaign.run import Run
from outreach.errors import UsageError
from outreach.ledger.loads.load import Loaded
from outreach.ledger.proof import prove
from outreach.report.figures.gather import gather
from outreach.report.tables import sources
from outreach.sources.choices import Choices
from outreach.sources.columns import Headings
from outreach.sources.files import Location
from outreach.sources.list_file import ListFile
from outreach.sources.opening import open_source
from outreach.sources.reference import parse_reference
from outreach.sources.rows import Record
from outreach.sources.source import Source

HEADER = "external_contact_id,name,sms\n"


def write(path: Path, *rows: str) -> Path:
    """A file of these rows."""
    path.write_text(HEADER + "".join(row + "\n" for row in rows))
    return path


class Killed(BaseException):
    """The process ends here."""


class Counted(ListFile):
    """Counts the rows that are really read; may be killed before the first."""

    is_killed = False
    read = 0

    def records(self) -> Iterator[Record]:
        if self.is_killed:
            raise Killed
        for record in super().records():
            self.read += 1
            yield record


def counted(path: Path, *, strict_numbers: bool = False) -> tuple[Source, Counted]:
    """A source, and its reader."""
    location = parse_reference(str(path))
    assert isinstance(location, Location)
    headings = Headings.of(location.label, {})
    reader = Counted(location, headings, Choices())
    look = open_source(str(path), strict_numbers=strict_numbers)
    return Source(reader, headings, strict_numbers=strict_numbers, look=lambda: look.fingerprint), reader


def load(
    run: Run, path: Path, rejects: Path | None = None, *, strict_numbers: bool = False
) -> tuple[Loaded, int]:
    """What was found, and how many rows were really read."""
    source, reader = counted(path, strict_numbers=strict_numbers)
    return load_source(run, source, rejects), reader.read


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write(tmp_path / "people.csv", "C-1,Ann,+13175550001", "C-2,Ben,+13175550002", "C-3,Cy,nobody")


def test_a_source_that_has_not_changed_is_not_read_again(run: Run, people: Path) -> None:
    first, _ = load(run, people)
    again, rows_read = load(run, people)

    assert (first.rows_read, first.accepted, first.rejected) == (3, 2, 1)
    assert rows_read == 0
    assert (again.rows_read, again.accepted, again.known) == (3, 0, 3)
    assert prove(run.ledger, run.campaign).source_rows == 3


def test_the_same_bytes_written_again_are_not_read_again(run: Run, people: Path) -> None:
    load(run, people)
    people.replace(people.with_suffix(".old"))
    people.write_bytes(people.with_suffix(".old").read_bytes())

    assert load(run, people)[1] == 0


def test_a_source_that_changed_is_read_again_though_its_size_and_time_did_not(run: Run, people: Path) -> None:
    load(run, people)
    before = people.stat()
    write(people, "C-1,Ann,+13175550001", "C-2,Ben,+13175550002", "C-4,Di,noone!")
    os.utime(people, ns=(before.st_atime_ns, before.st_mtime_ns))
    again, rows_read = load(run, people)

    assert people.stat().st_size == before.st_size
    assert (rows_read, again.rejected, again.known) == (3, 1, 2)


def test_a_source_that_grows_while_it_is_read_is_read_again(run: Run, people: Path) -> None:
    source, _ = counted(people)
    before = source.fingerprint
    with people.open("a") as file:
        file.write("C-4,Di,+13175550004\n")

    assert before not in ("", source.fingerprint)


def test_a_source_is_read_again_after_another_one(run: Run, people: Path, tmp_path: Path) -> None:
    load(run, people)
    load(run, write(tmp_path / "other.csv", "C-1,Anna,+13175550009"))

    assert load(run, people)[1] == 3


def test_a_load_that_did_not_end_is_read_again(run: Run, people: Path) -> None:
    source, reader = counted(people)
    reader.is_killed = True
    with pytest.raises(Killed):
        load_source(run, source)

    again, rows_read = load(run, people)
    assert (rows_read, again.accepted) == (3, 2)


def test_another_way_to_read_it_reads_again(run: Run, people: Path) -> None:
    load(run, people)

    assert load(run, people, strict_numbers=True)[1] == 3


def test_a_rejects_file_that_is_gone_is_written_again(run: Run, people: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    load(run, people, rejects)
    assert load(run, people, rejects)[1] == 0
    rejects.unlink()

    assert load(run, people, rejects)[1] == 3
    assert "C-3" in rejects.read_text()


def test_the_report_says_by_whose_country_numbers_were_read(run: Run) -> None:
    people = [
        {"external_contact_id": "C-1", "name": "Ann", "sms": "0171 5550101", "country": "Germany"},
        {"external_contact_id": "C-2", "name": "Ben", "sms": "317-555-0101"},
    ]
    load_source(run, open_source(people, country="US"))

    (shown,) = sources(gather(run.ledger, run.campaign)).rows
    assert shown[-1] == "1 read in their row's country, 1 read in the country of the settings"


def test_an_output_folder_that_cannot_be_made_is_named(run: Run, tmp_path: Path) -> None:
    people = write(tmp_path / "people.csv", "A-1,Ada,+13175550001")
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(UsageError, match=r"output folder .*taken/out cannot be made: Not a directory"):
        load_source(run, open_source(str(people)), tmp_path / "taken" / "out" / "spring-rejects.csv")
