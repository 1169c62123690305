"""One place for a channel: what is known of it is a table, and what acts by it names every channel."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import String

from outreach.contacts import Channel, Channels
from outreach.ledger.database.schema import contacts, intents

ROOT = Path(__file__).parents[2]
FOLDERS = ("outreach", "tasks", "flows", "blocks", "cli", "deployments")
LAST = '    CHAT = "chat"\n'
PLACES = {
    "outreach/channels.py": 1,
    "outreach/contacts.py": 1,
    "outreach/genesys/guide.py": 1,
    "outreach/genesys/platform/enrichment.py": 2,
    "outreach/genesys/platform/lookup.py": 1,
    "outreach/genesys/platform/media.py": 1,
    "outreach/genesys/platform/senders.py": 1,
    "outreach/genesys/platform/sending.py": 2,
    "outreach/genesys/senders.py": 1,
}
"""Where a new channel needs an answer, and how many."""


@pytest.mark.slow
def test_a_channel_that_is_only_added_to_the_list_fails_the_type_check_wherever_it_is_not_handled(
    tmp_path: Path,
) -> None:
    for folder in (*FOLDERS, ".mypy_cache"):
        if (ROOT / folder).is_dir():  # the cache only makes it faster
            shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    listed = tmp_path / "outreach/channels.py"
    before = listed.read_text()
    assert before.count(LAST) == 1
    listed.write_text(before.replace(LAST, f'{LAST}    FAX = "fax"\n'))

    packages = [part for folder in FOLDERS for part in ("-p", folder)]
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", *packages]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=900)

    unhandled = [line for line in checked.stdout.splitlines() if "Channel.FAX" in line]
    named = [line.partition(":")[0].replace(os.sep, "/") for line in unhandled]
    assert {place: named.count(place) for place in PLACES} == PLACES, checked.stdout + checked.stderr


def modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text())


def names_a_channel(node: ast.AST) -> bool:
    by_name = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    return by_name and node.value.id == "Channel" and node.attr.isupper()  # type: ignore[attr-defined]  # as asked


def in_cases(tree: ast.Module) -> set[ast.AST]:
    patterns = [case.pattern for node in ast.walk(tree) if isinstance(node, ast.Match) for case in node.cases]
    return {node for pattern in patterns for node in ast.walk(pattern)}


def ends_in_never(found: ast.Match) -> bool:
    last = found.cases[-1]
    [call, *_] = last.body
    return isinstance(call, ast.Expr) and ast.unparse(call).startswith("assert_never(")


def test_a_channel_is_named_only_where_a_match_names_every_one() -> None:
    wrong = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for allowed in [in_cases(tree)]
        for node in ast.walk(tree)
        if names_a_channel(node) and node not in allowed and isinstance(node, ast.Attribute)
    ]

    assert not wrong


def test_every_match_over_channels_leaves_none_out() -> None:
    wrong = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Match)
        and any(names_a_channel(part) for case in node.cases for part in ast.walk(case.pattern))
        and not ends_in_never(node)
    ]

    assert not wrong


def test_every_channel_has_its_address_and_no_address_lacks_a_channel() -> None:
    assert list(Channels.model_fields) == [channel.value for channel in Channel]


def test_the_ledger_has_room_for_every_channels_name() -> None:
    room = [cast("String", table.c.channel.type).length or 0 for table in (contacts, intents)]

    assert max(len(channel.value) for channel in Channel) <= min(room)


def test_no_two_channels_are_tried_at_one_place() -> None:
    assert len({channel.traits.preference for channel in Channel}) == len(Channel)
