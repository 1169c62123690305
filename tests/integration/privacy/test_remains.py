"""A copy of somebody that no query finds is found by an erasure, and only then the file is written anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from sqlalchemy import update

from outreach.campaign.opening import open_run
from outreach.ledger.database.schema import outbox
from outreach.ledger.facts import recall, remember
from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy.remains import UNCLEAN
from outreach.ledger.privacy.unused_pages import find
from outreach.privacy.erasure import Erased, erase
from tests.support.ledgers import CALM, advance, load, new_ledger, new_run, people
from tests.support.organisations import Organisation

ADA: dict[str, object] = {
    "external_contact_id": "EXT-7",
    "name": "Ada Quillfeather",
    "sms": "+13175559977",
    "time_zone": "America/New_York",
}
STRANGER = b"of somebody whom nobody asked about"


def campaign(ledger: Ledger, row: dict[str, object]) -> None:
    with new_run(ledger, Organisation(), CALM) as run:
        load(run, [*people(300), row])
        advance(run)


def plant(file: Path, *texts: bytes) -> None:
    """Write texts where SQLite left room on a page of rows, as it leaves behind what it moves."""
    content = bytearray(file.read_bytes())
    size = int.from_bytes(content[16:18], "big")
    apart = 100  # the next rows of the page, which are written backwards, do not cover them
    room = sum(map(len, texts)) + 2 * apart
    for page in range(size, len(content), size):
        begin = page + 8 + 2 * int.from_bytes(content[page + 3 : page + 5], "big")
        end = page + int.from_bytes(content[page + 5 : page + 7], "big")
        if content[page] == 13 and end - begin > room:
            written = b"".join(texts)
            content[end - apart - len(written) : end - apart] = written
            file.write_bytes(content)
            return
    raise AssertionError("no page has so much room")


def erase_after(folder: Path, *texts: bytes, row: dict[str, object] = ADA, who: str = "EXT-7") -> Erased:
    with new_ledger(folder) as ledger:
        campaign(ledger, row)
    plant(folder / "ledger.db", *texts, STRANGER)
    with new_ledger(folder) as ledger:
        return erase(ledger, who)


def content(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("ledger.db*"))


def test_a_file_without_a_copy_is_not_written_anew(tmp_path: Path) -> None:
    assert erase_after(tmp_path).rewritten
    assert STRANGER in content(tmp_path)
    assert b"Quillfeather" not in content(tmp_path)


@pytest.mark.parametrize(
    "copy",
    [
        b'EXT-7\x07{"external_contact_id":"EXT-7","na',
        b'feather","channels":{"sms":"+13175559977","em',
        b'me":"Ada Quillfeather","cha',
    ],
)
def test_a_piece_of_a_copy_is_found_and_the_file_written_anew(tmp_path: Path, copy: bytes) -> None:
    assert erase_after(tmp_path, copy).rewritten
    assert copy not in content(tmp_path)
    assert STRANGER not in content(tmp_path)


def test_a_piece_of_a_long_text_is_found(tmp_path: Path) -> None:
    message = " ".join(f"line {number} of a letter to Ada" for number in range(20))
    copy = message[100:160].encode()
    assert erase_after(tmp_path, copy, row={**ADA, "initial_message": message}).rewritten
    assert copy not in content(tmp_path)


def test_what_others_have_too_tells_nothing(tmp_path: Path) -> None:
    erase_after(tmp_path, b'"time_zone":"America/New_York"}')
    assert STRANGER in content(tmp_path)


def test_whoever_was_corrected_or_erased_before_had_other_words(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation(), CALM) as run:
        load(run, [*people(300), {**ADA, "sms": "+13175559999"}])
        load(run, [ADA])
    for _ in range(2):
        plant(tmp_path / "ledger.db", b"+13175559999", STRANGER)
        with new_ledger(tmp_path) as ledger:
            assert erase(ledger, "EXT-7").rewritten
        assert b"+13175559999" not in content(tmp_path)


def test_words_are_found_on_free_pages_and_in_no_row(tmp_path: Path) -> None:
    file = tmp_path / "plain.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete=OFF")
        database.execute("CREATE TABLE t (x)")
        database.executemany("INSERT INTO t VALUES (?)", [("a word that stays",), ("gone " * 2000,)])
        database.execute("DELETE FROM t WHERE x LIKE 'gone%'")

    assert find(file, {b"a word that stays", b"gone gone", b"never there"}) == {b"gone gone"}


def test_the_words_of_json_are_looked_for_as_they_are_spelt_there(tmp_path: Path) -> None:
    name = 'Ada "Quill" Müller\\Sørensen'
    copy = orjson.dumps(name)
    assert erase_after(tmp_path, copy, row={**ADA, "name": name}).rewritten
    assert copy not in content(tmp_path)


def seal_anew_and_die(ledger: Ledger) -> None:
    remember(ledger, UNCLEAN, "yes")


def be_answered_twice(ledger: Ledger) -> None:
    with ledger.db.write() as connection:
        connection.execute(update(outbox).values(attempts=2))


@pytest.mark.parametrize("happened", [seal_anew_and_die, be_answered_twice])
def test_where_other_words_may_have_stood_the_file_is_written_anew(
    tmp_path: Path, happened: Callable[[Ledger], None]
) -> None:
    with new_ledger(tmp_path) as ledger:
        with open_run(ledger, Organisation(), "spring", CALM, webhook_name="crm") as run:
            load(run, [*people(300), ADA])
            advance(run)
        happened(ledger)
    plant(tmp_path / "ledger.db", STRANGER)

    with new_ledger(tmp_path) as ledger:
        assert erase(ledger, "EXT-7").rewritten
        assert not recall(ledger, UNCLEAN)

    assert STRANGER not in content(tmp_path)
