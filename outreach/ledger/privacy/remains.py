"""Whether a person's words still stand in an SQLite ledger's file after they were erased.

SQLite overwrites what it deletes (`secure_delete`), but not what it leaves behind when it moves rows from one
page to another: one person in 130 had such a copy. Writing the file anew helps, and takes 25 seconds for
200,000 contacts; so the words are looked for first, in all that is no row.
"""

import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Any

import orjson
from sqlalchemy import exists, func, or_, select

from outreach.ledger.database.schema import audit, contacts, outbox, rejects
from outreach.ledger.facts import recall
from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy import unused_pages
from outreach.ledger.vault import SEALED

LEAST, MOST = 4, 24
"""Letters of a word: shorter ones tell nobody, and of longer ones each piece is looked for."""

UNCLEAN = "resealed"
"""The fact that something personal was changed, and the file is not yet known to be rid of what it was."""

_ID = "external_contact_id"
PERSONAL = (contacts.c.payload, rejects.c.raw, outbox.c.excerpt)
"""The columns that may say something of a person."""


def read_words(ledger: Ledger, people: Sequence[int], rows: Sequence[int]) -> set[bytes]:
    """The words of these contacts and rejected rows; none where others may have stood there before."""
    corrected = exists().where(audit.c.contact_id.in_(people), audit.c.action == "corrected")
    answered_again = exists().where(outbox.c.contact_id.in_(people), outbox.c.attempts > 1)
    if ledger.db.value(select(or_(corrected, answered_again))) or recall(ledger, UNCLEAN):
        return set()
    found: set[str] = set()
    whose = (contacts.c.id.in_(people), rejects.c.id.in_(rows), outbox.c.contact_id.in_(people))
    for column, chosen in zip(PERSONAL, whose, strict=True):
        for text in ledger.db.values(select(column).where(chosen, func.length(column) > 0)):
            found.update(_words_of(text))
    return {word.encode() for word in found}


def _words_of(text: str) -> Iterator[str]:
    if text.startswith(SEALED):
        return _pieces(text[len(SEALED) + 20 :])  # what comes first says the time, and is others' too
    with suppress(orjson.JSONDecodeError):
        return _words_in(orjson.loads(text))
    return _pieces(text)


def _words_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        yield from _pieces(orjson.dumps(value)[1:-1].decode())
    elif isinstance(value, dict):
        for key, inner in value.items():
            # The id itself stays in other places, but not as the beginning of what is known of them.
            own = [orjson.dumps({key: inner})[1:-1].decode()] if key == _ID else _words_in(inner)
            yield from own


def _pieces(text: str) -> Iterator[str]:
    last = max(len(text) - MOST, 0)
    if len(text) >= LEAST:
        yield from (text[at : at + MOST] for at in (*range(0, last, MOST), last))


def still_stands(ledger: Ledger, words: Collection[bytes]) -> bool:
    """Whether one of the words stands where no row is, and in nobody's row any more."""
    command = [sys.executable, "-I", "-S", unused_pages.__file__, ledger.db.name]
    asked = " ".join(word.hex() for word in words)
    looked = subprocess.run(  # noqa: S603 - ours, with nothing of anybody in its arguments
        command, input=asked, capture_output=True, text=True, check=False
    )
    if looked.returncode:  # somebody shortened the file meanwhile: nobody knows
        return True
    return not all(_is_others(ledger, bytes.fromhex(word).decode()) for word in looked.stdout.split())


def _is_others(ledger: Ledger, word: str) -> bool:
    """Whether somebody's row has the word, so that it tells nothing of the one who was erased."""
    return any(ledger.db.value(select(exists().where(func.instr(column, word) > 0))) for column in PERSONAL)
