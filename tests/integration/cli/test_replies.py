"""`outreach replies` lists what a person should read, by conversation, and never its words."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from cli.main import execute
from outreach.contacts import Channel
from outreach.ledger.conversations import Answer, note_answer, read_people
from tests.support.campaigns import NOW, person, stage
from tests.support.ledgers import KEY


def test_what_should_be_read_is_listed_and_with_all_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage(tmp_path, [person(1), person(2)]) as staged:
        people = read_people(staged.ledger, [row.id for row in staged.rows()])
        for number, (row, meaning) in enumerate(zip(people.values(), ("review", "none"), strict=True)):
            answer = Answer(f"m-{number}", row.conversation_id, Channel.SMS, meaning, NOW)  # type: ignore[arg-type]  # two of them
            assert note_answer(staged.ledger, row, answer, ())
    [book] = tmp_path.glob("*.db")
    monkeypatch.setenv("OUTREACH_LEDGER", f"sqlite:///{book}")
    book.with_name(f"{book.name}.key").write_text(KEY)

    assert execute(["replies", "spring", "--json"]) == 0
    [listed] = orjson.loads(capsys.readouterr().out)["replies"]
    assert (listed["external_contact_id"], listed["conversation_id"], listed["meaning"]) == (
        "EXT-1",
        "c-1",
        "review",
    )
    assert execute(["replies", "spring", "--all"]) == 0
    assert [line.split()[3] for line in capsys.readouterr().out.splitlines()] == ["review", "none"]
